"""FR-S02 through API and pages: from every state every step that does not follow is refused with the reason, and
nothing has changed; only the visit's own provider, or one with a special permission, starts and completes it.
"""

from collections.abc import Callable
from datetime import time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from apps.billing.models import Invoice
from apps.clinic import providers
from apps.core.clock import local_day
from apps.scheduling import attendance, booking, catalogue
from apps.scheduling.calendars import hours
from apps.scheduling.models import Appointment
from tests.scheduling.scene import patient, person

ZONE = ZoneInfo("Asia/Kolkata")
FOLLOWS = {
    "requested": {"confirmation", "cancellation"},
    "scheduled": {"arrival", "no-show", "cancellation"},
    "arrived": {"start", "cancellation"},
    "in_session": {"completion"},
    "completed": set[str](),
    "no_show": set[str](),
    "cancelled": set[str](),
}
STEPS = ("confirmation", "arrival", "start", "completion", "no-show", "cancellation")
ON_THE_WAY: dict[str, tuple[str, ...]] = {
    "requested": (),
    "scheduled": (),
    "arrived": ("arrive",),
    "in_session": ("arrive", "start"),
    "completed": ("arrive", "start", "complete"),
    "no_show": ("no_show",),
    "cancelled": ("cancel",),
}


@pytest.fixture
def visit(riverside: Any, cast: Any) -> Callable[[str], Appointment]:
    """Dr Shah's appointment that began with the day, in any state."""
    at = timezone.now()
    start = local_day(at.astimezone(ZONE).date(), ZONE)[0]
    office = {"by": cast.ada, "at": at}

    def made(state: str) -> Appointment:
        with riverside.inside(by=cast.ada):
            shah = providers.add_provider(name="Dr Ravi Shah", user=cast.shah, **office)
            week = [hours.Session(day, time(0), time(0)) for day in range(7)]
            hours.set_weekly_hours(shah, sessions=week, effective_from=start.date() - timedelta(days=1), **office)
            one = booking.book(
                patient=patient("Asha", "Patel", **office),
                provider=shah,
                appointment_type=catalogue.add_type(name="Visit", duration_minutes=30, rate="500", **office),
                starts_at=start,
                requested=state == "requested",
                **office,
            )
            for step in ON_THE_WAY[state]:
                if step == "cancel":
                    one = booking.cancel(one, reason="Ill", **office)
                else:
                    one = getattr(attendance, step)(one, **office)
            return one

    return made


@pytest.mark.parametrize("state", sorted(FOLLOWS))
def test_every_step_that_does_not_follow_is_refused_with_the_reason(
    riverside: Any, cast: Any, web: Any, api: Any, visit: Callable[[str], Appointment], state: str
) -> None:
    one = visit(state)
    program, page = api(riverside, cast.ada), web(riverside, cast.ada)
    before = standing(riverside, one)
    for step in set(STEPS) - FOLLOWS[state]:
        words = {"reason": "Travels"} if step == "cancellation" else {}
        answer = program.post(f"/api/v1/appointments/{one.pk}/{step}/", words)
        assert answer.status_code == 409, (state, step, answer.content)
        reason = answer.json()["detail"]
        assert len(reason) > 15, (state, step)
        shown = page.post(f"/appointments/{one.pk}/{step}/", words)
        assert shown.status_code == 409, (state, step)
        assert reason in shown.content.decode(), (state, step)
        assert standing(riverside, one) == before, (state, step)
    with riverside.inside():
        assert Invoice.objects.count() == (state == "completed")


@pytest.mark.parametrize(
    ("state", "step"), [(state, step) for state, steps in FOLLOWS.items() for step in sorted(steps)]
)
def test_every_step_that_follows_is_taken_once(
    riverside: Any, cast: Any, api: Any, visit: Callable[[str], Appointment], state: str, step: str
) -> None:
    address = f"/api/v1/appointments/{visit(state).pk}/{step}/"
    program = api(riverside, cast.ada)
    assert program.post(address, {"reason": "Travels"}).status_code == 200
    assert program.post(address, {"reason": "Travels"}).status_code == 409


def test_a_visit_is_started_and_completed_by_its_provider_or_by_permission(
    riverside: Any, cast: Any, web: Any, api: Any, visit: Callable[[str], Appointment]
) -> None:
    one = visit("arrived")
    with riverside.inside(by=cast.ada):
        other = enter_provider(cast)
    for step, end in (("start", "in_session"), ("completion", "completed")):
        before = standing(riverside, one)
        for stranger in (other, cast.sara, cast.nia, cast.bela):
            assert api(riverside, stranger).post(f"/api/v1/appointments/{one.pk}/{step}/").status_code == 403
            assert web(riverside, stranger).post(f"/appointments/{one.pk}/{step}/").status_code == 403
        assert standing(riverside, one) == before
        assert api(riverside, cast.shah).post(f"/api/v1/appointments/{one.pk}/{step}/").json()["status"] == end


def test_the_special_permission_is_enough(
    riverside: Any, cast: Any, web: Any, api: Any, visit: Callable[[str], Appointment]
) -> None:
    one = visit("arrived")
    assert api(riverside, cast.ada).post(f"/api/v1/appointments/{one.pk}/start/").status_code == 200
    assert web(riverside, cast.ada).post(f"/appointments/{one.pk}/completion/").status_code == 302
    assert standing(riverside, one)[0] == "completed"


def standing(riverside: Any, one: Appointment) -> tuple[str, int]:
    with riverside.inside():
        return Appointment.objects.get(pk=one.pk).status, one.transitions.count()


def enter_provider(cast: Any) -> Any:
    """Another provider, who has a calendar of their own."""
    user = person("sen@riverside.example", "Dr Bela Sen", "provider")
    providers.add_provider(name="Dr Bela Sen", user=user, by=cast.ada, at=timezone.now())
    return user
