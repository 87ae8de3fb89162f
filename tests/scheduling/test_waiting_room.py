"""The waiting room: a token for each arrival, who is called next, tickets in step with their appointments."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from apps.clinic.models import Department, Room
from apps.core.refusals import Conflict, NotPermitted, Refusal
from apps.scheduling import attendance, booking, undo
from apps.scheduling.arrival import waiting_room
from apps.scheduling.arrival.tickets import ticket_of
from apps.scheduling.models import Appointment, Priority, QueueTicket, TicketEntry, TicketStatus, TokenPrefix
from tests.scheduling.scene import MONDAY, Scene
from tests.scheduling.test_booking import booked


def arrived(scene: Scene, start: str, came: str, **more: Any) -> QueueTicket:
    appointment = attendance.arrive(booked(scene, start, **more), by=scene.dora, at=scene.when(came))
    ticket = ticket_of(appointment)
    assert ticket is not None
    return ticket


def fresh(ticket: QueueTicket) -> QueueTicket:
    """As it is now; and the database agrees with what was done so far."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return QueueTicket.objects.with_people().get(pk=ticket.pk)


def call_next(scene: Scene, at: str, **more: Any) -> str:
    return waiting_room.call_next(scene.dr_rao, by=scene.dora, at=scene.when(at), **more).token


def test_each_arrival_gets_the_next_token_of_the_day(scene: Scene) -> None:
    first = arrived(scene, "10:00", "09:50")
    second = arrived(scene, "10:30", "09:55", patient=scene.ben)
    assert [first.token, second.token] == ["A-001", "A-002"]
    assert (first.day, first.status, first.queued_at) == (MONDAY, TicketStatus.WAITING, scene.when("09:50"))

    tuesday = MONDAY + timedelta(days=1)
    again = booked(scene, "10:00", starts_at=scene.when("10:00", tuesday))
    attendance.arrive(again, by=scene.dora, at=scene.when("09:00", tuesday))
    assert ticket_of(again).token == "A-001"  # type: ignore[union-attr]


def test_departments_and_providers_may_have_letters_of_their_own(scene: Scene) -> None:
    dental = Department.objects.create(name="Dental")
    scene.dr_sen.department = scene.dr_rao.department = dental
    scene.dr_sen.save()
    scene.dr_rao.save()
    TokenPrefix.objects.create(letters="D", department=dental)
    TokenPrefix.objects.create(letters="RAO", provider=scene.dr_rao)
    assert arrived(scene, "10:00", "09:50").token == "RAO-001"
    assert arrived(scene, "10:00", "09:51", patient=scene.ben, provider=scene.dr_sen).token == "D-001"


def test_a_refused_arrival_takes_no_number(scene: Scene) -> None:
    appointment = booked(scene, "10:00")
    attendance.arrive(appointment, by=scene.dora, at=scene.at)
    with pytest.raises(Conflict):
        attendance.arrive(appointment, by=scene.dora, at=scene.at)
    assert arrived(scene, "11:00", "09:00", patient=scene.ben).token == "A-002"


def test_the_punctual_are_seen_in_order_of_their_appointments_and_the_late_from_when_they_came(scene: Scene) -> None:
    late = arrived(scene, "09:30", "10:05")
    early = arrived(scene, "10:30", "09:00", patient=scene.ben)
    punctual = arrived(scene, "10:00", "09:55", patient=scene.chitra)
    order = [ticket.token for ticket in QueueTicket.objects.of_provider(scene.dr_rao).waiting().in_order()]
    assert order == [punctual.token, late.token, early.token]
    assert [call_next(scene, "10:06") for _ in range(3)] == order
    with pytest.raises(Conflict, match="Nobody is waiting"):
        call_next(scene, "10:07")


def test_an_emergency_goes_first_with_a_reason_that_is_kept(scene: Scene) -> None:
    first = arrived(scene, "10:00", "09:50")
    urgent = arrived(scene, "12:00", "09:55", patient=scene.ben)
    with pytest.raises(Refusal, match="Say why"):
        waiting_room.reprioritise(urgent, priority=Priority.EMERGENCY, by=scene.dora, at=scene.at, reason=" ")
    with pytest.raises(Refusal, match="Choose a priority"):
        waiting_room.reprioritise(urgent, priority=7, by=scene.dora, at=scene.at, reason="x")
    with pytest.raises(Refusal, match="at most 300"):
        waiting_room.reprioritise(urgent, priority=10, by=scene.dora, at=scene.at, reason="x" * 301)
    waiting_room.reprioritise(urgent, priority=Priority.EMERGENCY, by=scene.dora, at=scene.at, reason="Chest pain")
    assert [call_next(scene, "09:56"), call_next(scene, "09:57")] == [urgent.token, first.token]
    entry = TicketEntry.objects.get(kind="priority")
    assert (entry.from_priority, entry.to_priority, entry.reason, entry.by) == (40, 10, "Chest pain", scene.dora)


