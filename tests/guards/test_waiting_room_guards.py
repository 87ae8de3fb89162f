"""Attacks on the queue, past every rule; and many hands calling at once."""

from collections import Counter
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, transaction

from apps.scheduling import attendance
from apps.scheduling.arrival import waiting_room
from apps.scheduling.arrival.tickets import ticket_of
from apps.scheduling.models import Appointment, QueueTicket, TicketEntry, TokenCounter
from tests.guards.test_rush import at_once
from tests.scheduling.scene import MONDAY, Scene, make_scene, patient
from tests.scheduling.test_booking import booked


@pytest.fixture
def ticket(scene: Scene) -> QueueTicket:
    found = ticket_of(attendance.arrive(booked(scene, "10:00"), by=scene.dora, at=scene.when("09:50")))
    assert found is not None
    return found


def refused(attack: Callable[[], Any], kind: type[DatabaseError] = IntegrityError, match: str = "") -> None:
    with pytest.raises(kind, match=match or None), transaction.atomic():
        attack()
        sql("SET CONSTRAINTS ALL IMMEDIATE")


def sql(statement: str, *params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params or None)


def test_no_second_open_ticket_and_no_token_twice(scene: Scene, ticket: QueueTicket) -> None:
    copy = {"appointment": ticket.appointment, "issued_at": scene.at, "queued_at": scene.at}
    tomorrow = {"day": MONDAY.replace(day=12), "prefix": "Z", "number": 1}
    refused(lambda: QueueTicket.objects.create(**copy, **tomorrow), match="queue_ticket_open_once")
    other = booked(scene, "11:00", patient=scene.ben)
    taken = {**copy, "appointment": other, "day": MONDAY, "prefix": "A", "number": 1}
    refused(lambda: QueueTicket.objects.bulk_create([QueueTicket(**taken)]), match="queue_token_once")


def test_only_legal_moves(ticket: QueueTicket) -> None:
    mine = QueueTicket.objects.filter(pk=ticket.pk)
    refused(lambda: mine.update(status="done"), match="no way from waiting to done")
    refused(lambda: mine.update(status="gone"), match="no way|queue_ticket_status")
    refused(lambda: mine.update(status="called"), match="queue_ticket_called_when")
    refused(lambda: mine.update(number=7), match="stays what it was")
    refused(lambda: mine.update(priority=11), match="queue_ticket_priority")
    refused(lambda: mine.delete(), ProgrammingError, match="never deleted")
    elsewhere = '{"id": "00000000-0000-0000-0000-000000000001", "number": 9, "status": "skipped"}'
    born_aside = "SELECT (jsonb_populate_record(q, %s)).* FROM scheduling_queueticket q"
    refused(lambda: sql(f"INSERT INTO scheduling_queueticket {born_aside}", elsewhere), match="nobody begins as")


def test_a_ticket_cannot_contradict_its_appointment(scene: Scene, ticket: QueueTicket) -> None:
    mine = QueueTicket.objects.filter(pk=ticket.pk)
    refused(lambda: mine.update(status="with_provider"), match="queue ticket is not")
    refused(lambda: mine.update(status="left"), match="queue ticket is not")
    visit = Appointment.objects.filter(pk=ticket.appointment_id)
    refused(lambda: visit.update(status="in_session"), match="queue ticket is not")
    refused(lambda: visit.update(status="cancelled"), match="queue ticket is not")
    waiting = {"day": MONDAY, "prefix": "B", "number": 1, "issued_at": scene.at, "queued_at": scene.at}
    nobody_here = booked(scene, "11:00", patient=scene.ben)
    refused(lambda: QueueTicket.objects.create(appointment=nobody_here, **waiting), match="queue ticket is not")


def test_tokens_are_counted_one_by_one(ticket: QueueTicket) -> None:
    counter = TokenCounter.objects.filter(day=MONDAY, prefix="A")
    refused(lambda: counter.update(last=5), match="one by one")
    refused(lambda: counter.update(last=1), match="one by one")
    refused(lambda: counter.delete(), match="one by one")
    refused(lambda: TokenCounter.objects.create(day=MONDAY, prefix="B", last=3), match="one by one")


