"""The flow board and the replayed day under real hands (UI.md, issue 3)."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from apps.core.clock import now
from apps.scheduling import attendance, booking
from tests.axe import in_both_schemes
from tests.browser.test_day_sheet import ESSENTIAL, Desk, behaved, desk, filled

pytestmark = pytest.mark.browser
__all__ = ["desk", "filled"]


def card(page: Any, appointment: Any) -> Any:
    return page.locator(".flow-card", has=page.locator(f"#ap-{appointment.pk}"))


@pytest.mark.parametrize("path", ["/flow/", "/schedule/log/", "/schedule/?as-of=00:10"])
def test_the_pages_pass_the_checker(desk: Desk, path: str) -> None:
    watched = desk.open(path)
    behaved(watched)
    assert in_both_schemes(watched.page, off=ESSENTIAL if "as-of" in path else ()) == []


@pytest.mark.parametrize("path", ["/flow/", "/schedule/log/", "/schedule/?as-of=00:10", "/schedule/?view=list"])
def test_nothing_scrolls_sideways_on_a_phone(desk: Desk, path: str) -> None:
    watched = desk.open(path, width=400, height=800, has_touch=True, is_mobile=True)
    assert watched.page.evaluate("document.documentElement.scrollWidth") <= 400
    behaved(watched)


def test_check_in_with_copay_is_two_clicks_and_the_card_walks_on_by_itself(desk: Desk) -> None:
    coming = desk.crowd.appointments[5]
    watched = desk.open("/flow/")
    page = watched.page
    card(page, coming).get_by_role("link", name="Check in").click()
    take = page.get_by_role("button", name=re.compile("^Take ₹.* and check in"))
    expect(take).to_be_focused()
    take.click()
    expect(page.locator("#panel .token")).to_be_visible()
    expect(page.locator(f"#lane-waiting #ap-{coming.pk}")).to_be_attached()
    page.keyboard.press("Escape")
    expect(page.locator(f"#ap-{coming.pk}")).to_be_focused()
    behaved(watched)


def test_a_step_of_another_desk_appears_within_seconds(desk: Desk) -> None:
    coming = desk.crowd.appointments[6]
    watched = desk.open("/flow/")
    page = watched.page
    expect(page.locator(f"#lane-expected #ap-{coming.pk}")).to_be_visible()
    with desk.clinic.inside(by=desk.people["ada"]):
        attendance.arrive(coming, by=desk.people["ada"], at=now())
    expect(page.locator(f"#lane-waiting #ap-{coming.pk}")).to_be_visible(timeout=20_000)
    behaved(watched)


def test_the_board_is_walked_by_keys(desk: Desk) -> None:
    watched = desk.open("/flow/")
    page = watched.page
    first = page.locator("#lane-expected .who").first
    first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#lane-expected .who").nth(1)).to_be_focused()
    page.keyboard.press("n")
    expect(page.get_by_role("button", name=re.compile("^Take ₹.* and check in"))).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#panel .token")).to_be_visible()
    behaved(watched)


def test_the_past_is_walked_change_by_change_and_stays_as_it_is(desk: Desk) -> None:
    last = desk.crowd.appointments[11]
    with desk.clinic.inside(by=desk.people["ada"]):
        booking.cancel(last, by=desk.people["ada"], at=now(), reason="Feels better")
    watched = desk.open()
    page = watched.page
    expect(page.locator(f"#ap-{last.pk}")).to_have_count(0)
    page.get_by_label("More").click()
    page.get_by_role("link", name="Replay this day").click()
    expect(page.locator(".replay-is")).to_contain_text("read only")
    page.keyboard.press("[")
    expect(page.locator(".replay-now")).to_contain_text("Feels better")
    page.keyboard.press("[")
    expect(page.locator(f"#ap-{last.pk}")).to_be_visible()
    assert page.locator("[data-moves]").count() == 0
    page.keyboard.press("t")
    expect(page.locator(f"#ap-{last.pk}")).to_have_count(0)
    behaved(watched)


def test_the_slider_goes_to_a_time(desk: Desk) -> None:
    watched = desk.open("/schedule/?as-of=00:10")
    page = watched.page
    page.locator(".replay-slide").focus()
    page.keyboard.press("Home")
    page.wait_for_url("**as-of=00%3A00**")
    expect(page.locator(".ap")).to_have_count(0)
    behaved(watched)
