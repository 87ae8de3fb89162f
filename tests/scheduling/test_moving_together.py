"""Two people at one sheet: what each has seen, what the second is told, and what it costs to ask (issue 3)."""

import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.clinic import providers
from apps.core.clock import at_wall_time
from apps.patients import registration
from apps.scheduling import booking, catalogue
from apps.scheduling.calendars import blocking, hours, time_off
from apps.scheduling.calendars.hours import Session
from apps.scheduling.models import Appointment
from apps.scheduling.moves import MovedMeanwhile, Seen
from apps.scheduling.sheets import live
from tests.scheduling.crowd import gather

KOLKATA = ZoneInfo("Asia/Kolkata")


def early() -> datetime:
    return timezone.now().astimezone(KOLKATA).replace(hour=0, minute=5, second=0, microsecond=0)


@pytest.fixture
def crowd(riverside, cast):
    with riverside.inside(by=cast.ada):
        return gather(cast.ada, providers=2, each=2, at=early(), signs_in=[cast.shah])


def fresh(riverside, appointment):
    with riverside.inside():
        return Appointment.objects.get(pk=appointment.pk)


def test_the_second_of_two_who_move_the_same_appointment_is_told_who_was_first(scene):
    booked = booking.book(
        patient=scene.asha,
        provider=scene.dr_rao,
        appointment_type=scene.visit,
        starts_at=scene.when("10:00"),
        **scene.admin,
    )
    seen = Seen.of(booked)
    booking.reschedule(booked, starts_at=scene.when("11:00"), by=scene.dora, at=scene.at, seen=seen)
    with pytest.raises(MovedMeanwhile, match="Dora Desk has just moved this to Mon 11 May 11:00, Dr Anita Rao"):
        booking.reschedule(booked, starts_at=scene.when("12:00"), by=scene.ada, at=scene.at, seen=seen)
    booked.refresh_from_db()
    assert booked.starts_at == scene.when("11:00")


def test_two_who_move_it_to_the_same_place_are_both_content(scene):
    booked = booking.book(
        patient=scene.asha,
        provider=scene.dr_rao,
        appointment_type=scene.visit,
        starts_at=scene.when("10:00"),
        **scene.admin,
    )
    seen = Seen.of(booked)
    for person in (scene.dora, scene.ada):
        booking.reschedule(booked, starts_at=scene.when("11:00"), by=person, at=scene.at, seen=seen)
    assert booked.transitions.count() == 2


def test_the_page_says_so_and_a_second_try_goes_through(riverside, cast, web, crowd):
    moved = crowd.appointments[0]
    client = web(riverside, cast.sara)
    wish = {"seen": str(Seen.of(moved)), "provider": str(moved.provider_id), "day": crowd.day.isoformat()}
    assert client.post(f"/appointments/{moved.pk}/move/", {**wish, "starts": "15:00"}).status_code == 302
    answer = client.post(f"/appointments/{moved.pk}/move/", {**wish, "starts": "16:00"})
    page = answer.content.decode()
    assert answer.status_code == 409 and "Sara Lindqvist has just moved this to" in page
    assert 'value="16:00"' in page  # what was typed is kept
    assert f"{fresh(riverside, moved).starts_at.astimezone(KOLKATA):%H:%M}" == "15:00"
    again = re.search(r'name="seen" value="([^"]+)"', page)[1]
    answer = client.post(f"/appointments/{moved.pk}/move/", {**wish, "seen": again, "starts": "16:00"})
    assert answer.status_code == 302


def test_the_length_alone_changes_and_comes_back(riverside, cast, web, crowd):
    last = crowd.appointments[1]
    client = web(riverside, cast.sara)
    before = last.duration
    answer = client.post(
        f"/appointments/{last.pk}/move/",
        {"minutes": "55", "seen": str(Seen.of(last)), "patient_sees_both": "on"},
        follow=True,
    )
    page = answer.content.decode()
    assert "Now 55 minutes" in page
    now = fresh(riverside, last)
    assert (now.starts_at, now.duration) == (last.starts_at, timedelta(minutes=55))
    form = re.search(r'<form method="post" action="(/appointments/[^"]+)">(.*?)</form>', page, re.S)
    back = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[2]))
    client.post(form[1], {name: value for name, value in back.items() if name != "csrfmiddlewaretoken"})
    assert fresh(riverside, last).duration == before


