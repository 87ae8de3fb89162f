"""Closing the books at the desk and through the API: Ada asks, Adam approves."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.billing import invoicing
from apps.core import clock
from apps.ledger import closing
from apps.ledger.models import BookClosing, ReopeningRequest
from apps.patients import registration
from tests.billing.cast import person
from tests.cast import RIVERSIDE, people_of


@pytest.fixture
def ada(riverside: Any) -> User:
    with riverside.inside():
        found: User = people_of("riverside", RIVERSIDE)["ada"]
        return found


@pytest.fixture
def adam(riverside: Any) -> User:
    with riverside.inside():
        return person("adam@cast.example", "Adam", "clinic_admin")


@pytest.fixture
def day(riverside: Any) -> Any:
    """The day before yesterday at the clinic."""
    with riverside.inside():
        return clock.day_of(timezone.now(), clock.clinic_zone()) - timedelta(days=2)


def test_two_people_at_the_desk(web: Callable[..., Client], riverside: Any, ada: User, adam: User, day: Any) -> None:
    adas, adams = web(riverside, ada), web(riverside, adam)
    assert "No day is closed" in adas.get("/ledger/closing/").content.decode()
    assert adas.post("/ledger/closing/closed/", {"closed_until": ""}).status_code == 400
    future = adas.post("/ledger/closing/closed/", {"closed_until": day + timedelta(days=40)})
    assert (future.status_code, "closed_until" in future.context["closing_form"].errors) == (400, True)
    assert adas.post("/ledger/closing/closed/", {"closed_until": day}).status_code == 302
    again = adas.post("/ledger/closing/closed/", {"closed_until": day})
    assert (again.status_code, "up to" in again.content.decode()) == (409, True)
    reopening = {"reopen_from": day, "reason": "A bill was forgotten"}
    silent = adas.post("/ledger/closing/reopening/", {**reopening, "reason": ""})
    assert (silent.status_code, f'value="{day:%Y-%m-%d}"' in silent.content.decode()) == (400, True)
    assert adas.post("/ledger/closing/reopening/", reopening).status_code == 302
    with riverside.inside():
        asked = ReopeningRequest.objects.get()
    approval = f"/ledger/closing/reopening/{asked.pk}/approval/"
    assert approval not in adas.get("/ledger/closing/").content.decode()
    assert adas.post(approval).status_code == 409
    assert approval in adams.get("/ledger/closing/").content.decode()
    assert adams.post(approval).status_code == 302
    page = adams.get("/ledger/closing/").content.decode()
    assert "A bill was forgotten" in page
    assert "Re-opened" in page
    with riverside.inside():
        assert closing.closed_until() == day - timedelta(days=1)


def test_a_request_is_taken_back(web: Callable[..., Client], riverside: Any, ada: User, day: Any) -> None:
    with riverside.inside(by=ada):
        closing.close(day, by=ada, at=timezone.now())
        asked = closing.ask_to_reopen(day, reason="A bill was forgotten", by=ada, at=timezone.now())
    adas, refusal = web(riverside, ada), f"/ledger/closing/reopening/{asked.pk}/refusal/"
    assert adas.post(refusal, {"reason": ""}).status_code == 400
    assert adas.post(refusal, {"reason": "Found it"}).status_code == 302
    assert "Found it" in adas.get("/ledger/closing/").content.decode()
    assert adas.post(refusal, {"reason": "Again"}).status_code == 409


def test_through_the_api(api: Callable[..., APIClient], riverside: Any, ada: User, adam: User, day: Any) -> None:
    adas, adams = api(riverside, ada), api(riverside, adam)
    body = {"closed_until": day.isoformat()}
    sent = [adas.post("/api/v1/book-closings/", body, headers={"Idempotency-Key": "close-1"}) for _ in range(2)]
    assert [answer.status_code for answer in sent] == [201, 201]
    assert sent[0].json() == sent[1].json()
    refused = adas.post("/api/v1/book-closings/", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "closed_already")
    body = {"reopen_from": day.isoformat(), "reason": "A bill was forgotten"}
    asked = adas.post("/api/v1/book-reopenings/", body).json()
    assert (asked["approval"], asked["refusal"]) == (None, None)
    approval = f"/api/v1/book-reopenings/{asked['id']}/approval/"
    refused = adas.post(approval)
    assert (refused.status_code, refused.json()["code"]) == (409, "needs_another_person")
    opened = adams.post(approval)
    assert (opened.status_code, opened.json()["kind"]) == (201, "reopened")
    listed = adas.get("/api/v1/book-reopenings/").json()["results"]
    assert listed[0]["approval"]["id"] == opened.json()["id"]
    late = adas.post(f"/api/v1/book-reopenings/{asked['id']}/refusal/", {"reason": "No"})
    assert (late.status_code, late.json()["code"]) == (409, "reopening_answered")
    kinds = [row["kind"] for row in adas.get("/api/v1/book-closings/").json()["results"]]
    assert kinds == ["reopened", "closed"]


def test_a_bill_of_a_closed_day_is_refused_beside_its_day(
    api: Callable[..., APIClient], riverside: Any, ada: User, day: Any
) -> None:
    at = timezone.now()
    with riverside.inside(by=ada):
        asha = registration.register(by=ada, at=at, given_name="Asha", family_name="Patel")
        draft = invoicing.draft(asha, by=ada, at=at)
        invoicing.add_charge(draft, description="Fee", unit_price="80", by=ada, at=at)
        closing.close(day, by=ada, at=at)
    adas = api(riverside, ada)
    refused = adas.post(f"/api/v1/invoices/{draft.pk}/issue/", {"issue_date": day.isoformat()})
    assert (refused.status_code, refused.json()["code"]) == (409, "day_is_closed")
    assert refused.json()["first_open_day"] == (day + timedelta(days=1)).isoformat()
    issued = adas.post(f"/api/v1/invoices/{draft.pk}/issue/", {})
    assert issued.status_code == 200
    body = {"method": "cash", "amount": "80", "invoices": [{"invoice": str(draft.pk)}]}
    refused = adas.post("/api/v1/payments/", {**body, "received_on": day.isoformat()})
    assert (refused.status_code, refused.json()["code"]) == (409, "day_is_closed")
    assert adas.post("/api/v1/payments/", body).status_code == 201


def test_queries_do_not_grow_with_the_closings(
    web: Callable[..., Client], riverside: Any, ada: User, adam: User, day: Any
) -> None:
    def turn() -> None:
        with riverside.inside(by=ada):
            at = timezone.now()
            closing.close(day, by=ada, at=at)
            asked = closing.ask_to_reopen(day, reason="A bill was forgotten", by=ada, at=at)
            closing.refuse(asked, reason="No", by=adam, at=at)
            asked = closing.ask_to_reopen(day, reason="A bill was forgotten", by=ada, at=at)
            closing.approve(asked, by=adam, at=at)

    def count() -> int:
        adas.get("/ledger/closing/")
        with CaptureQueriesContext(connection) as seen:
            assert adas.get("/ledger/closing/").status_code == 200
        return len(seen)

    adas = web(riverside, ada)
    turn()
    before = count()
    for _ in range(2):
        turn()
    assert count() == before
    with riverside.inside():
        assert BookClosing.objects.count() == 6
