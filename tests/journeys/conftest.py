"""Riverside on an ordinary day: Dr Shah sees patients, Meera wants to."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from apps.clinic import providers
from apps.clinic.models import Provider
from apps.core.clock import at_wall_time
from apps.patients import registration
from apps.patients.models import Patient
from apps.scheduling import catalogue
from apps.scheduling.calendars import hours
from apps.scheduling.models import AppointmentType

KOLKATA = ZoneInfo("Asia/Kolkata")


@dataclass
class Scene:
    """Who is there today. A check-up takes half an hour and costs 500 rupees and 18 % GST."""

    today: date
    shah: Provider
    meera: Patient
    john: Patient
    check_up: AppointmentType

    def at(self, wall: str) -> datetime:
        return at_wall_time(self.today, time.fromisoformat(wall), KOLKATA)

    def form(self, wall: str = "10:00", patient: Patient | None = None, **more: Any) -> dict[str, Any]:
        """What the front desk fills in."""
        return {**self.wish(patient), "day": self.today.isoformat(), "starts": wall, **more}

    def body(self, wall: str = "10:00", patient: Patient | None = None, **more: Any) -> dict[str, Any]:
        """What a program sends."""
        return {**self.wish(patient), "starts_at": self.at(wall).isoformat(), **more}

    def wish(self, patient: Patient | None) -> dict[str, Any]:
        chosen = patient or self.meera
        return {
            "patient": str(chosen.pk),
            "provider": str(self.shah.pk),
            "appointment_type": str(self.check_up.pk),
        }


@pytest.fixture
def scene(riverside: Any, cast: Any) -> Scene:
    at = timezone.now()
    today = at.astimezone(KOLKATA).date()
    by: dict[str, Any] = {"by": cast.ada, "at": at}
    with riverside.inside(by=cast.ada):
        shah = providers.add_provider(name="Dr Ravi Shah", user=cast.shah, **by)
        week = [hours.Session(day, time(9), time(17), breaks=(hours.Pause(time(13), time(14)),)) for day in range(7)]
        hours.set_weekly_hours(shah, sessions=week, effective_from=today - timedelta(days=1), **by)
        return Scene(
            today=today,
            shah=shah,
            meera=registration.register(given_name="Meera", family_name="Joshi", phone="+91 98450 12345", **by),
            john=registration.register(given_name="John", family_name="Okafor", **by),
            check_up=catalogue.add_type(
                name="Check-up", duration_minutes=30, rate=Decimal(500), tax_name="GST", tax_rate=18, **by
            ),
        )
