"""Check-in, waiting room and public screen under real hands; clicks are counted against UI.md."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from apps.core.clock import now
from apps.scheduling import attendance
from apps.scheduling.arrival import screens, waiting_room
from apps.scheduling.arrival.tickets import ticket_of
from apps.scheduling.models import Appointment, QueueTicket
from tests.axe import in_both_schemes, violations
from tests.browser.test_day_sheet import Desk, behaved, link
from tests.cast import RIVERSIDE, people_of
from tests.conftest import clinic_of
from tests.scheduling.crowd import gather

pytestmark = pytest.mark.browser
KOLKATA = ZoneInfo("Asia/Kolkata")


@pytest.fixture(scope="module")
def filled(house: Any) -> Desk:
    riverside = clinic_of("riverside")
    midnight = datetime.now(KOLKATA).replace(hour=0, minute=1, second=0, microsecond=0)
    with riverside.inside():
        people = people_of("riverside", RIVERSIDE)
    with riverside.inside(by=people["ada"]):
        crowd = gather(people["ada"], providers=3, each=6, at=midnight, signs_in=[people["shah"]])
    return Desk(riverside, people, crowd, house=house)


@pytest.fixture
def desk(filled: Desk, page_of: Any) -> Desk:
    filled.page_of = page_of
    return filled


def arrive(desk: Desk, appointment: Appointment) -> QueueTicket:
    with desk.clinic.inside(by=desk.people["sara"]):
        attendance.arrive(appointment, by=desk.people["sara"], at=now())
        found = ticket_of(appointment)
        assert found is not None
        return found


def of_provider(desk: Desk, place: int) -> list[Appointment]:
    return [one for one in desk.crowd.appointments if one.provider == desk.crowd.providers[place]]


def test_check_in_with_copay_is_two_clicks(desk: Desk) -> None:
    visit = of_provider(desk, 1)[0]
    watched = desk.open()
    page = watched.page
    link(page, visit).click()  # 1
    page.get_by_role("button", name="Take ₹").click()  # 2
    page.locator("#panel .token").wait_for()
    page.locator(f"#ap-{visit.pk}.tone-amber").wait_for()
    assert desk.fresh(visit).status == "arrived"
    behaved(watched)
    assert violations(page) == []


def test_check_in_without_payment_asks_why_and_keeps_the_panel(desk: Desk) -> None:
    visit = of_provider(desk, 1)[1]
    watched = desk.open()
    page = watched.page
    page.set_viewport_size({"width": 1440, "height": 480})
    link(page, visit).click()
    expect(page.get_by_role("button", name="Take ₹")).to_be_focused()
    assert page.locator("#panel").evaluate("panel => panel.scrollTop") == 0  # who, when and with whom are seen first
    page.locator("summary", has_text="Check in without payment").click()
    page.get_by_role("button", name="Check in without payment").click()
    page.get_by_text("is due: take it, or say why not").first.wait_for()
    tops = "panel => ['.panel-head', '[data-errors]'].map((css) => panel.querySelector(css).getBoundingClientRect())"
    head, errors = page.locator("#panel").evaluate(tops)
    assert errors["top"] >= head["bottom"] and errors["bottom"] <= 480
    page.locator("select[name=unpaid_because]").select_option("forgot")
    page.get_by_role("button", name="Check in without payment").click()
    page.locator("#panel .token").wait_for()
    assert desk.fresh(visit).status == "arrived"
    # Answers of 400 are told in the console by the browser itself.
    assert watched.foreign == []


def test_the_amount_on_the_button_follows_what_is_typed(desk: Desk) -> None:
    watched = desk.open()
    page = watched.page
    link(page, of_provider(desk, 1)[2]).click()
    page.locator("#panel input[name=amount]").fill("120")
    page.get_by_role("button", name="Take 120 and check in").wait_for()
    assert violations(page) == []


@pytest.mark.parametrize(("scheme", "width", "place"), [("light", 1440, 3), ("dark", 400, 4)])
def test_the_change_of_the_copay_is_told_while_it_is_typed(desk: Desk, scheme: str, width: int, place: int) -> None:
    visit = of_provider(desk, 1)[place]
    watched = desk.open(f"/appointments/{visit.pk}/", color_scheme=scheme, width=width)
    page = watched.page
    taken = page.get_by_role("button", name="Take ₹").inner_text().split("₹")[1].split(" ")[0]
    page.get_by_label("Cash given").press_sequentially("5000")
    expect(page.locator(".change")).to_contain_text("Change: ₹")
    page.get_by_label("How").select_option("card")
    expect(page.get_by_label("Cash given")).to_be_hidden()
    page.get_by_label("How").select_option("cash")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    page.get_by_role("button", name=f"Take ₹{taken}").click()
    expect(page.locator(".change-due")).to_contain_text("₹5,000.00 given, change")
    assert violations(page) == []
    behaved(watched)


def test_the_waiting_room_passes_the_checker(desk: Desk) -> None:
    for visit in of_provider(desk, 2)[:1]:
        if desk.fresh(visit).status == "scheduled":
            arrive(desk, visit)
    for width in (1440, 400):
        watched = desk.open("/waiting-room/", width=width)
        page = watched.page
        page.locator(".place").first.wait_for()
        behaved(watched)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert in_both_schemes(page) == []


def test_n_calls_the_next_and_a_call_by_somebody_else_appears(desk: Desk) -> None:
    first, second = (arrive(desk, visit) for visit in of_provider(desk, 0)[:2])
    watched = desk.open("/waiting-room/", "shah")
    page = watched.page
    card = page.locator(f"#queue-{desk.crowd.providers[0].pk}")
    card.locator(".place-token", has_text=first.token).wait_for()
    page.keyboard.press("n")
    card.locator(".place", has_text=first.token).get_by_text("Called").wait_for()
    with desk.clinic.inside(by=desk.people["nia"]):
        waiting_room.call(second, by=desk.people["nia"], at=now())
    card.locator(".place", has_text=second.token).get_by_text("Called").wait_for()
    behaved(watched)


def test_the_provider_calls_in_with_one_key(desk: Desk) -> None:
    third = arrive(desk, of_provider(desk, 0)[2])
    watched = desk.open("/my-day/", "shah")
    page = watched.page
    page.locator("#my-next").wait_for()
    page.keyboard.press("n")
    page.get_by_text("In session").first.wait_for()
    assert desk.fresh(third.appointment).status == "in_session"
    behaved(watched)


@pytest.mark.parametrize("look", ["dark", "light"])
def test_the_public_screen_shows_a_call_within_seconds(desk: Desk, look: str) -> None:
    with desk.clinic.inside(by=desk.people["ada"]):
        _screen, secret = screens.hang_up(
            name=look, appearance=look, chimes=look == "light", by=desk.people["ada"], at=now()
        )
    watched = desk.page_of(desk.clinic, width=1920, height=1080)
    page = watched.page
    page.goto(desk.house.url(desk.clinic, f"/waiting-room/screen/{secret}/"))
    visit = of_provider(desk, 2)[3 if look == "dark" else 4]
    ticket = arrive(desk, visit)
    with desk.clinic.inside(by=desk.people["sara"]):
        waiting_room.call(ticket, by=desk.people["sara"], at=now() + timedelta(seconds=1))
    page.locator(".now-call", has_text=ticket.token).wait_for()
    behaved(watched)
    assert violations(page) == []


def test_the_screen_goes_on_without_a_script(desk: Desk) -> None:
    with desk.clinic.inside(by=desk.people["ada"]):
        _screen, secret = screens.hang_up(name="Old set", by=desk.people["ada"], at=now())
    watched = desk.page_of(desk.clinic, java_script_enabled=False)
    page = watched.page
    page.goto(desk.house.url(desk.clinic, f"/waiting-room/screen/{secret}/"))
    page.locator("footer").get_by_text("waiting").wait_for()
