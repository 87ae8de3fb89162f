"""The past of a day on pages: replayed, told entry by entry, and never editable (issue 3)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.audit.models import AuditEvent
from apps.scheduling import attendance, booking
from apps.scheduling.calendars import time_off
from tests.scheduling.crowd import gather

KOLKATA = ZoneInfo("Asia/Kolkata")


@pytest.fixture
def crowd(riverside, cast):
    """Yesterday, so that all of its minutes have passed at whatever hour this runs. Booked at 08:00."""
    yesterday = timezone.now().astimezone(KOLKATA).date() - timedelta(days=1)
    at = datetime.combine(yesterday, datetime.min.time(), tzinfo=KOLKATA) + timedelta(minutes=5)
    with riverside.inside(by=cast.ada):
        return gather(cast.ada, providers=2, each=2, day=yesterday, at=at, signs_in=[cast.shah])


@pytest.fixture
def moved(riverside, cast, crowd):
    """At 09:00 Sara moves the first to 15:00 with the second provider; at 09:30 she cancels another."""
    first, other = crowd.appointments[0], crowd.appointments[1]
    with riverside.inside(by=cast.sara):
        booking.reschedule(
            first,
            starts_at=crowd.when("15:00"),
            provider=crowd.providers[1],
            by=cast.sara,
            at=crowd.when("09:00"),
            reason="Bus is late",
            patient_sees_both=True,
        )
        booking.cancel(other, by=cast.sara, at=crowd.when("09:30"), reason="Feels better")
    return first


def page_of(client, crowd, as_of, **more):
    answer = client.get("/schedule/", {"day": crowd.day.isoformat(), "as-of": as_of, **more})
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_minute_of_the_past_shows_who_stood_where(riverside, cast, web, crowd, moved):
    client = web(riverside, cast.sara)
    before = page_of(client, crowd, "08:59")
    assert "08:00 Mei Chen, Check-up, until 08:15, Scheduled" in before
    after = page_of(client, crowd, "09:00")
    assert "15:00 Mei Chen, Check-up, until 15:15, Scheduled" in after
    assert crowd.appointments[1].pk and f"ap-{crowd.appointments[1].pk}" in after
    assert f"ap-{crowd.appointments[1].pk}" not in page_of(client, crowd, "09:30")
    assert 'class="ap ' not in page_of(client, crowd, "07:59")  # booked later


def test_it_is_marked_and_cannot_be_changed(riverside, cast, web, crowd, moved):
    page = page_of(web(riverside, cast.sara), crowd, "09:00")
    assert "As it stood on" in page and "read only" in page
    assert "data-moves" not in page and 'class="col-add' not in page and 'data-book=""' in page
    assert "Weekly hours, one-off openings and names are those of today" in page


def test_steps_lead_from_change_to_change(riverside, cast, web, crowd, moved):
    client = web(riverside, cast.sara)
    page = page_of(client, crowd, "09:15")
    assert "2 of 3 changes" in page.replace("&nbsp;", " ")
    links = [part.split('"')[0].replace("&amp;", "&") for part in page.split('class="btn" href="')[1:]]
    later = client.get(next(one for one in links if "as-of" in one and "04%3A00" in one)).content.decode()
    assert "3 of 3 changes" in later and "Cancelled" in later and "Feels better" in later


@pytest.mark.parametrize("text", ["25:00", "soon", "2026-02-30T10:00", "9999-99-99", "%20"])
def test_a_time_that_is_none_is_said_and_shows_the_present(riverside, cast, web, crowd, moved, text):
    page = page_of(web(riverside, cast.sara), crowd, text)
    assert "is no time that this day has had" in page


def test_leave_is_drawn_as_it_was_known(riverside, cast, web, crowd):
    with riverside.inside(by=cast.ada):
        away = time_off.take_leave(
            crowd.providers[0],
            starts_at=crowd.when("17:00"),
            ends_at=crowd.when("19:00"),
            by=cast.ada,
            at=crowd.when("10:00"),
            reason="Dentist",
        )
        time_off.withdraw_leave(away, by=cast.ada, at=crowd.when("11:00"))
    client = web(riverside, cast.sara)
    assert "Dentist" not in page_of(client, crowd, "09:59")
    assert "Dentist" in page_of(client, crowd, "10:30")
    assert "Dentist" not in page_of(client, crowd, "11:00")


def test_the_log_says_who_moved_whom_from_where_to_where_and_why(riverside, cast, web, crowd, moved):
    page = web(riverside, cast.sara).get(f"/schedule/log/?day={crowd.day}").content.decode()
    assert "08:00–08:15, Dr R. Shah" in page and "15:00–15:15, Dr L. Novak" in page
    assert "Bus is late" in page and "Sara Lindqvist" in page
    assert "Feels better" in page and "Ada Mensah" in page
    only = web(riverside, cast.sara).get(f"/schedule/log/?day={crowd.day}&by={cast.sara.pk}").content.decode()
    assert only.count("<tr>") == 1 + 2


def test_the_panel_tells_the_same(riverside, cast, web, crowd, moved):
    page = web(riverside, cast.sara).get(f"/appointments/{moved.pk}/").content.decode()
    assert "08:00–08:15, Dr R. Shah" in page and "15:00–15:15, Dr L. Novak" in page


def test_queries_do_not_grow_with_the_day(riverside, cast, web, crowd, moved):
    client = web(riverside, cast.sara)
    client.get("/schedule/")
    counts = []
    for again in (False, True):
        for path in (f"/schedule/log/?day={crowd.day}", f"/schedule/?day={crowd.day}&as-of=12:00"):
            with CaptureQueriesContext(connection) as caught:
                assert client.get(path).status_code == 200
            counts.append(sum("SAVEPOINT" not in one["sql"] for one in caught.captured_queries))
        if again:
            break
        with riverside.inside(by=cast.sara):
            for one, hour in ((crowd.appointments[2], 13), (crowd.appointments[3], 16)):
                booking.reschedule(
                    one,
                    starts_at=crowd.when(f"{hour}:00"),
                    by=cast.sara,
                    at=crowd.when("11:00"),
                    patient_sees_both=True,
                )
                attendance.arrive(one, by=cast.sara, at=crowd.when("11:30"))
    assert counts[:2] == counts[2:]
    assert max(counts) <= 16


def test_looking_back_leaves_a_trace_and_the_other_clinic_sees_nothing(riverside, lakeside, cast, web, crowd, moved):
    assert "Mei Chen" not in web(lakeside, cast.lena).get(f"/schedule/log/?day={crowd.day}").content.decode()
    web(riverside, cast.sara).get(f"/schedule/log/?day={crowd.day}")
    with riverside.inside():
        assert AuditEvent.objects.filter(actor=f"user:{cast.sara.pk}", action="read").exists()
