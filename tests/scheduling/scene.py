"""The people of the scheduling tests, and the day on which everything happens: Monday, 11 May 2026, at Riverside."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from apps.accounts import roles
from apps.accounts.models import User
from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.clock import at_wall_time
from apps.patients import registration
from apps.patients.models import Patient
from apps.scheduling.calendars import hours
from apps.scheduling.calendars.hours import Session
from apps.scheduling.models import AppointmentType
from tests.conftest import clinic_of
from tests.kept import keep

MONDAY = date(2026, 5, 11)


def by_day(*, by: User, at: datetime) -> None:
    """Set the clinic's clock to a place where it is day: what began half an hour ago is of today, at whatever hour
    this runs. Call inside it."""
    places = ("Asia/Kolkata", "America/Denver")
    zone = next(place for place in places if 4 <= at.astimezone(ZoneInfo(place)).hour < 20)
    profile.amend(by=by, at=at, timezone=zone)


@dataclass
class Scene:
    """Who works and comes here. `when("10:15")` is that time on Monday."""

    zone: ZoneInfo
    ada: User  # clinic admin
    dora: User  # front desk
    rao: User  # signs in as Dr Rao
    dr_rao: Provider
    dr_sen: Provider
    asha: Patient
    ben: Patient
    chitra: Patient
    visit: AppointmentType  # 30 minutes
    quick: AppointmentType  # 15 minutes
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def at(self) -> datetime:
        """When the desk works: Monday, 08:00."""
        return self.when("08:00")

    @property
    def admin(self) -> dict[str, Any]:
        """Ada, now."""
        return {"by": self.ada, "at": self.at}

    def when(self, text: str, day: date = MONDAY) -> datetime:
        return at_wall_time(day, time.fromisoformat(text), self.zone)


def person(email: str, name: str, role: str) -> User:
    user = User.objects.create_user(email, full_name=name)
    return roles.give(user, role)


def patient(given_name: str, family_name: str, *, by: User, at: datetime, **details: Any) -> Patient:
    return registration.register(by=by, at=at, given_name=given_name, family_name=family_name, **details)


def weekdays(*, starts: str = "09:00", ends: str = "17:00", capacity: int = 1, days: range = range(5)) -> list[Session]:
    return [Session(day, time.fromisoformat(starts), time.fromisoformat(ends), capacity) for day in days]


def make_scene(zone: ZoneInfo) -> Scene:
    before = at_wall_time(MONDAY - timedelta(days=60), time(9), zone)
    ada = person("ada@scene.example", "Ada Admin", "clinic_admin")
    dora = person("dora@scene.example", "Dora Desk", "front_desk")
    rao = person("rao@scene.example", "Anita Rao", "provider")
    dr_rao = Provider.objects.create(name="Dr Anita Rao", user=rao)
    dr_sen = Provider.objects.create(name="Dr Bela Sen")
    for provider in (dr_rao, dr_sen):
        hours.set_weekly_hours(
            provider, sessions=weekdays(), effective_from=MONDAY - timedelta(days=60), by=ada, at=before
        )
    return Scene(
        zone=zone,
        ada=ada,
        dora=dora,
        rao=rao,
        dr_rao=dr_rao,
        dr_sen=dr_sen,
        asha=patient("Asha", "Patel", by=dora, at=before),
        ben=patient("Ben", "Okoro", by=dora, at=before),
        chitra=patient("Chitra", "Menon", by=dora, at=before),
        visit=AppointmentType.objects.create(name="Half hour", duration_minutes=30, rate="500"),
        quick=AppointmentType.objects.create(name="Quarter hour", duration_minutes=15, rate="300"),
    )


@keep
def kept_scene() -> Scene:
    with clinic_of("riverside").inside():
        return make_scene(ZoneInfo("Asia/Kolkata"))


@pytest.fixture
def scene(kept_scene: Scene, inside_riverside: Any) -> Scene:
    """Riverside's people on a Monday; the whole test happens inside."""
    return kept_scene
