"""The waiting room's pages, without a script and with htmx; the public screen and what it must never say."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.core.clock import now
from apps.scheduling import attendance
from apps.scheduling.arrival import screens, waiting_room
from apps.scheduling.models import Appointment, Priority, QueueTicket, TicketEntry, WaitingScreen
from apps.scheduling.sheets import live
from tests.scheduling.crowd import Crowd, gather

HTMX = {"HX-Request": "true"}
OPEN_ROOM = {**HTMX, "X-Waiting-Room": "open"}
KOLKATA = ZoneInfo("Asia/Kolkata")


@dataclass
class Room:
    """Riverside at a minute past midnight: three have come to Dr Shah, nobody to the other."""

    clinic: Any
    cast: Any
    crowd: Crowd
    visits: list[Appointment]
    web: Any

    def browser(self, name: str) -> Client:
        return self.web(self.clinic, getattr(self.cast, name))

    def ticket(self, place: int = 0) -> QueueTicket:
        with self.clinic.inside():
            return QueueTicket.objects.with_people().get(appointment=self.visits[place])


@pytest.fixture
def room(riverside: Any, cast: Any, web: Any) -> Room:
    midnight = datetime.now(KOLKATA).replace(hour=0, minute=1, second=0, microsecond=0)
    with riverside.inside(by=cast.ada):
        crowd = gather(cast.ada, providers=2, each=3, at=midnight, signs_in=[cast.shah])
        mine = [visit for visit in crowd.appointments if visit.provider == crowd.providers[0]]
        visits = [attendance.arrive(visit, by=cast.sara, at=now()) for visit in mine]
    return Room(riverside, cast, crowd, visits, web)


def test_the_page_shows_queues_with_tokens_names_and_buttons(room: Room) -> None:
    page = room.browser("sara").get("/waiting-room/").content.decode()
    for place in range(3):
        assert room.ticket(place).token in page
    assert room.crowd.patients[0].full_name in page
    assert page.count("Call next") == 1
    cashier = room.browser("cato").get("/waiting-room/").content.decode()
    assert "Call next" not in cashier


def test_calling_skipping_and_returning_without_a_script(room: Room) -> None:
    sara = room.browser("sara")
    first = room.ticket(0)
    answer = sara.post(f"/waiting-room/providers/{first.appointment.provider_id}/next-call/", {"expecting": first.pk})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/waiting-room/")
    assert room.ticket(0).status == "called"
    again = sara.post(
        f"/waiting-room/providers/{first.appointment.provider_id}/next-call/", {"expecting": first.pk}, follow=True
    )
    assert f"{first.token} was just called by" in again.content.decode()
    assert room.ticket(1).status == "waiting"
    sara.post(f"/waiting-room/tickets/{first.pk}/skip/")
    assert room.ticket(0).status == "skipped"
    sara.post(f"/waiting-room/tickets/{first.pk}/return/")
    assert room.ticket(0).status == "waiting"


def test_a_change_answers_with_the_card_and_a_toast(room: Room) -> None:
    sara = room.browser("sara")
    first = room.ticket(0)
    answer = sara.post(f"/waiting-room/tickets/{first.pk}/call/", headers=OPEN_ROOM)
    page = answer.content.decode()
    assert f'id="queue-{first.appointment.provider_id}"' in page
    assert 'hx-swap-oob="true"' in page
    assert f"{first.token} is called." in page


def test_changes_by_others_come_when_asked_for_and_nothing_otherwise(room: Room) -> None:
    sara = room.browser("sara")
    page = sara.get("/waiting-room/").content.decode()
    marks = " ".join(f"{key}:{mark}" for key, mark in re.findall(r'data-provider="([^"]+)" data-mark="([^"]*)"', page))
    headers = {**OPEN_ROOM, "X-Queue-Marks": marks}
    assert sara.get("/waiting-room/changes/", headers=headers).status_code == 204
    first = room.ticket(0)
    with room.clinic.inside(by=room.cast.nia):
        waiting_room.call(first, by=room.cast.nia, at=now())
    answer = sara.get("/waiting-room/changes/", headers=headers)
    assert answer.status_code == 200
    assert answer.content.decode().count("<section") == 1
    assert sara.get("/waiting-room/changes/", headers={"X-Queue-Marks": "nonsense x:y"}).status_code == 204


def test_a_priority_needs_a_reason_and_what_was_typed_stays(room: Room) -> None:
    sara = room.browser("sara")
    last = room.ticket(2)
    url = f"/waiting-room/tickets/{last.pk}/priority/"
    refused = sara.post(url, {"priority": "10", "reason": ""})
    assert refused.status_code == 400
    assert "Say why this patient" in refused.content.decode()
    assert sara.post(url, {"priority": "99", "reason": "x"}).status_code == 400
    assert sara.post(url, {"priority": "10", "reason": "Chest pain"}).status_code == 302
    page = sara.get(f"/waiting-room/tickets/{last.pk}/").content.decode()
    assert "Chest pain" in page
    with room.clinic.inside():
        assert TicketEntry.objects.get().by == room.cast.sara


def test_why_somebody_goes_first_is_for_whoever_may_see_patients(room: Room) -> None:
    ticket = room.ticket(2)
    with room.clinic.inside(by=room.cast.sara):
        waiting_room.reprioritise(ticket, priority=Priority.URGENT, reason="Chest pain", by=room.cast.sara, at=now())
    url = f"/waiting-room/tickets/{ticket.pk}/"
    assert "Chest pain" in room.browser("sara").get(url).content.decode()
    with room.clinic.inside(by=room.cast.ada):
        role = room.cast.sara.groups.get().role
        role.group.permissions.remove(*role.group.permissions.filter(codename="view_patient"))
    page = room.browser("sara").get(url).content.decode()
    assert ticket.token in page and "Chest pain" not in page


def test_the_provider_calls_in_from_their_day(room: Room) -> None:
    shah = room.browser("shah")
    day = shah.get("/my-day/").content.decode()
    assert "/my-day/queue/" in day
    part = shah.get("/my-day/queue/", headers=HTMX)
    first = room.ticket(0)
    assert f"Call {first.token} in" in part.content.decode()
    mark = re.search(r'data-mark="([^"]+)"', part.content.decode())
    assert mark is not None
    assert shah.get("/my-day/queue/", headers={**HTMX, "X-Queue-Mark": mark[1]}).status_code == 204
    form = {"expecting": first.pk, "begin": "1", "next": "/my-day/"}
    answer = shah.post(f"/waiting-room/providers/{first.appointment.provider_id}/next-call/", form)
    assert answer.headers["Location"] == "/my-day/"
    assert (room.ticket(0).status, room.ticket(0).appointment.status) == ("with_provider", "in_session")


def test_my_day_shows_on_top_whom_the_waiting_room_calls_next(room: Room) -> None:
    def on_top(page: str) -> str:
        found = re.search(r'id="next-head"><bdi>([^<]+)<', page)
        assert found is not None
        return found[1]

    shah, last = room.browser("shah"), room.ticket(2)
    with room.clinic.inside():
        names = [visit.patient.full_name for visit in room.visits]
    assert on_top(shah.get("/my-day/").content.decode()) == names[0]
    asks = {"X-Background": "live", "X-Sheet-Marks": ""}
    asks[live.HEADER] = shah.get("/my-day/", headers=asks).headers[live.HEADER]
    assert shah.get("/my-day/", headers=asks).status_code == 204
    with room.clinic.inside(by=room.cast.sara):
        waiting_room.reprioritise(last, priority=Priority.URGENT, reason="Chest pain", by=room.cast.sara, at=now())
    assert on_top(shah.get("/my-day/", headers=asks).content.decode()) == names[2]
    with room.clinic.inside(by=room.cast.sara):
        waiting_room.skip(waiting_room.call(last, by=room.cast.sara, at=now()), by=room.cast.sara, at=now())
    assert on_top(shah.get("/my-day/", headers=asks).content.decode()) == names[0]


def test_the_page_asks_as_often_for_many_as_for_few(room: Room) -> None:
    def queries() -> int:
        sara = room.browser("sara")
        with CaptureQueriesContext(connection) as caught:  # type: ignore[arg-type]
            assert sara.get("/waiting-room/").status_code == 200
        return len(caught)

    three = queries()
    with room.clinic.inside(by=room.cast.sara):
        for visit in room.crowd.appointments:
            if visit.provider == room.crowd.providers[1]:
                attendance.arrive(visit, by=room.cast.sara, at=now())
    assert queries() == three


# --- the public screen -------------------------------------------------------------------------------------------


@pytest.fixture
def secret(room: Room) -> str:
    with room.clinic.inside(by=room.cast.ada):
        return screens.hang_up(name="Ground floor", by=room.cast.ada, at=now())[1]


def test_the_screen_shows_tokens_and_rooms_to_anybody_and_no_names(room: Room, secret: str) -> None:
    first = room.ticket(0)
    with room.clinic.inside(by=room.cast.sara):
        waiting_room.call(first, by=room.cast.sara, at=now())
    answer = Client(headers={"host": room.clinic.host}).get(f"/waiting-room/screen/{secret}/")
    page = answer.content.decode()
    assert first.token in page
    assert first.appointment.provider.room.name in page  # type: ignore[union-attr]
    assert "2 patients waiting" in page
    assert '<noscript><meta http-equiv="refresh"' in page
    assert answer.headers["Cache-Control"] == "no-store"
    assert not answer.cookies
    for patient in room.crowd.patients:
        for word in (patient.given_name, patient.family_name, patient.number, str(patient.pk)):
            assert word not in page
    for provider in room.crowd.providers:
        assert provider.name not in page
    for visit in room.visits:
        assert visit.number not in page
        assert str(visit.pk) not in page


def test_the_screen_answers_nothing_while_nothing_has_changed(room: Room, secret: str) -> None:
    stranger = Client(headers={"host": room.clinic.host})
    for _attempt in range(2):  # a minute may turn between the two
        page = stranger.get(f"/waiting-room/screen/{secret}/").content.decode()
        mark = re.search(r'data-mark="([^"]+)"', page)
        assert mark is not None
        with CaptureQueriesContext(connection) as caught:  # type: ignore[arg-type]
            answer = stranger.get(f"/waiting-room/screen/{secret}/?mark={mark[1]}", headers=HTMX)
        if answer.status_code == 204:
            break
    assert answer.status_code == 204
    statements = [one["sql"] for one in caught.captured_queries]
    assert not [sql for sql in statements if "session" in sql or "patients_patient" in sql or "INSERT" in sql]
    second = room.ticket(1)
    with room.clinic.inside(by=room.cast.sara):
        waiting_room.call(second, by=room.cast.sara, at=now())
    fresh = stranger.get(f"/waiting-room/screen/{secret}/?mark={mark[1]}", headers=HTMX)
    assert (fresh.status_code, "<html" in fresh.content.decode()) == (200, False)


def test_a_wrong_a_revoked_and_another_clinics_secret_lead_nowhere(
    room: Room, secret: str, lakeside: Any, cast: Any
) -> None:
    here, there = Client(headers={"host": room.clinic.host}), Client(headers={"host": lakeside.host})
    assert here.get(f"/waiting-room/screen/{secret[:-1]}/").status_code == 404
    assert here.get("/waiting-room/screen/" + "x" * 500 + "/").status_code == 404
    assert there.get(f"/waiting-room/screen/{secret}/").status_code == 404
    with lakeside.inside(by=cast.lena):
        theirs = screens.hang_up(name="Lobby", by=cast.lena, at=now())[1]
    page = there.get(f"/waiting-room/screen/{theirs}/").content.decode()
    assert "0 patients waiting" in page
    assert room.ticket(0).token not in page
    with room.clinic.inside(by=cast.ada):
        screens.take_down(WaitingScreen.objects.get(), by=cast.ada, at=now())
    assert here.get(f"/waiting-room/screen/{secret}/").status_code == 404
    assert here.post(f"/waiting-room/screen/{theirs}/").status_code == 405


def test_the_set_up_tells_the_address_once(room: Room) -> None:
    ada = room.browser("ada")
    answer = ada.post("/waiting-room/set-up/screens/", {"name": "Ground floor", "appearance": "dark"})
    address = re.search(r"/waiting-room/screen/([\w-]{40,})/", answer.content.decode())
    assert address is not None
    assert address[1] not in ada.get("/waiting-room/set-up/").content.decode()
    assert Client(headers={"host": room.clinic.host}).get(address[0]).status_code == 200
    assert ada.post("/waiting-room/set-up/screens/", {"name": "", "appearance": "pink"}).status_code == 400
    wrong = ada.post(f"/waiting-room/set-up/letters/providers/{room.crowd.providers[0].pk}/", {"letters": "1"})
    assert wrong.status_code == 400
    assert "One to three letters" in wrong.content.decode()
    saved = ada.post("/waiting-room/set-up/reception/", {"ask_again_after": "3", "token_shows": "initials"})
    assert saved.status_code == 302
    assert (
        ada.post("/waiting-room/set-up/reception/", {"ask_again_after": "999", "token_shows": "x"}).status_code == 400
    )
