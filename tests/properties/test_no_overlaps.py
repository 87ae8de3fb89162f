"""Any sequence of bookings, overrides, moves, cancellations, arrivals and slips taken back, against a model in minutes.

The model knows one rule: at no moment are more patients with a provider than were allowed, unless somebody overrode
that; and whoever is not allowed to override gets a place exactly where one is free, beside overrides too.
`HPMS_EXAMPLES=1000` runs that many examples instead of the few of the suite.
"""

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.core.refusals import Conflict
from apps.scheduling import attendance, undo
from apps.scheduling.booking import book, cancel, reschedule
from apps.scheduling.calendars import hours
from apps.scheduling.fitting import ProviderIsBusy
from apps.scheduling.models import Appointment, Status
from tests.scheduling.scene import MONDAY, Scene, make_scene, weekdays

CAPACITY = {"dr_rao": 1, "dr_sen": 2}
STEP = 5
OPEN = 120 // STEP  # the model's day: two hours from 09:00 in steps of five minutes

providers = st.sampled_from(sorted(CAPACITY))
starts = st.integers(0, OPEN - 12)
lengths = st.integers(1, 12)
which = st.integers(0, 30)
steps = st.one_of(
    st.tuples(st.just("book"), providers, starts, lengths, st.booleans()),
    st.tuples(st.just("move"), which, providers, starts, st.booleans()),
    st.tuples(st.just("cancel"), which),
    st.tuples(st.just("arrive"), which),
    st.tuples(st.just("no_show"), which),
    st.tuples(st.just("take_back"), which),
)


@dataclass
class Row:
    """What the model knows of an appointment."""

    provider: str
    start: int
    length: int
    active: bool = True
    over: bool = False

    def covers(self, step: int) -> bool:
        return self.active and self.start <= step < self.start + self.length


class Model:
    def __init__(self) -> None:
        self.rows: list[Row] = []

    def fits(self, provider: str, start: int, length: int, *, besides: Row | None = None) -> bool:
        others = [row for row in self.rows if row.provider == provider and row is not besides]
        fullest = max(sum(row.covers(step) for row in others) for step in range(start, start + length))
        return fullest < CAPACITY[provider]


@pytest.fixture
def scene(inside_riverside: Any) -> Scene:
    made = make_scene(ZoneInfo("Asia/Kolkata"))
    hours.set_weekly_hours(made.dr_sen, sessions=weekdays(capacity=2), effective_from=MONDAY, by=made.ada, at=made.at)
    return made


@settings(
    max_examples=int(os.environ.get("HPMS_EXAMPLES", 12)),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(steps, min_size=4, max_size=16))
def test_nobody_is_ever_booked_over_unless_overridden(scene: Scene, story: list[tuple[Any, ...]]) -> None:
    with undone():
        model, made = Model(), list[Appointment]()
        for step in story:
            take(scene, model, made, step)
            compare(scene, model, made)


def take(scene: Scene, model: Model, made: list[Appointment], step: tuple[Any, ...]) -> None:
    kind, *details = step
    if kind == "book":
        provider, start, length, over = details
        place(scene, model, made, Row(provider, start, length), None, over=over)
        return
    if not made:
        return
    number = details[0] % len(made)
    appointment, row = made[number], model.rows[number]
    appointment.refresh_from_db()
    if kind == "move":
        _, provider, start, over = details
        if appointment.is_movable:
            place(scene, model, made, Row(provider, start, row.length), number, over=over)
    elif kind == "cancel" and appointment.is_movable:
        cancel(appointment, by=scene.dora, at=later(scene), reason="Called off")
        row.active = False
    elif kind == "arrive" and appointment.status == Status.SCHEDULED:
        attendance.arrive(appointment, by=scene.dora, at=later(scene))
    elif kind == "no_show" and appointment.status == Status.SCHEDULED:
        attendance.no_show(appointment, by=scene.dora, at=later(scene))
        row.active = False
    elif kind == "take_back":
        take_back(scene, model, appointment, row)


def place(scene: Scene, model: Model, made: list[Appointment], row: Row, moving: int | None, *, over: bool) -> None:
    """Book or move; the model says beforehand whether there is room."""
    former = model.rows[moving] if moving is not None else None
    stays = former is not None and (former.provider, former.start) == (row.provider, row.start)
    room = model.fits(row.provider, row.start, row.length, besides=former) or stays
    start = scene.when("09:00") + timedelta(minutes=STEP * row.start)
    who = {"by": scene.ada if over else scene.dora, "at": later(scene), "override_reason": "Urgent" if over else ""}
    common = {"provider": getattr(scene, row.provider), "starts_at": start, "patient_sees_both": True, **who}
    try:
        if moving is None:
            end = start + timedelta(minutes=STEP * row.length)
            appointment = book(patient=scene.asha, appointment_type=scene.visit, ends_at=end, **common)
        else:
            appointment = reschedule(made[moving], **common)
    except ProviderIsBusy:
        assert not room and not over, "refused though there was room"
        return
    assert room or over, "accepted though there was none"
    row.over = former.over if former is not None and stays else not room
    assert appointment.is_override == row.over
    if moving is None:
        model.rows.append(row)
        made.append(appointment)
    else:
        model.rows[moving] = row


def take_back(scene: Scene, model: Model, appointment: Appointment, row: Row) -> None:
    if row.over and not row.active:
        return  # coming back over another asks for the reason anew: covered by its own test
    room = row.active or model.fits(row.provider, row.start, row.length, besides=row)
    try:
        back = undo.take_back(appointment, by=scene.ada, at=later(scene))
    except ProviderIsBusy:
        assert not room
    except Conflict as refusal:
        assert refusal.code == "not_undoable"
    else:
        assert room
        row.active = back.is_active


def compare(scene: Scene, model: Model, made: list[Appointment]) -> None:
    kept = {one.pk: one for one in Appointment.objects.all()}
    for appointment, row in zip(made, model.rows, strict=True):
        assert kept[appointment.pk].is_active == row.active
    for name, capacity in CAPACITY.items():
        rows = [one for one in kept.values() if one.is_active and one.provider_id == getattr(scene, name).pk]
        for one in rows:
            there = [other for other in rows if other.busy_from <= one.busy_from < other.busy_until]
            assert sum(not other.is_override for other in there) <= capacity
            assert len({other.lane for other in there}) == len(there)
    for appointment in kept.values():
        moves = list(appointment.transitions.all())
        assert moves[-1].to_status == appointment.status and moves[-1].to_starts_at == appointment.starts_at
        for before, after in itertools.pairwise(moves):
            assert (before.to_status, before.to_starts_at) == (after.from_status, after.from_starts_at)


def later(scene: Scene) -> Any:
    return scene.when("11:30")


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