def test_whoever_does_not_answer_is_set_aside_and_queues_again_on_return(scene: Scene) -> None:
    away = arrived(scene, "10:00", "09:50")
    other = arrived(scene, "10:30", "09:55", patient=scene.ben)
    call_next(scene, "10:00")
    waiting_room.call(away, by=scene.dora, at=scene.when("10:01"))
    waiting_room.skip(away, by=scene.dora, at=scene.when("10:02"), reason="Not in the room")
    assert fresh(away).status == TicketStatus.SKIPPED
    waiting_room.put_back(away, by=scene.dora, at=scene.when("10:40"))
    assert [call_next(scene, "10:41"), call_next(scene, "10:42")] == [other.token, away.token]
    kinds = list(away.entries.values_list("kind", flat=True))
    assert kinds == ["called", "called_again", "skipped", "returned", "called"]


def test_one_called_by_mistake_keeps_their_place(scene: Scene) -> None:
    first = arrived(scene, "10:00", "09:50")
    arrived(scene, "10:30", "09:55", patient=scene.ben)
    call_next(scene, "10:00")
    waiting_room.put_back(first, by=scene.dora, at=scene.when("10:20"))
    assert call_next(scene, "10:21") == first.token


def test_a_double_click_calls_nobody_else_and_says_who_was_quicker(scene: Scene) -> None:
    first = arrived(scene, "10:00", "09:50")
    second = arrived(scene, "10:30", "09:55", patient=scene.ben)
    assert call_next(scene, "10:00", expecting=first.pk) == first.token
    with pytest.raises(Conflict, match=f"{first.token} was just called by Dora Desk"):
        call_next(scene, "10:00", expecting=first.pk)
    assert fresh(second).status == TicketStatus.WAITING


def test_the_call_names_the_providers_room(scene: Scene) -> None:
    room = Room.objects.create(name="Room 3")
    scene.dr_rao.room = room
    scene.dr_rao.save()
    ticket = arrived(scene, "10:00", "09:50")
    call_next(scene, "10:00")
    now = fresh(ticket)
    assert (now.status, now.called_to, now.called_at) == (TicketStatus.CALLED, room, scene.when("10:00"))


def test_the_provider_calls_and_starts_with_one_key(scene: Scene) -> None:
    ticket = arrived(scene, "10:00", "09:50")
    started = waiting_room.call_in(scene.dr_rao, by=scene.rao, at=scene.when("10:00"))
    assert (started.pk, started.status) == (ticket.appointment_id, "in_session")
    assert fresh(ticket).status == TicketStatus.WITH_PROVIDER
    arrived(scene, "10:00", "09:50", patient=scene.ben, provider=scene.dr_sen)
    with pytest.raises(NotPermitted):
        waiting_room.call_in(scene.dr_sen, by=scene.rao, at=scene.when("10:00"))


def test_the_ticket_follows_its_appointment_to_the_end(scene: Scene) -> None:
    ticket = arrived(scene, "10:00", "09:50")
    visit = ticket.appointment
    attendance.start(visit, by=scene.rao, at=scene.when("10:00"))
    assert fresh(ticket).status == TicketStatus.WITH_PROVIDER
    undo.take_back(visit, by=scene.rao, at=scene.when("10:01"))
    assert fresh(ticket).status == TicketStatus.WAITING
    call_next(scene, "10:02")
    attendance.start(visit, by=scene.rao, at=scene.when("10:03"))
    undo.take_back(visit, by=scene.rao, at=scene.when("10:04"))
    assert fresh(ticket).status == TicketStatus.CALLED
    attendance.start(visit, by=scene.rao, at=scene.when("10:05"))
    attendance.complete(visit, by=scene.rao, at=scene.when("10:25"))
    assert fresh(ticket).status == TicketStatus.DONE
    for late in (waiting_room.call, waiting_room.skip, waiting_room.put_back):
        with pytest.raises(Conflict, match="seen already"):
            late(ticket, by=scene.dora, at=scene.when("10:30"))


