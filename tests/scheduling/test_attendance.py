"""UC-02 and FR-S02: the patient arrives, the provider starts and completes; nothing is skipped, repeated, undone."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from apps.core.refusals import Conflict, NotPermitted
from apps.scheduling.attendance import arrive, complete, no_show, start
from apps.scheduling.booking import cancel
from apps.scheduling.models import Appointment, Status
from apps.scheduling.signals import appointment_completed
from tests.scheduling.scene import MONDAY, Scene
from tests.scheduling.test_booking import booked


@pytest.fixture
def heard() -> Iterator[list[Any]]:
    calls: list[Any] = []

    def listen(sender: object, **kwargs: Any) -> None:
        calls.append(kwargs)

    appointment_completed.connect(listen)
    yield calls
    appointment_completed.disconnect(listen)


def test_a_visit_from_arrival_to_completion_is_announced_once(scene: Scene, heard: list[Any]) -> None:
    appointment = booked(scene, "10:00")
    arrive(appointment, by=scene.dora, at=scene.when("09:50"))
    start(appointment, by=scene.rao, at=scene.when("10:02"))
    done = complete(appointment, by=scene.rao, at=scene.when("10:25"))

    assert done.status == Status.COMPLETED
    assert (done.arrived_at, done.started_at, done.completed_at) == tuple(
        scene.when(text) for text in ("09:50", "10:02", "10:25")
    )
    moves = [(move.from_status, move.to_status, move.by) for move in done.transitions.all()]
    assert moves == [
        ("", "scheduled", scene.dora),
        ("scheduled", "arrived", scene.dora),
        ("arrived", "in_session", scene.rao),
        ("in_session", "completed", scene.rao),
    ]
    assert [(call["appointment"], call["by"], call["at"]) for call in heard] == [(done, scene.rao, scene.when("10:25"))]


def test_skipping_repeating_and_going_back_are_refused_with_the_reason(scene: Scene, heard: list[Any]) -> None:
    appointment = booked(scene, "10:00")
    late = scene.when("10:40")
    with pytest.raises(Conflict, match="arrived first"):
        start(appointment, by=scene.rao, at=late)
    with pytest.raises(Conflict, match="Start the visit first"):
        complete(appointment, by=scene.rao, at=late)
    arrive(appointment, by=scene.dora, at=late)
    with pytest.raises(Conflict, match="arrived already"):
        arrive(appointment, by=scene.dora, at=late)
    with pytest.raises(Conflict, match="arrived already"):
        no_show(appointment, by=scene.dora, at=late)
    start(appointment, by=scene.rao, at=late)
    with pytest.raises(Conflict, match="has started"):
        cancel(appointment, by=scene.dora, at=late, reason="Left")
    complete(appointment, by=scene.rao, at=late)
    for step in (arrive, start, complete, no_show):
        with pytest.raises(Conflict, match="completed already"):
            step(appointment, by=scene.rao, at=late)
    assert len(heard) == 1


def test_only_the_visits_provider_may_start_and_complete_it(scene: Scene) -> None:
    appointment = booked(scene, "10:00", provider=scene.dr_sen)
    arrive(appointment, by=scene.dora, at=scene.at)
    for stranger in (scene.rao, scene.dora):
        with pytest.raises(NotPermitted):
            start(appointment, by=stranger, at=scene.at)
    start(appointment, by=scene.ada, at=scene.at)  # holds run_any_visit
    with pytest.raises(NotPermitted):
        complete(appointment, by=scene.rao, at=scene.at)
    assert complete(appointment, by=scene.ada, at=scene.at).status == Status.COMPLETED


def test_nobody_arrives_on_another_day_or_fails_to_come_beforehand(scene: Scene) -> None:
    appointment = booked(scene, "10:00", starts_at=scene.when("10:00", MONDAY + timedelta(days=1)))
    with pytest.raises(Conflict, match="another day"):
        arrive(appointment, by=scene.dora, at=scene.at)
    with pytest.raises(Conflict, match="not begun"):
        no_show(appointment, by=scene.dora, at=scene.at)


def test_no_show_frees_the_time(scene: Scene) -> None:
    appointment = booked(scene, "10:00")
    assert no_show(appointment, by=scene.dora, at=scene.when("10:10")).status == Status.NO_SHOW
    booked(scene, "10:15", patient=scene.ben, at=scene.when("10:11"))


def test_a_failing_listener_leaves_the_visit_open(scene: Scene) -> None:
    appointment = booked(scene, "10:00")
    arrive(appointment, by=scene.dora, at=scene.at)
    start(appointment, by=scene.rao, at=scene.at)

    def fail(sender: object, **kwargs: Any) -> None:
        raise RuntimeError("no invoice today")

    appointment_completed.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            complete(appointment, by=scene.rao, at=scene.at)
    finally:
        appointment_completed.disconnect(fail)
    appointment.refresh_from_db()
    assert appointment.status == Status.IN_SESSION
    assert Appointment.objects.get().transitions.count() == 3
