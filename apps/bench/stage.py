"""A clinic to measure in: opened for the bench, filled, and erased afterwards. Nobody else's data is touched."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connections
from psycopg import sql

from apps.accounts import roles
from apps.accounts.models import User
from apps.clinic.models import Provider
from apps.clinic.providers import add_provider, amend_provider
from apps.core.clock import at_wall_time, now
from apps.core.connection import connection
from apps.core.models import PLATFORM_ID
from apps.patients.models import NUMBER_SERIES, Patient
from apps.patients.registration import index_for_search
from apps.scheduling.calendars import hours
from apps.scheduling.models import Appointment, AppointmentTransition, AppointmentType
from apps.tenants import provisioning
from apps.tenants.models import Clinic

GIVEN = ("Asha", "Ravi", "Lucía", "Mei", "Omar", "Fatima", "Kofi", "Zoë", "Ivan", "Priya", "Wei", "Aisha", "Tomás")
FAMILY = ("Patel", "Okafor", "Novak", "Chen", "Haddad", "Silva", "Tanaka", "Ruiz", "Berg", "Kaur", "Mensah", "Rossi")
OWNER = "owner"
OPENS, CLOSES = time(7), time(22)
BATCH = 1_000  # times about 35 columns: PostgreSQL takes 65,535 parameters a statement
MINUTES = 15


@dataclass
class Stage:
    """The filled clinic. `day` is today, so that the provider's own day is full too."""

    clinic: Clinic
    admin: User
    day: date
    providers: list[Provider]
    patients: list[Patient]
    kind: AppointmentType
    full_days: int  # from `day` on; the days after them are free to book
    visits_a_day: int  # of each provider on each of these days

    @contextmanager
    def inside(self) -> Iterator[None]:
        with connection.inside(
            self.clinic.schema_name, clinic=self.clinic.id, actor="bench", slug=self.clinic.slug, name=self.clinic.name
        ):
            yield


@contextmanager
def staged(*, providers: int, appointments: int, days: int, patients: int, tell: Any) -> Iterator[Stage]:
    """Open, fill, lend, erase. `appointments` is the number of each provider on each of the days."""
    slug = f"bench-{secrets.token_hex(4)}"
    with connection.inside("public", clinic=PLATFORM_ID, actor="bench"):
        clinic = provisioning.register_clinic(
            slug=slug, name="Bench", admin_email=f"bench@{slug}.example", at=now(), currency="INR"
        )
    try:
        provisioning.open_registered(clinic, at=now())
        tell(f"Filling a clinic: {patients:,} patients, {providers} providers × {appointments} × {days} days …")
        stage = _fill(clinic, providers=providers, appointments=appointments, days=days, patients=patients)
        settle(clinic)
        yield stage
    finally:
        provisioning.erase(clinic, although_open=True)


def settle(clinic: Clinic) -> None:
    """What autovacuum does by and by for a clinic that grew over months: ours was filled a moment ago."""
    with connections[OWNER].cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = %s::regnamespace", [clinic.schema_name]
        )
        for (table,) in cursor.fetchall():
            cursor.execute(sql.SQL("VACUUM ANALYZE {}").format(sql.Identifier(clinic.schema_name, table)))


def _fill(clinic: Clinic, *, providers: int, appointments: int, days: int, patients: int) -> Stage:
    at = now()
    with connection.inside(clinic.schema_name, clinic=clinic.id, actor="bench", slug=clinic.slug, name=clinic.name):
        admin = roles.give(User.objects.create_user("bench@hpms.example", full_name="Bench"), "clinic_admin")
        kind = AppointmentType.objects.create(name="Visit", duration_minutes=MINUTES, rate="500", tax_rate="18")
        team = [add_provider(name=f"Dr {GIVEN[n % 13]} {FAMILY[n % 12]}", by=admin, at=at) for n in range(providers)]
        week = [hours.Session(weekday, OPENS, CLOSES, 1) for weekday in range(7)]
        for provider in team:
            hours.set_weekly_hours(provider, sessions=week, effective_from=at.date(), by=admin, at=at)
        amend_provider(team[0], user=admin, by=admin, at=at)
    people: list[Patient] = []
    for start in range(0, patients, BATCH):
        with connection.inside(clinic.schema_name, clinic=clinic.id, actor="bench"):
            people += Patient.objects.bulk_create(
                [_patient(number, at, admin) for number in range(start, min(start + BATCH, patients))]
            )
    stage = Stage(clinic, admin, at.date(), team, people, kind, days, appointments)
    for number in range(days):
        with stage.inside():
            _fill_day(stage, number, appointments, at)
    return stage


def _fill_day(stage: Stage, number: int, appointments: int, at: datetime) -> None:
    """One day of all providers, with its history, through the guards and the trail like anybody's writes."""
    opening = at_wall_time(stage.day + timedelta(days=number), OPENS, ZoneInfo("UTC"))
    made = []
    for column, provider in enumerate(stage.providers):
        for row in range(appointments):
            one = number * len(stage.providers) * appointments + column * appointments + row
            starts_at = opening + timedelta(minutes=MINUTES * row)
            ends_at = starts_at + stage.kind.duration
            made.append(
                Appointment(
                    number=f"BENCH-{one + 1:05d}",  # outside the series that booking goes on with
                    patient=stage.patients[one * 7919 % len(stage.patients)],
                    provider=provider,
                    appointment_type=stage.kind,
                    starts_at=starts_at,
                    ends_at=ends_at,
                    busy_from=starts_at,
                    busy_until=ends_at,
                    reason="Follow-up",
                    booked_by=stage.admin,
                    booked_at=at,
                )
            )
    for start in range(0, len(made), BATCH):
        some = Appointment.objects.bulk_create(made[start : start + BATCH])
        AppointmentTransition.objects.bulk_create(
            AppointmentTransition(
                appointment=one,
                to_status=one.status,
                to_provider=one.provider,
                to_starts_at=one.starts_at,
                to_ends_at=one.ends_at,
                by=stage.admin,
                at=at,
            )
            for one in some
        )


def _patient(number: int, at: datetime, by: User) -> Patient:
    patient = Patient(
        number=f"{NUMBER_SERIES}-{at.year}-{number + 1:05d}",
        given_name=GIVEN[number % len(GIVEN)] + _ending(number),
        family_name=FAMILY[number // len(GIVEN) % len(FAMILY)] + _ending(number // 676),
        sex="female" if number % 2 else "male",
        birth_date=date(1940 + number % 80, 1 + number % 12, 1 + number % 28),
        phone=f"+91 98{number:08d}",
        registered_at=at,
        registered_by=by,
        last_activity_at=at - timedelta(minutes=number),
    )
    index_for_search(patient)
    return patient


def _ending(number: int) -> str:
    """Two letters, so that names differ as they do in a town."""
    return chr(97 + number % 26) + chr(97 + number // 26 % 26)
