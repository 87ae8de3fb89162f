"""The visit through the API: found, booked, moved, arrived, started, completed; conflicts say what is in the way."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.clinic.models import Provider
from apps.scheduling.calendars import hours
from apps.scheduling.models import Appointment, AppointmentType
from tests.scheduling.scene import patient, weekdays

ZONE = ZoneInfo("Asia/Kolkata")


@dataclass
class Desk:
    """Riverside next Wednesday, through Sara's and the others' tokens."""

    day: Any
    provider: str
    type: str
    asha: str
    ben: str
    sara: Any
    shah: Any
    ada: Any

    def at(self, wall: str) -> str:
        return f"{self.day}T{wall}:00"

    def book(self, start: str, *, who: str = "", caller: Any = None, **more: Any) -> Any:
        body = {
            "patient": who or self.asha,
            "provider": self.provider,
            "appointment_type": self.type,
            "starts_at": self.at(start),
        }
        return (caller or self.sara).post("/api/v1/appointments/", {**body, **more})


@pytest.fixture
def desk(riverside: Any, cast: Any, api: Any) -> Desk:
    at = timezone.now()
    today = at.astimezone(ZONE).date()
    day = today + timedelta(days=(2 - today.weekday()) % 7 + 7)
    with riverside.inside(by=cast.ada):
        provider = Provider.objects.create(name="Dr Ravi Shah", user=cast.shah)
        hours.set_weekly_hours(provider, sessions=weekdays(), effective_from=today, by=cast.ada, at=at)
        visit = AppointmentType.objects.create(name="Half hour", duration_minutes=30, rate="500")
        people = [patient(*name, by=cast.ada, at=at) for name in (("Asha", "Patel"), ("Ben", "Okoro"))]
    callers = {name: api(riverside, getattr(cast, name)) for name in ("sara", "shah", "ada")}
    return Desk(day, str(provider.pk), str(visit.pk), str(people[0].pk), str(people[1].pk), **callers)


def test_free_times_then_book_then_the_time_is_gone(desk: Desk) -> None:
    asked = {"type": desk.type, "provider": desk.provider, "from": desk.day, "to": desk.day}
    free = desk.sara.get("/api/v1/free-times/", asked).json()["results"]
    assert len(free) == 16 and free[0]["provider"] == desk.provider

    answer = desk.book("09:00", reason="Fever")
    assert answer.status_code == 201
    made = answer.json()
    assert made["tenant_id"] and made["number"].startswith("APT-")
    assert (made["status"], made["patient_name"], made["reason"]) == ("scheduled", "Asha Patel", "Fever")
    assert made["starts_at"] == free[0]["starts_at"].replace("+00:00", "Z")

    again = desk.sara.get("/api/v1/free-times/", asked).json()["results"]
    assert [slot["starts_at"] for slot in again] == [slot["starts_at"] for slot in free[1:]]


def test_a_conflict_names_what_is_in_the_way_and_offers_times(desk: Desk) -> None:
    first = desk.book("09:00").json()
    answer = desk.book("09:15", who=desk.ben)

    assert answer.status_code == 409
    problem = answer.json()
    assert problem["code"] == "provider_is_busy"
    assert [one["id"] for one in problem["in_the_way"]] == [first["id"]]
    assert [slot["starts_at"][11:16] for slot in problem["free_times"]] == ["04:00", "04:30", "05:00"]  # UTC
    assert "Asha" not in answer.content.decode()


def test_only_a_clinic_admin_overrides(desk: Desk) -> None:
    desk.book("09:00")
    assert desk.book("09:15", who=desk.ben, override_reason="Please").status_code == 403
    answer = desk.book("09:15", who=desk.ben, override_reason="Chest pain", caller=desk.ada)
    assert (answer.status_code, answer.json()["is_override"]) == (201, True)


def test_the_visit_step_by_step(desk: Desk, riverside: Any, cast: Any) -> None:
    pk = desk.book("09:00").json()["id"]
    path = f"/api/v1/appointments/{pk}"
    assert desk.sara.post(f"{path}/arrival/").status_code == 409  # not today
    with riverside.inside(by=cast.ada):
        Appointment.objects.filter(pk=pk).update(status="arrived", arrived_at=timezone.now())
    assert desk.sara.post(f"{path}/start/").status_code == 403
    assert desk.shah.post(f"{path}/completion/").status_code == 409
    assert desk.shah.post(f"{path}/start/").json()["status"] == "in_session"
    assert desk.shah.post(f"{path}/completion/").json()["status"] == "completed"
    assert desk.shah.post(f"{path}/completion/").status_code == 409
    assert desk.sara.post(f"{path}/cancellation/", {"reason": "Late"}).status_code == 409
    moves = desk.sara.get(f"{path}/transitions/").json()["results"]
    assert [move["to_status"] for move in moves] == ["scheduled", "in_session", "completed"]


def test_moving_and_amending(desk: Desk) -> None:
    pk = desk.book("09:00").json()["id"]
    desk.book("11:00", who=desk.ben)
    path = f"/api/v1/appointments/{pk}/"
    moved = desk.sara.post(f"{path}reschedule/", {"starts_at": desk.at("10:00")})
    assert (moved.status_code, moved.json()["starts_at"][11:16]) == (200, "04:30")
    assert desk.sara.patch(path, {"starts_at": desk.at("10:45")}).status_code == 409
    amended = desk.sara.patch(path, {"notes": "Wheelchair", "ends_at": desk.at("10:45")})
    assert amended.json()["notes"] == "Wheelchair"
    assert amended.json()["ends_at"][11:16] == "05:15"
    assert desk.sara.post(f"{path}cancellation/", {}).status_code == 400
    assert desk.sara.post(f"{path}cancellation/", {"reason": "Ill"}).json()["status"] == "cancelled"


def test_lists_are_filtered_by_local_day_provider_status_and_patient(desk: Desk) -> None:
    desk.book("09:00")
    desk.book("10:00", who=desk.ben)

    def numbers(**asked: Any) -> int:
        return int(desk.sara.get("/api/v1/appointments/", asked).json()["count"])

    assert numbers(day=desk.day) == 2
    assert numbers(day=desk.day + timedelta(days=1)) == 0
    assert numbers(**{"from": desk.day, "to": desk.day}) == 2
    assert numbers(patient=desk.ben, provider=desk.provider, status="scheduled") == 1
    assert numbers(status="completed") == 0
    assert desk.sara.get("/api/v1/appointments/", {"day": "2026-02-31"}).status_code == 400


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"starts_at": "2026-02-31T09:00"}, "starts_at"),
        ({"starts_at": "25:00"}, "starts_at"),
        ({"starts_at": "0001-01-01T00:00"}, "starts_at"),
        ({"ends_at": "2020-01-01T00:00"}, "ends_at"),
        ({"patient": "00000000-0000-4000-8000-000000000000"}, "patient"),
        ({"provider": "nobody"}, "provider"),
        ({"appointment_type": None}, "appointment_type"),
        ({"reason": "x" * 501}, "reason"),
    ],
)
def test_bad_input_names_its_field(desk: Desk, change: dict[str, Any], field: str) -> None:
    answer = desk.book("09:00", **change)
    assert answer.status_code == 400, answer.content
    assert field in {error["field"] for error in answer.json()["errors"]}


def test_a_time_that_the_clocks_skip_is_refused(lakeside: Any, cast: Any, api: Any) -> None:
    answer = api(lakeside, cast.lena).post("/api/v1/appointments/", {"starts_at": "2027-03-14T02:30"})
    errors = {error["field"]: error["code"] for error in answer.json()["errors"]}
    assert errors["starts_at"] == "no_such_time"


def test_a_list_of_many_costs_no_more_queries_than_of_one(desk: Desk) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert desk.sara.get("/api/v1/appointments/").status_code == 200
        return len(caught)

    desk.book("09:00")
    one = queries()
    for start in ("10:00", "11:00", "12:00"):
        desk.book(start)
    assert queries() == one


def test_types_are_offered_and_their_fee_changes(desk: Desk) -> None:
    body = {"name": "Follow-up", "duration_minutes": 15, "rate": "300", "tax_name": "GST", "tax_rate": "18"}
    made = desk.ada.post("/api/v1/appointment-types/", body)
    assert made.status_code == 201, made.content
    path = f"/api/v1/appointment-types/{made.json()['id']}/"
    assert desk.ada.patch(path, {"rate": "350.50"}).json()["rate"] == "350.500"
    for slip in (
        {"rate": "-1"},
        {"rate": "1.234"},
        {"duration_minutes": 0},
        {"tax_rate": "101"},
        {"buffer_after": 999},
    ):
        assert desk.ada.patch(path, slip).status_code == 400
    assert desk.ada.post("/api/v1/appointment-types/", {**body, "name": "FOLLOW-UP"}).status_code == 409


@pytest.mark.parametrize("name", ["day", "from", "to"])
@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_days_at_the_end_of_time_are_refused_in_words(desk: Desk, name: str, day: str) -> None:
    for address in ("appointments/", "appointments/export/", "days/changes/"):
        answer = desk.ada.get(f"/api/v1/{address}", {name: day})
        assert answer.status_code < 500
        if answer.status_code == 400:
            assert answer.json()["detail"]
    assert desk.ada.get("/api/v1/appointments/", {name: day}).json()["detail"] == "Look at the year again."
