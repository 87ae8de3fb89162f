"""The billing manager's most frequent tasks in a real browser, counted in clicks, and everything axe knows."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from apps.billing import invoicing
from apps.billing.models import Invoice, Payment
from apps.billing.paying import payments
from apps.billing.prices import catalogue
from apps.patients import registration
from tests.axe import wide_and_narrow
from tests.cast import RIVERSIDE, people_of

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("house")]


class Desk:
    """Bela at her desk, with a draft, an unpaid invoice and a payment of Asha's."""

    def __init__(self, clinic: Any) -> None:
        at = timezone.now()
        with clinic.inside():
            people = people_of("riverside", RIVERSIDE)
        self.bela = bela = people["bela"]
        with clinic.inside(by=bela):
            asha = registration.register(by=people["ada"], at=at, given_name="Asha", family_name="Patel")
            catalogue.add_service(name="Blood count", price="350", tax_name="GST", tax_rate=5, by=bela, at=at)
            draft = invoicing.draft(asha, by=bela, at=at)
            invoicing.add_charge(draft, description="Consultation", unit_price=800, by=bela, at=at)
            owed = invoicing.draft(asha, by=bela, at=at)
            invoicing.add_charge(owed, description="Physiotherapy", unit_price=1200, tax_rate=18, by=bela, at=at)
            invoicing.issue(owed, by=bela, at=at)
            payment = payments.receive(asha, method="cash", amount=100, invoices=[owed], by=bela, at=at)
        self.draft: UUID = draft.pk
        self.owed: UUID = owed.pk
        self.payment: UUID = payment.pk
        self.patient: UUID = asha.pk


@pytest.fixture(scope="module")
def desks() -> dict[str, Desk]:
    """The house lives as long as the module, and so does what is in it."""
    return {}


@pytest.fixture
def desk(riverside: Any, desks: dict[str, Desk]) -> Desk:
    if "bela" not in desks:
        desks["bela"] = Desk(riverside)
    return desks["bela"]


def test_axe_finds_nothing(page_of: Callable[..., Any], house: Any, riverside: Any, desk: Desk) -> None:
    watched = page_of(riverside, desk.bela)
    for path in (
        "/billing/?tray=drafts",
        "/billing/?tray=unpaid",
        f"/billing/invoices/{desk.draft}/",
        f"/billing/invoices/{desk.owed}/",
        f"/billing/invoices/{desk.owed}/void/",
        f"/billing/payments/{desk.payment}/",
        f"/billing/payments/{desk.payment}/refund/",
        f"/billing/patients/{desk.patient}/",
        f"/billing/patients/{desk.patient}/payment/",
    ):
        watched.page.goto(house.url(riverside, path))
        assert wide_and_narrow(watched.page) == [], path
    assert (watched.foreign, watched.complaints) == ([], [])


def test_a_draft_is_changed_in_place_and_issued(
    page_of: Callable[..., Any], house: Any, riverside: Any, desk: Desk
) -> None:
    watched = page_of(riverside, desk.bela)
    page = watched.page
    page.goto(house.url(riverside, f"/billing/invoices/{desk.draft}/"))
    page.get_by_label("Service").select_option(label="Blood count")
    page.get_by_role("button", name="Add line").click()
    page.get_by_role("link", name="Change: Blood count").wait_for()
    page.get_by_role("link", name="Change: Consultation").click()
    page.locator("#line_discount").fill("10%")
    page.locator("#line_discount_reason").fill("Staff family")
    page.get_by_role("button", name="Save line").click()
    page.get_by_text("−₹80.00").first.wait_for()
    page.get_by_role("button", name="Issue invoice").click()
    page.get_by_role("button", name="Take payment").wait_for()
    with riverside.inside():
        invoice = Invoice.objects.get(pk=desk.draft)
        assert (invoice.status, invoice.total) == ("issued", 720 + 350 + 17.5)
    assert (watched.foreign, watched.complaints) == ([], [])


def test_a_payment_is_taken_without_the_mouse(
    page_of: Callable[..., Any], house: Any, riverside: Any, desk: Desk
) -> None:
    """From the patient: P, the amount (what is owed stands there already), Enter. P again prints the receipt."""
    page = page_of(riverside, desk.bela).page
    page.goto(house.url(riverside, f"/patients/{desk.patient}/"))
    page.keyboard.press("p")
    expect(page.locator("#id_amount")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("10")
    page.keyboard.press("Enter")
    expect(page.locator("a[data-key=p]")).to_be_visible()
    with riverside.inside():
        assert Payment.objects.order_by("-number")[0].amount == 10


def test_a_payment_takes_three_clicks(page_of: Callable[..., Any], house: Any, riverside: Any, desk: Desk) -> None:
    """From the work queue: the invoice, the method, done. The amount stands there already."""
    watched = page_of(riverside, desk.bela)
    page = watched.page
    page.goto(house.url(riverside, "/billing/?tray=unpaid"))
    with riverside.inside():
        owed = Invoice.objects.get(pk=desk.owed)
    row = page.get_by_role("row").filter(has_text=owed.number)
    row.get_by_role("link", name="Take payment").click()
    page.get_by_role("radio", name="Card").check(force=True)
    page.get_by_role("button", name="Take payment").click()
    page.get_by_text("Paid, Card").wait_for()
    with riverside.inside():
        assert Invoice.objects.get(pk=desk.owed).status == "paid"
        assert Payment.objects.filter(method="card").get().amount == owed.due
    assert (watched.foreign, watched.complaints) == ([], [])


def test_without_scripts_everything_still_works(
    page_of: Callable[..., Any], house: Any, riverside: Any, desk: Desk
) -> None:
    watched = page_of(riverside, desk.bela, java_script_enabled=False)
    page = watched.page
    page.goto(house.url(riverside, f"/billing/payments/{desk.payment}/refund/"))
    page.get_by_label("Amount").fill("30")
    page.get_by_label("Reason").fill("Agreed")
    page.get_by_role("button", name="Give back").click()
    page.get_by_text("RFD-").first.wait_for()
    with riverside.inside():
        assert Payment.objects.get(pk=desk.payment).refunded == 30
