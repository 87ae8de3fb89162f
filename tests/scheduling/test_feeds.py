"""Calendars for phones: secret, revocable, nameless unless the clinic says so; nothing of another clinic's."""

import logging
from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from icalendar import Calendar

from apps.accounts import staff
from apps.audit.models import AuditEvent
from apps.clinic import profile, providers
from apps.core.clock import at_wall_time, day_of
from apps.patients import registration
from apps.patients.models import Patient
from apps.scheduling import booking, catalogue
from apps.scheduling.calendars import feeds, hours
from apps.scheduling.models import Appointment, CalendarFeed

ZONE = ZoneInfo("Asia/Kolkata")


@pytest.fixture
def phone(riverside: Any, cast: Any, web: Any) -> Any:
    """Dr Shah's calendar at Riverside with one appointment tomorrow at ten, and a browser of nobody."""

    class Phone:
        key = ""
        nobody = web(riverside)
        shah = web(riverside, cast.shah)

        def read(self, **headers: str) -> Any:
            return self.nobody.get(f"/calendar.ics?key={self.key}", headers=headers)

        def events(self) -> list[Any]:
            return list(Calendar.from_ical(self.read().content).walk("VEVENT"))

    one = Phone()
    with riverside.inside(by=cast.ada):
        at = timezone.now()
        one.provider = providers.add_provider(name="Dr Ravi Shah", user=cast.shah, by=cast.ada, at=at)
        one.starts = at_wall_time(day_of(at, ZONE) + timedelta(days=1), time(10), ZONE)
        hours.open_one_off(
            one.provider,
            starts_at=one.starts,
            ends_at=one.starts + timedelta(hours=6),
            by=cast.ada,
            at=at,
        )
        kind = catalogue.add_type(name="Consultation", duration_minutes=30, rate="500", by=cast.ada, at=at)
        asha = registration.register(given_name="Asha", family_name="Patel", by=cast.ada, at=at)
        one.visit = booking.book(
            patient=asha,
            provider=one.provider,
            appointment_type=kind,
            starts_at=one.starts,
            reason="Stitches",
            by=cast.ada,
            at=at,
        )
        one.feed, one.key = feeds.open_feed(one.provider, by=cast.shah, at=at)
    return one


def test_whoever_may_not_sign_in_any_more_reads_no_calendar(phone: Any, riverside: Any, cast: Any) -> None:
    with riverside.inside(by=cast.ada):
        shah = staff.deactivate(cast.shah, by=cast.ada, at=timezone.now())
    assert phone.read().status_code == 404
    with riverside.inside(by=cast.ada):
        staff.reactivate(shah, by=cast.ada, at=timezone.now())
    assert phone.read().status_code == 200


def test_a_phone_reads_the_calendar_without_signing_in(phone: Any) -> None:
    answer = phone.read()
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    [event] = phone.events()
    assert event.start == phone.starts and event.end == phone.starts + timedelta(minutes=30)
    assert b"DTSTART:" + f"{phone.starts:%Y%m%dT%H%M%SZ}".encode() in answer.content
    assert event["summary"] == f"Appointment {phone.visit.number}"
    for secret in (b"Asha", b"Patel", b"Stitches", b"Consultation"):
        assert secret not in answer.content


def test_names_only_when_the_clinic_says_so_and_then_the_reading_is_recorded_once_a_day(
    phone: Any, riverside: Any, cast: Any
) -> None:
    phone.read()
    with riverside.inside(by=cast.ada):
        assert not AuditEvent.objects.filter(table_name=feeds.READ).exists()
        profile.amend(feeds_name_patients=True, by=cast.ada, at=timezone.now())
    for _ in range(2):
        assert phone.events()[0]["summary"] == "Asha Patel · Consultation"
    with riverside.inside(by=cast.ada):
        [read] = AuditEvent.objects.filter(action="read", table_name=feeds.READ)
        assert (read.actor, read.patient_id) == (f"calendar feed:{phone.provider.pk}", phone.visit.patient_id)


