"""Several sites: sessions name one, nobody is at two at once, and no visit takes a provider from one to another."""

from datetime import time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.clinic import places
from apps.clinic.models import Room, Site
from apps.core.refusals import Conflict
from apps.scheduling.booking import book
from apps.scheduling.calendars import hours
from apps.scheduling.calendars.hours import BadHours, Session, TwoSites
from apps.scheduling.calendars.hours_text import places_by_name, read_hours, write_hours
from apps.scheduling.fitting import OutsideHours
from apps.scheduling.models import OneOffOpening, WeeklyHours
from apps.scheduling.slots import free_slots
from tests.scheduling.scene import MONDAY, Scene


@pytest.fixture
def town(scene: Scene) -> Scene:
    """Dr Sen: mornings in the main building, afternoons at the lake, without a break between."""
    main = places.add_site(name="Main building", **scene.admin)
    lake = places.add_site(name="Lake branch", address="7 Shore Road", **scene.admin)
    room = places.add_room(name="Lake room", site=lake, **scene.admin)
    sessions = [Session(0, time(9), time(12), site=main), Session(0, time(12), time(15), room=room)]
    hours.set_weekly_hours(scene.dr_sen, sessions=sessions, effective_from=MONDAY, **scene.admin)
    scene.extra = {"main": main, "lake": lake, "room": room}
    return scene


def test_a_room_knows_its_site(town: Scene) -> None:
    [_morning, afternoon] = WeeklyHours.objects.filter(provider=town.dr_sen, effective_from=MONDAY).order_by("starts")
    assert (afternoon.site, afternoon.room) == (town.extra["lake"], town.extra["room"])
    with pytest.raises(BadHours):
        wrong = Session(1, time(9), time(10), site=town.extra["main"], room=town.extra["room"])
        hours.set_weekly_hours(town.dr_sen, sessions=[wrong], effective_from=MONDAY, **town.admin)


def test_no_visit_takes_a_provider_from_one_site_to_another(town: Scene) -> None:
    found = free_slots(providers=[town.dr_sen], appointment_type=town.visit, first_day=MONDAY, last_day=MONDAY)
    assert len(found) == 12
    assert {slot.site_id for slot in found[:6]} == {town.extra["main"].pk}
    assert {(slot.site_id, slot.room_id) for slot in found[6:]} == {(town.extra["lake"].pk, town.extra["room"].pk)}
    with pytest.raises(OutsideHours):
        book(
            patient=town.asha,
            provider=town.dr_sen,
            appointment_type=town.visit,
            starts_at=town.when("11:45"),
            by=town.dora,
            at=town.at,
        )


def test_nor_through_a_short_session_that_names_no_site(town: Scene) -> None:
    main, lake = town.extra["main"], town.extra["lake"]
    ways = [(time(9), time(10), main), (time(10), time(10, 10), None), (time(10, 10), time(12), lake)]
    sessions = [Session(0, starts, ends, site=site) for starts, ends, site in ways]
    hours.set_weekly_hours(town.dr_sen, sessions=sessions, effective_from=MONDAY, **town.admin)
    asked = {"first_day": MONDAY, "last_day": MONDAY, "every": timedelta(minutes=5)}
    found = free_slots(providers=[town.dr_sen], appointment_type=town.visit, **asked)
    times = {f"{slot.starts_at.astimezone(town.zone):%H:%M}" for slot in found}
    assert {"09:40", "10:00"} <= times and not {"09:45", "09:50", "09:55"} & times


def test_free_times_at_one_site(town: Scene) -> None:
    found = free_slots(
        providers=[town.dr_rao, town.dr_sen],
        appointment_type=town.visit,
        first_day=MONDAY,
        last_day=MONDAY,
        site=town.extra["lake"],
    )
    assert [f"{slot.starts_at.astimezone(town.zone):%H:%M}" for slot in found][:2] == ["12:00", "12:30"]
    assert {slot.provider for slot in found} == {town.dr_sen}


def test_nobody_is_at_two_sites_at_once(town: Scene) -> None:
    span = {"starts_at": town.when("11:00"), "ends_at": town.when("12:00")}
    with pytest.raises(TwoSites, match="another site"):
        hours.open_one_off(town.dr_sen, site=town.extra["lake"], **span, **town.admin)
    hours.open_one_off(town.dr_sen, site=town.extra["main"], capacity=2, **span, **town.admin)
    evening = {"starts_at": town.when("18:00"), "ends_at": town.when("20:00")}
    hours.open_one_off(town.dr_sen, site=town.extra["lake"], **evening, **town.admin)
    late = Session(0, time(17), time(19), site=town.extra["main"])
    with pytest.raises(TwoSites):
        hours.set_weekly_hours(town.dr_sen, sessions=[late], effective_from=MONDAY, **town.admin)


