"""Prices in the browser: limits of discounts, taxes, and the invoice that has them."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import expect

from apps.billing import invoicing
from apps.billing.prices import catalogue, packages, price_lists, taxes
from apps.billing.prices.visit_prices import set_visit_prices
from apps.clinic.models import Provider
from apps.patients import registration
from apps.scheduling.models import AppointmentType
from tests.axe import in_both_schemes
from tests.billing.cast import AT
from tests.cast import RIVERSIDE, people_of

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("house")]


class Desk:
    """Two taxes on tests, one in the price of medicines, and a draft with all of them."""

    def __init__(self, riverside: Any) -> None:
        with riverside.inside():
            people = people_of("riverside", RIVERSIDE)
            self.ada = people["ada"]
        with riverside.inside(by=self.ada):
            who = {"by": self.ada, "at": AT}
            for name, kind, rate in (("CGST", "test", "9"), ("SGST", "test", "9"), ("GST", "medicine", "12")):
                in_price = kind == "medicine"
                made = taxes.add_tax(
                    name=name, rate=rate, is_included=in_price, starts_on=date(2026, 1, 1), categories=[kind], **who
                )
            self.tax = made.pk
            count = catalogue.add_service(name="Blood count", category="test", price="350", **who)
            pills = catalogue.add_service(name="Metformin 500 mg", category="medicine", price="112", **who)
            asha = registration.register(given_name="Asha", family_name="Patel", **who)
            check = catalogue.add_service(name="Heart check", category="package", price="400", **who)
            packages.set_parts(check, [(count, 1), (pills, "2")], **who)
            kind = AppointmentType.objects.create(
                name="Consultation", duration_minutes=20, rate="500", facility_rate="50"
            )
            own = Provider.objects.create(name="Dr Ravi Shah")
            Provider.objects.create(name="Dr Leila Haddad")
            staff = price_lists.add_price_list(name="Staff", **who)
            set_visit_prices(staff, [(kind, None, "visit", "300"), (kind, own, "visit", "350")], **who)
            price_lists.set_prices(staff, [(count, "300")], **who)
            price_lists.give_list(asha, staff, **who)
            self.patient, self.price_list, self.package = asha.pk, staff.pk, check.pk
            draft = invoicing.draft(asha, **who)
            invoicing.add_charges(
                draft, [{"service": count}, {"service": check}, {"service": pills, "quantity": 2}], **who
            )
            invoicing.discount(draft, percent="10", reason="Staff family", **who)
            self.draft = draft.pk


@pytest.fixture(scope="module")
def desks() -> dict[str, Desk]:
    """The house lives as long as the module, and so does what is in it."""
    return {}


@pytest.fixture
def desk(riverside: Any, desks: dict[str, Desk]) -> Desk:
    if "ada" not in desks:
        desks["ada"] = Desk(riverside)
    return desks["ada"]


@pytest.mark.parametrize("width", [1440, 400])
def test_axe_finds_nothing(page_of: Callable[..., Any], house: Any, riverside: Any, desk: Desk, width: int) -> None:
    watched = page_of(riverside, desk.ada, width=width)
    for path in (
        "/billing/discount-limits/",
        "/billing/services/",
        f"/billing/services/{desk.package}/",
        "/billing/taxes/",
        "/billing/taxes/new/",
        f"/billing/taxes/{desk.tax}/rate/",
        "/billing/copays/",
        "/billing/price-lists/",
        f"/billing/price-lists/{desk.price_list}/",
        f"/billing/price-lists/{desk.price_list}/visits/",
        "/billing/packages/",
        f"/billing/packages/{desk.package}/",
        f"/billing/patients/{desk.patient}/",
        f"/billing/invoices/{desk.draft}/",
    ):
        watched.page.goto(house.url(riverside, path))
        assert in_both_schemes(watched.page) == [], path
        assert not watched.page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"), path
    assert (watched.foreign, watched.complaints) == ([], [])


def test_a_discount_beyond_the_limit_is_told_beside_its_field(
    page_of: Callable[..., Any], house: Any, riverside: Any, desk: Desk
) -> None:
    page = page_of(riverside, desk.ada).page
    page.goto(house.url(riverside, "/billing/discount-limits/"))
    page.get_by_label("Limit of Billing manager in percent").fill("15")
    page.get_by_role("button", name="Save limits").click()
    expect(page.get_by_label("Limit of Billing manager in percent")).to_have_value("15")
    with riverside.inside():
        bela = people_of("riverside", RIVERSIDE)["bela"]
    page = page_of(riverside, bela).page
    page.goto(house.url(riverside, f"/billing/invoices/{desk.draft}/"))
    page.get_by_label("Discount on the whole invoice").fill("20%")
    page.locator("#id_reason").fill("Hardship")
    page.get_by_role("button", name="Share it over the lines").click()
    expect(page.locator("#id_discount_error")).to_contain_text("at most 15 %")
    expect(page.locator("#id_reason")).to_have_value("Hardship")