def test_an_arrival_taken_back_closes_the_ticket_and_the_next_one_takes_up_the_same_token(scene: Scene) -> None:
    ticket = arrived(scene, "10:00", "09:50")
    undo.take_back(ticket.appointment, by=scene.dora, at=scene.when("09:51"))
    assert fresh(ticket).status == TicketStatus.LEFT
    assert ticket_of(ticket.appointment) is None
    attendance.arrive(ticket.appointment, by=scene.dora, at=scene.when("10:10"))
    again = fresh(ticket)
    assert (again.status, again.token, again.queued_at) == (TicketStatus.WAITING, "A-001", scene.when("10:10"))


def test_a_cancelled_patient_leaves_the_queue_and_returns_to_their_place_when_it_is_undone(scene: Scene) -> None:
    ticket = arrived(scene, "10:00", "09:50")
    booking.cancel(ticket.appointment, by=scene.dora, at=scene.when("09:55"), reason="Went home")
    assert fresh(ticket).status == TicketStatus.LEFT
    undo.take_back(ticket.appointment, by=scene.dora, at=scene.when("09:58"))
    again = fresh(ticket)
    assert (again.status, again.queued_at) == (TicketStatus.WAITING, scene.when("09:50"))


def test_another_providers_queue_means_their_first_free_time(scene: Scene) -> None:
    booked(scene, "10:00", provider=scene.dr_sen, patient=scene.chitra)
    ticket = arrived(scene, "11:00", "09:50")
    call_next(scene, "10:00")
    with pytest.raises(Conflict, match="in that queue already"):
        waiting_room.move(ticket, scene.dr_rao, by=scene.dora, at=scene.when("10:05"))
    moved = waiting_room.move(ticket, scene.dr_sen, by=scene.dora, at=scene.when("10:05"), reason="Dr Rao is late")
    visit = Appointment.objects.get(pk=ticket.appointment_id)
    assert (visit.provider, visit.starts_at) == (scene.dr_sen, scene.when("10:30"))
    assert (fresh(moved).status, moved.token) == (TicketStatus.WAITING, ticket.token)
    entry = TicketEntry.objects.get(kind="moved")
    assert (entry.from_provider, entry.to_provider, entry.reason) == (scene.dr_rao, scene.dr_sen, "Dr Rao is late")
    with pytest.raises(Conflict, match="no free time left today"):
        waiting_room.move(moved, scene.dr_rao, by=scene.dora, at=scene.when("23:50"))


def test_a_visit_that_was_made_longer_goes_where_there_is_room_for_all_of_it(scene: Scene) -> None:
    booked(scene, "10:30", provider=scene.dr_sen, patient=scene.chitra)
    ticket = arrived(scene, "11:00", "09:50")
    visit = Appointment.objects.get(pk=ticket.appointment_id)
    longer = {"starts_at": visit.starts_at, "ends_at": scene.when("12:00")}
    booking.reschedule(visit, **longer, by=scene.dora, at=scene.when("09:55"))
    waiting_room.move(ticket, scene.dr_sen, by=scene.dora, at=scene.when("09:55"))
    visit.refresh_from_db()
    assert (visit.starts_at, visit.ends_at) == (scene.when("11:00"), scene.when("12:00"))


def test_a_patient_dragged_to_another_provider_is_no_longer_called_to_the_first(scene: Scene) -> None:
    ticket = arrived(scene, "10:00", "09:50")
    call_next(scene, "10:00")
    booking.reschedule(
        ticket.appointment, provider=scene.dr_sen, starts_at=scene.when("10:00"), by=scene.dora, at=scene.when("10:01")
    )
    assert fresh(ticket).status == TicketStatus.WAITING
    with pytest.raises(Conflict, match="Nobody"):
        call_next(scene, "10:02")


def test_yesterdays_leftovers_are_not_called(scene: Scene) -> None:
    arrived(scene, "10:00", "09:50")
    with pytest.raises(Conflict, match="Nobody"):
        waiting_room.call_next(scene.dr_rao, by=scene.dora, at=scene.when("09:00", MONDAY + timedelta(days=1)))


def test_tokens_go_on_past_nine_hundred_and_ninety_nine() -> None:
    assert QueueTicket(prefix="B", number=1000).token == "B-1000"
