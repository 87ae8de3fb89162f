"""Many at once: a freed time is offered once, an offer has one winner, and nobody is booked over one."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from apps.scheduling.booking import book, cancel
from apps.scheduling.calendars import hours
from apps.scheduling.models import Appointment, WaitlistEntry, WaitlistOffer
from apps.scheduling.waitlist import answers, joining, offering
from tests.guards.test_rush import at_once
from tests.scheduling.scene import MONDAY, Scene, make_scene, patient, weekdays

KOLKATA = ZoneInfo("Asia/Kolkata")


@pytest.fixture
def rush(throw_away: str, riverside: Any) -> tuple[Any, Scene, datetime, date]:
    at = datetime.now(UTC)
    today = at.astimezone(KOLKATA).date()
    with riverside.inside():
        scene = make_scene(KOLKATA)
        for provider in (scene.dr_rao, scene.dr_sen):
            first = min(today, MONDAY) - timedelta(days=1)
            hours.set_weekly_hours(
                provider, sessions=weekdays(days=range(7)), effective_from=first, by=scene.ada, at=at
            )
    return riverside, scene, at, today + timedelta(days=7)


def waiting(scene: Scene, day: date, at: datetime, count: int) -> list[WaitlistEntry]:
    names = ("Dev", "Esha", "Farid", "Gita", "Hari", "Indu", "Jai", "Kavi")[:count]
    people = [patient(name, "Rush", by=scene.dora, at=at) for name in names]
    wish = {"appointment_type": scene.visit, "earliest_day": day, "latest_day": day, "by": scene.dora, "at": at}
    return [joining.join(patient=who, **wish) for who in people]


def test_many_accept_decline_and_book_at_once_and_one_wins(rush: tuple[Any, Scene, datetime, date]) -> None:
    clinic, scene, at, day = rush
    place = {"provider": scene.dr_rao, "appointment_type": scene.visit, "starts_at": scene.when("10:00", day)}
    with clinic.inside():
        waiting(scene, day, at, 1)
        cancel(book(patient=scene.asha, **place, by=scene.dora, at=at), by=scene.dora, at=at, reason="Travels")
        [made] = WaitlistOffer.objects.all()
    tasks: list[Any] = [lambda: answers.accept(made, by=scene.dora, at=at) for _number in range(10)]
    tasks += [lambda: book(patient=scene.chitra, **place, by=scene.dora, at=at) for _number in range(10)]

    ended = at_once(clinic, tasks)

    assert ended["done"] == 1 and ended["offer_gone"] == 9
    assert ended["offered_then"] + ended["provider_is_busy"] == 10
    with clinic.inside():
        assert Appointment.objects.active().get().patient == made.entry.patient


def test_the_same_time_offered_by_many_hands_is_kept_for_one(rush: tuple[Any, Scene, datetime, date]) -> None:
    clinic, scene, at, day = rush
    with clinic.inside():
        entries = waiting(scene, day, at, 8)
        entries = [WaitlistEntry.objects.with_people().get(pk=one.pk) for one in entries]
    where = {"provider": scene.dr_rao, "starts_at": scene.when("10:00", day), "by": scene.dora, "at": at}
    ended = at_once(clinic, [lambda one=one: offering.offer(one, **where) for one in entries])
    assert ended == {"done": 1, "offered_then": 7}


def test_many_cancellations_at_once_offer_each_time_once(rush: tuple[Any, Scene, datetime, date]) -> None:
    clinic, scene, at, day = rush
    with clinic.inside():
        rows = [
            book(
                patient=scene.asha,
                provider=provider,
                appointment_type=scene.visit,
                starts_at=scene.when(start, day),
                by=scene.dora,
                at=at,
            )
            for provider, starts in ((scene.dr_rao, ("10:00", "11:00", "12:00")), (scene.dr_sen, ("14:00", "15:00")))
            for start in starts
        ]
        waiting(scene, day, at, 8)
    ended = at_once(clinic, [lambda row=row: cancel(row, by=scene.dora, at=at, reason="Travels") for row in rows])
    assert ended == {"done": 5}
    with clinic.inside():
        offers = list(WaitlistOffer.objects.all())
    assert len({one.entry_id for one in offers}) == len(offers) >= 3
    places = sorted((str(one.provider_id), one.busy_from, one.busy_until) for one in offers)
    assert all(a[0] != b[0] or a[2] <= b[1] for a, b in pairwise(places))
