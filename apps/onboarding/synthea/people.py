"""Who comes with an export: patients, with their deaths, and providers."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.clinic import profile, providers
from apps.clinic.models import Provider
from apps.core.clock import local_day
from apps.onboarding.synthea.arrivals import Run
from apps.onboarding.synthea.export import PATIENTS, PROVIDERS
from apps.onboarding.synthea.files import BadRow
from apps.onboarding.synthea.records import Person, Practitioner
from apps.patients import registration
from apps.patients.models import Patient


class NothingCameIn(Exception):
    """Everything that a record was opened for was refused: it stays closed."""


def register(person: Person, run: Run, *, first_seen: datetime) -> None:
    """A patient of ours from the moment of their first visit there, or of their birth where that came later."""
    if run.find("patient", person.id):
        return
    at = first_seen
    if person.born:  # seen on the day of birth: on the clinic's own clock that may be the day before
        at = max(at, local_day(person.born, profile.current().zone)[0])
    details: dict[str, Any] = {
        "given_name": person.given_name,
        "middle_name": person.middle_name,
        "family_name": person.family_name,
        "sex": person.sex,
        "birth_date": person.born,
        "address": person.address,
        "city": person.city,
        "state": person.state,
        "postal_code": person.postal_code,
    }
    try:
        patient = registration.register(by=run.by, at=at, national_id=person.national_id, **details)
    except registration.NationalIdTaken:  # Synthea invents these numbers; two people may get the same
        patient = registration.register(by=run.by, at=at, **details)
        run.export.note(person.place, "Another patient has the same SSN: registered without it.")
    run.enter("patient", person.id, patient.pk)


def note_death(person: Person, run: Run) -> None:
    """The dead are not booked any more."""
    patient_id = run.find("patient", person.id)
    if patient_id is None or person.died is None:
        return
    patient = Patient.objects.get(pk=patient_id)
    if patient.is_active and not run.find("death", person.id):
        registration.deactivate(
            patient,
            by=run.by,
            at=local_day(person.died, profile.current().zone)[0],
            reason=f"Died on {person.died.isoformat()}.",
        )
        run.enter("death", person.id, patient_id)
        if person.born and person.died < person.born:
            run.export.note(person.place, "DEATHDATE lies before BIRTHDATE.")


def add_provider(practitioner: Practitioner, run: Run) -> None:
    """Without hours: each visit opens its own."""
    if run.find("provider", practitioner.id):
        return
    specialty = practitioner.specialty.title() if practitioner.specialty.isupper() else practitioner.specialty
    provider = providers.add_provider(by=run.by, at=run.at, name=practitioner.name, specialty=specialty)
    run.enter("provider", practitioner.id, provider.pk)


@contextmanager
def record_of(external_id: str, run: Run) -> Iterator[Patient]:
    """The patient. For a row that was refused before their death was noted and comes in now, the record of the dead
    opens once more and is closed as it was; where nothing came in, it was never open. Raises BadRow."""
    patient_id = run.find("patient", external_id)
    if patient_id is None:
        lost = run.export.lost.get((PATIENTS, external_id))
        raise BadRow(
            f"Its patient was refused ({lost})." if lost else f"Patient {external_id} is not known: see {PATIENTS}."
        )
    patient = Patient.objects.get(pk=patient_id)
    if patient.is_active or patient.deactivated_at is None or not run.find("death", external_id):
        yield patient
        return
    with suppress(NothingCameIn), transaction.atomic():
        opened = registration.restore(patient, by=run.by, at=run.at)
        yield opened
        if not run.arrivals.fresh:
            raise NothingCameIn
        registration.deactivate(opened, by=run.by, at=patient.deactivated_at, reason=patient.deactivated_reason)


def provider_of(external_id: str, run: Run) -> Provider:
    """The provider. Raises BadRow where nobody is known by that id."""
    provider_id = run.find("provider", external_id)
    if provider_id is None:
        lost = run.export.lost.get((PROVIDERS, external_id))
        raise BadRow(
            f"Its provider was refused ({lost})." if lost else f"Provider {external_id} is not in {PROVIDERS}."
        )
    return Provider.objects.get(pk=provider_id)
