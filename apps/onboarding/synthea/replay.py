"""Replay a Synthea export through the rules that the pages call, one visit a transaction.

What has come in is remembered in the transaction that made it (ImportedRow): a second run changes nothing, and one
that was killed goes on where it stopped. A row that a rule refuses is reported and does not stop the others.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import DataError, IntegrityError, transaction
from django.utils.formats import date_format

from apps.clinic import profile, providers
from apps.clinic.models import Provider
from apps.core.clock import day_of, local_day
from apps.core.money import round_half_up
from apps.core.refusals import Refusal
from apps.ledger import closing
from apps.onboarding.synthea.arrivals import Arrivals, Run, words_of
from apps.onboarding.synthea.billing import bill
from apps.onboarding.synthea.export import PATIENTS, PROVIDERS, Claim, Encounter, Person, Practitioner, Transaction
from apps.onboarding.synthea.files import BadRow, Place
from apps.patients import registration
from apps.patients.models import Patient
from apps.scheduling import attendance, booking, catalogue, fitting
from apps.scheduling.calendars import hours
from apps.scheduling.calendars.open_times import capacity_over, openings
from apps.scheduling.models import Appointment, AppointmentType, Status

OVERLAP = "Imported from Synthea, where this visit overlaps another one of the provider."
OPENING = "Imported from Synthea"
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=366)
USUAL_LENGTH = timedelta(minutes=15)
NAME_OF_TYPE = 80  # letters


class AnotherImport(Exception):
    """Two imports into one clinic at once: the second one stops."""


class InClosedDays(Exception):
    """Something that is not in yet lies in days on which the books are closed: then nothing is brought at all."""


class NothingCameIn(Exception):
    """Everything that a record was opened for was refused: it stays closed."""


class Replay:
    """`enter` opens a transaction inside the clinic; `tell` hears of the progress: what, how many, of how many."""

    def __init__(
        self,
        run: Run,
        *,
        enter: Callable[[], AbstractContextManager[Any]],
        tell: Callable[[str, int, int], None] = lambda what, done, of: None,
    ) -> None:
        self.run, self.enter, self.tell = run, enter, tell
        self.export, self.by = run.export, run.by
        self.overlaps = 0
        self.in_session: set[UUID] = set()
        self.types: dict[str, AppointmentType] = {}
        self.first_seen: dict[str, datetime] = {}
        for encounter in self.export.encounters:
            self.first_seen.setdefault(encounter.patient_id, encounter.starts_at)

    def everything(self) -> None:
        """Bring in what is missing, in the order in which it happened. Raises InClosedDays, AnotherImport."""
        export = self.export
        with self.enter():
            self.run.arrivals = Arrivals.so_far()
            self._refuse_closed()
            self.in_session = set(Appointment.objects.filter(status=Status.IN_SESSION).values_list("pk", flat=True))
        self._each("patients", sorted(export.people.values(), key=self._met_at), self._register)
        needed = dict.fromkeys(encounter.provider_id for encounter in export.encounters)
        known = [export.practitioners[id_] for id_ in needed if id_ in export.practitioners]
        self._each("providers", known, self._add_provider)
        self._each("visits", export.encounters, self._replay_visit)
        loose = sorted(export.loose_claims, key=lambda claim: (claim.began_at or self.run.at, claim.place.line))
        self._each("claims without a visit", loose, self._replay_loose)
        self._each("deaths", [person for person in export.people.values() if person.died], self._note_death)

    def _refuse_closed(self) -> None:
        until, zone = closing.closed_until(), profile.current().zone
        if until is None:
            return
        for moment, place in self._missing():
            if moment and day_of(moment, zone) <= until:
                last = date_format(until, "j M Y")
                raise InClosedDays(
                    f"The books are closed up to {last}, and {place} lies in those days. Nothing was imported: open "
                    "the books first, or take what lies in closed days out of the export."
                )

    def _missing(self) -> Iterator[tuple[datetime | None, Place]]:
        """What would be written in the books: when, and where it stands."""
        for encounter in self.export.encounters:
            if not (self._find("encounter", encounter.id) and all(map(self._is_in, encounter.claims))):
                yield encounter.starts_at, encounter.place
        loose = self.export.loose_claims
        for claim in (*loose, *(claim for encounter in self.export.encounters for claim in encounter.claims)):
            for one in claim.transactions:
                if one.amount and not self._has(one):
                    yield one.moment or claim.began_at, one.place

    # --- people ----------------------------------------------------------------------------------------------------

    def _met_at(self, person: Person) -> tuple[datetime, int]:
        return self.first_seen.get(person.id, self.run.at), person.place.line

    def _register(self, person: Person) -> None:
        if self._find("patient", person.id):
            return
        at = self.first_seen.get(person.id, self.run.at)
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
            patient = registration.register(by=self.by, at=at, national_id=person.national_id, **details)
        except registration.NationalIdTaken:  # Synthea invents these numbers; two people may get the same
            patient = registration.register(by=self.by, at=at, **details)
            self.export.note(person.place, "Another patient has the same SSN: registered without it.")
        self.run.enter("patient", person.id, patient.pk)

    def _note_death(self, person: Person) -> None:
        patient_id = self._find("patient", person.id)
        if patient_id is None or person.died is None:
            return
        patient = Patient.objects.get(pk=patient_id)
        if patient.is_active and not self._find("death", person.id):
            registration.deactivate(
                patient,
                by=self.by,
                at=local_day(person.died, profile.current().zone)[0],
                reason=f"Died on {person.died.isoformat()}.",
            )
            self.run.enter("death", person.id, patient_id)
            if person.born and person.died < person.born:
                self.export.note(person.place, "DEATHDATE lies before BIRTHDATE.")

    def _add_provider(self, practitioner: Practitioner) -> None:
        if self._find("provider", practitioner.id):
            return
        specialty = practitioner.specialty.title() if practitioner.specialty.isupper() else practitioner.specialty
        provider = providers.add_provider(by=self.by, at=self.run.at, name=practitioner.name, specialty=specialty)
        self.run.enter("provider", practitioner.id, provider.pk)

    # --- visits ----------------------------------------------------------------------------------------------------

    def _replay_visit(self, encounter: Encounter) -> None:
        visit_id = self._find("encounter", encounter.id)
        ended_at = encounter.ends_at if visit_id in self.in_session else None  # it went on when it came in
        if visit_id and not ended_at and all(self._is_in(claim) for claim in encounter.claims):
            return
        with self._record(encounter.patient_id) as patient:
            if visit_id:
                visit = Appointment.objects.get(pk=visit_id)
            else:
                visit = self._hold(encounter, patient, self._provider(encounter.provider_id))
                self.run.enter("encounter", encounter.id, visit.pk)
                self._note_unborn(encounter)
            if ended_at:
                visit = attendance.complete(visit, by=self.by, at=ended_at)
                self.run.enter("completion", encounter.id, visit.pk)
            over_at = encounter.ends_at or min(_span(encounter)[1], self.run.at)
            claims: list[Claim | None] = [*encounter.claims] or [None]
            for place, claim in enumerate(claims):
                bill(claim, patient=patient, visit=visit, own=place == 0, not_before=over_at, run=self.run)

    def _hold(self, encounter: Encounter, patient: Patient, provider: Provider) -> Appointment:
        """Book, arrive, start, complete; a visit that has not ended yet stays in session."""
        starts_at, ends_at = _span(encounter)
        self._open_for(provider, starts_at, ends_at)
        details: dict[str, Any] = {
            "patient": patient,
            "provider": provider,
            "appointment_type": self._type_of(encounter),
            "starts_at": starts_at,
            "ends_at": ends_at,
            "patient_sees_both": True,
            "by": self.by,
            "at": starts_at,
        }
        try:
            visit = booking.book(**details)
        except fitting.ProviderIsBusy:
            visit = booking.book(**details, override_reason=OVERLAP)
            self.overlaps += 1
        visit = attendance.arrive(visit, by=self.by, at=starts_at)
        visit = attendance.start(visit, by=self.by, at=starts_at)
        if encounter.ends_at is not None:
            visit = attendance.complete(visit, by=self.by, at=encounter.ends_at)
        return visit

    def _type_of(self, encounter: Encounter) -> AppointmentType:
        """The kind of visit, with the fee of its first; one that the clinic has by that name serves."""
        name = encounter.words[:NAME_OF_TYPE].strip()
        if name not in self.types:
            length = _span(encounter)[1] - encounter.starts_at
            self.types[name] = AppointmentType.objects.filter(name__iexact=name).first() or catalogue.add_type(
                by=self.by,
                at=self.run.at,
                name=name,
                duration_minutes=min(max(int(length.total_seconds() // 60), 1), 1440),
                rate=self._fee(encounter),
            )
        return self.types[name]

    def _fee(self, encounter: Encounter) -> Decimal:
        currency = profile.current().currency_info
        fee = round_half_up(encounter.cost, currency)
        if fee < currency.ceiling:
            return fee
        self.export.note(encounter.place, "BASE_ENCOUNTER_COST is too large: its kind of visit has no fee.")
        return Decimal(0)

    def _note_unborn(self, encounter: Encounter) -> None:
        """The day before is none of note: a birth is told by its day, and not of which clock."""
        person = self.export.people.get(encounter.patient_id)
        if person and person.born and encounter.starts_at.date() < person.born - timedelta(days=1):
            self.export.note(encounter.place, "START lies before the patient's BIRTHDATE.")

    def _open_for(self, provider: Provider, starts_at: datetime, ends_at: datetime) -> None:
        """A one-off session where the provider's hours do not cover the visit."""
        zone = profile.current().zone
        first_day, last_day = day_of(starts_at, zone), day_of(ends_at, zone)
        open_times = openings([provider], first_day=first_day, last_day=last_day, zone=zone)[provider.pk]
        if not capacity_over(open_times, starts_at, ends_at):
            hours.open_one_off(provider, starts_at=starts_at, ends_at=ends_at, by=self.by, at=starts_at, reason=OPENING)

    def _replay_loose(self, claim: Claim) -> None:
        if self._is_in(claim):
            return
        with self._record(claim.patient_id) as patient:
            bill(claim, patient=patient, visit=None, own=False, not_before=claim.began_at or self.run.at, run=self.run)

    @contextmanager
    def _record(self, external_id: str) -> Iterator[Patient]:
        """The patient. For a row that was refused before their death was noted and comes in now, the record of the dead
        opens once more and is closed as it was; where nothing came in, it was never open."""
        patient_id = self._find("patient", external_id)
        if patient_id is None:
            lost = self.export.lost.get((PATIENTS, external_id))
            raise BadRow(
                f"Its patient was refused ({lost})." if lost else f"Patient {external_id} is not known: see {PATIENTS}."
            )
        patient = Patient.objects.get(pk=patient_id)
        if patient.is_active or patient.deactivated_at is None or not self._find("death", external_id):
            yield patient
            return
        with suppress(NothingCameIn), transaction.atomic():
            opened = registration.restore(patient, by=self.by, at=self.run.at)
            yield opened
            if not self.run.arrivals.fresh:
                raise NothingCameIn
            registration.deactivate(opened, by=self.by, at=patient.deactivated_at, reason=patient.deactivated_reason)

    def _provider(self, external_id: str) -> Provider:
        provider_id = self._find("provider", external_id)
        if provider_id is None:
            lost = self.export.lost.get((PROVIDERS, external_id))
            raise BadRow(
                f"Its provider was refused ({lost})." if lost else f"Provider {external_id} is not in {PROVIDERS}."
            )
        return Provider.objects.get(pk=provider_id)

    def _is_in(self, claim: Claim) -> bool:
        return all(self._has(one) for one in claim.transactions if one.amount)

    def _has(self, one: Transaction) -> bool:
        return self._find(one.type.lower(), one.id) is not None

    def _find(self, kind: str, external_id: str) -> Any:
        return self.run.arrivals.find(kind, external_id)

    # --- one transaction a piece -----------------------------------------------------------------------------------

    def _each(self, what: str, pieces: Iterable[Any], work: Callable[[Any], None]) -> None:
        pieces = list(pieces)
        for done, piece in enumerate(pieces, start=1):
            said = len(self.export.refused)
            try:
                with self.enter():
                    work(piece)
                    self._write_down()
            except (BadRow, Refusal, DataError, IntegrityError) as problem:
                self.run.arrivals.forget_fresh()
                self.types.clear()  # one of them may have come with this visit
                del self.export.refused[said:]  # of rows that are not in for another reason now
                self._refuse(piece, words_of(problem))
            else:
                self.run.arrivals.settle()
            self.tell(what, done, len(pieces))

    def _refuse(self, piece: Any, why: str) -> None:
        """A piece, and all the money that stays out with it."""
        if isinstance(piece, Claim):
            self.export.refuse_claim(piece, why, self._has)
            return
        self.export.refuse(piece.place, why)
        if isinstance(piece, Encounter):
            for claim in piece.claims:
                self.export.refuse_claim(claim, f"Its encounter was refused ({piece.place}).", self._has)
        else:
            self.export.lost[piece.place.file, piece.id] = piece.place

    def _write_down(self) -> None:
        try:
            with transaction.atomic():
                self.run.arrivals.write()
        except IntegrityError as problem:
            raise AnotherImport from problem


def _span(encounter: Encounter) -> tuple[datetime, datetime]:
    """From when until when it is booked: at least a minute, at most the year that an appointment may last."""
    ends_at = encounter.ends_at or encounter.starts_at + USUAL_LENGTH
    length = min(max(ends_at - encounter.starts_at, SHORTEST), LONGEST)
    return encounter.starts_at, encounter.starts_at + length
