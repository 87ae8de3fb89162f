"""Whatever a tired person or a broken program sends, the schedule answers with words at the field: always a 4xx, never
a failure, and nothing is written.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from apps.clinic import providers
from apps.core.clock import at_wall_time, day_of
from apps.patients import registration
from apps.scheduling import booking, catalogue, resources
from apps.scheduling.calendars import hours, time_off
from apps.scheduling.models import (
    Appointment,
    AppointmentSeries,
    Block,
    Hold,
    LeaveRequest,
    OneOffOpening,
    OverrideRequest,
    ResourceUse,
    TimeOff,
    WaitlistEntry,
    WeeklyHours,
)
from tests.scheduling.scene import patient, weekdays

ZONE = ZoneInfo("Asia/Kolkata")
WRITTEN = (
    *(Appointment, AppointmentSeries, Block, Hold, LeaveRequest, OneOffOpening, OverrideRequest, ResourceUse),
    *(TimeOff, WaitlistEntry, WeeklyHours),
)
NUL = "a\x00b"
MOMENTS = (
    *("25:00", "2027-02-31T10:00", "0001-01-01T00:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59"),
    *("9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59Z", "now", "infinity", "2027-05-01T10:00+99:00"),
    *(NUL, "", None, 7, [], {}, True),
)
DAYS = ("2027-02-31", "0001-01-01", "9999-12-31", "tomorrow", NUL, "", None, 7, [], {})
TIMES = ("25:00", "10:60", "noon", NUL, "", None, [], {})
WORDS = (NUL, "x" * 5000, [], {})
NUMBERS = (0, -1, 10**9, 10**40, "many", NUL, 1.5, [], {})
TYPED_DAYS = ("2027-02-31", "31.02.2027", "0001-01-01", "9999-12-31", "tomorrow", NUL, "", "-1")
TYPED_TIMES = ("25:00", "10:60", "noon", NUL, "")
NOBODY = ("nobody", "00000000-0000-4000-8000-000000000000", NUL, "", "-1")


@dataclass
class Office:
    """Riverside next Wednesday. `theirs`: ids of Lakeside; `gone`: what is out of use here."""

    at: datetime
    day: date
    provider: Any
    away: Any
    type: Any
    asha: Any
    room: Any
    booked: Any
    gone: dict[str, str] = field(default_factory=dict)
    theirs: dict[str, str] = field(default_factory=dict)

    def when(self, wall: str) -> str:
        return at_wall_time(self.day, time.fromisoformat(wall), ZONE).isoformat()

    def bad(self, name: str) -> list[Any]:
        """Ids of that kind that cannot be meant."""
        return [*NOBODY, None, 7, [], {}, self.gone[name], self.theirs[name]]


@pytest.fixture
def office(riverside: Any, lakeside: Any, cast: Any) -> Iterator[Office]:
    at = timezone.now()
    today = day_of(at, ZONE)
    day = today + timedelta(days=(2 - today.weekday()) % 7 + 7)
    with lakeside.inside(by=cast.lena):
        theirs = furniture({"by": cast.lena, "at": at})
    with riverside.inside(by=cast.ada):
        by = {"by": cast.ada, "at": at}
        ours, gone = furniture(by), furniture(by, "old")
        away = providers.add_provider(name="Dr Away", **by)
        for one in (ours["provider"], away):
            hours.set_weekly_hours(one, sessions=weekdays(), effective_from=today, **by)
        span = {"starts_at": at_wall_time(day, time(0), ZONE), "ends_at": at_wall_time(day, time(23), ZONE)}
        time_off.take_leave(away, **span, **by)
        booked = booking.book(
            patient=ours["patient"],
            provider=ours["provider"],
            appointment_type=ours["appointment_type"],
            starts_at=at_wall_time(day, time(15), ZONE),
            **by,
        )
        registration.deactivate(gone["patient"], reason="Moved away", **by)
        providers.deactivate_provider(gone["provider"], **by)
        catalogue.withdraw_type(gone["appointment_type"], **by)
        resources.close_resource(gone["resources"], **by)
    made = Office(at, day, ours["provider"], away, ours["appointment_type"], ours["patient"], ours["resources"], booked)
    made.gone = {name: str(one.pk) for name, one in gone.items()}
    made.theirs = {name: str(one.pk) for name, one in theirs.items()}
    yield made


def furniture(by: dict[str, Any], mark: str = "") -> dict[str, Any]:
    return {
        "patient": patient("Asha", f"Patel{mark}", **by),
        "provider": providers.add_provider(name=f"Dr Shah {mark}", **by),
        "appointment_type": catalogue.add_type(name=f"Visit {mark}", duration_minutes=30, rate="500", **by),
        "resources": resources.add_resource(name=f"Treatment {mark}", **by),
    }


def written(riverside: Any) -> dict[str, int]:
    with riverside.inside():
        return {model.__name__: model.objects.count() for model in WRITTEN}


def swept(
    riverside: Any, send: Any, base: dict[str, Any], wrong: dict[str, Any], *, in_list: tuple[str, ...] = ()
) -> None:
    """Send the body with one thing wrong, everything in turn; then the body itself, which is right."""
    before, failed = written(riverside), []
    for name, values in wrong.items():
        for value in values:
            answer = send({**base, name: [value] if name in in_list else value})
            words = answer.content.decode()
            says = '"field"' in words or answer.status_code == 409 or ('"errors"' not in words and '"detail"' in words)
            if not 400 <= answer.status_code < 500 or not says:
                failed.append((name, str(value)[:60], answer.status_code, words[:200]))
    assert failed == []
    assert written(riverside) == before
    right = send(base)
    assert right.status_code in (200, 201, 302), right.content


def json_sender(caller: Any, address: str, method: str = "post") -> Any:
    caller.raise_request_exception = False
    return lambda body: getattr(caller, method)(address, body, format="json")


def test_appointments_and_holds(office: Office, riverside: Any, cast: Any, api: Any) -> None:
    place = {"provider": str(office.provider.pk), "appointment_type": str(office.type.pk)}
    place |= {"starts_at": office.when("10:00"), "ends_at": office.when("10:30"), "resources": [str(office.room.pk)]}
    wrong = {
        "starts_at": [*MOMENTS, office.when("10:30"), office.when("07:00"), office.when("15:15")],
        "ends_at": [*(one for one in MOMENTS if one is not None), office.when("10:00"), office.when("09:00")],
        "provider": [*office.bad("provider"), str(office.away.pk)],
        "appointment_type": office.bad("appointment_type"),
    }
    hold = json_sender(api(riverside, cast.sara), "/api/v1/holds/")
    swept(riverside, hold, {**place, "form_key": str(uuid4())}, {**wrong, "form_key": ["x", NUL, "", None, []]})
    rooms = {"resources": office.bad("resources")}
    swept(riverside, hold, {**place, "form_key": str(uuid4())}, rooms, in_list=("resources",))
    booking_ = json_sender(api(riverside, cast.sara), "/api/v1/appointments/")
    wrong |= {
        "patient": office.bad("patient"),
        "reason": WORDS,
        "notes": WORDS,
        "resources": ["x", {"a": 1}],
        "channel": ["pigeon", NUL, [], None],
        "follow_up_for": NOBODY[:3],
        "reschedule_of": [*NOBODY[:3], str(office.booked.pk)],
        "requested": ["perhaps", [], NUL],
        "patient_sees_both": ["perhaps", []],
        "override_reason": WORDS,
    }
    swept(riverside, booking_, {**place, "patient": str(office.asha.pk)}, wrong)


def test_moves(office: Office, riverside: Any, cast: Any, api: Any) -> None:
    move = json_sender(api(riverside, cast.sara), f"/api/v1/appointments/{office.booked.pk}/reschedule/")
    wrong = {
        "starts_at": [*MOMENTS, office.when("18:00")],
        "ends_at": [*(one for one in MOMENTS if one is not None), office.when("10:00")],
        "provider": [*office.bad("provider"), str(office.away.pk)],
        "reason": WORDS,
    }
    swept(riverside, move, {"starts_at": office.when("16:00"), "ends_at": office.when("16:20")}, wrong)
    rooms = {"resources": office.bad("resources")}
    swept(riverside, move, {"starts_at": office.when("16:00")}, rooms, in_list=("resources",))


def test_series(office: Office, riverside: Any, cast: Any, api: Any) -> None:
    base = {"patient": str(office.asha.pk), "provider": str(office.provider.pk)}
    base |= {"appointment_type": str(office.type.pk), "first_day": f"{office.day}", "starts": "11:00", "times": 3}
    wrong = {
        "first_day": DAYS,
        "starts": TIMES,
        "every": NUMBERS,
        "times": [*NUMBERS, 1, 61, None],
        "unit": ["year", NUL, [], None],
        "weekdays": [[7], [-1], "Monday", {}],
        "until": [*DAYS[:5], "2027-01-01"],
        **{name: office.bad(name) for name in ("patient", "provider", "appointment_type")},
        "instead": ["x", [{}], [{"day": "2027-02-31", "starts_at": None}], [{"day": NUL, "starts_at": "25:00"}]],
    }
    for address in ("preview/", ""):
        send = json_sender(api(riverside, cast.sara), f"/api/v1/appointment-series/{address}")
        swept(riverside, send, base, wrong | ({} if address else {"reason": WORDS}))


def test_waitlist_and_override_requests(office: Office, riverside: Any, cast: Any, api: Any) -> None:
    who = {"patient": str(office.asha.pk), "appointment_type": str(office.type.pk)}
    people = {name: office.bad(name) for name in who}
    wish = {**who, "earliest_day": f"{office.day}", "latest_day": f"{office.day}", "from_time": "10:00"}
    wrong = {
        "earliest_day": [*DAYS[:1], *DAYS[2:], f"{office.day + timedelta(days=1)}"],
        "latest_day": DAYS,
        "from_time": [*TIMES[:4], [], {}],
        "until_time": [*TIMES[:4], "09:00"],
        "note": WORDS,
        "priority": [0, 9, -1, 10**40, "high", NUL, [], None],
        "department": ["nobody", *NOBODY[1:3], 7, []],
    }
    join = json_sender(api(riverside, cast.sara), "/api/v1/waitlist/")
    swept(riverside, join, wish, {**people, **wrong})
    swept(riverside, join, wish, {"providers": office.bad("provider")}, in_list=("providers",))
    ask = json_sender(api(riverside, cast.sara), "/api/v1/override-requests/")
    base = {**who, "provider": str(office.provider.pk), "starts_at": office.when("15:00"), "why": "Fever"}
    wrong = {"starts_at": [*MOMENTS, office.when("10:00")], "why": [*WORDS, "", None, " "], "visit_reason": WORDS}
    swept(riverside, ask, base, {**people, **wrong, "provider": office.bad("provider"), "channel": ["pigeon", NUL]})


def test_blocks_leave_and_extra_sessions(office: Office, riverside: Any, cast: Any, api: Any) -> None:
    span = {"starts_at": office.when("08:00"), "ends_at": office.when("09:00"), "reason": "Meeting"}
    wrong = {
        "starts_at": [*MOMENTS, office.when("09:00"), office.when("10:00")],
        "ends_at": [*MOMENTS, office.when("08:00"), office.when("07:00")],
        "reason": WORDS,
    }
    ada = api(riverside, cast.ada)
    whose = {"provider": str(office.provider.pk)}
    bad = {"provider": [one for one in office.bad("provider") if one is not None]}
    swept(riverside, json_sender(ada, "/api/v1/blocks/"), {**span, **whose}, {**wrong, **bad})
    late = [{"starts_at": f"{day}T18:20:00Z", "ends_at": f"{day}T23:59:59Z"} for day in ("9999-12-31", "0999-12-31")]
    for address in ("blocks", "time-off"):
        for when in late:
            assert ada.post(f"/api/v1/{address}/", {**span, **whose, **when}).status_code == 400
    bad["provider"].remove(office.gone["provider"])  # who has left may have been on leave
    swept(riverside, json_sender(ada, "/api/v1/time-off/"), {**span, **whose}, {**wrong, **bad})
    extra = json_sender(ada, f"/api/v1/providers/{office.provider.pk}/extra-sessions/")
    early = {"starts_at": office.when("05:00"), "ends_at": office.when("06:00"), "reason": "Early"}
    wrong |= {"starts_at": [*MOMENTS, office.when("06:00")], "ends_at": [*MOMENTS, office.when("05:00")]}
    swept(riverside, extra, early, {**wrong, "capacity": NUMBERS, "room": NOBODY[:2], "site": NOBODY[:2]})
    week = json_sender(ada, f"/api/v1/providers/{office.provider.pk}/weekly-hours/", "put")
    session = {"weekday": 0, "starts": "09:00", "ends": "12:00"}
    wrong = {
        "effective_from": [*DAYS[:1], *DAYS[3:]],
        "sessions": [
            *("x", {}, [{}], [7], [session, session], [{**session, "ends": "08:00"}]),
            *([{**session, "weekday": one}] for one in (7, -1, 10**40, NUL)),
            *([{**session, "starts": one}] for one in TIMES),
            *([{**session, "capacity": one}] for one in NUMBERS),
        ],
    }
    swept(riverside, week, {"effective_from": f"{office.day}", "sessions": [session]}, wrong)


def test_booking_pages(office: Office, riverside: Any, cast: Any, web: Any) -> None:
    desk = web(riverside, cast.sara, raise_request_exception=False)
    people = {"patient": str(office.asha.pk), "provider": str(office.provider.pk)}
    base = {**people, "appointment_type": str(office.type.pk), "day": f"{office.day}", "starts": "10:00"}
    ids = {name: page_ids(office, name) for name in ("patient", "provider", "appointment_type")}
    ids["provider"].append(str(office.away.pk))
    wrong = {**ids, "day": TYPED_DAYS, "starts": [*TYPED_TIMES, "15:15", "03:00"], "reason": WORDS[:2]}
    wrong |= {"resources": page_ids(office, "resources"), "channel": ["pigeon"], "follow_up_for": NOBODY[:3]}
    swept_pages(riverside, lambda body: desk.post("/schedule/booking/", body), base, wrong)
    move = lambda body: desk.post(f"/appointments/{office.booked.pk}/move/", body)  # noqa: E731
    wrong = {"provider": ids["provider"], "day": TYPED_DAYS, "starts": [*TYPED_TIMES, "03:00"]}
    wrong |= {"minutes": ["0", "-1", "1e9", "x", NUL], "resources": page_ids(office, "resources")}
    base = {**people, "day": f"{office.day}", "starts": "16:00", "minutes": "30"}
    swept_pages(riverside, move, base, wrong)
    wish = {"patient": base["patient"], "appointment_type": str(office.type.pk), "priority": "3"}
    wish |= {"earliest_day": f"{office.day}", "latest_day": f"{office.day}"}
    wrong = {**{name: ids[name] for name in ("patient", "appointment_type")}, "priority": ["9", "x"], "note": WORDS[:2]}
    wrong |= {"earliest_day": [*TYPED_DAYS[:2], *TYPED_DAYS[3:]], "latest_day": TYPED_DAYS}
    wrong |= {"from_time": TYPED_TIMES[:4], "providers": page_ids(office, "provider"), "department": NOBODY[:3]}
    swept_pages(riverside, lambda body: desk.post("/waitlist/new/", body), wish, wrong)


def test_series_pages(office: Office, riverside: Any, cast: Any, web: Any) -> None:
    desk = web(riverside, cast.sara, raise_request_exception=False)
    base = {"patient": str(office.asha.pk), "provider": str(office.provider.pk), "unit": "week", "every": "1"}
    base |= {"appointment_type": str(office.type.pk), "day": f"{office.day}", "starts": "11:00"}
    base |= {"ends": "times", "times": "3", "reason": "Course"}
    numbers = ("0", "-1", "1e9", "x", NUL, "1" * 40)
    wrong = {
        **{name: page_ids(office, name) for name in ("patient", "provider", "appointment_type")},
        "day": TYPED_DAYS,
        "starts": TYPED_TIMES,
        "every": numbers,
        "times": [*numbers, "", "1", "61"],
        "unit": ["year"],
        "weekdays": ["7", "x"],
        "ends": ["never"],
    }
    for more in ({}, {"book": "1", "shown": "other"}):
        failed = []
        for name, values in wrong.items():
            for value in values:
                answer = desk.post("/schedule/series/", {**base, **more, name: value})
                if answer.status_code not in (400, 409):
                    failed.append((name, value[:40], answer.status_code))
        assert failed == []


def test_pages_of_blocks_and_leave(office: Office, riverside: Any, cast: Any, web: Any) -> None:
    with riverside.inside(by=cast.ada):
        providers.amend_provider(office.provider, user=cast.shah, by=cast.ada, at=office.at)
    ada = web(riverside, cast.ada, raise_request_exception=False)
    shah = web(riverside, cast.shah, raise_request_exception=False)
    base = {"first_day": f"{office.day}", "from_time": "08:00", "until_time": "09:00", "reason": "Meeting"}
    wrong = {
        "first_day": [*TYPED_DAYS[:6]],
        "last_day": [*TYPED_DAYS[:6], "2020-01-01"],
        "from_time": [*TYPED_TIMES[:4], "09:00", "10:00"],
        "until_time": [*TYPED_TIMES[:4], "07:00"],
        "reason": WORDS[:2],
    }
    whose = {"what": str(office.provider.pk)}
    bad = {"what": [*page_ids(office, "provider"), office.theirs["resources"]]}
    swept_pages(riverside, lambda body: ada.post("/schedule/blocks/", body), {**base, **whose}, {**wrong, **bad})
    leave = f"/set-up/providers/{office.provider.pk}/leave/"
    swept_pages(
        riverside,
        lambda body: ada.post(leave, body),
        {f"leave-{name}": value for name, value in base.items()},
        {f"leave-{name}": values for name, values in wrong.items()},
    )
    later = {**base, "from_time": "11:00", "until_time": "12:00"}
    wrong |= {"from_time": [*TYPED_TIMES[:4], "12:00", "13:00"]}
    swept_pages(riverside, lambda body: shah.post("/my-leave/", body), later, wrong)


def page_ids(office: Office, name: str) -> list[str]:
    return [*NOBODY, office.gone[name], office.theirs[name]]


def swept_pages(riverside: Any, send: Any, base: dict[str, str], wrong: dict[str, Any]) -> None:
    """As `swept`; the page comes back with words in it, and with what was typed."""
    before, failed = written(riverside), []
    for name, values in wrong.items():
        for value in values:
            answer = send({**base, name: value})
            page = answer.content.decode()
            says = "field-error" in page or 'role="alert"' in page
            if answer.status_code not in (400, 409) or not says:
                failed.append((name, value[:60], answer.status_code, says))
    assert failed == []
    assert written(riverside) == before
    right = send(base)
    assert right.status_code == 302, right.content.decode().split("<main")[1][:3000]