def test_what_was_called_stays_written(scene: Scene, ticket: QueueTicket) -> None:
    waiting_room.call(ticket, by=scene.dora, at=scene.at)
    refused(lambda: TicketEntry.objects.update(kind="skipped"), ProgrammingError)
    refused(lambda: TicketEntry.objects.all().delete(), ProgrammingError)
    refused(lambda: sql("TRUNCATE scheduling_ticketentry"), ProgrammingError)


@pytest.fixture
def rush(throw_away: str, riverside: Any) -> tuple[Any, Scene]:
    with riverside.inside():
        scene = make_scene(ZoneInfo("Asia/Kolkata"))
    return riverside, scene


def _six_waiting(scene: Scene) -> list[QueueTicket]:
    tickets = []
    for number, letter in enumerate("ABCDEF"):
        who = patient(f"Patient{letter}", "Queue", by=scene.dora, at=scene.at)
        visit = booked(scene, f"{9 + number:02d}:00", patient=who)
        attendance.arrive(visit, by=scene.dora, at=scene.at)
        tickets.append(ticket_of(visit))
    return tickets  # type: ignore[return-value]


def test_many_who_arrive_at_once_get_tokens_without_gaps(rush: tuple[Any, Scene]) -> None:
    clinic, scene = rush
    with clinic.inside():
        visits = [
            booked(scene, f"{9 + number:02d}:00", patient=patient(f"P{letter}", "Rush", by=scene.dora, at=scene.at))
            for number, letter in enumerate("ABCDEFGH")
        ]
    ended = at_once(clinic, [lambda v=visit: attendance.arrive(v, by=scene.dora, at=scene.at) for visit in visits * 2])
    assert ended == {"done": 8, "wrong_status": 8}
    with clinic.inside():
        assert sorted(QueueTicket.objects.values_list("number", flat=True)) == list(range(1, 9))


def test_two_who_call_at_once_get_different_patients(rush: tuple[Any, Scene]) -> None:
    clinic, scene = rush
    with clinic.inside():
        tickets = _six_waiting(scene)
    got: list[str] = []

    def one() -> None:
        got.append(waiting_room.call_next(scene.dr_rao, by=scene.dora, at=scene.at).token)

    ended = at_once(clinic, [one] * 8)
    assert ended == {"done": 6, "nobody_waits": 2}
    assert Counter(got) == Counter(ticket.token for ticket in tickets)


def test_of_many_who_saw_the_same_patient_on_top_one_calls_and_the_others_are_told(rush: tuple[Any, Scene]) -> None:
    clinic, scene = rush
    with clinic.inside():
        first = _six_waiting(scene)[0]

    def one() -> None:
        waiting_room.call_next(scene.dr_rao, by=scene.dora, at=scene.at, expecting=first.pk)

    assert at_once(clinic, [one] * 6) == {"done": 1, "called_already": 5}


def test_calling_and_starting_cross_without_a_deadlock(rush: tuple[Any, Scene]) -> None:
    clinic, scene = rush
    with clinic.inside():
        tickets = _six_waiting(scene)
    at = scene.when("09:00")
    tasks: list[Callable[[], object]] = []
    for ticket in tickets:
        tasks += [
            lambda t=ticket: attendance.start(t.appointment, by=scene.rao, at=at),
            lambda: waiting_room.call_in(scene.dr_rao, by=scene.rao, at=at),
            lambda t=ticket: waiting_room.skip(t, by=scene.dora, at=at),
            lambda t=ticket: waiting_room.move(t, scene.dr_sen, by=scene.dora, at=at),
        ]
    ended = at_once(clinic, tasks)
    known = {"done", "wrong_status", "nobody_waits", "not_in_the_queue", "not_movable", "moved_meanwhile",
             "provider_is_busy", "no_time_there", "same_queue", "not_your_visit"}  # fmt: skip
    refused_otherwise = {kind for kind in ended if kind not in known and "NotYourVisit" not in kind}
    assert not refused_otherwise, ended
