"""Revenue, books and trail in a real browser: from a bar down to the invoice, and everything axe knows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from apps.billing import invoicing
from apps.billing.paying import payments
from apps.core import clock
from apps.ledger.checking import running
from apps.ledger.models import Account, BookCheck, BookCheckResult, JournalEntry
from apps.outbox import delivery
from apps.patients import registration
from tests.axe import violations, wide_and_narrow
from tests.cast import RIVERSIDE, people_of
from tests.conftest import clinic_of

pytestmark = pytest.mark.browser
PATIENCE = 20_000
KOLKATA = ZoneInfo("Asia/Kolkata")


@dataclass
class Office:
    """Ada's and Olu's desk at Riverside, with two invoices, a payment and a void in the books."""

    clinic: Any
    ada: Any
    olu: Any
    paths: dict[str, str]
    invoice: str


@pytest.fixture(scope="module")
def office(house: Any) -> Office:
    clinic, at = clinic_of("riverside"), timezone.now()
    with clinic.inside():
        people = people_of("riverside", RIVERSIDE)
    bela = people["bela"]
    with clinic.inside(by=bela):
        asha = registration.register(by=bela, at=at, given_name="Asha", family_name="Patel")
        for given_name in ("Ben", "Benita"):
            registration.register(by=bela, at=at, given_name=given_name, family_name="Okoro")
        today = clock.day_of(at, clock.clinic_zone())
        for days, price in ((1, 700), (0, 1200), (0, 450)):
            invoice = invoicing.draft(asha, by=bela, at=at)
            invoicing.add_charge(invoice, description="Consultation", unit_price=price, tax_rate=18, by=bela, at=at)
            invoice = invoicing.issue(invoice, by=bela, at=at, issue_date=today - timedelta(days=days))
        payment = payments.receive(asha, method="card", amount=500, invoices=[invoice], by=bela, at=at)
        entry = JournalEntry.objects.order_by("number")[0]
        wrong = found_wrong(invoice, at=at - timedelta(days=1))
        running.check_books(by=bela, at=at)
        account = Account.objects.get(role="accounts_receivable")
    with clinic.inside(by=people["nia"]):
        registration.amend(asha, by=people["nia"], at=at, given_name="Aisha", version=asha.version)
    paths = {
        "revenue": f"/reports/?month={today:%Y-%m}",
        "empty": "/reports/?month=2001-01",
        "figure": "/reports/figures/charges/",
        "open": "/reports/figures/open/",
        "ageing": "/reports/ageing/",
        "journal": "/ledger/",
        "entry": f"/ledger/entries/{entry.pk}/",
        "account": f"/ledger/accounts/{account.pk}/",
        "rename": f"/ledger/accounts/{account.pk}/name/",
        "trial": "/ledger/trial-balance/",
        "general": "/ledger/general/",
        "lines": "/ledger/lines/?role=accounts_receivable&role=patient_credit",
        "breakdown": "/reports/breakdown/?by=method",
        "taxes": "/reports/taxes/",
        "tax parts": "/reports/taxes/parts/?rate=18",
        "ageing parts": "/reports/ageing/parts/",
        "statement": f"/billing/patients/{asha.pk}/",
        "wrong price": f"/billing/invoices/{invoice.pk}/correction/amount/",
        "wrong method": f"/billing/payments/{payment.pk}/correction/method/",
        "wrong patient": f"/billing/payments/{payment.pk}/correction/patient/",
        "check": "/ledger/check/",
        "wrong": f"/ledger/check/{wrong.pk}/",
        "trail": "/audit/?table=patients_patient",
    }
    return Office(clinic, people["ada"], people["olu"], paths, str(invoice.number))


def found_wrong(invoice: Any, *, at: Any) -> BookCheck:
    """As if a check had found two invoices that the books contradict, one of them gone."""
    run = BookCheck.objects.create(begun_at=at, ended_at=at)
    figures = {"booked": "1062.000", "due": "62.000"}
    known = {"kind": "invoice", "id": str(invoice.pk), "number": invoice.number, "figures": figures}
    gone = {"kind": "missing", "id": None, "number": "INV-2026-00009", "figures": {"missing": 1}}
    for place, (code, findings) in enumerate({"receivable": [known], "invoice_numbers": [gone], "tills": []}.items()):
        BookCheckResult.objects.create(
            run=run, place=place, code=code, examined=3, found=len(findings), milliseconds=2, findings=findings
        )
    return run


@pytest.fixture
def tab(office: Office, page_of: Callable[..., Any], house: Any) -> Callable[..., Any]:
    def open_tab(path: str, person: str = "ada", **options: Any) -> Any:
        watched = page_of(office.clinic, getattr(office, person), **options)
        watched.page.set_default_timeout(PATIENCE)
        assert watched.page.goto(house.url(office.clinic, path)).status == 200
        return watched

    return open_tab


def test_axe_finds_nothing_and_nothing_sticks_out(page_of: Any, house: Any, office: Office) -> None:
    watched = page_of(office.clinic, office.ada)
    page = watched.page
    for name, path in office.paths.items():
        assert page.goto(house.url(office.clinic, path)).status == 200
        if name == "revenue":
            page.get_by_text("Show numbers as a table").click()
        if name == "wrong price":
            page.get_by_label("What was wrong").fill("A slip")
            page.get_by_label("Price: Consultation").fill("400")
            page.get_by_role("button", name="Show what will be posted").click()
            expect(page.get_by_role("heading", name="What will be posted")).to_be_visible()
        assert wide_and_narrow(page) == [], name
        assert (watched.complaints, watched.foreign) == ([], [])


def test_from_a_bar_down_to_the_invoice_in_three_clicks(tab: Any, office: Office) -> None:
    page = tab(office.paths["revenue"]).page
    page.locator("svg.chart rect.series-1").nth(clock.day_of(timezone.now(), KOLKATA).day - 1).click()
    expect(page.locator("h1")).to_contain_text("Receipts")
    page.locator("tbody.part th a").first.click()
    expect(page.locator("h1")).to_contain_text("JRN-")
    page.get_by_role("link", name=office.invoice).first.click()
    expect(page.locator("h1")).to_contain_text(office.invoice)


def test_a_correction_shows_what_it_will_post(tab: Any, office: Office) -> None:
    page = tab(office.paths["wrong method"].replace("correction/method/", "")).page
    page.locator("summary", has_text="Correct").click()
    page.get_by_role("link", name="Wrong method").click()
    page.get_by_label("It was paid by").select_option("upi")
    page.get_by_label("What was wrong").fill("It was UPI")
    page.get_by_role("button", name="Show what will be posted").click()
    expect(page.locator(".rehearsal")).to_contain_text("UPI payments")
    expect(page.get_by_role("button", name="Post exactly this")).to_be_visible()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 400)])
def test_the_right_patient_is_found_with_the_keyboard(tab: Any, office: Office, scheme: str, width: int) -> None:
    watched = tab(office.paths["wrong patient"], color_scheme=scheme, width=width)
    page = watched.page
    search = page.get_by_label("Right patient")
    search.press_sequentially("ben")
    expect(page.get_by_role("radio")).to_have_count(2)
    search.press("ArrowDown")
    expect(page.get_by_role("radio").first).to_be_checked()
    page.get_by_label("What was wrong").fill("It was Ben's")
    assert violations(page) == []
    page.get_by_label("What was wrong").press("Enter")
    expect(page.locator(".rehearsal")).to_contain_text("Card payments")
    expect(page.get_by_role("radio").first).to_be_checked()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    assert (watched.foreign, watched.complaints) == ([], [])


def test_another_month_is_chosen_without_loading_the_page_anew(tab: Any, office: Office) -> None:
    page = tab(office.paths["revenue"]).page
    page.evaluate("window.here = true")
    page.locator("#id_month").fill("2001-01")  # tells of the change by itself: a second telling would race the click
    page.get_by_role("heading", name="Revenue, January 2001").wait_for()
    page.wait_for_url("**month=2001-01**")
    assert page.evaluate("window.here") is True
    page.get_by_role("link", name="February 2001").click()
    page.get_by_role("heading", name="Revenue, February 2001").wait_for()


def test_the_books_are_checked_while_one_looks_on(tab: Any, office: Office) -> None:
    page = tab(office.paths["check"]).page
    page.get_by_role("button", name="Check now").click()
    expect(page.locator("#check [role=status]")).to_contain_text("is under way")
    with office.clinic.inside():
        assert delivery.deliver(running.waiting().pk, at=timezone.now())  # type: ignore[union-attr]
    expect(page.locator("#check [role=status]")).not_to_contain_text("is under way")
    expect(page.locator("#check [role=status]")).to_contain_text("The books are right.")
    expect(page.locator("#check [role=status]")).to_contain_text("Ada Mensah")
    page.locator("tr", has_text="2 wrong").get_by_role("link").click()
    page.get_by_role("link", name=office.invoice).click()
    expect(page.locator("h1")).to_contain_text(office.invoice)


def test_the_trail_is_followed_to_what_a_nurse_changed(tab: Any, office: Office) -> None:
    page = tab(office.paths["trail"], "olu").page
    page.locator("select[name=action]").select_option("update")
    page.get_by_role("button", name="Search").click()
    page.wait_for_url("**action=update**")  # the list has been exchanged
    page.locator("#events tbody tr", has_text="Nia Okafor").locator("a").first.click()
    row = page.locator("tr.changed", has_text="Given name")
    expect(row.locator("td")).to_have_text(["Asha", "Aisha"])


def test_everything_works_without_a_script(tab: Any, office: Office) -> None:
    page = tab(office.paths["revenue"], java_script_enabled=False).page
    page.get_by_text("Show numbers as a table").click()
    page.locator(".chart-table tbody a").first.click()
    page.wait_for_url("**/reports/figures/**")
    page.goto(page.url.split("/reports")[0] + "/ledger/")
    page.locator("input[name=number]").fill("JRN")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**number=JRN**")
    expect(page.locator("#entries tbody tr")).to_have_count(4)