@pytest.mark.parametrize("minutes", ["0", "-5", "1441", "ten", "1e9"])
def test_a_length_that_is_none_is_refused_beside_its_field(riverside, cast, web, crowd, minutes):
    last = crowd.appointments[1]
    answer = web(riverside, cast.sara).post(f"/appointments/{last.pk}/move/", {"minutes": minutes})
    assert answer.status_code == 400
    assert 'id="id_minutes_error"' in answer.content.decode()


def test_a_longer_visit_does_not_run_into_the_next(riverside, cast, web, crowd):
    first, second = crowd.appointments[0], crowd.appointments[1]
    answer = web(riverside, cast.sara).post(f"/appointments/{first.pk}/move/", {"minutes": "120"})
    assert answer.status_code == 409 and second.number in answer.content.decode()
    assert fresh(riverside, first).duration == first.duration


def asked_of(caught):
    """Without the frame that every request has."""
    frame = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "SET", "SELECT set_config")
    return [one["sql"] for one in caught.captured_queries if not one["sql"].startswith(frame)]


def open_sheet(client):
    """Sara's day sheet, and what it asks with."""
    page = client.get("/schedule/").content.decode()
    return {
        "X-Background": "live",
        "X-Sheet": "day " + " ".join(re.search(r'data-first="(\d+)" data-last="(\d+)"', page).groups()),
        "X-Sheet-Marks": " ".join(
            f"{key}:{mark}" for key, mark in re.findall(r'data-key-of="([^"]+)".*?data-mark="(\w+)"', page)
        ),
    }


COUNTED = ("scheduling_appointmenttransition", "scheduling_hold", "audit_event", "billing_invoice", "billing_payment")


def test_nothing_new_costs_a_few_counts_and_no_page(riverside, cast, web, crowd):
    client = web(riverside, cast.sara)
    asked = open_sheet(client)
    first = client.get("/schedule/changes/", headers=asked)  # the first time everything is compared
    assert first.status_code == 204
    asked[live.HEADER] = first.headers[live.HEADER]
    with CaptureQueriesContext(connection) as caught:
        assert client.get("/schedule/changes/", headers=asked).status_code == 204
    counted = [one for one in asked_of(caught) if "count(*)" in one]
    # In one statement: moves, places kept while forms are open, names and hours, payments.
    assert len(counted) == 1 and all(table in counted[0] for table in COUNTED), counted
    assert len(asked_of(caught)) <= 6, asked_of(caught)
    with riverside.inside(by=cast.ada):
        booking.cancel(crowd.appointments[3], by=cast.ada, at=timezone.now(), reason="Feels better")
    answer = client.get("/schedule/changes/", headers=asked)
    assert answer.content.decode().count("<section") == 1
    assert str(crowd.providers[1].pk) in answer.content.decode()


NEWS = {
    "a name": lambda crowd, told: registration.amend(crowd.patients[0], family_name="Lovelace", **told),
    "a provider's name": lambda crowd, told: providers.amend_provider(crowd.providers[0], name="Dr Lovelace", **told),
    "a colour": lambda crowd, told: providers.amend_provider(crowd.providers[0], colour="pink", **told),
    "a type's name": lambda crowd, told: catalogue.amend_type(crowd.types[0], name="Lovelace", **told),
    "hours": lambda crowd, told: hours.set_weekly_hours(
        crowd.providers[0],
        sessions=[Session(weekday, time(9), time(20)) for weekday in range(7)],
        effective_from=crowd.day,
        **told,
    ),
    "a block": lambda crowd, told: blocking.block(
        crowd.providers[0], starts_at=crowd.when("17:00"), ends_at=crowd.when("18:00"), reason="Lovelace", **told
    ),
    "leave": lambda crowd, told: time_off.take_leave(
        crowd.providers[0], starts_at=crowd.when("17:00"), ends_at=crowd.when("18:00"), reason="Away", **told
    ),
}


@pytest.mark.parametrize("what", NEWS)
def test_what_no_move_tells_comes_with_the_next_question(riverside, cast, web, crowd, what):
    client = web(riverside, cast.sara)
    asked = open_sheet(client)
    asked[live.HEADER] = client.get("/schedule/changes/", headers=asked).headers[live.HEADER]
    with riverside.inside(by=cast.ada):
        NEWS[what](crowd, {"by": cast.ada, "at": timezone.now()})
    answer = client.get("/schedule/changes/", headers=asked)
    assert answer.status_code == 200
    assert str(crowd.providers[0].pk) in answer.content.decode()
    asked[live.HEADER] = answer.headers[live.HEADER]
    assert client.get("/schedule/changes/", headers=asked).status_code == 204


