"""The flow board: each visit in its column, with its minutes and the one next step."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.billing import invoicing
from apps.billing.models import Invoice
from apps.billing.paying import payments
from apps.clinic.models import Provider
from apps.patients import registration
from apps.scheduling import attendance, booking
from apps.scheduling.calendars import hours
from apps.scheduling.models import AppointmentType, QueueTicket
from apps.scheduling.sheets import live
from tests.scheduling.scene import by_day

MOST_QUERIES = 12


@pytest.fixture
def board(riverside, cast):
    """Five visits around now, one in each column; in the clinic that has just opened and closes in a while."""
    at = timezone.now().replace(second=0, microsecond=0)
    names = {"expected": "Mei", "waiting": "Rosa", "seen": "Ali", "pay": "Zoë", "done": "Omar"}
    made = {}
    with riverside.inside(by=cast.ada):
        by_day(by=cast.ada, at=at)
        provider = Provider.objects.create(name="Dr R. Shah", user=cast.shah)
        kind = AppointmentType.objects.create(name="Check-up", duration_minutes=10, rate="500")
        hours.open_one_off(
            provider, starts_at=at - timedelta(hours=1), ends_at=at + timedelta(hours=2), capacity=9, by=cast.ada, at=at
        )
        starts = at - timedelta(minutes=30)
        for name in names.values():
            patient = registration.register(by=cast.ada, at=at, given_name=name, family_name="Chen")
            made[name] = booking.book(
                patient=patient, provider=provider, appointment_type=kind, starts_at=starts, by=cast.ada, at=at
            )
        for name in ("Rosa", "Ali", "Zoë", "Omar"):
            attendance.arrive(made[name], by=cast.ada, at=at - timedelta(minutes=25))
        for name in ("Ali", "Zoë", "Omar"):
            attendance.start(made[name], by=cast.ada, at=at - timedelta(minutes=20))
        for name in ("Zoë", "Omar"):
            attendance.complete(made[name], by=cast.ada, at=at - timedelta(minutes=12))
        _pay(made["Omar"], cast, at)
    return made


def _pay(visit, cast, at):
    draft = Invoice.objects.get(appointment=visit)
    issued = invoicing.issue(draft, by=cast.ada, at=at)
    payments.receive(issued.patient, method="cash", amount=issued.due, invoices=[issued], by=cast.ada, at=at)


def lanes(page):
    """Who stands in which column."""
    parts = re.split(r'<section class="flow-lane[^>]*id="lane-(\w+)"', page)[1:]
    return {key: re.findall(r"<bdi>(\w+) Chen</bdi>", html) for key, html in zip(parts[::2], parts[1::2], strict=True)}


def test_each_visit_stands_where_it_is(riverside, cast, web, board):
    page = web(riverside, cast.sara).get("/flow/").content.decode()
    assert lanes(page) == {"expected": ["Mei"], "waiting": ["Rosa"], "seen": ["Ali"], "pay": ["Zoë"], "done": ["Omar"]}
    assert page.count("is-slow") >= 3  # 25 minutes of waiting, 20 for a visit of 10, 12 at the till


def test_what_was_paid_at_check_in_is_not_asked_for_again(riverside, cast, web, board):
    desk, at = web(riverside, cast.sara), timezone.now()
    with riverside.inside(by=cast.ada):
        invoicing.issue(Invoice.objects.get(appointment=board["Zoë"]), by=cast.ada, at=at)
    assert "owes ₹500.00" in desk.get("/schedule/").content.decode()
    with riverside.inside(by=cast.ada):
        copay = {"method": "cash", "amount": "300", "invoices": [], "credit_consent": True}
        payments.receive(board["Zoë"].patient, **copay, by=cast.ada, at=at)
    assert "owes ₹200.00" in desk.get("/schedule/").content.decode()
    assert "₹500.00, ₹300.00 paid ahead" in desk.get("/flow/").content.decode()
    with riverside.inside(by=cast.ada):
        payments.receive(board["Zoë"].patient, **copay, by=cast.ada, at=at)
    assert "owes" not in desk.get("/schedule/").content.decode()
    assert "₹500.00, ₹500.00 paid ahead" in desk.get("/flow/").content.decode()


def test_one_button_is_the_next_step_for_whoever_may(riverside, cast, web, board):
    desk = web(riverside, cast.sara).get("/flow/").content.decode()
    assert "formaction" not in desk and "Take payment" in desk
    who = board["Mei"].pk
    step = f'<a class="btn flow-step" href="/appointments/{who}/" data-panel data-back="ap-{who}">'
    assert step in desk  # the panel asks for the copay; arrival alone would not
    provider = web(riverside, cast.shah).get("/flow/").content.decode()
    assert f'formaction="/appointments/{board["Rosa"].pk}/start/"' in provider
    assert f'formaction="/appointments/{board["Ali"].pk}/completion/"' in provider
    assert "Take payment" not in provider and "₹500" in provider


def test_a_step_works_without_a_script_and_returns_to_the_board(riverside, cast, web, board):
    client = web(riverside, cast.sara)
    answer = client.post(f"/appointments/{board['Mei'].pk}/arrival/", {"next": "/flow/"}, follow=True)
    assert lanes(answer.content.decode())["waiting"] == ["Rosa", "Mei"]


def test_whoever_may_not_see_invoices_sees_no_money(riverside, cast, web, board):
    page = web(riverside, cast.nia).get("/flow/").content.decode()
    assert lanes(page)["done"] and "Zoë" in lanes(page)["done"] and "₹" not in page


def test_the_board_answers_nothing_until_something_moves_or_somebody_pays(riverside, cast, web, board):
    client = web(riverside, cast.sara)
    asks = {"X-Background": "live", "X-Sheet-Marks": ""}
    first = client.get("/flow/", headers=asks)
    assert first.status_code == 200 and 'hx-swap-oob="true"' in first.content.decode()
    asks[live.HEADER] = first.headers[live.HEADER]
    assert client.get("/flow/", headers=asks).status_code == 204
    with riverside.inside(by=cast.ada):
        _pay(board["Zoë"], cast, timezone.now())
    answer = client.get("/flow/", headers=asks)
    assert lanes(answer.content.decode())["done"] == ["Zoë", "Omar"]
    asks[live.HEADER] = answer.headers[live.HEADER]
    with riverside.inside(by=cast.ada):
        attendance.arrive(board["Mei"], by=cast.ada, at=timezone.now())
    assert lanes(client.get("/flow/", headers=asks).content.decode())["waiting"] == ["Rosa", "Mei"]


def test_who_waits_stands_there_with_the_number_that_is_called(riverside, cast, web, board):
    with riverside.inside(by=cast.ada):
        token = QueueTicket.objects.get(appointment=board["Rosa"]).token
    page = web(riverside, cast.sara).get("/flow/").content.decode()
    assert f'<b class="flow-token">{token}</b> <bdi>Rosa' in page
    assert page.count("flow-token") == 1  # nobody else has come


def test_the_number_of_queries_does_not_grow(riverside, cast, web, board):
    client = web(riverside, cast.sara)
    client.get("/flow/")
    with CaptureQueriesContext(connection) as few:
        client.get("/flow/")
    with riverside.inside(by=cast.ada):
        for name in ("Kofi", "Aisha", "Ivan"):
            patient = registration.register(by=cast.ada, at=timezone.now(), given_name=name, family_name="Chen")
            made = booking.book(
                patient=patient,
                provider=board["Mei"].provider,
                appointment_type=board["Mei"].appointment_type,
                starts_at=board["Mei"].starts_at,
                by=cast.ada,
                at=timezone.now(),
            )
            attendance.arrive(made, by=cast.ada, at=timezone.now())
    with CaptureQueriesContext(connection) as many:
        client.get("/flow/")
    frame = ("SAVEPOINT", "RELEASE", "SET CONSTRAINTS")
    counts = [len([q for q in one.captured_queries if not q["sql"].startswith(frame)]) for one in (few, many)]
    assert counts[0] == counts[1] <= MOST_QUERIES


def test_the_other_clinic_sees_none_of_it(lakeside, cast, web, board):
    page = web(lakeside, cast.lena).get("/flow/").content.decode()
    assert "Chen" not in page and "Nobody waits." in page
