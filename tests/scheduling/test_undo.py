"""Slips are taken back: a new move that names the one it undoes. What is done with money never is."""

from datetime import timedelta

import pytest

from apps.core.refusals import Conflict
from apps.scheduling.attendance import arrive, complete, no_show, start
from apps.scheduling.booking import cancel
from apps.scheduling.fitting import ProviderIsBusy
from apps.scheduling.models import Status
from apps.scheduling.undo import take_back
from tests.scheduling.scene import Scene
from tests.scheduling.test_booking import booked


def test_an_arrival_is_taken_back_and_both_moves_stay(scene: Scene) -> None:
    appointment = booked(scene, "10:00")
    arrive(appointment, by=scene.dora, at=scene.at)
    back = take_back(appointment, by=scene.dora, at=scene.at + timedelta(minutes=1))

    assert (back.status, back.arrived_at) == (Status.SCHEDULED, None)
    first, arrival, undone = back.transitions.all()
    assert undone.undoes == arrival
    assert (undone.from_status, undone.to_status) == ("arrived", "scheduled")
    with pytest.raises(Conflict, match="nothing to take back"):
        take_back(appointment, by=scene.dora, at=scene.at)
    arrive(appointment, by=scene.dora, at=scene.at)
    assert first.undoes is None


def test_start_no_show_and_cancellation_are_taken_back(scene: Scene) -> None:
    appointment = booked(scene, "10:00")
    late = scene.when("10:30")
    no_show(appointment, by=scene.dora, at=late)
    assert take_back(appointment, by=scene.dora, at=late).status == Status.SCHEDULED
    cancel(appointment, by=scene.dora, at=late, reason="Wrong row")
    assert take_back(appointment, by=scene.dora, at=late).status == Status.SCHEDULED
    arrive(appointment, by=scene.dora, at=late)
    start(appointment, by=scene.rao, at=late)
    back = take_back(appointment, by=scene.rao, at=late)
    assert (back.status, back.started_at, back.arrived_at) == (Status.ARRIVED, None, late)


def test_a_booking_is_taken_back_by_whoever_made_it_and_costs_nothing_even_late(scene: Scene) -> None:
    scene.visit.cancel_fee_kind, scene.visit.cancel_fee_value, scene.visit.cancel_free_hours = "fixed", 200, 72
    scene.visit.save()
    appointment = booked(scene, "10:00")
    with pytest.raises(Conflict, match="Dora Desk"):
        take_back(appointment, by=scene.rao, at=scene.at)
    with pytest.raises(Conflict, match="quarter of an hour"):
        take_back(appointment, by=scene.dora, at=scene.at + timedelta(minutes=16))

    back = take_back(appointment, by=scene.dora, at=scene.at)
    assert (back.status, back.transitions.last().reason) == (Status.CANCELLED, "Booked by mistake")
    assert [fee.by_clinic for fee in back.missed_fees.all()] == [True]
    assert take_back(appointment, by=scene.dora, at=scene.at).status == Status.SCHEDULED  # that was a slip as well


def test_a_time_that_was_given_away_is_not_taken_back(scene: Scene) -> None:
    appointment = booked(scene, "10:00")
    cancel(appointment, by=scene.dora, at=scene.at, reason="Wrong row")
    booked(scene, "10:00", patient=scene.ben)
    with pytest.raises(ProviderIsBusy):
        take_back(appointment, by=scene.dora, at=scene.at)
    appointment.refresh_from_db()
    assert appointment.status == Status.CANCELLED


def test_only_soon_and_only_by_the_same_person_or_an_admin(scene: Scene) -> None:
    appointment = booked(scene, "10:00")
    arrive(appointment, by=scene.dora, at=scene.at)
    with pytest.raises(Conflict, match="quarter of an hour"):
        take_back(appointment, by=scene.dora, at=scene.at + timedelta(minutes=16))
    with pytest.raises(Conflict, match="Dora Desk"):
        take_back(appointment, by=scene.rao, at=scene.at)
    assert take_back(appointment, by=scene.ada, at=scene.at).status == Status.SCHEDULED


def test_a_completed_visit_stays_completed(scene: Scene) -> None:
    appointment = booked(scene, "10:00")
    arrive(appointment, by=scene.dora, at=scene.at)
    start(appointment, by=scene.rao, at=scene.at)
    complete(appointment, by=scene.rao, at=scene.at)
    with pytest.raises(Conflict, match="stays completed"):
        take_back(appointment, by=scene.ada, at=scene.at)
