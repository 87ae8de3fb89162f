"""Visits and their claims: booked, held and billed at their own dates, one encounter at a time."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.clock import day_of
from apps.core.money import round_half_up
from apps.onboarding.synthea.arrivals import Run
from apps.onboarding.synthea.billing import bill
from apps.onboarding.synthea.people import provider_of, record_of
from apps.onboarding.synthea.records import Claim, Encounter
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


class Visits:
    """Made inside the clinic, before the first of them comes in."""

    def __init__(self, run: Run) -> None:
        self.run, self.export, self.by = run, run.export, run.by
        self.overlaps = 0
        self.types: dict[str, AppointmentType] = {}
        self.in_session: set[UUID] = set(
            Appointment.objects.filter(status=Status.IN_SESSION).values_list("pk", flat=True)
        )

    def replay(self, encounter: Encounter) -> None:
        """Bring in what is missing of a visit and its claims."""
        visit_id = self.run.find("encounter", encounter.id)
        ended_at = encounter.ends_at if visit_id in self.in_session else None  # it went on when it came in
        if visit_id and not ended_at and all(self.run.has_all(claim) for claim in encounter.claims):
            return
        with record_of(encounter.patient_id, self.run) as patient:
            if visit_id:
                visit = Appointment.objects.get(pk=visit_id)
            else:
                visit = self._hold(encounter, patient, provider_of(encounter.provider_id, self.run))
                self.run.enter("encounter", encounter.id, visit.pk)
                self._note_unborn(encounter)
            if ended_at:
                visit = attendance.complete(visit, by=self.by, at=ended_at)
                self.run.enter("completion", encounter.id, visit.pk)
            over_at = encounter.ends_at or min(_span(encounter)[1], self.run.at)
            claims: list[Claim | None] = [*encounter.claims] or [None]
            for place, claim in enumerate(claims):
                bill(claim, patient=patient, visit=visit, own=place == 0, not_before=over_at, run=self.run)

    def replay_loose(self, claim: Claim) -> None:
        """Bring in what is missing of a claim without a visit."""
        if self.run.has_all(claim):
            return
        with record_of(claim.patient_id, self.run) as patient:
            bill(claim, patient=patient, visit=None, own=False, not_before=claim.began_at or self.run.at, run=self.run)

    def forget_types(self) -> None:
        """A visit was rolled back, perhaps with the kind of visit that it was the first of."""
        self.types.clear()

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


def _span(encounter: Encounter) -> tuple[datetime, datetime]:
    """From when until when it is booked: at least a minute, at most the year that an appointment may last."""
    ends_at = encounter.ends_at or encounter.starts_at + USUAL_LENGTH
    length = min(max(ends_at - encounter.starts_at, SHORTEST), LONGEST)
    return encounter.starts_at, encounter.starts_at + length
