"""Free times: daylight saving, breaks, buffers, capacity, and the same few queries for one or twenty providers."""

from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.clock import NoSuchTime, at_wall_time, local_day
from apps.scheduling.booking import book, cancel, reschedule
from apps.scheduling.calendars import hours, time_off
from apps.scheduling.calendars.hours import Pause, Session
from apps.scheduling.calendars.open_times import openings
from apps.scheduling.fitting import OutsideHours, ProviderIsBusy
from apps.scheduling.models import Appointment, AppointmentType
from apps.scheduling.slots import TooManyDays, free_slots
from tests.scheduling.scene import MONDAY, Scene, make_scene, weekdays
from tests.scheduling.test_booking import booked

NEW_YORK = ZoneInfo("America/New_York")
SPRING, AUTUMN = date(2026, 3, 8), date(2026, 11, 1)


@pytest.fixture
def lake(lakeside: Any) -> Any:
    with lakeside.inside():
        yield make_scene(NEW_YORK)


def walls(scene: Scene, provider: Provider, day: date = MONDAY, **more: Any) -> list[str]:
    found = free_slots(
        providers=[provider], appointment_type=more.pop("type", scene.visit), first_day=day, last_day=day, **more
    )
    return [f"{slot.starts_at.astimezone(scene.zone):%H:%M}" for slot in found]


def night(scene: Scene, day: date, starts: str, ends: str) -> Provider:
    provider = Provider.objects.create(name="Dr Night")
    session = Session(day.weekday(), time.fromisoformat(starts), time.fromisoformat(ends))
    hours.set_weekly_hours(
        provider, sessions=[session], effective_from=day - timedelta(days=30), by=scene.ada, at=scene.at
    )
    return provider


def test_six_half_hours_when_the_clocks_go_forward(lake: Scene) -> None:
    provider = night(lake, SPRING, "01:00", "05:00")
    assert walls(lake, provider, SPRING) == ["01:00", "01:30", "03:00", "03:30", "04:00", "04:30"]
    with pytest.raises(NoSuchTime):
        at_wall_time(SPRING, time(2, 30), NEW_YORK)


def test_ten_half_hours_when_the_clocks_go_back_and_half_past_one_twice(lake: Scene) -> None:
    provider = night(lake, AUTUMN, "00:00", "04:00")
    found = walls(lake, provider, AUTUMN)
    assert len(found) == 10
    assert found.count("01:30") == 2
    for fold, who in ((0, lake.asha), (1, lake.ben)):
        book(
            patient=who,
            provider=provider,
            appointment_type=lake.visit,
            starts_at=at_wall_time(AUTUMN, time(1, 30), NEW_YORK, fold=fold),
            by=lake.dora,
            at=lake.at,
        )
    assert sorted(f"{a.starts_at:%H:%M}" for a in Appointment.objects.all()) == ["05:30", "06:30"]
    assert "01:30" not in walls(lake, provider, AUTUMN)


def test_hours_that_begin_inside_the_gap_begin_when_the_clock_has_jumped(lake: Scene) -> None:
    assert walls(lake, night(lake, SPRING, "02:30", "04:00"), SPRING) == ["03:00", "03:30"]


def test_hours_keep_their_wall_time_across_the_change(lake: Scene) -> None:
    friday, monday = date(2026, 10, 30), date(2026, 11, 2)
    for day, offset in ((friday, 13), (monday, 14)):
        [first, *_rest] = openings([lake.dr_rao], first_day=day, last_day=day, zone=NEW_YORK)[lake.dr_rao.pk]
        assert first.starts_at.hour == offset  # 09:00 at Lakeside, in UTC


def test_an_evening_appointment_appears_on_its_local_day_only(lake: Scene) -> None:
    provider = night(lake, MONDAY, "18:00", "00:00")
    appointment = book(
        patient=lake.asha,
        provider=provider,
        appointment_type=lake.visit,
        starts_at=lake.when("20:30"),
        by=lake.dora,
        at=lake.at,
    )
    on = [
        day
        for day in (MONDAY - timedelta(days=1), MONDAY, MONDAY + timedelta(days=1))
        if Appointment.objects.starting(*local_day(day, NEW_YORK)).exists()
    ]
    assert on == [MONDAY]
    assert appointment.starts_at.date() == MONDAY + timedelta(days=1)  # in UTC
    assert walls(lake, provider)[-1] == "23:30"


