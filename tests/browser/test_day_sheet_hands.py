"""The day sheet in more than one hand: lengths pulled, a finger, two desks at once (UI.md, issue 3)."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from apps.core.clock import now
from apps.scheduling import booking
from apps.scheduling.models import Appointment
from tests.browser.test_day_sheet import Desk, behaved, desk, filled, link

pytestmark = pytest.mark.browser
__all__ = ["desk", "filled"]


def minutes(desk: Desk, appointment: Appointment) -> int:
    return int(desk.fresh(appointment).duration.total_seconds() // 60)


def toast(page: Any, words: str) -> Any:
    return page.locator(".toast-note", has_text=words).first


def test_the_lower_edge_is_pulled_and_undo_pulls_it_back(desk: Desk) -> None:
    last = desk.crowd.appointments[3]
    before = minutes(desk, last)
    watched = desk.open()
    page = watched.page
    link(page, last).scroll_into_view_if_needed()
    box = link(page, last).bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + box["height"] - 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 30, box["y"] + box["height"] + 14, steps=3)
    page.mouse.move(box["x"] + 30, box["y"] + box["height"] + 36, steps=4)
    page.mouse.up()
    expect(toast(page, "minutes")).to_be_visible()
    after = minutes(desk, last)
    assert after > before
    page.keyboard.press("u")
    expect(toast(page, f"Now {before} minutes")).to_be_visible()
    assert minutes(desk, last) == before
    behaved(watched)


def test_the_length_changes_by_keys(desk: Desk) -> None:
    last = desk.crowd.appointments[3]
    before = minutes(desk, last)
    watched = desk.open()
    page = watched.page
    link(page, last).focus()
    for key in ("l", "ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    expect(toast(page, f"Now {before + 10} minutes")).to_be_visible()
    page.keyboard.press("u")
    expect(toast(page, f"Now {before} minutes")).to_be_visible()
    behaved(watched)


def test_who_moves_what_another_has_just_moved_is_told(desk: Desk) -> None:
    moved = desk.crowd.appointments[7]
    watched = desk.open()
    page = watched.page
    link(page, moved).focus()
    page.keyboard.press("m")  # in hand: the sheet does not change under it
    with desk.clinic.inside(by=desk.people["ada"]):
        booking.reschedule(
            moved, starts_at=desk.crowd.when("18:00"), by=desk.people["ada"], at=desk.crowd.when("00:10")
        )
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#panel .alert-box", has_text="Ada Mensah has just moved this")).to_be_visible()
    assert desk.starts(moved) == "18:00"


def test_a_finger_presses_long_and_moves(desk: Desk) -> None:
    moved = desk.crowd.appointments[11]
    before = desk.starts(moved)
    watched = desk.open(width=1024, height=768, has_touch=True)
    page = watched.page
    link(page, moved).scroll_into_view_if_needed()
    box = link(page, moved).bounding_box()
    x, y = box["x"] + 30, box["y"] + 5
    hand = page.context.new_cdp_session(page)

    def finger(kind: str, *points: dict[str, float]) -> None:
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})

    finger("touchStart", {"x": x, "y": y})
    expect(link(page, moved)).to_have_class(re.compile("is-moving"))
    for step in (20, 45, 70):
        finger("touchMove", {"x": x, "y": y + step})
    expect(page.locator(".ghost")).to_be_visible()
    finger("touchEnd")
    expect(toast(page, "Moved")).to_be_visible()
    assert desk.starts(moved) != before
    behaved(watched)


def test_a_tap_opens_the_panel_and_its_targets_fit_a_finger(desk: Desk) -> None:
    watched = desk.open(width=1024, height=768, has_touch=True)
    page = watched.page
    link(page, desk.crowd.appointments[2]).tap()
    page.get_by_role("link", name="Move").tap()
    page.locator("#panel [name=minutes]").wait_for()
    for target in page.locator("#panel :is(.form-control, .form-select, .btn-primary):visible").all():
        assert target.bounding_box()["height"] >= 40
    behaved(watched)


def test_changes_of_others_are_said_politely_and_keep_the_focus(desk: Desk) -> None:
    watched = desk.open()
    page = watched.page
    here = desk.crowd.appointments[9]
    link(page, here).focus()
    expect(page.locator("[data-live]")).to_have_attribute("data-seen", re.compile("."))  # it has asked once
    expect(link(page, desk.crowd.appointments[10])).to_have_count(1)
    with desk.clinic.inside(by=desk.people["ada"]):
        booking.cancel(desk.crowd.appointments[10], by=desk.people["ada"], at=now(), reason="Call")
    expect(link(page, desk.crowd.appointments[10])).to_have_count(0, timeout=60_000)
    expect(page.locator("#live-says")).to_contain_text("Changed by others")
    assert page.evaluate("document.activeElement.id") == f"ap-{here.pk}"
    behaved(watched)
