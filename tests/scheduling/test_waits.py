"""The estimated wait: from this provider's last sessions, as a range, told from the place in the queue."""

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.scheduling import attendance
from apps.scheduling.arrival.queues import queues
from apps.scheduling.arrival.waits import Length, Wait, lengths, waits
from apps.scheduling.models import Appointment
from tests.scheduling.scene import MONDAY, Scene, patient
from tests.scheduling.test_booking import booked


def session(scene: Scene, day_before: int, start: str, minutes: int) -> Appointment:
    """A visit of some earlier day that took so long."""
    day = MONDAY - timedelta(days=day_before)
    begins = scene.when(start, day)
    visit = booked(scene, start, starts_at=begins, at=begins)
    attendance.arrive(visit, by=scene.dora, at=begins)
    attendance.start(visit, by=scene.rao, at=begins)
    return attendance.complete(visit, by=scene.rao, at=begins + timedelta(minutes=minutes))


def known(scene: Scene) -> Length:
    pair = (scene.dr_rao.pk, scene.visit.pk)
    return lengths([pair], types={scene.visit.pk: scene.visit})[pair]


def test_without_enough_sessions_the_length_of_the_type_counts(scene: Scene) -> None:
    for day in (3, 4, 5, 6):
        session(scene, day, "10:00", 10)
    assert known(scene) == Length(22.5, 30.0, 37.5, 0)


def test_quartiles_of_the_last_sessions(scene: Scene) -> None:
    for hour, minutes in (("10:00", 10), ("11:00", 12), ("12:00", 14), ("13:00", 16), ("14:00", 50)):
        session(scene, 3, hour, minutes)
    assert known(scene) == Length(12.0, 14.0, 16.0, 5)


def test_who_is_ahead_and_what_is_left_of_the_session_count(scene: Scene) -> None:
    pair = (scene.dr_rao.pk, scene.visit.pk)
    length = {pair: Length(10, 12, 16, 9)}
    at = scene.when("10:10")

    def visit(started: str | None = None) -> Appointment:
        return Appointment(
            provider=scene.dr_rao,
            appointment_type=scene.visit,
            starts_at=scene.when("10:00"),
            started_at=scene.when(started) if started else None,
        )

    assert waits([visit(), visit(), visit()], [visit("10:06")], length, at=at) == [
        Wait(5, 15),
        Wait(15, 30),
        Wait(25, 45),
    ]
    assert waits([visit()], [visit("09:00")], length, at=at) == [Wait(0, 0)]  # takes longer than ever
    assert waits([visit()], [], length, at=scene.when("09:38")) == [Wait(0, 25)]  # not begun yet


def test_the_queue_shows_waits_in_order_with_a_constant_number_of_queries(scene: Scene) -> None:
    def arrive(name: str, start: str) -> None:
        who = patient(name, "Line", by=scene.dora, at=scene.at)
        attendance.arrive(booked(scene, start, patient=who), by=scene.dora, at=scene.at)

    arrive("Anna", "09:30")
    queries(scene)  # the clinic's profile is read once a transaction
    one = queries(scene)
    for name, start in (("Bina", "10:30"), ("Cleo", "11:30"), ("Dora", "12:30")):
        arrive(name, start)
    assert queries(scene) == one
    [mine, _sen] = queues([scene.dr_rao, scene.dr_sen], at=scene.when("09:30"), reader=scene.dora)
    assert [place.name for place in mine.waiting] == ["Anna Line", "Bina Line", "Cleo Line", "Dora Line"]
    assert [place.wait for place in mine.waiting] == [Wait(0, 0), Wait(20, 40), Wait(45, 75), Wait(65, 115)]


def queries(scene: Scene) -> int:
    with CaptureQueriesContext(connection) as caught:  # type: ignore[arg-type]
        shown = queues([scene.dr_rao, scene.dr_sen], at=scene.at, reader=scene.dora)
        assert [place.name for queue in shown for place in queue.waiting]
    return len(caught)