def test_two_extra_sessions_at_two_sites_are_refused_whoever_writes(town: Scene) -> None:
    evening = {"starts_at": town.when("18:00"), "ends_at": town.when("20:00")}
    hours.open_one_off(town.dr_sen, site=town.extra["lake"], **evening, **town.admin)
    with pytest.raises(IntegrityError, match="one_site_at_a_time"), transaction.atomic():
        OneOffOpening.objects.create(
            provider=town.dr_sen, site=town.extra["main"], opened_by=town.ada, opened_at=town.at, **evening
        )


def test_hours_are_written_with_their_place(town: Scene) -> None:
    places.add_room(name="Room 1, upstairs", **town.admin)
    known = places_by_name()
    text = '09:00–12:00 ×2 @ Main building (10:00–10:15 Tea), 12:00–15:00 @ lake room, 16-17 @ "room 1, upstairs"'
    sessions = read_hours(text, 0, known)
    assert [(one.site, one.room and one.room.name) for one in sessions] == [
        (town.extra["main"], None),
        (town.extra["lake"], "Lake room"),
        (None, "Room 1, upstairs"),
    ]
    assert read_hours(write_hours(sessions), 0, known) == sessions
    with pytest.raises(BadHours, match="Moon"):
        read_hours("9-12 @ Moon", 0, known)


def test_a_site_that_is_used_is_not_closed(town: Scene) -> None:
    with pytest.raises(places.StillUsed):
        places.close(town.extra["lake"], **town.admin)
    with pytest.raises(Conflict):
        places.close(town.extra["main"], **town.admin)
    hours.set_weekly_hours(town.dr_sen, sessions=[], effective_from=MONDAY, **town.admin)
    assert not places.close(town.extra["main"], **town.admin).is_active


def test_sites_and_hours_through_pages_and_api(riverside: Any, cast: Any, web: Any, api: Any) -> None:
    ada, caller = web(riverside, cast.ada), api(riverside, cast.ada)
    assert ada.post("/set-up/sites/new/", {"name": "Lake branch", "address": "7 Shore Road"}).status_code == 302
    assert ada.post("/set-up/sites/new/", {"name": "lake branch"}).status_code == 409
    with riverside.inside(by=cast.ada):
        site = Site.objects.get()
    assert ada.post("/set-up/rooms/new/", {"name": "Lake room", "site": site.pk}).status_code == 302
    made = caller.post("/api/v1/providers/", {"name": "Dr Sen"}, format="json").json()
    day = timezone.now().date() + timedelta(days=7)
    week = {
        "effective_from": str(day),
        "sessions": [
            {
                "weekday": day.weekday(),
                "starts": "09:00",
                "ends": "12:00",
                "site": str(site.pk),
                "breaks": [{"starts": "10:00", "ends": "10:15"}],
            }
        ],
    }
    url = f"/api/v1/providers/{made['id']}/weekly-hours/"
    answer = caller.put(url, week, format="json")
    assert answer.status_code == 200, answer.content
    assert caller.get(url).json()["results"][0]["site"] == str(site.pk)
    page = ada.get(f"/set-up/providers/{made['id']}/hours/").content.decode()
    assert "@ Lake branch" in page
    extra = {"starts_at": f"{day}T11:00", "ends_at": f"{day}T13:00"}
    with riverside.inside(by=cast.ada):
        other = places.add_site(name="Hill branch", by=cast.ada, at=timezone.now())
        assert Room.objects.get().site == site
    url = f"/api/v1/providers/{made['id']}/extra-sessions/"
    clash = caller.post(url, {**extra, "site": str(other.pk)}, format="json")
    assert (clash.status_code, clash.json()["code"]) == (409, "two_sites_at_once")
    assert caller.post(url, extra, format="json").status_code == 201
    days = {"days": [{"day": str(day + timedelta(days=1)), "reason": "Feast"}]}
    assert caller.post("/api/v1/closed-days/", days, format="json").status_code == 201
    assert caller.get("/api/v1/time-off/").json()["results"][0]["reason"] == "Feast"
