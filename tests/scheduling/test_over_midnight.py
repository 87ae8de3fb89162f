"""A visit that began before midnight is still there after it, until it is over."""

from datetime import UTC, datetime, timedelta
from typing import Any

from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.clock import day_of, local_day
from apps.patients import registration
from apps.scheduling import attendance, booking
from apps.scheduling.calendars import hours
from apps.scheduling.models import AppointmentType


def test_who_is_with_the_provider_at_midnight_stays_on_their_day_and_on_the_board(
    riverside: Any, cast: Any, web: Any
) -> None:
    at = datetime.now(UTC)
    west = at.hour if at.hour <= 12 else at.hour - 24  # a place where midnight was less than an hour ago
    with riverside.inside(by=cast.ada):
        profile.amend(by=cast.ada, at=at, timezone=f"Etc/GMT{west:+}" if west else "UTC")
        midnight = local_day(day_of(at, profile.current().zone), profile.current().zone)[0]
        before = midnight - timedelta(hours=2)
        who = {"by": cast.ada, "at": before}
        provider = Provider.objects.create(name="Dr R. Shah", user=cast.shah)
        kind = AppointmentType.objects.create(name="Watch", duration_minutes=90, rate="500")
        hours.open_one_off(provider, starts_at=before, ends_at=midnight + timedelta(hours=4), **who)
        patient = registration.register(given_name="Nightingale", family_name="Chen", **who)
        starts = midnight - timedelta(minutes=20)
        made = booking.book(patient=patient, provider=provider, appointment_type=kind, starts_at=starts, **who)
        attendance.arrive(made, by=cast.ada, at=starts - timedelta(minutes=10))
        attendance.start(made, by=cast.ada, at=starts)
    for page in ("/schedule/", "/schedule/?view=list", "/my-day/", "/flow/"):
        assert "Nightingale" in web(riverside, cast.shah).get(page).content.decode(), page
    assert "Complete visit" in web(riverside, cast.shah).get("/my-day/").content.decode()