def test_the_same_again_costs_nothing(phone: Any, riverside: Any, cast: Any) -> None:
    first = phone.read()
    again = phone.read(**{"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert phone.read(**{"if-modified-since": first["Last-Modified"]}).status_code == 304
    with riverside.inside(by=cast.ada):
        at = timezone.now() + timedelta(seconds=2)
        booking.reschedule(phone.visit, starts_at=phone.starts + timedelta(hours=1), by=cast.ada, at=at)
    moved = phone.read(**{"if-none-match": first["ETag"]})
    assert moved.status_code == 200
    assert phone.read(**{"if-modified-since": first["Last-Modified"]}).status_code == 200
    [event] = phone.events()
    assert (event.start, event["sequence"]) == (phone.starts + timedelta(hours=1), 1)


def test_another_name_reaches_the_phone_at_once(phone: Any, riverside: Any, cast: Any) -> None:
    with riverside.inside(by=cast.ada):
        profile.amend(feeds_name_patients=True, by=cast.ada, at=timezone.now())
    first = phone.read()
    with riverside.inside(by=cast.ada):
        patient = Patient.objects.get(pk=phone.visit.patient_id)
        registration.amend(patient, family_name="Mehta", by=cast.ada, at=timezone.now())
    assert phone.read(**{"if-none-match": first["ETag"]}).status_code == 200
    assert phone.events()[0]["summary"] == "Asha Mehta · Consultation"


def test_what_is_cancelled_disappears(phone: Any, riverside: Any, cast: Any) -> None:
    with riverside.inside(by=cast.ada):
        booking.cancel(phone.visit, reason="Ill", by=cast.ada, at=timezone.now())
    assert phone.events() == []


def test_a_new_address_ends_the_old_one_and_a_revoked_one_is_not_found(
    phone: Any, riverside: Any, cast: Any, caplog: pytest.LogCaptureFixture
) -> None:
    page = phone.shah.post("/my-calendar/").content.decode()
    old, phone.key = phone.key, page.split("calendar.ics?key=")[1].split('"')[0]
    with caplog.at_level(logging.DEBUG):
        assert phone.read().status_code == 200
        assert phone.nobody.get(f"/calendar.ics?key={old}").status_code == 404
        with riverside.inside(by=cast.ada):
            feed = CalendarFeed.objects.get(revoked_at=None)
        assert phone.shah.post(f"/my-calendar/{feed.pk}/revocation/").status_code == 302
        assert phone.read().status_code == 404
        for wrong in ("", "x", "é" * 40, "a" * 43, "a" * 5000):
            assert phone.nobody.get("/calendar.ics", {"key": wrong}).status_code == 404
    assert not any(key in line for key in (old, phone.key) for line in caplog.text.splitlines())
    assert old not in phone.shah.get("/my-calendar/").content.decode()


def test_another_clinics_address_is_not_found_here(phone: Any, lakeside: Any, web: Any) -> None:
    answer = web(lakeside).get(f"/calendar.ics?key={phone.key}")
    assert (answer.status_code, answer.content) == (404, b"")


def test_the_key_is_kept_nowhere(phone: Any, riverside: Any, cast: Any) -> None:
    with riverside.inside(by=cast.ada):
        assert phone.key.encode() not in bytes(CalendarFeed.objects.get().key_hash)
        event = AuditEvent.objects.get(table_name="scheduling_calendarfeed", action="create")
        assert event.new["key_hash"] == "[not kept]"


def test_one_address_a_provider_for_any_writer(phone: Any, riverside: Any, cast: Any) -> None:
    with riverside.inside(by=cast.ada):
        again = {"provider": phone.provider, "opened_by": cast.ada, "opened_at": timezone.now()}
        with pytest.raises(IntegrityError, match="one_feed_a_provider"), transaction.atomic():
            CalendarFeed.objects.create(key_hash=b"x" * 32, **again)


def test_another_provider_opens_and_revokes_nothing(phone: Any, riverside: Any, cast: Any) -> None:
    with riverside.inside(by=cast.shah):
        other = providers.add_provider(name="Dr Other", by=cast.shah, at=timezone.now())
        with pytest.raises(feeds.NotYourCalendar):
            feeds.open_feed(other, by=cast.shah, at=timezone.now())
        feed, _key = feeds.open_feed(other, by=cast.ada, at=timezone.now())
    assert phone.shah.post(f"/my-calendar/{feed.pk}/revocation/").status_code == 403


def test_both_hours_of_a_long_night_are_told_apart(lakeside: Any, cast: Any) -> None:
    """Moments are in UTC: 01:30 summer time and 01:30 winter time do not fall together."""
    zone, night = ZoneInfo("America/New_York"), date(2026, 11, 1)
    with lakeside.inside(by=cast.lena):
        at = at_wall_time(night - timedelta(days=3), time(9), zone)
        one = providers.add_provider(name="Dr Night", by=cast.lena, at=at)
        kind = catalogue.add_type(name="Visit", duration_minutes=30, rate="90", by=cast.lena, at=at)
        half_past_one = [at_wall_time(night, time(1, 30), zone, fold=fold) for fold in (0, 1)]
        hours.open_one_off(
            one,
            starts_at=half_past_one[0],
            ends_at=half_past_one[1] + timedelta(hours=1),
            by=cast.lena,
            at=at,
        )
        for number, starts_at in enumerate(half_past_one):
            who = registration.register(given_name=f"N{number}", family_name="Night", by=cast.lena, at=at)
            booking.book(patient=who, provider=one, appointment_type=kind, starts_at=starts_at, by=cast.lena, at=at)
        feed, _key = feeds.open_feed(one, by=cast.lena, at=at)
        events = Calendar.from_ical(feeds.calendar_of(feed, at=at)).walk("VEVENT")
        assert [event.to_ical().split(b"DTSTART:")[1][:16] for event in events] == [
            b"20261101T053000Z",
            b"20261101T063000Z",
        ]
        assert Appointment.objects.count() == 2