def test_what_nobody_sees_on_a_sheet_is_no_news(riverside, cast, web, crowd):
    client = web(riverside, cast.sara)
    asked = open_sheet(client)
    asked[live.HEADER] = client.get("/schedule/changes/", headers=asked).headers[live.HEADER]
    with riverside.inside(by=cast.ada):
        registration.amend(crowd.patients[0], phone="98300 12345", by=cast.ada, at=timezone.now())
        registration.register(given_name="Ada", family_name="Lovelace", by=cast.ada, at=timezone.now())
    client.get(f"/patients/{crowd.patients[0].pk}/")
    with CaptureQueriesContext(connection) as caught:
        assert client.get("/schedule/changes/", headers=asked).status_code == 204
    assert len(asked_of(caught)) <= 6


def test_a_move_to_another_day_is_noticed_on_both(scene):
    booked = booking.book(
        patient=scene.asha,
        provider=scene.dr_rao,
        appointment_type=scene.visit,
        starts_at=scene.when("10:00"),
        **scene.admin,
    )
    today, tomorrow = scene.at.astimezone(scene.zone).date(), scene.at.astimezone(scene.zone).date() + timedelta(days=1)
    before = [live.mark(day, day, zone=scene.zone) for day in (today, tomorrow)]
    booking.reschedule(booked, starts_at=scene.when("10:00", tomorrow), **scene.admin)
    after = [live.mark(day, day, zone=scene.zone) for day in (today, tomorrow)]
    assert before[0] != after[0] and before[1] != after[1]
    assert len(live.moved_lately(today, tomorrow, zone=scene.zone, at=scene.at)) == 2


def test_a_time_that_comes_twice_is_asked_for_and_both_can_be_booked(lakeside, cast, web):
    """New York, 1 November 2026: 01:30 is 05:30Z and an hour later 06:30Z."""
    new_york = ZoneInfo("America/New_York")
    day = datetime(2026, 11, 1).date()
    at = at_wall_time(day - timedelta(days=1), datetime(2026, 1, 1, 12).time(), new_york)
    while day < timezone.now().astimezone(new_york).date():  # the first Sunday of November of a year to come
        first = datetime(day.year + 1, 11, 1)
        day = (first + timedelta(days=(6 - first.weekday()) % 7)).date()
        at = timezone.now()
    with lakeside.inside(by=cast.lena):
        crowd = gather(cast.lena, providers=1, each=0, day=day, at=at)
        from apps.scheduling.calendars import hours

        hours.open_one_off(
            crowd.providers[0],
            starts_at=at_wall_time(day, datetime(2026, 1, 1, 0).time(), new_york),
            ends_at=at_wall_time(day, datetime(2026, 1, 1, 4).time(), new_york),
            by=cast.lena,
            at=at,
        )
    client = web(lakeside, cast.lena)
    page = client.get(f"/schedule/?day={day}").content.decode()
    assert page.count(">01:00</span>") == 2
    assert 'data-again="25 12"' in page
    wish = {
        "patient": str(crowd.patients[0].pk),
        "provider": str(crowd.providers[0].pk),
        "appointment_type": str(crowd.types[4].pk),
        "day": day.isoformat(),
        "starts": "01:30",
    }
    answer = client.post("/schedule/booking/", wish)
    assert answer.status_code == 400 and "The second, EST" in answer.content.decode()
    for fold in ("0", "1"):
        answer = client.post("/schedule/booking/", {**wish, "fold": fold})
        assert answer.status_code == 302, answer.content.decode()[answer.content.decode().index("alert-box") :][:600]
    with lakeside.inside():
        starts = sorted(Appointment.objects.values_list("starts_at", flat=True))
        assert [f"{one:%H:%M}" for one in starts] == ["05:30", "06:30"]
    page = client.get(f"/schedule/?day={day}").content.decode()
    assert 'class="gs-19 sp-2"' in page and 'class="gs-31 sp-2"' in page
    assert "01:30 EDT" in page and "01:30 EST" in page