def test_breaks_and_leave_are_left_out(scene: Scene) -> None:
    session = Session(0, time(9), time(13), breaks=(Pause(time(10, 30), time(11), "Ward round"),))
    hours.set_weekly_hours(scene.dr_rao, sessions=[session], effective_from=MONDAY, by=scene.ada, at=scene.at)
    time_off.take_leave(
        scene.dr_rao, starts_at=scene.when("12:00"), ends_at=scene.when("12:20"), by=scene.ada, at=scene.at
    )
    assert walls(scene, scene.dr_rao) == ["09:00", "09:30", "10:00", "11:00", "11:30", "12:20"]
    with pytest.raises(OutsideHours):
        booked(scene, "10:15")


def test_times_after_now_and_in_the_asked_part_of_the_day(scene: Scene) -> None:
    assert walls(scene, scene.dr_rao, at=scene.when("15:45")) == ["16:00", "16:30"]
    assert walls(scene, scene.dr_rao, from_time=time(16)) == ["16:00", "16:30"]
    assert walls(scene, scene.dr_rao, until_time=time(10)) == ["09:00", "09:30"]


def test_a_time_is_offered_as_soon_as_the_provider_is_free(scene: Scene) -> None:
    booked(scene, "10:10", "10:40")
    assert walls(scene, scene.dr_rao)[:5] == ["09:00", "09:30", "10:40", "11:00", "11:30"]


def test_every_offered_time_can_be_booked_and_no_other(scene: Scene) -> None:
    tidy = AppointmentType.objects.create(
        name="Dressing", duration_minutes=20, rate=0, buffer_before=5, buffer_after=10
    )
    first = booked(scene, "10:00", appointment_type=tidy)
    offered = set(walls(scene, scene.dr_rao, type=tidy, every=timedelta(minutes=5)))
    tried = set()
    moment = scene.when("09:00")
    while moment < scene.when("17:00"):
        try:
            one = booked(scene, "09:00", starts_at=moment, appointment_type=tidy, patient=scene.ben)
            tried.add(f"{moment.astimezone(scene.zone):%H:%M}")
            cancel(one, by=scene.dora, at=scene.at, reason="Only tried")
        except (ProviderIsBusy, OutsideHours):
            pass
        moment += timedelta(minutes=5)
    assert offered == tried
    assert first.is_active


def test_what_is_offered_instead_takes_as_long_as_the_visit_and_can_be_had(scene: Scene) -> None:
    for start in ("10:00", "11:00"):  # half an hour is free between them
        booked(scene, start)
    with pytest.raises(ProviderIsBusy) as refused:
        booked(scene, "10:00", "11:00", patient=scene.ben)
    hour = [(scene.when(start), scene.when(end)) for start, end in (("11:30", "12:30"), ("12:00", "13:00"))]
    assert [(slot.starts_at, slot.ends_at) for slot in refused.value.free_times][:2] == hour
    long = booked(scene, "14:00", "15:00", patient=scene.ben)
    with pytest.raises(ProviderIsBusy) as refused:
        reschedule(long, starts_at=scene.when("10:15"), by=scene.dora, at=scene.at)
    for slot in refused.value.free_times:
        reschedule(long, starts_at=slot.starts_at, by=scene.dora, at=scene.at)


def test_an_override_takes_its_neighbours_time_too(scene: Scene) -> None:
    booked(scene, "10:00")
    booked(scene, "10:15", "10:50", patient=scene.ben, by=scene.ada, override_reason="Chest pain")
    assert walls(scene, scene.dr_rao)[:4] == ["09:00", "09:30", "10:50", "11:00"]


def test_capacity_counts_the_places_left(scene: Scene) -> None:
    hours.set_weekly_hours(
        scene.dr_sen, sessions=weekdays(capacity=2), effective_from=MONDAY, by=scene.ada, at=scene.at
    )
    booked(scene, "09:00", provider=scene.dr_sen)
    found = free_slots(providers=[scene.dr_sen], appointment_type=scene.visit, first_day=MONDAY, last_day=MONDAY)
    assert [slot.places for slot in found[:2]] == [1, 2]


def test_the_number_of_queries_does_not_grow(scene: Scene) -> None:
    def queries(providers: list[Provider]) -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            free_slots(
                providers=providers,
                appointment_type=scene.visit,
                first_day=MONDAY,
                last_day=MONDAY + timedelta(days=13),
            )
        return len(caught)

    profile.current()  # known to whoever is inside for longer
    one = queries([scene.dr_rao])
    more = [Provider.objects.create(name=f"Dr {n}") for n in range(18)]
    for provider in more:
        hours.set_weekly_hours(provider, sessions=weekdays(), effective_from=MONDAY, by=scene.ada, at=scene.at)
    assert queries([scene.dr_rao, scene.dr_sen, *more]) == one <= 8


def test_nobody_asks_for_a_year(scene: Scene) -> None:
    with pytest.raises(TooManyDays):
        free_slots(providers=[], appointment_type=scene.visit, first_day=MONDAY, last_day=MONDAY + timedelta(days=400))
