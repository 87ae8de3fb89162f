"""Free times, fees, leave and calendars in a real browser: the checker, a phone, keys only, no script."""

import os
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from apps.core.clock import now
from apps.scheduling.calendars import leave
from apps.scheduling.models import Fee
from tests.axe import in_both_schemes
from tests.browser.test_day_sheet import KOLKATA, Desk, behaved
from tests.cast import RIVERSIDE, people_of
from tests.conftest import clinic_of
from tests.scheduling.crowd import gather

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("HPMS_SHOTS", "")  # a folder: keeps a picture of each page
PAGES = (
    ("sara", "/schedule/free-times/"),
    ("ada", "/set-up/fees/"),
    ("ada", "/set-up/leave-requests/"),
    ("ada", "/set-up/closed-days/"),
    ("shah", "/my-leave/"),
    ("shah", "/my-calendar/"),
)


@pytest.fixture(scope="module")
def filled(house: Any) -> Desk:
    riverside = clinic_of("riverside")
    midnight = datetime.now(KOLKATA).replace(hour=0, minute=5, second=0, microsecond=0)
    with riverside.inside():
        people = people_of("riverside", RIVERSIDE)
    with riverside.inside(by=people["ada"]):
        crowd = gather(people["ada"], providers=3, each=4, at=midnight, signs_in=[people["shah"]])
        soon = now() + timedelta(days=9)
        leave.ask_for_leave(
            crowd.providers[0],
            starts_at=soon,
            ends_at=soon + timedelta(days=2),
            reason="Wedding",
            by=people["shah"],
            at=now(),
        )
    return Desk(riverside, people, crowd, house=house)


@pytest.fixture
def desk(filled: Desk, page_of: Any) -> Desk:
    filled.page_of = page_of
    return filled


@pytest.mark.parametrize(("who", "path"), PAGES)
def test_pages_pass_the_checker(desk: Desk, who: str, path: str) -> None:
    watched = desk.open(path, who)
    behaved(watched)
    if SHOTS:
        watched.page.screenshot(path=f"{SHOTS}/{path.strip('/').replace('/', '-')}.png", full_page=True)
    assert in_both_schemes(watched.page) == []


def test_pages_fit_a_phone(desk: Desk) -> None:
    for who, path in PAGES:
        watched = desk.open(path, who, width=360, height=740)
        assert watched.page.evaluate("document.documentElement.scrollWidth") <= 360, path
        if SHOTS:
            watched.page.screenshot(path=f"{SHOTS}/{path.strip('/').replace('/', '-')}-phone.png", full_page=True)


@pytest.mark.parametrize("script", [True, False])
def test_a_time_is_found_and_one_click_opens_the_form_filled_in(desk: Desk, script: bool) -> None:
    watched = desk.open("/schedule/free-times/", java_script_enabled=script)
    page = watched.page
    first = page.locator("#found .times a").first
    words = (first.text_content() or "").strip()
    first.click()
    expect(page.locator("#id_starts")).to_have_value(words)
    behaved(watched)


def test_keys_alone_find_a_time_later_in_the_day(desk: Desk) -> None:
    watched = desk.open()
    page = watched.page
    page.keyboard.press("f")
    page.wait_for_url("**/schedule/free-times/")
    page.get_by_label("Not before").fill("12:00")
    page.get_by_label("Not before").press("Enter")
    page.wait_for_url("**after=12%3A00**")
    page.wait_for_load_state("networkidle")  # leaving a box asks as well as Enter does; the later answer stays
    first = page.locator("#found .times a").first
    first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Patient", exact=True)).to_be_focused()
    behaved(watched)


def test_a_fee_of_a_provider_changes_with_three_clicks_or_keys(desk: Desk) -> None:
    watched = desk.open("/set-up/", "ada")
    page = watched.page
    page.get_by_role("link", name="Fees").click()  # 1
    page.locator(".fee-cell input").first.click()  # 2
    page.keyboard.type("725")
    page.keyboard.press("Enter")  # 3
    page.get_by_text("One fee is changed.").wait_for()
    with desk.clinic.inside():
        assert Fee.objects.get().rate == 725
    behaved(watched)
