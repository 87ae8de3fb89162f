"""A cashier's day in a real browser: opened, counted, locked, in both schemes and on a phone."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from apps.billing.drawers import tills
from apps.billing.models import Drawer
from apps.patients import registration
from tests.axe import violations
from tests.cast import RIVERSIDE, people_of

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("house")]


@pytest.mark.parametrize(("scheme", "width", "who"), [("light", 1440, "bela"), ("dark", 400, "cato")])
def test_a_day_at_the_till(
    page_of: Callable[..., Any], house: Any, riverside: Any, scheme: str, width: int, who: str
) -> None:
    with riverside.inside():
        people = people_of("riverside", RIVERSIDE)
    with riverside.inside(by=people["bela"]):
        if not Drawer.objects.exists():
            tills.add_drawer(name="Front desk", by=people["bela"], at=timezone.now())
    watched = page_of(riverside, people[who], width=width, color_scheme=scheme)
    page = watched.page

    def look() -> None:
        assert violations(page) == [], page.url
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"), page.url

    def press(words: str) -> None:
        page.get_by_role("button", name=words, exact=True).press("Enter")  # on a phone it may lie below the bar

    page.goto(house.url(riverside, "/billing/drawer/"))
    look()
    page.get_by_label("₹500.00").fill("2")
    press("Open")
    expect(page.get_by_text("Opening float")).to_be_visible()
    page.get_by_label("Amount").fill("300")
    page.get_by_label("In words").fill("Deposit of the morning")
    press("Write it down")
    expect(page.get_by_text("Deposit of the morning")).to_be_visible()
    look()
    page.get_by_role("link", name="Count and close").click()
    page.get_by_label("₹500.00").fill("1")
    page.get_by_label("₹100.00").fill("1")
    expect(page.get_by_text("It comes to ₹600.00")).to_be_visible()
    look()
    press("Hand in the count")
    expect(page.get_by_text("₹700.00").first).to_be_visible()
    look()
    page.get_by_role("link", name="Count again").press("Enter")
    expect(page.get_by_role("heading", name="Count the drawer again")).to_be_visible()
    page.get_by_label("₹500.00").fill("1")
    page.get_by_label("Loose coins").fill("50")
    look()
    press("Hand in the count")
    page.get_by_text("What was counted before").click()
    expect(page.get_by_text("₹600.00")).to_be_visible()
    look()
    press("Lock or hand over")
    expect(page.get_by_role("alert")).to_contain_text("Say why")
    page.get_by_label("Why Cash differs").fill("A note is missing")
    press("Lock or hand over")
    expect(page.get_by_text("Locked. What comes later")).to_be_visible()
    look()
    page.get_by_role("link", name="Open the next").click()
    expect(page.get_by_role("heading", name="My last drawers")).to_be_visible()
    look()
    if who == "bela":
        page.get_by_role("link", name="All drawers").click()
        expect(page.get_by_role("heading", name="Tills of this clinic")).to_be_visible()
        look()
    refused = [said for said in watched.complaints if "400 (Bad Request)" not in said]  # without a reason
    assert (watched.foreign, refused) == ([], [])


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 400)])
def test_the_change_is_shown_while_it_is_typed(
    page_of: Callable[..., Any], house: Any, riverside: Any, scheme: str, width: int
) -> None:
    with riverside.inside():
        people = people_of("riverside", RIVERSIDE)
    with riverside.inside(by=people["bela"]):
        at = timezone.now()
        patient = registration.register(by=people["bela"], at=at, given_name="Asha", family_name="Patel")
    watched = page_of(riverside, people["bela"], width=width, color_scheme=scheme)
    page = watched.page
    page.goto(house.url(riverside, f"/billing/patients/{patient.pk}/payment/"))
    page.get_by_label("Amount").fill("236")
    page.get_by_label("Cash given").press_sequentially("500")
    expect(page.get_by_text("Change: ₹264.00")).to_be_visible()
    assert violations(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth + 1")
    assert (watched.foreign, watched.complaints) == ([], [])
