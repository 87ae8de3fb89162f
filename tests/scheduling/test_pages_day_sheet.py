"""The day sheet in words: what stands on it, how many queries it takes, and what it must never do."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.clinic.models import Provider
from apps.scheduling import booking
from apps.scheduling.calendars import hours, time_off
from apps.scheduling.sheets import grid
from tests.cast import ada_at_work
from tests.kept import keep
from tests.scheduling.crowd import gather

KOLKATA = ZoneInfo("Asia/Kolkata")
MOST_QUERIES = 12


def morning() -> datetime:
    return timezone.now().astimezone(KOLKATA).replace(hour=9, minute=30, second=0, microsecond=0)


@keep
def kept_crowd():
    with ada_at_work() as ada:
        shah = User.objects.get(email="shah@riverside.example")
        return gather(ada, providers=3, each=3, at=morning(), signs_in=[shah])


@pytest.fixture
def crowd(kept_crowd):
    return kept_crowd


def statements(client, path):
    with CaptureQueriesContext(connection) as caught:
        response = client.get(path)
    assert response.status_code == 200
    # Of the test's own transaction, which a real request does not have.
    frame = ("SAVEPOINT", "RELEASE", "SET CONSTRAINTS")
    return [one["sql"] for one in caught.captured_queries if not one["sql"].startswith(frame)]


def test_each_provider_is_a_list_of_real_links(riverside, cast, web, crowd):
    page = web(riverside, cast.sara).get("/schedule/").content.decode()
    assert page.count('<ul class="col-list"') == 3
    first = crowd.appointments[0]
    assert f'href="/appointments/{first.pk}/"' in page
    assert "08:00 Mei Chen, Check-up, until 08:15, Completed" in page


def test_nothing_is_styled_or_scripted_inline(riverside, cast, web, crowd):
    for path in ("/schedule/", "/schedule/?view=week", "/schedule/?view=list", "/schedule/booking/"):
        page = web(riverside, cast.sara).get(path).content.decode()
        assert not re.search(r'\sstyle="|<style|<script(?![^>]*\ssrc=)|\son[a-z]+="', page), path


def test_the_policy_is_on_every_page(riverside, cast, web, crowd):
    client = web(riverside, cast.sara)
    for path in ("/schedule/", "/nowhere/", "/sign-in/"):
        policy = client.get(path).headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy and "unsafe" not in policy, path


@pytest.mark.parametrize("view", ["day", "week", "list", "day&resource=0192d5a0-0000-7000-8000-000000000001"])
def test_the_number_of_queries_does_not_grow(riverside, cast, web, view):
    at = morning()
    with riverside.inside(by=cast.ada):
        small = gather(cast.ada, providers=1, each=1, at=at)
    client = web(riverside, cast.sara)
    client.get("/schedule/")  # the session notes that somebody is there once a minute
    few = statements(client, f"/schedule/?view={view}")
    with riverside.inside(by=cast.ada):
        for patient in (small.patients[0],):
            provider = small.providers[0]
            for text in ("10:00", "11:00"):
                booking.book(
                    patient=patient,
                    provider=provider,
                    appointment_type=small.types[0],
                    starts_at=small.when(text),
                    by=cast.ada,
                    at=at,
                )
    assert len(statements(client, f"/schedule/?view={view}")) == len(few)
    assert len(few) <= MOST_QUERIES, "\n".join(few)


def test_whoever_may_not_see_patients_sees_their_numbers(riverside, cast, web, crowd):
    with riverside.inside(by=cast.ada):
        role = cast.cato.groups.get().role
        role.group.permissions.remove(*role.group.permissions.filter(codename="view_patient"))
    page = web(riverside, cast.cato).get("/schedule/").content.decode()
    assert crowd.patients[0].number in page
    assert "Mei Chen" not in page


def test_the_other_clinic_sees_none_of_it(lakeside, cast, web, crowd):
    page = web(lakeside, cast.lena).get("/schedule/").content.decode()
    assert "Mei Chen" not in page and "Dr R. Shah" not in page


def test_looking_at_the_sheet_leaves_a_trace(riverside, cast, web, crowd):
    web(riverside, cast.sara).get("/schedule/")
    with riverside.inside():
        assert AuditEvent.objects.filter(actor=f"user:{cast.sara.pk}", action="read").exists()


def test_hours_that_are_closed_say_why(riverside, cast, web, crowd):
    at = morning()
    tomorrow = crowd.day + timedelta(days=1)
    start = crowd.when("08:00") + timedelta(days=1)
    with riverside.inside(by=cast.ada):
        time_off.take_leave(
            crowd.providers[0],
            starts_at=start,
            ends_at=start + timedelta(hours=4),
            by=cast.ada,
            at=at,
            reason="<Conference>",
        )
    page = web(riverside, cast.sara).get(f"/schedule/?day={tomorrow}").content.decode()
    assert "&lt;Conference&gt;" in page
    assert '<div class="shut gs-1 sp-48">' in page


@pytest.mark.parametrize("day", ["2026-02-30", "nonsense", "9999-12-31", "0001-01-01", "2026-13-01"])
def test_a_day_that_is_none_shows_today(riverside, cast, web, crowd, day):
    page = web(riverside, cast.sara).get(f"/schedule/?day={day}")
    assert page.status_code == 200
    assert "Mei Chen" in page.content.decode()


def legend(page: str) -> dict[str, int]:
    """How many of each status the sheet says it has, all its columns together."""
    words = re.search(r'<ul class="legend".*?</ul>', page)[0]
    return {word: int(n) for word, n in re.findall(r'tone-\w+">([^<]+) <b class="num">(\d+)', words)}


def test_changes_of_others_come_as_columns(riverside, cast, web, crowd):
    client = web(riverside, cast.sara)
    page = client.get("/schedule/").content.decode()
    seen = re.findall(r'data-key-of="([^"]+)".*?data-mark="(\w+)"', page)
    asked = {
        "X-Sheet": "day " + " ".join(re.search(r'data-first="(\d+)" data-last="(\d+)"', page).groups()),
        "X-Sheet-Marks": " ".join(f"{key}:{mark}" for key, mark in seen),
        "HX-Request": "true",
    }
    assert client.get("/schedule/changes/", headers=asked).status_code == 204
    with riverside.inside(by=cast.ada):
        booking.book(
            patient=crowd.patients[0],
            provider=crowd.providers[1],
            appointment_type=crowd.types[0],
            starts_at=crowd.when("16:00"),
            by=cast.ada,
            at=morning(),
        )
    answer = client.get("/schedule/changes/", headers=asked)
    assert answer.status_code == 200
    body = answer.content.decode()
    assert body.count("<section") == 1
    assert f'id="col-{crowd.providers[1].pk}-' in body and 'hx-swap-oob="true"' in body
    assert legend(page)["Scheduled"] + 1 == legend(body)["Scheduled"]
    assert legend(body) == legend(client.get("/schedule/").content.decode())


def test_who_comes_to_work_that_day_is_announced_once(riverside, cast, web, crowd):
    with riverside.inside(by=cast.ada):
        late = Provider.objects.create(name="Dr Late")
    client = web(riverside, cast.sara)
    page = client.get("/schedule/").content.decode()
    assert "Dr Late" not in re.findall(r'<h2 id="head-[^"]*" title="([^"]*)"', page)
    seen = re.findall(r'data-key-of="([^"]+)".*?data-mark="(\w+)"', page)
    hours_shown = " ".join(re.search(r'data-first="(\d+)" data-last="(\d+)"', page).groups())
    marks = " ".join(f"{key}:{mark}" for key, mark in seen)
    asked = {"X-Sheet": f"day {hours_shown}", "X-Sheet-Marks": marks, "HX-Request": "true"}
    assert client.get("/schedule/changes/", headers=asked).status_code == 204
    with riverside.inside(by=cast.ada):
        hours.open_one_off(late, starts_at=crowd.when("15:00"), ends_at=crowd.when("17:00"), by=cast.ada, at=morning())
    body = client.get("/schedule/changes/", headers=asked).content.decode()
    assert "The sheet has changed" in body and 'href="/schedule/?"' in body
    told = {**asked, "X-Sheet-Marks": f"{marks} news:1"}
    assert client.get("/schedule/changes/", headers=told).status_code == 204
    elsewhere = {**asked, "X-Sheet": f"day {hours_shown} ?provider={crowd.providers[0].pk}"}
    assert client.get("/schedule/changes/", headers=elsewhere).status_code == 204
    assert "Dr Late" in client.get("/schedule/").content.decode()


def test_places_have_rules_in_the_style_sheet():
    from django.conf import settings

    assert (settings.BASE_DIR / "static/css/schedule_grid.css").read_text() == grid.stylesheet()


def test_what_overlaps_stands_side_by_side():
    assert grid.side_by_side([(1, 7), (7, 13)]) == [(0, 1), (0, 1)]
    assert grid.side_by_side([(1, 7), (4, 10), (7, 13), (20, 26)]) == [(0, 2), (1, 2), (0, 2), (0, 1)]
    assert grid.side_by_side([(1, 20), (2, 8), (3, 9), (10, 12)]) == [(0, 3), (1, 3), (2, 3), (1, 3)]
