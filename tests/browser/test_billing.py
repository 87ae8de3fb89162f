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
        self.clinic, self.asha = clinic, asha

    def drafted(self, *words: str) -> UUID:
        """A draft of Asha's with these lines."""
        with self.clinic.inside(by=self.bela):
            draft = invoicing.draft(self.asha, by=self.bela, at=timezone.now())
            for line in words:
                invoicing.add_charge(draft, description=line, unit_price=100, by=self.bela, at=timezone.now())
        return draft.pk  # type: ignore[no-any-return]


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


def test_the_focus_goes_on_with_the_lines_of_a_draft(
    page_of: Callable[..., Any], house: Any, riverside: Any, desk: Desk
) -> None:
    """Added, opened, saved, left, taken off: the keyboard stands where the person goes on."""
    watched = page_of(riverside, desk.bela)
    page = watched.page
    page.goto(house.url(riverside, f"/billing/invoices/{desk.drafted('Splint', 'Plaster')}/"))
    page.locator("#new_description").fill("Crutches")
    page.locator("#new_unit_price").fill("500")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Change: Crutches").wait_for()
    expect(page.locator("#new_service")).to_be_focused()
    expect(page.locator("#new_description")).to_have_value("")
    for finish in ("Save line", "Cancel"):
        page.get_by_role("link", name="Change: Splint").press("Enter")
        expect(page.locator("#line_description")).to_be_focused()
        page.locator(".line-edited").get_by_text(finish, exact=True).press("Enter")
        expect(page.get_by_role("link", name="Change: Splint")).to_be_focused()
    page.get_by_role("button", name="Take off: Splint").press("Enter")
    expect(page.get_by_role("link", name="Change: Plaster")).to_be_focused()
    page.get_by_role("button", name="Take off: Crutches").press("Enter")
    expect(page.locator("#new_service")).to_be_focused()
    page.locator("#id_discount").fill("10%")
    page.locator("#id_reason").fill("Staff family")
    page.get_by_role("button", name="Share it over the lines").press("Enter")
    page.get_by_text("Let off").first.wait_for()
    expect(page.get_by_role("button", name="Share it over the lines")).to_be_focused()
    page.get_by_role("button", name="Issue invoice").press("Enter")
    expect(page.locator("#id_amount")).to_be_focused()
    assert (watched.foreign, watched.complaints) == ([], [])


@pytest.mark.parametrize("script", [True, False])
def test_the_focus_goes_on_from_draft_to_draft(
    page_of: Callable[..., Any], house: Any, riverside: Any, desk: Desk, script: bool
) -> None:
    """Who issues one with the keyboard stands on the next; after the last one, on what says that none is left."""
    with riverside.inside(by=desk.bela):
        for one in Invoice.objects.drafts():
            invoicing.void(one, reason="Not charged", by=desk.bela, at=timezone.now())
    first, middle, last = (desk.drafted(words) for words in ("Splint", "Plaster", "Crutches"))
    page = page_of(riverside, desk.bela, java_script_enabled=script).page
    page.goto(house.url(riverside, "/billing/"))
    issue = page.get_by_role("button", name="Issue")
    issue.nth(1).press("Enter")
    expect(issue).to_have_count(2)
    expect(issue.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(issue).to_have_count(1)
    expect(issue).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("No drafts are waiting")).to_be_focused()
    with riverside.inside():
        assert {one.status for one in Invoice.objects.filter(pk__in=[first, middle, last])} == {"issued"}


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
    expect(page.locator("#id_amount")).to_be_focused()
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
