"""Appointments that repeat: their days, their clock, and all of them or none."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.scheduling.booking import ReasonMissing, cancel, reschedule
from apps.scheduling.calendars import hours, time_off
from apps.scheduling.forms.series import SeriesForm
from apps.scheduling.models import Appointment, AppointmentSeries, AppointmentType, Status
from apps.scheduling.models.series import Unit
from apps.scheduling.repeating import series
from apps.scheduling.repeating.recurrence import BadRule, Rule, days_of, in_words
from apps.scheduling.repeating.series import (
    NotInSeries,
    RuleChanged,
    SeriesConflict,
    book_series,
    cancel_following,
    change_following,
    preview,
)
from tests.scheduling.scene import MONDAY, Scene, make_scene
from tests.scheduling.test_booking import booked

TUESDAY = date(2026, 5, 12)
TEN = time(10)


def weekly(first: date = TUESDAY, times: int = 4, starts: time = TEN, **more: Any) -> Rule:
    return Rule(first, starts, times=times, **more)


def made(scene: Scene, rule: Rule | None = None, **more: Any) -> AppointmentSeries:
    details = {"patient": scene.asha, "provider": scene.dr_rao, "appointment_type": scene.visit}
    return book_series(rule or weekly(), **{**details, "by": scene.dora, "at": scene.at, **more})


def planned(scene: Scene, rule: Rule | None = None, **more: Any) -> Any:
    details = {"patient": scene.asha, "provider": scene.dr_rao, "appointment_type": scene.visit, "at": scene.at}
    return preview(rule or weekly(), **{**details, **more})


def visits(one: AppointmentSeries) -> list[Appointment]:
    return list(Appointment.objects.filter(series=one).with_people().order_by("starts_at"))


def walls(rows: list[Appointment], zone: ZoneInfo) -> list[str]:
    return [f"{row.starts_at.astimezone(zone):%m-%d %H:%M}" for row in rows]


# --- days ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        (weekly(), ["05-12", "05-19", "05-26", "06-02"]),
        (weekly(every=2, times=3), ["05-12", "05-26", "06-09"]),
        (weekly(weekdays=(4, 1), times=4), ["05-12", "05-15", "05-19", "05-22"]),
        (weekly(weekdays=(0,), times=2), ["05-18", "05-25"]),
        (weekly(unit=Unit.DAY, every=3, times=3), ["05-12", "05-15", "05-18"]),
        (weekly(unit=Unit.DAY, weekdays=(0, 1, 2, 3, 4), times=5), ["05-12", "05-13", "05-14", "05-15", "05-18"]),
        (weekly(date(2026, 1, 31), unit=Unit.MONTH, times=4), ["01-31", "02-28", "03-31", "04-30"]),
        (weekly(unit=Unit.MONTH_WEEKDAY, times=3), ["05-12", "06-09", "07-14"]),
        (weekly(date(2026, 5, 29), unit=Unit.MONTH_WEEKDAY, times=3), ["05-29", "06-26", "07-31"]),
        (Rule(TUESDAY, TEN, until=date(2026, 5, 26)), ["05-12", "05-19", "05-26"]),
    ],
)
def test_days_of_a_rule(rule: Rule, days: list[str]) -> None:
    assert [f"{day:%m-%d}" for day in days_of(rule)] == days


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"times": None}, "times"),
        ({"times": 1}, "times"),
        ({"times": 61}, "times"),
        ({"times": 3, "until": TUESDAY + timedelta(days=30)}, "times"),
        ({"every": 0}, "every"),
        ({"every": 27}, "every"),
        ({"unit": "year"}, "unit"),
        ({"weekdays": (7,)}, "weekdays"),
        ({"unit": Unit.MONTH, "weekdays": (1,)}, "weekdays"),
        ({"times": None, "until": TUESDAY}, "until"),
        ({"times": None, "until": TUESDAY + timedelta(days=6)}, "until"),
        ({"times": None, "until": TUESDAY + timedelta(days=4000)}, "until"),
        ({"times": None, "until": TUESDAY + timedelta(days=200), "unit": Unit.DAY}, "until"),
        ({"every": 26, "times": 10}, "times"),
        ({"first_day": date(9999, 12, 31)}, "first_day"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused_beside_its_field(changes: dict[str, Any], field: str) -> None:
    details = {"first_day": TUESDAY, "starts": TEN, "times": 4, **changes}
    with pytest.raises(BadRule) as refused:
        days_of(Rule(**details))
    assert refused.value.field == field


def test_a_rule_in_words() -> None:
    assert in_words(weekly(times=10)) == "every week on Tue at 10:00, 10 times"
    assert in_words(weekly(every=2, weekdays=(1, 4))) == "every 2 weeks on Tue, Fri at 10:00, 4 times"
    last = Rule(TUESDAY, TEN, Unit.MONTH_WEEKDAY, until=date(2026, 12, 31))
    assert in_words(last) == "every month on the second Tuesday at 10:00, until 31 Dec 2026"


# --- booking -------------------------------------------------------------------------------------------------------


def test_a_series_books_all_its_dates(scene: Scene) -> None:
    one = made(scene, reason="Back pain")
    rows = visits(one)
    assert walls(rows, scene.zone) == ["05-12 10:00", "05-19 10:00", "05-26 10:00", "06-02 10:00"]
    assert {row.reason for row in rows} == {"Back pain"}
    assert {row.status for row in rows} == {"scheduled"}
    places = Appointment.objects.with_place_in_series().filter(series=one)
    assert [(row.series_place, row.series_size) for row in places] == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_one_that_is_cancelled_is_not_counted(scene: Scene) -> None:
    one = made(scene)
    cancel(visits(one)[1], by=scene.dora, at=scene.at, reason="Travels")
    stand = Appointment.objects.with_place_in_series().filter(series=one).exclude(status="cancelled")
    assert [(row.series_place, row.series_size) for row in stand] == [(1, 3), (2, 3), (3, 3)]


def test_the_preview_shows_every_conflict_and_the_nearest_free_time(scene: Scene) -> None:
    taken = booked(scene, "10:15", patient=scene.ben, starts_at=scene.when("10:15", TUESDAY))
    time_off.take_leave(
        scene.dr_rao,
        starts_at=scene.when("00:00", date(2026, 5, 19)),
        ends_at=scene.when("00:00", date(2026, 5, 20)),
        by=scene.ada,
        at=scene.at,
    )
    booked(scene, "10:00", provider=scene.dr_sen, starts_at=scene.when("10:00", date(2026, 5, 26)))

    plan = planned(scene)

    assert [visit.code for visit in plan.visits] == ["provider_is_busy", "provider_on_leave", "patient_elsewhere", ""]
    assert plan.visits[0].in_the_way == [taken]
    assert [visit.nearest.starts_at for visit in plan.conflicts] == [
        scene.when("09:45", TUESDAY),
        scene.when("10:00", date(2026, 5, 18)),
        scene.when("09:30", date(2026, 5, 26)),
    ]
    assert not AppointmentSeries.objects.exists()
    assert "Asha" not in str([visit.refusal for visit in plan.visits])


def test_a_weekend_is_outside_hours(scene: Scene) -> None:
    plan = planned(scene, weekly(date(2026, 5, 16), times=2))
    assert {visit.code for visit in plan.visits} == {"outside_hours"}
    assert plan.visits[0].nearest.starts_at == scene.when("10:00", date(2026, 5, 15))


def test_a_conflict_that_appears_after_the_preview_books_nothing(scene: Scene) -> None:
    assert not planned(scene).conflicts
    booked(scene, "10:00", patient=scene.ben, starts_at=scene.when("10:00", date(2026, 5, 26)))

    with pytest.raises(SeriesConflict) as refused:
        made(scene)

    [row] = refused.value.details["conflicts"]
    assert (row["day"], row["code"]) == ("2026-05-26", "provider_is_busy")
    assert row["nearest"] and row["in_the_way"]
    assert "Ben" not in str(refused.value) + str(refused.value.details)
    assert (AppointmentSeries.objects.count(), Appointment.objects.count()) == (0, 1)


def test_dates_can_be_swapped_or_left_out(scene: Scene) -> None:
    swap = scene.when("14:00", date(2026, 5, 20))
    one = made(scene, instead={date(2026, 5, 19): swap, date(2026, 5, 26): None})
    assert walls(visits(one), scene.zone) == ["05-12 10:00", "05-20 14:00", "06-02 10:00"]


def test_a_choice_for_a_day_that_is_not_in_the_rule_is_refused(scene: Scene) -> None:
    with pytest.raises(RuleChanged):
        made(scene, instead={date(2026, 5, 20): None})


def test_two_swaps_to_the_same_time_are_in_each_others_way(scene: Scene) -> None:
    swap = scene.when("14:00", date(2026, 5, 20))
    plan = planned(scene, instead={date(2026, 5, 19): swap, date(2026, 5, 26): swap})
    assert [visit.fits for visit in plan.visits] == [True, False, False, True]


def test_the_same_form_sent_twice_makes_one_series(scene: Scene) -> None:
    key = AppointmentSeries().pk
    assert made(scene, key=key) == made(scene, key=key)
    assert Appointment.objects.count() == 4


def test_the_preview_asks_as_little_for_twenty_dates_as_for_two(scene: Scene) -> None:
    def asked(times: int) -> int:
        with CaptureQueriesContext(connection) as queries:
            planned(scene, weekly(times=times))
        return len(queries)

    planned(scene)
    booked(scene, "10:00", patient=scene.ben, starts_at=scene.when("10:00", TUESDAY))
    assert asked(2) == asked(20) <= 10


# --- the clock -----------------------------------------------------------------------------------------------------


@pytest.fixture
def new_york(lakeside: Any) -> Iterator[Scene]:
    with lakeside.inside():
        scene = make_scene(ZoneInfo("America/New_York"))
        scene.ada.act()
        night = [hours.Session(day, time(0), time(8)) for day in range(7)]
        hours.set_weekly_hours(scene.dr_sen, sessions=night, effective_from=MONDAY, by=scene.ada, at=scene.at)
        yield scene


@pytest.mark.parametrize("first", [date(2026, 10, 19), date(2027, 3, 1)])
def test_a_weekly_ten_oclock_series_keeps_its_wall_time(new_york: Scene, first: date) -> None:
    rows = visits(made(new_york, weekly(first)))
    assert {f"{row.starts_at.astimezone(new_york.zone):%H:%M}" for row in rows} == {"10:00"}
    assert {row.starts_at.hour for row in rows} == {14, 15}


def test_a_time_that_the_clock_skips_is_a_conflict_with_words(new_york: Scene) -> None:
    rule = weekly(date(2027, 3, 7), times=2, starts=time(2, 30))
    plan = planned(new_york, rule, provider=new_york.dr_sen)
    assert [visit.code for visit in plan.visits] == ["", "no_such_time"]
    assert "02:30" in plan.visits[1].refusal
    assert plan.visits[1].nearest is not None
    with pytest.raises(SeriesConflict):
        made(new_york, rule, provider=new_york.dr_sen)
    one = made(new_york, rule, provider=new_york.dr_sen, instead={date(2027, 3, 14): plan.visits[1].nearest.starts_at})
    assert len(visits(one)) == 2


def test_a_time_that_comes_twice_is_the_first_and_says_so(new_york: Scene) -> None:
    rule = weekly(date(2026, 10, 25), times=2, starts=time(1, 30))
    plan = planned(new_york, rule, provider=new_york.dr_sen)
    assert not plan.conflicts and "first" in plan.visits[1].note
    assert plan.visits[1].starts_at == datetime.fromisoformat("2026-11-01T05:30:00Z")


def test_nobody_is_asked_which_of_the_two_is_meant_as_the_first_always_is(new_york: Scene) -> None:
    chosen = {"patient": new_york.asha.pk, "provider": new_york.dr_rao.pk, "appointment_type": new_york.visit.pk}
    typed = {"day": "2026-11-01", "starts": "01:30", "every": 1, "unit": "week", "ends": "times", "times": 2}
    form = SeriesForm({**chosen, **typed}, by=new_york.dora)
    assert form.is_valid() and not form.asks_which, form.errors
    assert (form.rule().first_day, form.rule().starts) == (date(2026, 11, 1), time(1, 30))


# --- this one and the following ------------------------------------------------------------------------------------


def test_this_and_the_following_get_another_time(scene: Scene) -> None:
    one = made(scene)
    first, second, *_rest = visits(one)
    change_following(second, starts=time(15, 30), by=scene.dora, at=scene.at)
    assert walls(visits(one), scene.zone) == ["05-12 10:00", "05-19 15:30", "05-26 15:30", "06-02 15:30"]
    assert first.transitions.count() == 1
    one.refresh_from_db()
    assert one.starts == time(15, 30)


@pytest.mark.parametrize("days", [1, -1])
def test_all_move_by_as_many_days_even_onto_each_other(scene: Scene, days: int) -> None:
    one = made(scene, weekly(date(2026, 5, 13), unit=Unit.DAY, times=2))
    rows = visits(one)
    change_following(rows[0], day=date(2026, 5, 13) + timedelta(days=days), by=scene.dora, at=scene.at)
    days_then = [row.starts_at.astimezone(scene.zone).day for row in visits(one)]
    assert days_then == [13 + days, 14 + days]


def test_this_and_the_following_go_to_another_provider_and_type(scene: Scene) -> None:
    one = made(scene)
    change_following(visits(one)[2], provider=scene.dr_sen, appointment_type=scene.quick, by=scene.dora, at=scene.at)
    assert [(row.provider, row.appointment_type, row.duration) for row in visits(one)[1:3]] == [
        (scene.dr_rao, scene.visit, timedelta(minutes=30)),
        (scene.dr_sen, scene.quick, timedelta(minutes=15)),
    ]
    last = visits(one)[3].transitions.last()
    assert last is not None and "Quarter hour" in last.reason


def test_what_is_left_alone_each_of_the_following_keeps(scene: Scene) -> None:
    one = made(scene)
    first, second, third, _last = visits(one)
    reschedule(second, starts_at=second.starts_at, provider=scene.dr_sen, by=scene.dora, at=scene.at)
    change_following(third, appointment_type=scene.quick, only_this=True, by=scene.dora, at=scene.at)
    change_following(first, starts=time(15, 30), by=scene.dora, at=scene.at)
    assert {wall[-5:] for wall in walls(visits(one), scene.zone)} == {"15:30"}
    assert [row.provider for row in visits(one)] == [scene.dr_rao, scene.dr_sen, scene.dr_rao, scene.dr_rao]
    assert [row.appointment_type for row in visits(one)] == [scene.visit, scene.visit, scene.quick, scene.visit]
    one.refresh_from_db()
    assert (one.provider, one.appointment_type) == (scene.dr_rao, scene.visit)


def test_conflicts_with_several_providers_are_told_together_in_order(scene: Scene) -> None:
    one = made(scene)
    first, second, *_rest = visits(one)
    reschedule(first, starts_at=first.starts_at, provider=scene.dr_sen, by=scene.dora, at=scene.at)
    for row, provider in ((first, scene.dr_sen), (second, scene.dr_rao)):
        taken = row.starts_at + timedelta(hours=1)
        booked(scene, "10:00", patient=scene.ben, provider=provider, starts_at=taken)
    with pytest.raises(SeriesConflict, match="2 of the dates") as refused:
        change_following(first, starts=time(11), by=scene.dora, at=scene.at)
    assert [row["day"] for row in refused.value.details["conflicts"]] == ["2026-05-12", "2026-05-19"]


def test_days_on_which_one_is_another_type_move_onto_each_other(scene: Scene) -> None:
    one = made(scene, weekly(date(2026, 5, 13), unit=Unit.DAY, times=2))
    rows = visits(one)
    change_following(rows[1], appointment_type=scene.quick, only_this=True, by=scene.dora, at=scene.at)
    change_following(rows[0], day=date(2026, 5, 14), by=scene.dora, at=scene.at)
    assert [row.starts_at.astimezone(scene.zone).day for row in visits(one)] == [14, 15]


def test_a_change_that_one_of_them_does_not_fit_changes_none(scene: Scene) -> None:
    one = made(scene)
    booked(scene, "15:30", patient=scene.ben, starts_at=scene.when("15:30", date(2026, 6, 2)))
    with pytest.raises(SeriesConflict) as refused:
        change_following(visits(one)[0], starts=time(15, 30), by=scene.dora, at=scene.at)
    assert [row["day"] for row in refused.value.details["conflicts"]] == ["2026-06-02"]
    assert {wall[-5:] for wall in walls(visits(one), scene.zone)} == {"10:00"}


def test_only_this_one_becomes_another_type(scene: Scene) -> None:
    one = made(scene)
    change_following(visits(one)[1], appointment_type=scene.quick, only_this=True, by=scene.dora, at=scene.at)
    assert [row.appointment_type for row in visits(one)] == [scene.visit, scene.quick, scene.visit, scene.visit]


def test_this_and_the_following_are_cancelled_and_those_before_stay(scene: Scene) -> None:
    one = made(scene)
    gone = cancel_following(visits(one)[2], reason="Feels well", by=scene.dora, at=scene.at)
    assert len(gone) == 2
    assert [row.status for row in visits(one)] == ["scheduled", "scheduled", "cancelled", "cancelled"]
    with pytest.raises(ReasonMissing):
        cancel_following(visits(one)[0], reason=" ", by=scene.dora, at=scene.at)


def test_one_that_was_moved_by_itself_keeps_its_place_among_the_following(scene: Scene) -> None:
    one = made(scene)
    second = visits(one)[1]
    reschedule(second, starts_at=scene.when("11:00", date(2026, 5, 21)), by=scene.dora, at=scene.at)
    assert walls(series.following(visits(one)[1]), scene.zone)[0] == "05-21 11:00"


def test_an_appointment_that_stands_alone_has_no_following(scene: Scene) -> None:
    alone = booked(scene, "10:00")
    with pytest.raises(NotInSeries):
        change_following(alone, starts=time(11), by=scene.dora, at=scene.at)
    with pytest.raises(NotInSeries):
        cancel_following(alone, reason="No", by=scene.dora, at=scene.at)


def test_a_requested_one_is_not_lost(scene: Scene) -> None:
    tidy = AppointmentType.objects.create(name="Tidy", duration_minutes=20, rate=0, buffer_after=10)
    one = made(scene)
    change_following(visits(one)[0], appointment_type=tidy, by=scene.dora, at=scene.at)
    row = visits(one)[0]
    assert (row.busy_until - row.starts_at, row.status) == (timedelta(minutes=30), Status.SCHEDULED)
