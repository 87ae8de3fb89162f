"""Set-up: hours, leave, closed days, types and fees through the pages, with what was typed kept when it is refused."""

from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.clinic.models import Provider
from apps.core.clock import at_wall_time
from apps.scheduling import booking
from apps.scheduling.calendars import hours
from apps.scheduling.calendars.hours import BadHours, Pause, Session
from apps.scheduling.calendars.hours_text import read_hours, write_hours
from apps.scheduling.models import AppointmentType, OneOffOpening, TimeOff, WeeklyHours
from tests.scheduling.scene import patient, weekdays

ZONE = ZoneInfo("Asia/Kolkata")


@dataclass
class Office:
    """Ada's browser at Riverside; `day` is a Wednesday ahead."""

    browser: Any
    provider: Provider
    visit: AppointmentType
    day: Any
    clinic: Any
    ada: Any

    def week(self, **days: str) -> dict[str, str]:
        closed = {f"day_{number}": "" for number in range(7)}
        return {**closed, "effective_from": str(self.day - timedelta(days=2)), **days}


@pytest.fixture
def office(riverside: Any, cast: Any, web: Any) -> Office:
    at = timezone.now()
    today = at.astimezone(ZONE).date()
    with riverside.inside(by=cast.ada):
        provider = Provider.objects.create(name="Dr Ravi Shah", user=cast.shah)
        hours.set_weekly_hours(provider, sessions=weekdays(), effective_from=today, by=cast.ada, at=at)
        visit = AppointmentType.objects.create(name="Half hour", duration_minutes=30, rate="500")
    day = today + timedelta(days=(2 - today.weekday()) % 7 + 7)
    return Office(web(riverside, cast.ada), provider, visit, day, riverside, cast.ada)


def booked(office: Office) -> booking.Appointment:
    with office.clinic.inside(by=office.ada):
        at = timezone.now()
        return booking.book(
            patient=patient("Asha", "Patel", by=office.ada, at=at),
            provider=office.provider,
            appointment_type=office.visit,
            starts_at=at_wall_time(office.day, time(10), ZONE),
            by=office.ada,
            at=at,
        )


def test_a_fee_is_changed_in_the_list(office: Office) -> None:
    page = office.browser.get("/set-up/").content.decode()
    assert 'value="500.00"' in page and "Mon–Fri 09:00–17:00" in page

    answer = office.browser.post(f"/set-up/types/{office.visit.pk}/fee/", {"rate": "1,250.50"})
    assert answer.status_code == 302
    assert 'value="1,250.50"' in office.browser.get("/set-up/").content.decode()

    refused = office.browser.post(f"/set-up/types/{office.visit.pk}/fee/", {"rate": "12.345"})
    assert refused.status_code == 400
    assert 'value="12.345"' in refused.content.decode() and "only 2 decimals" in refused.content.decode()


def test_weekly_hours_are_written_as_people_write_them(office: Office) -> None:
    path = f"/set-up/providers/{office.provider.pk}/hours/"
    answer = office.browser.post(path, office.week(day_2="9-13, 14-17:30 x2 (15:30-15:45 Tea)", day_5="9am-12pm"))
    assert answer.status_code == 302
    with office.clinic.inside(by=office.ada):
        rows = WeeklyHours.objects.filter(effective_from=office.day - timedelta(days=2)).prefetch_related("breaks")
        by_day = {day: write_hours([row for row in rows if row.weekday == day]) for day in (1, 2, 5)}
    assert by_day == {1: "", 2: "09:00–13:00, 14:00–17:30 ×2 (15:30–15:45 Tea)", 5: "09:00–12:00"}


@pytest.mark.parametrize("typed", ["25:00-26:00", "13-9", "9-12, 11-14", "nine to five", "9-12 x99", "9-10 (8-9)"])
def test_hours_that_cannot_be_are_refused_and_kept(office: Office, typed: str) -> None:
    answer = office.browser.post(f"/set-up/providers/{office.provider.pk}/hours/", office.week(day_2=typed))
    assert answer.status_code in {400, 409}
    assert f'value="{typed}"' in answer.content.decode()


