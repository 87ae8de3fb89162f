"""The page and the API of the check of the books."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.billing import invoicing
from apps.billing.paying import payments
from apps.console import pulse
from apps.console.models import Pulse
from apps.ledger.checking import running
from apps.ledger.models import BookCheck, BookCheckResult, JournalEntry
from apps.outbox import delivery
from apps.patients import registration

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
PAGE, API = "/ledger/check/", "/api/v1/book-checks/"


def found(run: BookCheck, code: str, *findings: dict[str, Any], more: int = 0) -> None:
    """As if this check had found that: the books themselves are right."""
    BookCheckResult.objects.create(
        run=run, place=40 + run.results.count(), code=code, examined=7, found=len(findings) + more, milliseconds=3,
        findings=list(findings),
    )  # fmt: skip


@pytest.fixture
def wrong(riverside: Any, cast: Any) -> BookCheck:
    """A check that found something wrong of each kind, at Riverside."""
    with riverside.inside(by=cast.bela):
        asha = registration.register(by=cast.bela, at=AT, given_name="Asha", family_name="Patel")
        invoice = invoicing.draft(asha, by=cast.bela, at=AT)
        invoicing.add_charge(invoice, description="Consultation", unit_price=75, by=cast.bela, at=AT)
        invoice = invoicing.issue(invoice, by=cast.bela, at=AT)
        payment = payments.receive(asha, method="cash", amount=75, by=cast.bela, at=AT)
        entry = JournalEntry.objects.get(source_id=payment.pk)
        run = BookCheck.objects.create(begun_at=AT, ended_at=AT, by=None)
        things = {"entry": entry, "invoice": invoice, "payment": payment, "patient_number": asha}
        figures = {
            "entry": {"lines": 2, "debits": "75.000", "credits": "70.000"},
            "invoice": {"booked": "75.000", "due": "0.000"},
            "payment": {"amount": "75.000", "given": "80.000", "refunded": "0.000"},
            "patient_number": {"booked": "1.000", "unused": "0.000"},
        }
        codes = {"entry": "entries_balance", "invoice": "receivable", "payment": "refunds", "patient_number": "credit"}
        for kind, thing in things.items():
            named = {"kind": kind, "id": str(thing.pk), "number": thing.number, "figures": figures[kind]}
            found(run, codes[kind], named)
        found(
            run,
            "invoice_numbers",
            {"kind": "missing", "id": None, "number": "INV-2026-00002", "figures": {"missing": 1}},
        )
        found(run, "trial_balance", {"kind": "trial_balance", "id": None, "number": "", "figures": {}}, more=4)
        found(run, "of_an_older_house", {"kind": "thing", "id": None, "number": "X-1", "figures": {}})
    return run


def test_before_the_first_check_the_page_says_what_to_do(web: Any, riverside: Any, cast: Any) -> None:
    body = web(riverside, cast.bela).get(PAGE).content.decode()
    assert "The books have not been checked yet" in body
    assert "Check now" in body


def test_each_finding_leads_to_what_is_wrong(web: Any, riverside: Any, cast: Any, wrong: BookCheck) -> None:
    body = web(riverside, cast.bela).get(PAGE).content.decode()
    with riverside.inside():
        results = {result.code: result for result in wrong.results.all()}
    for code, page in (
        ("entries_balance", "/ledger/entries/{}/"),
        ("receivable", "/billing/invoices/{}/"),
        ("refunds", "/billing/payments/{}/"),
        ("credit", "/patients/{}/"),
    ):
        finding = results[code].findings[0]
        assert f'<a href="{page.format(finding["id"])}">{finding["number"]}</a>' in body
    assert "The books say ₹75.00 is owed, the invoice says ₹0.00." in body
    assert "2 lines: debits ₹75.00, credits ₹70.00." in body
    assert "<strong>INV-2026-00002</strong>" in body
    assert "and 4 more" in body
    assert "11 things are wrong." in body
    assert "Patel" not in body


def test_a_check_is_asked_for_made_by_a_worker_and_shown(web: Any, riverside: Any, cast: Any, wrong: BookCheck) -> None:
    bela = web(riverside, cast.bela)
    assert bela.post(f"{PAGE}request/").status_code == 302
    body = bela.get(PAGE).content.decode()
    assert "is under way" in body
    assert 'hx-trigger="every 2s"' in body
    with riverside.inside():
        asked = running.waiting()
        assert asked is not None
        assert delivery.deliver(asked.pk, at=timezone.now())
    body = bela.get(PAGE, headers={"hx-request": "true"}).content.decode()
    assert "<html" not in body
    assert "The books are right." in body
    assert "is under way" not in body
    assert f'<a href="{PAGE}{wrong.pk}/">' in body  # among the earlier ones
    assert "Bela Novak" in body


def test_more_checks_and_findings_take_no_more_questions(web: Any, riverside: Any, cast: Any, wrong: BookCheck) -> None:
    bela = web(riverside, cast.bela)

    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            bela.get(PAGE)
        return len(asked)

    questions()  # the first page of a session does a little more
    few = questions()
    with riverside.inside(by=cast.bela):
        for day in range(3):
            before = AT - timedelta(days=day + 1)
            BookCheck.objects.create(begun_at=before, ended_at=before, by=cast.bela)
        finding = wrong.results.get(code="receivable").findings[0]
        found(wrong, "earned", finding, finding, finding)
    assert questions() == few


def test_the_api_tells_what_was_found(api: Any, riverside: Any, cast: Any, wrong: BookCheck) -> None:
    bela = api(riverside, cast.bela)
    [told] = bela.get(API).json()["results"]
    assert (told["id"], told["wrong"], told["by"]) == (str(wrong.pk), 11, None)
    assert bela.get(f"{API}{wrong.pk}/").json() == told
    receivable = next(result for result in told["results"] if result["code"] == "receivable")
    assert receivable["findings"][0]["words"] == "The books say ₹75.00 is owed, the invoice says ₹0.00."
    assert receivable["findings"][0]["figures"] == {"booked": "75.000", "due": "0.000"}


def test_the_api_asks_for_a_check_and_finds_it_under_its_id(api: Any, riverside: Any, cast: Any) -> None:
    bela = api(riverside, cast.bela)
    asked = bela.post(API, {})
    assert asked.status_code == 202
    assert bela.post(API, {}).json() == asked.json()
    path = f"{API}{asked.json()['id']}/"
    assert bela.get(path).status_code == 404
    with riverside.inside():
        assert delivery.deliver(running.waiting().pk, at=timezone.now())  # type: ignore[union-attr]
    assert (bela.get(path).json()["wrong"], bela.get(path).json()["by"]) == (0, str(cast.bela.pk))


def test_the_outsider_sees_nothing_of_it(web: Any, api: Any, lakeside: Any, cast: Any, wrong: BookCheck) -> None:
    lena = web(lakeside, cast.lena)
    assert "have not been checked yet" in lena.get(PAGE).content.decode()
    assert lena.get(f"{PAGE}{wrong.pk}/").status_code == 404
    lenas = api(lakeside, cast.lena)
    assert lenas.get(API).json()["results"] == []
    assert lenas.get(f"{API}{wrong.pk}/").status_code == 404
    with lakeside.inside():
        assert running.check_books(by=cast.lena, at=AT).results.filter(found__gt=0).count() == 0


def test_the_console_learns_that_books_are_wrong(web: Any, platform: Any, riverside: Any, wrong: BookCheck) -> None:
    with platform.inside():
        root = User.objects.create_superuser("root@hpms.example", None, full_name="Rut System")
    pulse.take_pulses(at=timezone.now())
    with platform.inside():
        kept = {each.clinic.slug: each for each in Pulse.objects.select_related("clinic")}
    assert (kept["riverside"].books_wrong, kept["riverside"].books_checked_at) == (11, AT)
    assert (kept["lakeside"].books_wrong, kept["lakeside"].books_checked_at) == (0, None)
    console = web(platform, root)
    assert console.get("/console/").content.decode().count("Books are wrong") == 1
    assert (
        "11 things are wrong"
        in console.get(reverse("console:clinic", "hpms.urls_public", [riverside.id])).content.decode()
    )
