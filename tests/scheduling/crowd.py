"""A busy day for the pages' tests: providers in columns, patients in rows, every status on show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from apps.accounts.models import User
from apps.clinic import profile
from apps.clinic.models import Provider, Room
from apps.core.clock import at_wall_time
from apps.patients import registration
from apps.patients.models import Patient
from apps.scheduling import attendance, booking
from apps.scheduling.calendars import hours
from apps.scheduling.calendars.hours import Session
from apps.scheduling.models import Appointment, AppointmentType

GIVEN = ("Mei", "Rosa", "Ali", "Zoë", "Priya", "Omar", "Fatima", "Ivan", "Aisha", "Kofi", "Lucía", "Tomás", "Sara")
FAMILY = ("Chen", "Patel", "Kaur", "Khan", "Berg", "Silva", "Okafor", "Tanaka", "Haddad", "Novak", "Mensah", "Ruiz")
NAMES = (
    "Dr R. Shah", "Dr L. Novak", "Dr P. Silva", "Dr T. Tanaka", "Dr N. Haddad", "Dr I. Kaur", "Dr Z. Ruiz",
    "Dr M. Chen", "Dr F. Mensah", "Dr C. Patel", "Dr A. Okafor", "Dr A. Rossi", "Dr E. Khan", "Dr S. Berg",
)  # fmt: skip
FIELDS = ("General", "Paediatrics", "Physiotherapy", "Dermatology", "ENT", "Eye care", "Dental", "Psychology")
KINDS = (("Check-up", 15), ("New patient", 30), ("Physio", 20), ("Therapy", 25), ("Quick look", 10))


@dataclass
class Crowd:
    """Who stands on the sheet of `day`."""

    day: date
    zone: ZoneInfo
    providers: list[Provider]
    patients: list[Patient]
    types: list[AppointmentType]
    appointments: list[Appointment]

    def when(self, text: str) -> datetime:
        return at_wall_time(self.day, time.fromisoformat(text), self.zone)


def gather(
    by: User,
    *,
    providers: int,
    each: int,
    day: date | None = None,
    signs_in: Sequence[User] = (),
    at: datetime | None = None,
    booked_at: datetime | None = None,
) -> Crowd:
    """Call inside a clinic. Books back to back from 08:00 through the rule, at that hour unless told otherwise; `at`
    decides who has come already."""
    zone = profile.current().zone
    at = at or datetime.now(UTC)
    day = day or at.astimezone(zone).date()
    start = at_wall_time(day, time(8), zone)
    types = [
        AppointmentType.objects.create(name=name, duration_minutes=minutes, rate=minutes * 20, position=number)
        for number, (name, minutes) in enumerate(KINDS)
    ]
    rooms = [Room.objects.create(name=f"Room {number + 1}") for number in range(providers)]
    crowd = Crowd(day, zone, [], [], types, [])
    for number in range(providers):
        provider = Provider.objects.create(
            name=NAMES[number % len(NAMES)] + ("" if number < len(NAMES) else f" {number}"),
            specialty=FIELDS[number % len(FIELDS)],
            room=rooms[number],
            position=number,
            user=signs_in[number] if number < len(signs_in) else None,
        )
        sessions = [Session(weekday, time(8), time(20)) for weekday in range(7)]
        hours.set_weekly_hours(provider, sessions=sessions, effective_from=day - timedelta(days=400), by=by, at=at)
        crowd.providers.append(provider)
    for number in range(max(each, 1)):
        given, family = GIVEN[number % len(GIVEN)], FAMILY[(number * 5) % len(FAMILY)]
        crowd.patients.append(registration.register(by=by, at=at, given_name=given, family_name=family))
    for column, provider in enumerate(crowd.providers):
        moment = start
        for row in range(each):
            kind = types[(column + row) % len(types)]
            patient = crowd.patients[(column * 3 + row) % len(crowd.patients)]
            booked = booking.book(
                patient=patient, provider=provider, appointment_type=kind, starts_at=moment, by=by,
                at=booked_at or start, patient_sees_both=True, override_reason="",
            )  # fmt: skip
            moment = booked.ends_at + timedelta(minutes=5 * ((column + row) % 3))
            crowd.appointments.append(_lived(booked, by, at, (column * 5 + row) % 17))
    return crowd


def _lived(booked: Appointment, by: Any, at: datetime, luck: int) -> Appointment:
    """What has happened to it by now."""
    if booked.starts_at > at + timedelta(minutes=20):
        return booked
    if booked.ends_at < at and luck == 3:
        return attendance.no_show(booked, by=by, at=booked.ends_at)
    booked = attendance.arrive(booked, by=by, at=booked.starts_at)
    if booked.starts_at < at:
        booked = attendance.start(booked, by=by, at=booked.starts_at)
    if booked.ends_at < at:
        booked = attendance.complete(booked, by=by, at=booked.ends_at)
    return booked


def from_the_sheet(crowd: Crowd, query: str = "") -> dict[str, str]:
    """Headers of a change made on the crowd's open day sheet."""
    columns = " ".join(f"{provider.pk}-{crowd.day:%Y%m%d}:0" for provider in crowd.providers)
    sheet = f"day 8 20 {query}".strip()
    return {"HX-Request": "true", "HX-Target": "panel", "X-Sheet": sheet, "X-Sheet-Marks": columns}
