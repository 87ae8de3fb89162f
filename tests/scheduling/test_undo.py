"""Slips are taken back: a new move that names the one it undoes. What is done with money never is."""

from datetime import timedelta

import pytest

from apps.core.refusals import Conflict
from apps.scheduling.attendance import arrive, complete, no_show, start
from apps.scheduling.booking import cancel
from apps.scheduling.fitting import ProviderIsBusy
from apps.scheduling.models import Status
from apps.scheduling.undo import take_back
from tests.scheduling.cast import Cast
from tests.scheduling.test_booking import booked


def test_an_arrival_is_taken_back_and_both_moves_stay(cast: Cast) -> None:
    appointment = booked(cast, "10:00")
    arrive(appointment, by=cast.dora, at=cast.at)
    back = take_back(appointment, by=cast.dora, at=cast.at + timedelta(minutes=1))

    assert (back.status, back.arrived_at) == (Status.SCHEDULED, None)
    first, arrival, undone = back.transitions.all()
    assert undone.undoes == arrival
    assert (undone.from_status, undone.to_status) == ("arrived", "scheduled")
    with pytest.raises(Conflict, match="nothing to take back"):
        take_back(appointment, by=cast.dora, at=cast.at)
    arrive(appointment, by=cast.dora, at=cast.at)
    assert first.undoes is None


def test_start_no_show_and_cancellation_are_taken_back(cast: Cast) -> None:
    appointment = booked(cast, "10:00")
    late = cast.when("10:30")
    no_show(appointment, by=cast.dora, at=late)
    assert take_back(appointment, by=cast.dora, at=late).status == Status.SCHEDULED
    cancel(appointment, by=cast.dora, at=late, reason="Wrong row")
    assert take_back(appointment, by=cast.dora, at=late).status == Status.SCHEDULED
    arrive(appointment, by=cast.dora, at=late)
    start(appointment, by=cast.rao, at=late)
    back = take_back(appointment, by=cast.rao, at=late)
    assert (back.status, back.started_at, back.arrived_at) == (Status.ARRIVED, None, late)


def test_a_time_that_was_given_away_is_not_taken_back(cast: Cast) -> None:
    appointment = booked(cast, "10:00")
    cancel(appointment, by=cast.dora, at=cast.at, reason="Wrong row")
    booked(cast, "10:00", patient=cast.ben)
    with pytest.raises(ProviderIsBusy):
        take_back(appointment, by=cast.dora, at=cast.at)
    appointment.refresh_from_db()
    assert appointment.status == Status.CANCELLED


def test_only_soon_and_only_by_the_same_person_or_an_admin(cast: Cast) -> None:
    appointment = booked(cast, "10:00")
    arrive(appointment, by=cast.dora, at=cast.at)
    with pytest.raises(Conflict, match="quarter of an hour"):
        take_back(appointment, by=cast.dora, at=cast.at + timedelta(minutes=16))
    with pytest.raises(Conflict, match="Dora Desk"):
        take_back(appointment, by=cast.rao, at=cast.at)
    assert take_back(appointment, by=cast.ada, at=cast.at).status == Status.SCHEDULED


def test_a_completed_visit_stays_completed(cast: Cast) -> None:
    appointment = booked(cast, "10:00")
    arrive(appointment, by=cast.dora, at=cast.at)
    start(appointment, by=cast.rao, at=cast.at)
    complete(appointment, by=cast.rao, at=cast.at)
    with pytest.raises(Conflict, match="stays completed"):
        take_back(appointment, by=cast.ada, at=cast.at)
    with pytest.raises(Conflict):
        take_back(booked(cast, "11:00", patient=cast.ben), by=cast.dora, at=cast.at)
