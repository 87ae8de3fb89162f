"""What came by a link, in a real browser: held by the gateway, given back through it, settled; a note taken back."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from apps.billing import invoicing
from apps.billing.gateways import returns, which
from apps.billing.lowering import crediting
from apps.billing.models import PaymentLink
from apps.billing.paying import payments
from apps.patients import registration
from tests.axe import violations
from tests.cast import RIVERSIDE, people_of

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("house")]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 400)])
def test_from_the_gateway_to_the_bank(
    page_of: Callable[..., Any], house: Any, riverside: Any, scheme: str, width: int
) -> None:
    at = timezone.now()
    with riverside.inside():
        people = people_of("riverside", RIVERSIDE)
    with riverside.inside(by=people["bela"]):
        said: dict[str, Any] = {"by": people["bela"], "at": at}
        asha = registration.register(given_name="Asha", family_name="Patel", **said)
        invoice = invoicing.draft(asha, **said)
        invoicing.add_charge(invoice, description="Consultation", unit_price=800, **said)
        invoice = invoicing.issue(invoice, **said)
        paid = payments.receive(asha, method="link", amount=800, invoices=[invoice], **said)
        held = which.set_up(merchant="riverside", key="as the gateway gave it", **said)
        PaymentLink.objects.create(
            payment=paid,
            gateway=held,
            expires_at=at,
            reference=f"link {paid.pk}",
            url="https://pay.example/1",
            made_at=at,
        )
        other = invoicing.draft(asha, **said)
        invoicing.add_charge(other, description="Dressing", unit_price=200, **said)
        other = invoicing.issue(other, **said)
        payments.receive(asha, method="bank", amount=200, invoices=[other], **said)
        note = crediting.credit(other, amount=100, disposition="credit", reason="Too much", **said)
        returns.ask(paid, amount=50, reason="Paid too much", **said)
    watched = page_of(riverside, people["bela"], width=width, color_scheme=scheme)
    page = watched.page

    def look() -> None:
        assert violations(page) == [], page.url
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"), page.url

    page.goto(house.url(riverside, f"/billing/payments/{paid.pk}/"))
    expect(page.get_by_role("button", name="Tell it again")).to_be_visible()
    look()
    page.goto(house.url(riverside, "/billing/?tray=back"))
    expect(page.get_by_role("link", name=paid.number)).to_be_visible()
    look()
    page.goto(house.url(riverside, "/billing/settlements/"))
    for box in page.get_by_role("checkbox").all():
        box.set_checked(box.get_attribute("aria-label") == paid.number)
    page.get_by_label("Into the bank").fill("781.12")
    look()
    page.get_by_role("button", name="Write it down").press("Enter")
    expect(page.get_by_text("Kept as a fee")).to_be_visible()
    look()
    page.goto(house.url(riverside, f"/billing/credit-notes/{note.pk}/taking-back/"))
    page.get_by_label("Reason").fill("It was right")
    look()
    page.get_by_role("button", name="Take back").press("Enter")
    expect(page.get_by_text("the invoice stands again as before")).to_be_visible()
    look()
    assert (watched.foreign, watched.complaints) == ([], [])
