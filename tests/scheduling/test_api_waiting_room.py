"""The waiting room through the API."""

from datetime import timedelta
from typing import Any

import pytest

from apps.clinic import providers
from apps.core.clock import now
from apps.patients import registration
from apps.scheduling import attendance, booking, catalogue
from apps.scheduling.arrival.tickets import ticket_of
from apps.scheduling.calendars import hours
from apps.scheduling.models import Appointment
from tests.scheduling.scene import by_day


@pytest.fixture
def waiting(riverside: Any, cast: Any) -> dict[str, Any]:
    """Two have come to Dr Shah; Dr Ruiz is free."""
    at = now() - timedelta(minutes=30)
    by = {"by": cast.ada, "at": at}
    with riverside.inside(by=cast.ada):
        by_day(**by)
        kind = catalogue.add_type(name="Consultation", duration_minutes=10, rate="500", **by)
        shah = providers.add_provider(name="Dr Ravi Shah", user=cast.shah, **by)
        ruiz = providers.add_provider(name="Dr Ruiz", **by)
        for provider in (shah, ruiz):
            hours.open_one_off(provider, starts_at=at, ends_at=at + timedelta(hours=3), **by)
        tickets = []
        for place, name in enumerate(("Asha", "Ben")):
            who = registration.register(given_name=name, family_name="Patel", **by)
            starts_at = at + timedelta(minutes=10 * place)
            visit = booking.book(patient=who, provider=shah, appointment_type=kind, starts_at=starts_at, **by)
            tickets.append(ticket_of(attendance.arrive(visit, **by)))
        chitra = registration.register(given_name="Chitra", family_name="Menon", **by)
    return {"kind": kind, "shah": shah, "ruiz": ruiz, "tickets": tickets, "chitra": chitra}


def test_queues_are_read_and_the_next_is_called(riverside: Any, cast: Any, api: Any, waiting: dict[str, Any]) -> None:
    sara = api(riverside, cast.sara)
    shown = sara.get(f"/api/v1/waiting-room/?provider={waiting['shah'].pk}").json()["results"]
    [queue] = shown
    first, second = waiting["tickets"]
    assert [place["token"] for place in queue["waiting"]] == [first.token, second.token]
    assert queue["waiting"][0]["estimated_wait"]["low"] <= queue["waiting"][1]["estimated_wait"]["high"]
    assert sara.get("/api/v1/waiting-room/?provider=nonsense").status_code == 400
    url = f"/api/v1/providers/{waiting['shah'].pk}/next-call/"
    called = sara.post(url, {"expecting": str(first.pk)}, format="json")
    assert (called.status_code, called.json()["token"], called.json()["status"]) == (200, first.token, "called")
    again = sara.post(url, {"expecting": str(first.pk)}, format="json")
    assert (again.status_code, again.json()["code"], again.json()["token"]) == (409, "called_already", first.token)
    begun = api(riverside, cast.shah).post(url, {"begin": True}, format="json")
    assert (begun.status_code, begun.json()["status"]) == (200, "with_provider")
    assert sara.post(url, {}, format="json").json()["code"] == "nobody_waits"


def test_a_token_is_skipped_returned_moved_and_its_entries_read(
    riverside: Any, cast: Any, api: Any, waiting: dict[str, Any]
) -> None:
    sara = api(riverside, cast.sara)
    url = f"/api/v1/queue-tickets/{waiting['tickets'][0].pk}/"
    assert sara.post(f"{url}skip/", {"reason": "Not here"}, format="json").json()["status"] == "skipped"
    assert sara.post(f"{url}return/").json()["status"] == "waiting"
    assert sara.post(f"{url}return/").status_code == 409
    wrong = sara.post(f"{url}priority/", {"priority": "soon", "reason": "x"}, format="json")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "priority")
    raised = sara.post(f"{url}priority/", {"priority": "frail", "reason": "Is 84"}, format="json")
    assert raised.json()["priority"] == "frail"
    moved = sara.post(f"{url}move/", {"provider": str(waiting["ruiz"].pk)}, format="json")
    assert (moved.status_code, moved.json()["provider_name"]) == (200, "Dr Ruiz")
    entries = sara.get(f"{url}entries/").json()["results"]
    assert [entry["kind"] for entry in entries] == ["skipped", "returned", "priority", "moved"]
    assert (entries[2]["from_priority"], entries[2]["to_priority"]) == ("normal", "frail")
    listed = sara.get("/api/v1/queue-tickets/?status=waiting").json()
    assert listed["count"] == 2


def test_a_walk_in_is_booked_and_here(riverside: Any, cast: Any, api: Any, waiting: dict[str, Any]) -> None:
    body = {
        "patient": str(waiting["chitra"].pk),
        "provider": str(waiting["ruiz"].pk),
        "appointment_type": str(waiting["kind"].pk),
    }
    sara = api(riverside, cast.sara)
    key = {"Idempotency-Key": "walk-in-1"}
    made = sara.post("/api/v1/walk-ins/", body, format="json", headers=key)
    assert (made.status_code, made.json()["status"]) == (201, "arrived")
    assert sara.post("/api/v1/walk-ins/", body, format="json", headers=key).json()["id"] == made.json()["id"]
    with riverside.inside():
        assert Appointment.objects.filter(patient=waiting["chitra"]).count() == 1


def test_a_screens_address_is_told_once(riverside: Any, cast: Any, api: Any) -> None:
    ada = api(riverside, cast.ada)
    hung = ada.post("/api/v1/waiting-room/screens/", {"name": "Lobby"}, format="json").json()
    assert "/waiting-room/screen/" in hung["address"]
    [listed] = ada.get("/api/v1/waiting-room/screens/").json()["results"]
    assert "address" not in listed
    down = ada.delete(f"/api/v1/waiting-room/screens/{hung['id']}/")
    assert down.json()["revoked_at"] is not None
