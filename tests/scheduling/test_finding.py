"""The first free time with any provider who fits: rules, page and API."""

from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.clinic import places, profile, providers
from apps.clinic.models import Provider
from apps.core.clock import at_wall_time, day_of
from apps.patients import registration
from apps.scheduling import catalogue
from apps.scheduling.calendars import hours
from apps.scheduling.finding import by_day, providers_who
from apps.scheduling.models import Appointment
from apps.scheduling.slots import each_free, free_slots
from tests.scheduling.scene import MONDAY, Scene, make_scene, weekdays
from tests.scheduling.test_booking import booked


def first(scene: Scene, *, who: Any = None, **more: Any) -> list[str]:
    found = free_slots(
        providers=providers_who() if who is None else who,
        appointment_type=scene.visit,
        first_day=MONDAY,
        last_day=MONDAY + timedelta(days=13),
        at=scene.at,
        **{"limit": 3, **more},
    )
    return [f"{slot.provider.name} {slot.starts_at.astimezone(scene.zone):%a %H:%M}" for slot in found]


def test_whoever_is_free_first_stands_first(scene: Scene) -> None:
    booked(scene, "09:00")
    assert first(scene) == ["Dr Bela Sen Mon 09:00", "Dr Anita Rao Mon 09:30", "Dr Bela Sen Mon 09:30"]


def test_after_four_with_any_physiotherapist(scene: Scene) -> None:
    department = places.add_department(name="Physiotherapy", **scene.admin)
    for name in ("Pia", "Quinn"):
        one = providers.add_provider(name=name, specialty="Physiotherapist", department=department, **scene.admin)
        hours.set_weekly_hours(one, sessions=weekdays(), effective_from=MONDAY, **scene.admin)
    late = {"from_time": time(16)}
    wanted = ["Pia Mon 16:00", "Quinn Mon 16:00", "Pia Mon 16:30"]
    assert first(scene, who=providers_who(department=department), **late) == wanted
    assert first(scene, who=providers_who(specialty="physiotherapist"), **late) == wanted
    assert first(scene, who=providers_who(department=department, among=[one]), **late)[0] == "Quinn Mon 16:00"


def test_only_on_the_weekdays_that_suit(scene: Scene) -> None:
    assert first(scene, who=[scene.dr_rao], weekdays=[3], until_time=time(9, 30)) == [
        "Dr Anita Rao Thu 09:00",
        "Dr Anita Rao Thu 09:00",
    ]


def test_lazy_or_not_the_times_are_the_same(scene: Scene) -> None:
    booked(scene, "10:15", provider=scene.dr_sen)
    booked(scene, "11:00")
    everything = first(scene, limit=None)
    assert len(everything) > 200
    for limit in (1, 7, 50):
        assert first(scene, limit=limit) == everything[:limit]


def test_the_first_days_are_enough_for_the_first_times(scene: Scene) -> None:
    def queries(limit: int | None) -> int:
        with CaptureQueriesContext(connection) as caught:
            first(scene, limit=limit)
        return len(caught)

    profile.current()  # known to whoever is inside for longer
    assert queries(3) == 6  # providers, hours, openings, leave, rooms needed, and what is booked in two days
    assert queries(None) == 8


def test_a_session_over_midnight_keeps_its_times_on_a_wanted_weekday(scene: Scene) -> None:
    night = Provider.objects.create(name="Dr Night")
    hours.open_one_off(
        night, starts_at=scene.when("22:15"), ends_at=scene.when("01:15", MONDAY + timedelta(days=1)), **scene.admin
    )
    assert first(scene, who=[night], weekdays=[1], limit=9) == ["Dr Night Tue 00:15", "Dr Night Tue 00:45"]


def test_both_hours_are_found_when_the_clocks_go_back(lakeside: Any) -> None:
    zone, day = ZoneInfo("America/New_York"), date(2026, 11, 1)
    with lakeside.inside():
        scene = make_scene(zone)
        night = Provider.objects.create(name="Dr Night")
        session = hours.Session(day.weekday(), time(0), time(4))
        hours.set_weekly_hours(night, sessions=[session], effective_from=day, **scene.admin)
        found = free_slots(
            providers=[night],
            appointment_type=scene.visit,
            first_day=day,
            last_day=day,
            from_time=time(1, 30),
            until_time=time(1, 45),
        )
        assert [f"{slot.starts_at:%H:%M}" for slot in found] == ["05:30", "06:30"]


def test_of_each_provider_the_first_times_of_each_day(scene: Scene) -> None:
    booked(scene, "10:15", provider=scene.dr_sen)
    night = Provider.objects.create(name="Dr Night")
    late, early = scene.when("20:15"), scene.when("06:15", MONDAY + timedelta(days=1))
    hours.open_one_off(night, starts_at=late, ends_at=early, **scene.admin)

    def found(**more: Any) -> list[Any]:
        who = [scene.dr_rao, scene.dr_sen, night]
        last_day = MONDAY + timedelta(days=3)
        return list(
            each_free(
                providers=who, appointment_type=scene.visit, first_day=MONDAY, last_day=last_day, at=scene.at, **more
            )
        )

    everything = found()
    for most in (1, 3, 9):
        seen: dict[Any, int] = {}
        wanted = []
        for slot in everything:
            key = (slot.provider.pk, day_of(slot.starts_at, scene.zone))
            seen[key] = seen.get(key, 0) + 1
            if seen[key] <= most:
                wanted.append(slot)
        assert found(most_a_day=most) == wanted


