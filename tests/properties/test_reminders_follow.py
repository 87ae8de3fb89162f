"""Whatever happens to appointments: each that is to come has exactly its reminders, and no other has an open one."""

from datetime import time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from apps.clinic import profile
from apps.core.refusals import Refusal
from apps.scheduling import attendance, booking, undo
from apps.scheduling.models import Appointment, Status
from apps.scheduling.models.reminder import Reminder, ReminderChannel
from apps.scheduling.quiet_hours import due_at
from apps.scheduling.reminders import Notice, note_wish, rules, send_due, set_rules
from tests.scheduling.scene import Scene, make_scene

DOINGS = ("book", "move", "cancel", "undo", "arrive", "no_show", "send", "rules")
STEPS = st.lists(st.tuples(st.sampled_from(DOINGS), st.integers(0, 11), st.integers(0, 9)), min_size=4, max_size=14)


@pytest.fixture
def scene(inside_riverside: Any) -> Scene:
    return make_scene(ZoneInfo("Asia/Kolkata"))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(steps=[("book", 0, 0), ("book", 0, 9), *([("book", 9, 7)] * 4), ("send", 0, 0)])  # sent at ten in the evening
@given(steps=STEPS)
def test_reminders_follow_whatever_happens(scene: Scene, steps: list[tuple[str, int, int]]) -> None:
    with transaction.atomic():
        _live(scene, steps)
        transaction.set_rollback(True)


def _live(scene: Scene, steps: list[tuple[str, int, int]]) -> None:
    at = scene.at
    _set(scene, 0, at)
    note_wish(scene.asha, channel="email", agreed=True, by=scene.dora, at=at)
    for doing, which, amount in steps:
        at += timedelta(hours=amount)
        try:
            with transaction.atomic():
                _do(scene, doing, which, amount, at)
        except Refusal:
            pass
        _check(at)


def _do(scene: Scene, doing: str, which: int, amount: int, at: Any) -> None:
    rows = list(Appointment.objects.order_by("booked_at", "id"))
    one = rows[which % len(rows)] if rows else None
    place = scene.when("09:00") + timedelta(days=1 + which % 4, minutes=30 * amount)
    if doing == "book":
        booking.book(
            patient=scene.asha,
            provider=scene.dr_rao,
            appointment_type=(scene.visit, scene.quick)[which % 2],
            starts_at=place,
            by=scene.dora,
            at=at,
        )
    elif doing == "send":
        send_due(at=at)
    elif doing == "rules":
        _set(scene, which, at)
    elif one is None:
        return
    elif doing == "move":
        booking.reschedule(one, starts_at=place, by=scene.dora, at=at)
    elif doing == "cancel":
        booking.cancel(one, by=scene.dora, at=at, reason="So")
    elif doing == "undo":
        undo.take_back(one, by=scene.ada, at=at)
    elif doing == "arrive":
        attendance.arrive(one, by=scene.dora, at=at)
    elif doing == "no_show":
        attendance.no_show(one, by=scene.dora, at=at)


def _set(scene: Scene, which: int, at: Any) -> None:
    own = [Notice(24), Notice(2, ReminderChannel.SMS), Notice(5, appointment_type=scene.quick.pk), Notice(48)]
    set_rules(own[: 1 + which % 4], quiet_from=time(21), quiet_until=time(8), by=scene.ada, at=at)


def _check(at: Any) -> None:
    told, zone = rules(), profile.current().zone
    for one in Appointment.objects.prefetch_related("reminders"):
        found = list(one.reminders.all())
        is_open = {(row.channel, row.hours_before) for row in found if row.status == "open"}
        here = {(row.channel, row.hours_before) for row in found if row.starts_at == one.starts_at}
        assert all(row.starts_at == one.starts_at for row in found if row.status == "open")
        if one.status != Status.SCHEDULED:
            assert not is_open
            continue
        wanted = {
            (channel, hours)
            for channel, hours in told.of(one.appointment_type_id)
            if due_at(one.starts_at, hours, told.quiet, zone) > at
        }
        assert wanted <= here
        live = {(row.channel, row.hours_before) for row in found if row.status != "withdrawn"}
        assert wanted <= live
        # What is due, and what a worker who came in the quiet hours has put off until they end.
        late = {
            (row.channel, row.hours_before)
            for row in found
            if row.due_at <= at or due_at(one.starts_at, row.hours_before, told.quiet, zone) <= at < row.due_at
        }
        assert is_open <= wanted | late
    sent = Reminder.objects.filter(status="sent").values_list("appointment", "channel", "hours_before", "starts_at")
    assert len(sent) == len(set(sent))
