"""Series, waitlist, rooms, blocked time, places kept in hand and overrides, under real hands (UI.md, issue 3)."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from apps.core.clock import at_wall_time, now
from apps.scheduling import booking
from apps.scheduling.models import Appointment, AppointmentSeries, Resource, WaitlistEntry
from tests.axe import wide_and_narrow
from tests.browser.test_day_sheet import KOLKATA, Desk, behaved, desk, filled

pytestmark = pytest.mark.browser
__all__ = ["desk", "filled"]
SOON = 20_000  # milliseconds


def tomorrow(desk: Desk, days: int = 1) -> date:
    return desk.crowd.day + timedelta(days=days)


def at(day: date, text: str) -> datetime:
    return at_wall_time(day, datetime.strptime(text, "%H:%M").time(), KOLKATA)


def book(desk: Desk, day: date, text: str, *, provider: int, patient: int = 0) -> Appointment:
    with desk.clinic.inside(by=desk.people["ada"]):
        return booking.book(
            patient=desk.crowd.patients[patient],
            provider=desk.crowd.providers[provider],
            appointment_type=desk.crowd.types[0],
            starts_at=at(day, text),
            by=desk.people["ada"],
            at=now(),
        )


def place(desk: Desk, day: date, text: str, provider: int) -> str:
    return f"provider={desk.crowd.providers[provider].pk}&day={day}&time={text}"


def choose_patient(page: Any, name: str) -> None:
    """By keys: the search has the focus, the first that it finds is taken."""
    expect(page.locator("#id_patient")).to_be_focused()
    page.keyboard.type(name)
    expect(page.locator(".found input").first).to_be_visible()
    if not page.locator(".found input:checked").count():
        page.keyboard.press("ArrowDown")
    expect(page.locator(".found input:checked")).to_have_count(1)


def test_a_series_is_booked_by_keys_and_the_date_that_is_taken_is_told_first(desk: Desk) -> None:
    first = tomorrow(desk)
    taken = book(desk, first + timedelta(days=7), "09:00", provider=0, patient=2)
    watched = desk.open(f"/schedule/series/?day={first}")
    page = watched.page
    choose_patient(page, "Rosa")
    page.get_by_label("Time", exact=True).fill("09:00")
    page.locator("#id_times").fill("3")
    page.keyboard.press("Enter")
    expect(page.locator(".dates-box [role=status]")).to_contain_text("One date cannot be had")
    expect(page.locator(".dates > .tone-red")).to_contain_text(taken.number)
    page.locator(".dates > .tone-red").get_by_label("Leave it out").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Book the chosen dates").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".toast-note")).to_contain_text("2 appointments")
    with desk.clinic.inside():
        assert AppointmentSeries.objects.get().appointments.count() == 2
    behaved(watched)


def test_a_patient_goes_on_the_waitlist_and_accepts_what_is_offered(desk: Desk) -> None:
    watched = desk.open("/waitlist/")
    page = watched.page
    page.keyboard.press("n")
    choose_patient(page, "Zo")
    page.get_by_label("From day").fill(tomorrow(desk).isoformat())  # today she is here already
    page.locator("#panel").get_by_role("button", name="Put on the waitlist").click()
    row = page.locator("tbody tr", has_text="Zoë")
    row.get_by_role("link", name="Offer…").click()
    page.locator("#panel [name=place]").first.click()
    row.get_by_role("button", name="Accept").click()
    expect(page.locator(".toast-note", has_text="Booked")).to_be_visible()
    with desk.clinic.inside():
        assert WaitlistEntry.objects.get().appointment is not None
    behaved(watched)


def test_a_treatment_room_is_set_up_by_keys(desk: Desk) -> None:
    watched = desk.open("/set-up/resources/", "ada")
    page = watched.page
    page.keyboard.press("n")
    page.get_by_label("Name", exact=True).fill("Laser room")
    page.get_by_label("Kind").fill("Laser")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Laser room")).to_be_visible()
    page.get_by_role("link", name=desk.crowd.types[3].name, exact=True).click()
    page.get_by_label("Laser").first.check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("tr", has_text=desk.crowd.types[3].name)).to_contain_text("Laser")
    with desk.clinic.inside():
        assert Resource.objects.get().name == "Laser room"
    behaved(watched)


def test_blocked_time_stands_on_the_open_sheet_of_another_desk_within_seconds(desk: Desk) -> None:
    day = tomorrow(desk, 2)
    sheet = desk.open(f"/schedule/?day={day}")
    expect(sheet.page.locator(".col")).to_have_count(3)
    admin = desk.open(f"/schedule/blocks/?day={day}", "ada")
    page = admin.page
    page.get_by_label("Whose time").select_option(label=desk.crowd.providers[0].name)
    page.get_by_label("Reason").fill("Team meeting")
    page.get_by_label("From day").fill(day.isoformat())
    page.get_by_label("From time").fill("12:00")
    page.get_by_label("Until time").fill("13:00")
    page.get_by_role("button", name="Block").click()
    expect(page.locator(".spans")).to_contain_text("Team meeting")
    expect(sheet.page.locator(".shut-why", has_text="Team meeting")).to_be_attached(timeout=SOON)
    page.get_by_role("button", name="Lift").click()
    expect(sheet.page.locator(".shut-why", has_text="Team meeting")).to_have_count(0, timeout=SOON)
    behaved(admin)
    behaved(sheet)


def test_a_place_is_kept_while_its_form_is_open_and_let_go_when_it_closes(desk: Desk) -> None:
    day = tomorrow(desk, 3)
    other = desk.open(f"/schedule/?day={day}", "ada")
    expect(other.page.locator(".col")).to_have_count(3)
    watched = desk.open(f"/schedule/?day={day}")
    page = watched.page
    page.keyboard.press("b")
    expect(page.locator("#panel [data-hold]")).to_contain_text("Kept for you until")
    held = other.page.locator(".is-held", has_text=desk.people["sara"].full_name)
    expect(held).to_be_attached(timeout=SOON)
    page.keyboard.press("Escape")
    expect(held).to_have_count(0, timeout=SOON)
    behaved(watched)
    behaved(other)


def test_the_desk_asks_for_an_override_and_one_click_of_a_clinic_admin_books_it(desk: Desk) -> None:
    day = tomorrow(desk, 4)
    there = book(desk, day, "10:00", provider=0, patient=1)
    watched = desk.open(f"/schedule/booking/?{place(desk, day, '10:00', 0)}")
    page = watched.page
    choose_patient(page, "Ali")
    page.keyboard.press("Enter")
    expect(page.locator("[data-errors]")).to_contain_text(there.number)
    page.get_by_label("Why it cannot wait").fill("Travels for two hours")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator(".toast-note")).to_contain_text("A clinic admin decides")
    admin = desk.open(f"/schedule/?day={day}", "ada")
    admin.page.get_by_label("More").click()
    admin.page.get_by_role("link", name="Override requests").click()
    admin.page.get_by_role("button", name="Approve and book").click()
    expect(admin.page.locator(".toast-note")).to_contain_text("Booked over")
    admin.page.goto(desk.house.url(desk.clinic, f"/schedule/?day={day}"))
    expect(admin.page.locator(".ap.is-over")).to_have_count(1)
    assert watched.foreign == []
    assert all("409 (Conflict)" in words for words in watched.complaints)  # the refusals, which a browser notes
    behaved(admin)


PAGES = (
    ("sara", "/schedule/series/"),
    ("sara", "/waitlist/"),
    ("sara", "/waitlist/new/"),
    ("ada", "/set-up/resources/"),
    ("ada", "/schedule/blocks/"),
    ("ada", "/schedule/override-requests/"),
)


def test_the_pages_pass_the_checker_and_fit(desk: Desk) -> None:
    """Last, so that there is something on them."""
    for who, path in PAGES:
        watched = desk.open(path, who)
        behaved(watched)
        assert wide_and_narrow(watched.page) == [], path
