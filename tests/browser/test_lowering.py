"""Credit notes and write-offs in a real browser: everything axe knows, light and dark, wide and narrow."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from apps.billing import invoicing
from apps.billing.lowering import crediting, write_offs
from apps.billing.paying import payments
from apps.patients import registration
from tests.axe import wide_and_narrow
from tests.cast import RIVERSIDE, people_of
from tests.conftest import clinic_of

pytestmark = pytest.mark.browser


@dataclass
class Desk:
    """Bela's desk: an invoice that was lowered in both ways, and one that is owed."""

    clinic: Any
    bela: Any
    paths: dict[str, str]
    owed: str


@pytest.fixture(scope="module")
def desk(house: Any) -> Desk:
    clinic, at = clinic_of("riverside"), timezone.now() - timedelta(minutes=5)
    with clinic.inside():
        bela = people_of("riverside", RIVERSIDE)["bela"]
    by = {"by": bela, "at": at}
    with clinic.inside(by=bela):
        asha = registration.register(given_name="Asha", family_name="Patel", **by)
        invoices = []
        for _ in range(2):
            invoice = invoicing.draft(asha, **by)
            invoicing.add_charge(invoice, description="Consultation", unit_price=700, tax_name="GST", tax_rate=18, **by)
            invoicing.add_charge(invoice, description="Reading glasses, both eyes", unit_price=1250, **by)
            invoices.append(invoicing.issue(invoice, **by))
        lowered, owed = invoices
        payments.receive(asha, method="card", amount=1500, invoices=[lowered], **by)
        note = crediting.credit(lowered, amount=800, reason="Glasses came back", disposition="credit", **by)
        given_up = write_offs.write_off(owed, amount=76, category="small_balance", reason="Not worth a letter", **by)
        write_offs.take_back(given_up, reason="Paid at the next visit", **by)
        stands = write_offs.write_off(owed, amount=500, category="hardship", reason="Lost the job", **by)
    paths = {
        "lowered": f"/billing/invoices/{lowered.pk}/",
        "owed": f"/billing/invoices/{owed.pk}/",
        "void": f"/billing/invoices/{owed.pk}/void/",
        "credit": f"/billing/invoices/{lowered.pk}/credit-note/",
        "write off": f"/billing/invoices/{owed.pk}/write-off/",
        "take back": f"/billing/write-offs/{stands.pk}/taking-back/",
        "note": f"/billing/credit-notes/{note.pk}/",
        "notes": "/billing/credit-notes/",
        "write-offs": "/billing/write-offs/",
        "queue": "/billing/",
    }
    return Desk(clinic, bela, paths, str(owed.number))


def test_axe_finds_nothing_and_nothing_sticks_out(page_of: Callable[..., Any], house: Any, desk: Desk) -> None:
    watched = page_of(desk.clinic, desk.bela)
    page = watched.page
    for name, path in desk.paths.items():
        assert page.goto(house.url(desk.clinic, path)).status == 200
        assert wide_and_narrow(page) == [], name
    assert (watched.complaints, watched.foreign) == ([], [])


def test_the_rest_is_written_off_from_the_invoice(page_of: Callable[..., Any], house: Any, desk: Desk) -> None:
    page = page_of(desk.clinic, desk.bela).page
    page.goto(house.url(desk.clinic, desk.paths["owed"]))
    page.get_by_role("link", name="Write off", exact=True).click()
    page.get_by_label("Kind").select_option("courtesy")
    page.get_by_label("Reason").fill("Long wait")
    page.get_by_role("button", name="Write off").click()
    expect(page.locator("h1")).to_contain_text(desk.owed)
    expect(page.locator(".page-head")).to_contain_text("Written off")
