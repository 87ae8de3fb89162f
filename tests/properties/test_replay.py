"""A day replayed at any moment is the day as it stood: any sequence of bookings, moves, visits and slips taken back.

After each step the sheet is read; in the end each of those moments is put together again and compared line by line.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from apps.core.refusals import Refusal
from apps.scheduling import attendance, undo
from apps.scheduling.booking import book, cancel, confirm, reschedule
from apps.scheduling.models import Appointment
from apps.scheduling.sheets import replay, sheet
from apps.scheduling.sheets.face import Face
from tests.scheduling.scene import MONDAY, Scene, make_scene

providers = st.sampled_from(["dr_rao", "dr_sen"])
which = st.integers(0, 20)
quarters = st.integers(0, 31)  # of an hour, from 09:00
days = st.sampled_from([0, 0, 0, 1])  # on Monday, or on the day after
steps = st.one_of(
    st.tuples(st.just("book"), providers, days, quarters, st.sampled_from([15, 30, 60]), st.booleans(), st.booleans()),
    st.tuples(st.just("move"), which, providers, days, quarters, st.sampled_from([None, 15, 45])),
    st.tuples(st.sampled_from(["cancel", "confirm", "arrive", "start", "complete", "no_show", "take_back"]), which),
)


@pytest.fixture
def scene(inside_riverside: Any) -> Scene:
    return make_scene(ZoneInfo("Asia/Kolkata"))


class Undo(Exception):
    """Ends an example: what it did is rolled back."""


@contextmanager
def rolled_back() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
            raise Undo
    except Undo:
        pass


def do(scene: Scene, step: tuple[Any, ...], at: datetime) -> None:
    name, *rest = step
    if name == "book":
        provider, day, quarter, minutes, over, requested = rest
        starts = scene.when("09:00", MONDAY + timedelta(days=day)) + timedelta(minutes=15 * quarter)
        book(
            patient=[scene.asha, scene.ben, scene.chitra][quarter % 3],
            provider=getattr(scene, provider),
            appointment_type=scene.visit,
            starts_at=starts,
            ends_at=starts + timedelta(minutes=minutes),
            override_reason="Urgent" if over else "",
            patient_sees_both=True,
            requested=requested,
            by=scene.ada,
            at=at,
        )
        return
    all_of_them = list(Appointment.objects.with_people().order_by("number"))
    if not all_of_them:
        return
    one = all_of_them[rest[0] % len(all_of_them)]
    who = {"by": scene.ada, "at": at}
    if name == "move":
        _which, provider, day, quarter, minutes = rest
        starts = scene.when("09:00", MONDAY + timedelta(days=day)) + timedelta(minutes=15 * quarter)
        ends = starts + timedelta(minutes=minutes) if minutes else None
        reschedule(
            one, starts_at=starts, ends_at=ends, provider=getattr(scene, provider), patient_sees_both=True, **who
        )
    elif name == "cancel":
        cancel(one, reason="Feels better", **who)
    elif name == "confirm":
        confirm(one, patient_sees_both=True, **who)
    elif name == "take_back":
        undo.take_back(one, **who)
    else:
        getattr(attendance, name)(one, **who)


@settings(
    max_examples=int(os.environ.get("HPMS_EXAMPLES", 10)),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(steps, min_size=4, max_size=18))
@example([("book", "dr_rao", 0, 0, 30, False, True), ("book", "dr_rao", 0, 0, 15, False, False)])  # at one time
def test_every_moment_of_a_day_comes_back_as_it_was(scene: Scene, walked: list[tuple[Any, ...]]) -> None:
    face = Face.of([MONDAY], scene.zone)
    team = [scene.dr_rao, scene.dr_sen]
    # The day runs from 09:00 on, so that some visits can begin and some are missed.
    at = scene.when("09:00")
    with rolled_back():
        seen = [(at - timedelta(minutes=1), {})]
        for step in walked:
            at += timedelta(minutes=7)
            try:
                with transaction.atomic():
                    do(scene, step, at)
            except Refusal:
                pass
            stood = sheet.lines_between(MONDAY, MONDAY, face=face, providers=team, reader=scene.dora)
            seen.append((at, dict(stood)))
        for moment, stood in seen:
            again = dict(replay.lines_as_of(MONDAY, moment, face=face, reader=scene.dora))
            assert again == stood, f"at {moment:%H:%M}"
            # Between two changes nothing changes.
            assert (
                dict(replay.lines_as_of(MONDAY, moment + timedelta(minutes=6), face=face, reader=scene.dora)) == stood
            )
