"""The bar of a phone: at most five doors, each with its word, and every other department one tap further."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.axe import in_both_schemes
from tests.cast import RIVERSIDE, people_of

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("house")]
# Of each door: its word, its size, the size of its letters, and whether all of the word is in it.
DOORS = """() => [...document.querySelectorAll('.bar-nav > ul > li > *')].map(li => li.querySelector('summary') || li)
    .filter(door => door.checkVisibility()).map(door => {
        const [box, word] = [door.getBoundingClientRect(), door.querySelector('span')];
        const inner = word.getBoundingClientRect();
        const whole = word.scrollWidth <= Math.ceil(inner.width) && inner.left >= box.left && inner.right <= box.right
            && inner.bottom <= innerHeight && inner.top >= box.top;
        const letters = parseFloat(getComputedStyle(word).fontSize);
        return [word.innerText, Math.min(box.width, box.height) >= 44, letters >= 11, whole];
    })"""
SIDEWAYS = "[...document.querySelectorAll('html, .bar, .bar-nav')].some(one => one.scrollWidth > one.clientWidth)"


@pytest.mark.parametrize(
    ("person", "near", "far"),
    [
        ("nia", ["Schedule", "Flow board", "Waitlist", "Waiting room", "Patients"], []),
        ("sara", ["Schedule", "Waiting room", "Patients", "Billing", "More"], ["Flow board", "Waitlist"]),
        (
            "ada",
            ["Schedule", "Patients", "Billing", "Reports", "More"],
            ["My day", "Flow board", "Waitlist", "Waiting room", "Ledger", "Staff", "Audit", "Set-up"],
        ),
    ],
)
def test_every_door_has_its_word(
    page_of: Callable[..., Any], house: Any, riverside: Any, person: str, near: list[str], far: list[str]
) -> None:
    with riverside.inside():
        people = people_of("riverside", RIVERSIDE)
    watched = page_of(riverside, people[person], width=400, height=800)
    page = watched.page
    page.goto(house.url(riverside, "/waiting-room/"))
    for width in (400, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(DOORS) == [[word, True, True, True] for word in near]
        assert not page.evaluate(SIDEWAYS)
    if far:
        more = page.locator(".bar-more summary")
        more.press("Enter")
        expect(page.locator(".bar-more li")).to_have_text(far)
        for door in page.locator(".bar-more li a").all():
            box = door.bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= 320 and box["height"] >= 24
        assert not page.evaluate(SIDEWAYS)
        assert in_both_schemes(page) == []
        page.keyboard.press("Escape")
        expect(more).to_be_focused()
        expect(page.locator(".bar-more li").first).to_be_hidden()
    assert (watched.foreign, watched.complaints) == ([], [])


def test_a_door_behind_more_opens_without_a_script(page_of: Callable[..., Any], house: Any, riverside: Any) -> None:
    with riverside.inside():
        ada = people_of("riverside", RIVERSIDE)["ada"]
    page = page_of(riverside, ada, width=400, height=800, java_script_enabled=False).page
    page.goto(house.url(riverside, "/reports/"))
    page.locator(".bar-more summary").click()
    page.locator(".bar-more").get_by_role("link", name="Ledger").click()
    page.locator(".bar-more summary[aria-current]").wait_for()
    assert "/ledger/" in page.url
