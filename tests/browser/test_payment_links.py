"""A payment link in a real browser: set up, asked for, handed to the patient."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from apps.billing import invoicing
from apps.billing.models import PaymentGateway, PaymentLink
from apps.patients import registration
from tests.axe import violations
from tests.cast import RIVERSIDE, people_of

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("house")]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 400)])
def test_from_the_key_to_the_link(
    page_of: Callable[..., Any], house: Any, riverside: Any, scheme: str, width: int
) -> None:
    at = timezone.now()
    with riverside.inside():
        people = people_of("riverside", RIVERSIDE)
    with riverside.inside(by=people["bela"]):
        asha = registration.register(by=people["bela"], at=at, given_name="Asha", family_name="Patel")
        invoice = invoicing.draft(asha, by=people["bela"], at=at)
        invoicing.add_charge(invoice, description="Consultation", unit_price=800, by=people["bela"], at=at)
        invoicing.issue(invoice, by=people["bela"], at=at)
    watched = page_of(riverside, people["ada"], width=width, color_scheme=scheme)
    page = watched.page

    def look() -> None:
        page.evaluate("scrollTo(0, 0)")  # from wherever the focus led: the bar on top may cover half of a link
        assert violations(page) == [], page.url
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"), page.url

    page.goto(house.url(riverside, "/billing/gateway/"))
    page.get_by_label("Merchant").fill("riverside")
    page.get_by_role("textbox", name="Key").fill("as the gateway gave it")
    look()
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_text("It is never shown again")).to_be_visible()

    page.goto(house.url(riverside, f"/billing/invoices/{invoice.pk}/"))
    page.get_by_text("Payment link for the patient").press("Enter")
    look()
    page.get_by_role("button", name="Make a link").press("Enter")
    expect(page.get_by_text("The link is being made. Look again")).to_be_visible()
    with riverside.inside(by=people["ada"]):
        assert PaymentGateway.objects.count() == 1
        link = PaymentLink.objects.get(payment__meant_for=invoice)
        link.reference, link.url, link.made_at = f"link {link.pk}", f"https://pay.example/{link.pk}", at
        link.save()
    page.get_by_role("link", name="Look again").press("Enter")
    expect(page.get_by_role("link", name="https://pay.example/")).to_be_visible()
    look()
    assert (watched.foreign, watched.complaints) == ([], [])