def test_leave_asks_before_it_falls_on_appointments(office: Office) -> None:
    appointment = booked(office)
    path = f"/set-up/providers/{office.provider.pk}/leave/"
    days = {"leave-first_day": str(office.day), "leave-last_day": str(office.day), "leave-reason": "Conference"}

    asked = office.browser.post(path, days)
    assert asked.status_code == 409
    page = asked.content.decode()
    assert "Asha Patel" in page and "leave-keep_appointments" in page and 'value="Conference"' in page
    assert f"{office.day:%a} {office.day.day} {office.day:%b}, 10:00" in page  # on the clinic's clock

    assert office.browser.post(path, {**days, "leave-keep_appointments": "on"}).status_code == 302
    page = office.browser.get(f"/set-up/providers/{office.provider.pk}/hours/").content.decode()
    assert "Conference" in page and f"/appointments/{appointment.pk}/" in page
    assert f"{office.day:%a} {office.day.day} {office.day:%b}, 10:00" in page  # it lies outside of the hours now
    with office.clinic.inside(by=office.ada):
        leave = TimeOff.objects.get()
    assert leave.ends_at - leave.starts_at == timedelta(days=1)
    office.browser.post(f"/set-up/leave/{leave.pk}/withdrawal/")
    with office.clinic.inside(by=office.ada):
        assert TimeOff.objects.get().withdrawn_by == office.ada


def test_an_extra_session_and_a_closed_day(office: Office) -> None:
    path = f"/set-up/providers/{office.provider.pk}/openings/"
    session = {"opening-first_day": str(office.day), "opening-from_time": "18:00", "opening-until_time": "20:00"}
    assert office.browser.post(path, {**session, "opening-capacity": "2"}).status_code == 302
    backwards = {**session, "opening-capacity": "1", "opening-until_time": "17:00"}
    assert office.browser.post(path, backwards).status_code == 400
    assert office.browser.post("/set-up/closed-days/", {"leave-first_day": str(office.day)}).status_code == 302
    with office.clinic.inside(by=office.ada):
        assert OneOffOpening.objects.get().capacity == 2
        assert TimeOff.objects.get().provider is None


def test_a_type_is_added_changed_and_withdrawn(office: Office) -> None:
    new = {"name": "Follow-up", "duration_minutes": "15", "rate": "300", "colour": "teal", "position": "5"}
    taxed = {"tax_name": "GST", "tax_rate": "18", "buffer_before": "", "buffer_after": "5"}
    assert office.browser.post("/set-up/types/new/", {**new, **taxed}).status_code == 302
    assert office.browser.post("/set-up/types/new/", {**new, **taxed}).status_code == 409
    assert office.browser.post("/set-up/types/new/", {**new, "name": "X", "tax_rate": "101"}).status_code == 400
    with office.clinic.inside(by=office.ada):
        made = AppointmentType.objects.get(name="Follow-up")
    office.browser.post(f"/set-up/types/{made.pk}/withdrawal/")
    assert "no longer offered" in office.browser.get("/set-up/").content.decode()
    office.browser.post(f"/set-up/types/{made.pk}/offer/")
    assert "no longer offered" not in office.browser.get("/set-up/").content.decode()


def test_the_set_up_page_costs_the_same_for_many(office: Office, django_assert_max_num_queries: Any) -> None:
    with office.clinic.inside(by=office.ada):
        for number in range(12):
            one = Provider.objects.create(name=f"Dr {number}")
            hours.set_weekly_hours(
                one, sessions=weekdays(), effective_from=office.day, by=office.ada, at=timezone.now()
            )
    with django_assert_max_num_queries(22):
        office.browser.get("/set-up/")


minutes = st.integers(0, 287).map(lambda five: five * 5)


@st.composite
def a_day(draw: Any) -> list[Session]:
    edges = sorted(draw(st.sets(minutes, min_size=2, max_size=8)))
    sessions = []
    for start, end in zip(edges[::2], edges[1::2], strict=False):
        pause = ()
        if end - start >= 15 and draw(st.booleans()):
            label = draw(st.sampled_from(["", "Lunch", "Ward round"]))
            pause = (Pause(_clock(start + 5), _clock(start + 10), label),)
        sessions.append(Session(3, _clock(start), _clock(end), draw(st.integers(1, 50)), pause))
    return sessions


def _clock(minute: int) -> time:
    return time(minute // 60, minute % 60)


@settings(suppress_health_check=[HealthCheck.too_slow])  # no test is timed
@given(a_day())
def test_what_is_written_is_read_again(sessions: list[Session]) -> None:
    assert read_hours(write_hours(sessions), 3) == sessions


def test_midnight_is_written_as_twenty_four() -> None:
    assert write_hours(read_hours("18-24", 0)) == "18:00–24:00"
    with pytest.raises(BadHours):
        read_hours("13pm-14pm", 0)