def test_days_are_shown_until_there_are_enough(scene: Scene) -> None:
    slots = each_free(
        providers=[scene.dr_rao, scene.dr_sen],
        appointment_type=scene.visit,
        first_day=MONDAY,
        last_day=MONDAY + timedelta(days=13),
        at=scene.when("16:00"),
    )
    days, later = by_day(slots, zone=scene.zone, days=2, times=2)
    assert [one.day for one in days] == [MONDAY, MONDAY + timedelta(days=1)]
    assert later == MONDAY + timedelta(days=2)
    assert [(row.provider.name, len(row.slots), row.more) for row in days[0].with_providers] == [
        ("Dr Anita Rao", 2, False),
        ("Dr Bela Sen", 2, False),
    ]
    assert [row.more for row in days[1].with_providers] == [True, True]


@pytest.fixture
def desk(riverside: Any, cast: Any, web: Any, api: Any) -> Any:
    """Riverside with a physiotherapist who works every day, tomorrow too."""

    class Desk:
        sara = web(riverside, cast.sara)
        api_sara = api(riverside, cast.sara)

    with riverside.inside(by=cast.ada):
        at = timezone.now()
        Desk.zone = ZoneInfo("Asia/Kolkata")
        Desk.tomorrow = day_of(at, Desk.zone) + timedelta(days=1)
        Desk.kind = catalogue.add_type(name="Session", duration_minutes=30, rate="500", by=cast.ada, at=at)
        Desk.department = places.add_department(name="Physiotherapy", by=cast.ada, at=at)
        Desk.pia = providers.add_provider(
            name="Pia", specialty="Physio", department=Desk.department, by=cast.ada, at=at
        )
        other = providers.add_provider(name="Dr Other", by=cast.ada, at=at)
        for one in (Desk.pia, other):
            hours.set_weekly_hours(
                one, sessions=weekdays(days=range(7)), effective_from=Desk.tomorrow, by=cast.ada, at=at
            )
    return Desk


def test_one_click_on_a_time_opens_the_booking_form_filled_in(desk: Any, riverside: Any) -> None:
    page = desk.sara.get(f"/schedule/free-times/?type={desk.kind.pk}&specialty=Physio&after=16:00")
    assert page.status_code == 200
    words = page.content.decode()
    assert "Dr Other</bdi>" not in words
    link = words.split('class="btn btn-sm num" href="')[1].split('"')[0].replace("&amp;", "&")
    assert f"day={desk.tomorrow}" in link and "time=16%3A00" in link
    form = desk.sara.get(link).content.decode()
    assert 'value="16:00"' in form and f'value="{desk.tomorrow}"' in form
    assert f'<option value="{desk.pia.pk}" selected>' in form


def test_what_makes_no_sense_is_said_beside_its_field(desk: Any) -> None:
    for wrong in (
        "after=25:00",
        "day=2026-02-31",
        "after=16:00&before=15:00",
        "weekday=9",
        "provider=nobody",
        "days=5",
    ):
        page = desk.sara.get(f"/schedule/free-times/?{wrong}")
        assert page.status_code == 400, wrong
        assert "needs another look" in page.content.decode()


def test_nobody_free_says_what_to_do(desk: Any) -> None:
    page = desk.sara.get("/schedule/free-times/?after=22:00").content.decode()
    assert "No free time fits" in page and "Look through twelve weeks" in page


def test_the_api_finds_across_providers(desk: Any) -> None:
    asked = {"type": desk.kind.pk, "from": desk.tomorrow, "after": "16:00", "limit": 1}
    found = desk.api_sara.get("/api/v1/free-times/", {**asked, "department": desk.department.pk}).json()
    assert (found["count"], found["more"]) == (1, True)
    assert found["results"][0]["provider"] == str(desk.pia.pk)
    assert desk.api_sara.get("/api/v1/free-times/", {**asked, "weekday": 8}).status_code == 400
    last_day = desk.tomorrow + timedelta(days=20)
    thursdays = desk.api_sara.get("/api/v1/free-times/", {**asked, "weekday": 3, "to": last_day, "limit": 9}).json()
    assert {date.fromisoformat(one["starts_at"][:10]).weekday() for one in thursdays["results"]} == {3}


def test_the_second_of_two_equal_times_is_booked_from_its_link(lakeside: Any, cast: Any, web: Any) -> None:
    zone = ZoneInfo("America/New_York")
    at = timezone.now()
    autumn = next(_sundays_of_november(at.astimezone(zone).date()))
    with lakeside.inside(by=cast.lena):
        kind = catalogue.add_type(name="Visit", duration_minutes=30, rate="90", by=cast.lena, at=at)
        night = providers.add_provider(name="Dr Night", by=cast.lena, at=at)
        asha = registration.register(given_name="Asha", family_name="Patel", by=cast.lena, at=at)
        hours.open_one_off(
            night,
            starts_at=at_wall_time(autumn, time(0), zone),
            ends_at=at_wall_time(autumn, time(4), zone),
            by=cast.lena,
            at=at,
        )
    lena = web(lakeside, cast.lena)
    page = lena.get(f"/schedule/free-times/?type={kind.pk}&day={autumn}&after=01:30&before=01:45").content.decode()
    assert "01:30 EDT" in page and "01:30 EST" in page
    sent = {
        "patient": asha.pk,
        "provider": night.pk,
        "appointment_type": kind.pk,
        "day": autumn,
        "starts": "01:30",
        "fold": 1,
    }
    assert lena.post("/schedule/booking/", sent).status_code == 302
    with lakeside.inside():
        made = Appointment.objects.get()
        assert made.starts_at == at_wall_time(autumn, time(1, 30), zone, fold=1)


def _sundays_of_november(today: date) -> Any:
    """The coming first Sundays of November, when the clocks of New York go back."""
    for year in (today.year, today.year + 1):
        day = date(year, 11, 1)
        day += timedelta(days=(6 - day.weekday()) % 7)
        if day > today:
            yield day
