"""Weekly hours, one-off openings and leave."""

from datetime import date, time, timedelta

import pytest

from apps.scheduling.calendars import hours, time_off
from apps.scheduling.calendars.hours import BadHours, OnLeave, OverlappingHours, Pause, Session, set_weekly_hours
from apps.scheduling.calendars.open_times import booked_outside_hours, openings
from apps.scheduling.calendars.time_off import AppointmentsInTheWay
from apps.scheduling.models import WeeklyHours
from tests.scheduling.scene import MONDAY, Scene, weekdays
from tests.scheduling.test_booking import booked


def spans(scene: Scene, day: date) -> list[tuple[str, str]]:
    found = openings([scene.dr_rao], first_day=day, last_day=day, zone=scene.zone)[scene.dr_rao.pk]
    return [
        (f"{one.starts_at.astimezone(scene.zone):%H:%M}", f"{one.ends_at.astimezone(scene.zone):%H:%M}")
        for one in found
    ]


def test_new_hours_hold_from_their_day_on(scene: Scene) -> None:
    set_weekly_hours(
        scene.dr_rao,
        sessions=weekdays(starts="08:00", ends="12:00"),
        effective_from=MONDAY + timedelta(days=7),
        by=scene.ada,
        at=scene.at,
    )
    assert spans(scene, MONDAY) == [("09:00", "17:00")]
    assert spans(scene, MONDAY + timedelta(days=7)) == [("08:00", "12:00")]


def test_hours_for_one_week_give_way_to_the_former_ones(scene: Scene) -> None:
    set_weekly_hours(
        scene.dr_rao,
        sessions=[],
        effective_from=MONDAY + timedelta(days=7),
        effective_until=MONDAY + timedelta(days=13),
        by=scene.ada,
        at=scene.at,
    )
    weeks = [spans(scene, MONDAY + timedelta(days=days)) for days in (0, 7, 14)]
    assert weeks == [[("09:00", "17:00")], [], [("09:00", "17:00")]]


def test_setting_the_same_day_again_replaces(scene: Scene) -> None:
    for _again in range(2):
        set_weekly_hours(
            scene.dr_rao, sessions=weekdays(starts="10:00"), effective_from=MONDAY, by=scene.ada, at=scene.at
        )
    assert WeeklyHours.objects.filter(provider=scene.dr_rao, effective_from=MONDAY).count() == 5
    assert spans(scene, MONDAY) == [("10:00", "17:00")]


@pytest.mark.parametrize(
    "sessions",
    [
        [Session(0, time(12), time(9))],
        [Session(7, time(9), time(12))],
        [Session(0, time(9), time(12), capacity=0)],
        [Session(0, time(9), time(12), breaks=(Pause(time(8), time(10)),))],
        [Session(0, time(9), time(12), breaks=(Pause(time(10), time(10, 30)), Pause(time(10, 15), time(11))))],
    ],
)
def test_hours_that_cannot_be_are_refused(scene: Scene, sessions: list[Session]) -> None:
    with pytest.raises(BadHours):
        set_weekly_hours(scene.dr_rao, sessions=sessions, effective_from=MONDAY, by=scene.ada, at=scene.at)


@pytest.mark.parametrize("ends", [time(12, 30), time(0)])
def test_overlapping_hours_are_refused(scene: Scene, ends: time) -> None:
    sessions = [Session(0, time(9), ends), Session(0, time(12), time(15))]
    with pytest.raises(OverlappingHours):
        set_weekly_hours(scene.dr_rao, sessions=sessions, effective_from=MONDAY, by=scene.ada, at=scene.at)


def test_leave_lists_the_appointments_that_it_falls_on(scene: Scene) -> None:
    appointment = booked(scene, "10:00")
    span = {"starts_at": scene.when("09:00"), "ends_at": scene.when("12:00"), "by": scene.ada, "at": scene.at}
    with pytest.raises(AppointmentsInTheWay) as refused:
        time_off.take_leave(scene.dr_rao, **span)
    assert refused.value.appointments == [appointment]

    time_off.take_leave(scene.dr_rao, **span, keep_appointments=True)
    assert spans(scene, MONDAY) == [("12:00", "17:00")]
    assert booked_outside_hours(scene.dr_rao, at=scene.at, zone=scene.zone) == [appointment]
    with pytest.raises(OnLeave):
        hours.open_one_off(
            scene.dr_rao, starts_at=scene.when("10:00"), ends_at=scene.when("11:00"), by=scene.ada, at=scene.at
        )


def test_an_opening_beside_weekly_hours_makes_one_span_and_can_be_withdrawn(scene: Scene) -> None:
    opening = hours.open_one_off(
        scene.dr_rao,
        starts_at=scene.when("16:00"),
        ends_at=scene.when("18:00"),
        by=scene.ada,
        at=scene.at,
        reason="Flu",
    )
    assert spans(scene, MONDAY) == [("09:00", "18:00")]
    hours.withdraw_one_off(opening, by=scene.ada, at=scene.at)
    assert spans(scene, MONDAY) == [("09:00", "17:00")]
    with pytest.raises(hours.AlreadyWithdrawn):
        hours.withdraw_one_off(opening, by=scene.ada, at=scene.at)
