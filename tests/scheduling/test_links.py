"""How an appointment came about: its channel, the visit that it follows up, the one that it replaces, its form."""

from datetime import timedelta
from uuid import uuid4

import pytest

from apps.scheduling import attendance, undo
from apps.scheduling.booking import cancel
from apps.scheduling.earlier import AnotherPatient, NotEarlier, NothingToReplace
from apps.scheduling.models import Appointment, Channel
from apps.scheduling.undo import NotUndoable
from tests.scheduling.scene import Scene
from tests.scheduling.test_booking import booked


def test_the_channel_is_kept(scene: Scene) -> None:
    assert booked(scene, "10:00").channel == Channel.DESK
    assert booked(scene, "11:00", patient=scene.ben, channel="phone").channel == Channel.PHONE


def test_a_follow_up_knows_its_visit(scene: Scene) -> None:
    first = booked(scene, "10:00")
    again = booked(scene, "11:00", follow_up_for=first)
    assert list(first.follow_ups.all()) == [again]


def test_a_follow_up_of_somebody_else_or_of_a_later_visit_is_refused(scene: Scene) -> None:
    first = booked(scene, "10:00")
    with pytest.raises(AnotherPatient) as refusal:
        booked(scene, "11:00", patient=scene.ben, follow_up_for=first)
    assert refusal.value.field == "follow_up_for"
    with pytest.raises(NotEarlier):
        booked(scene, "09:00", follow_up_for=first)


def test_a_missed_or_cancelled_one_is_replaced_once(scene: Scene) -> None:
    missed = attendance.no_show(
        booked(scene, "08:00", override_reason="Early", by=scene.ada), by=scene.dora, at=scene.when("09:00")
    )
    instead = booked(scene, "11:00", reschedule_of=missed)
    missed.refresh_from_db()
    assert missed.rescheduled_as == instead
    with pytest.raises(NothingToReplace, match=instead.number):
        booked(scene, "12:00", reschedule_of=missed)


def test_one_that_stands_is_not_replaced(scene: Scene) -> None:
    stands = booked(scene, "10:00")
    with pytest.raises(NothingToReplace, match="still stands"):
        booked(scene, "11:00", reschedule_of=stands)
    gone = cancel(booked(scene, "12:00", patient=scene.ben), by=scene.dora, at=scene.at, reason="Ill")
    with pytest.raises(AnotherPatient):
        booked(scene, "13:00", reschedule_of=gone)


def test_what_was_replaced_comes_back_only_after_its_replacement_is_gone(scene: Scene) -> None:
    gone = cancel(booked(scene, "10:00"), by=scene.dora, at=scene.at, reason="Ill")
    instead = booked(scene, "11:00", reschedule_of=gone)
    with pytest.raises(NotUndoable, match=instead.number):
        undo.take_back(gone, by=scene.dora, at=scene.at)
    cancel(instead, by=scene.dora, at=scene.at, reason="Not needed")
    undo.take_back(gone, by=scene.dora, at=scene.at)
    with pytest.raises(NotUndoable, match="stands again"):
        undo.take_back(instead, by=scene.dora, at=scene.at)


def test_a_double_click_books_once_and_gets_the_same_answer(scene: Scene) -> None:
    key = uuid4()
    first = booked(scene, "10:00", form_key=key)
    assert booked(scene, "10:00", form_key=key) == first
    assert Appointment.objects.count() == 1


def test_a_requested_one_is_not_asked_for_twice_by_one_form(scene: Scene) -> None:
    key = uuid4()
    assert booked(scene, "10:00", requested=True, form_key=key) == booked(scene, "10:00", requested=True, form_key=key)


def test_going_back_and_choosing_another_patient_or_time_books_another(scene: Scene) -> None:
    key = uuid4()
    first = booked(scene, "10:00", form_key=key)
    other = booked(scene, "11:00", patient=scene.ben, form_key=key)
    third = booked(scene, "12:00", form_key=key)
    assert len({first.pk, other.pk, third.pk}) == 3


def test_a_form_sent_again_after_its_booking_was_cancelled_books_anew(scene: Scene) -> None:
    key = uuid4()
    first = cancel(booked(scene, "10:00", form_key=key), by=scene.dora, at=scene.at, reason="Slip")
    assert booked(scene, "10:00", form_key=key, at=scene.at + timedelta(minutes=1)) != first
