"""The day sheet under real hands: keys, mouse, a phone, no script at all; and what a checker finds on it (UI.md)."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from apps.accounts.models import User
from apps.core.clock import now
from apps.scheduling import attendance
from apps.scheduling.calendars import time_off
from apps.scheduling.models import Appointment
from tests.axe import in_both_schemes, violations
from tests.cast import RIVERSIDE, people_of
from tests.conftest import clinic_of
from tests.scheduling.crowd import Crowd, gather

pytestmark = pytest.mark.browser
ESSENTIAL = ("target-size",)  # an appointment is as high as it is long, which WCAG 2.5.8 allows
KOLKATA = ZoneInfo("Asia/Kolkata")
PATIENCE = 20_000


@dataclass
class Desk:
    """Riverside on a day on which nobody has come yet."""

    clinic: Any
    people: dict[str, User]
    crowd: Crowd
    page_of: Any = None
    house: Any = None

    def open(self, path: str = "/schedule/", person: str = "sara", **options: Any) -> Any:
        watched = self.page_of(self.clinic, self.people[person], **options)
        watched.page.set_default_timeout(PATIENCE)
        watched.page.goto(self.house.url(self.clinic, path))
        return watched

    def fresh(self, appointment: Appointment) -> Appointment:
        with self.clinic.inside():
            return Appointment.objects.get(pk=appointment.pk)

    def starts(self, appointment: Appointment) -> str:
        return f"{self.fresh(appointment).starts_at.astimezone(KOLKATA):%H:%M}"


@pytest.fixture(scope="module")
def filled(house: Any) -> Desk:
    riverside = clinic_of("riverside")
    midnight = datetime.now(KOLKATA).replace(hour=0, minute=5, second=0, microsecond=0)
    with riverside.inside():
        people = people_of("riverside", RIVERSIDE)
    with riverside.inside(by=people["ada"]):
        shah = people["shah"]
        crowd = gather(people["ada"], providers=3, each=4, at=midnight, booked_at=midnight, signs_in=[shah])
    return Desk(riverside, people, crowd, house=house)


@pytest.fixture
def desk(filled: Desk, page_of: Any) -> Desk:
    filled.page_of = page_of
    return filled


def link(page: Any, appointment: Appointment) -> Any:
    return page.locator(f"#ap-{appointment.pk}")


def behaved(watched: Any) -> None:
    """Nothing left the origin, broke the policy or threw."""
    assert watched.foreign == []
    assert watched.complaints == []


@pytest.mark.parametrize("path", ["/schedule/", "/schedule/?view=week", "/schedule/?view=list", "/schedule/booking/"])
def test_pages_of_the_desk_pass_the_checker(desk: Desk, path: str) -> None:
    watched = desk.open(path)
    behaved(watched)
    assert in_both_schemes(watched.page, off=ESSENTIAL) == []


def test_my_day_passes_the_checker(desk: Desk) -> None:
    watched = desk.open("/my-day/", "shah")
    behaved(watched)
    assert in_both_schemes(watched.page, off=ESSENTIAL) == []


def test_panels_and_dialogs_pass_the_checker(desk: Desk) -> None:
    watched = desk.open()
    page = watched.page
    link(page, desk.crowd.appointments[0]).click()
    page.locator("#panel .facts").first.wait_for()
    assert in_both_schemes(page, off=ESSENTIAL) == []
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    page.locator("#panel form.booking").wait_for()
    assert in_both_schemes(page, off=ESSENTIAL) == []
    page.keyboard.press("Escape")
    for keys, dialog in (("?", "#help"), ("Control+k", "#palette")):
        page.keyboard.press(keys)
        page.locator(f"{dialog}[open]").wait_for()
        assert in_both_schemes(page, off=ESSENTIAL) == []
        page.keyboard.press("Escape")


def test_a_slot_is_booked_without_touching_the_mouse(desk: Desk) -> None:
    watched = desk.open()
    page = watched.page
    page.keyboard.press("b")
    page.locator("#id_patient").wait_for()
    page.keyboard.type("Rosa")
    page.locator(".found input:checked").wait_for()
    page.keyboard.press("Enter")
    page.locator(".toast-note", has_text="Booked").wait_for()
    expect(page.locator("#panel[open]")).to_have_count(0)
    behaved(watched)


def test_click_an_empty_place_and_its_time_stands_in_the_form(desk: Desk) -> None:
    watched = desk.open()
    page = watched.page
    column = page.locator(".col-grid").nth(1)
    box = column.bounding_box()
    rows = 12 * 12
    # 15:30 is 7.5 hours below 08:00.
    page.locator("#sheet").evaluate("(sheet) => { sheet.scrollTop = 500; }")
    top = column.bounding_box()["y"]
    page.mouse.click(box["x"] + box["width"] / 2, top + box["height"] * (90 / rows) + 3)
    page.locator("#panel form.booking").wait_for()
    assert page.locator("[name=starts]").input_value() == "15:30"
    assert page.locator("#id_provider").input_value() == str(desk.crowd.providers[1].pk)
    behaved(watched)


@pytest.mark.parametrize("width", [1440, 400])
def test_what_the_booking_panel_offers_stands_in_one_row(desk: Desk, width: int) -> None:
    page = desk.open(width=width).page
    page.keyboard.press("b")
    page.locator("#panel .times").wait_for()
    acts = page.locator("#panel .booking > .form-actions > .btn").all()
    assert len(acts) == 4 and len({act.bounding_box()["y"] for act in acts}) == 1


def test_what_is_said_of_the_day_follows_the_form(desk: Desk) -> None:
    """Whether the chosen provider has a free time on the day that was asked for, and which is the next one."""
    away, here, third = desk.crowd.providers
    day = desk.crowd.day + timedelta(days=7)
    following = day + timedelta(days=1)
    ada = desk.people["ada"]
    with desk.clinic.inside(by=ada):
        start = datetime.combine(day, time(), KOLKATA)
        time_off.take_leave(away, starts_at=start, ends_at=start + timedelta(days=1), by=ada, at=now())
    watched = desk.open(f"/schedule/booking/?day={day}&provider={away.pk}")
    page = watched.page
    said, provider = page.locator("#of-the-day"), page.locator("#id_provider")
    first = page.locator(".times button").first
    on_day = f"{away} has no free time on {day:%a} {day.day} {day:%b}"
    expect(first).to_have_attribute("data-day", str(following))
    expect(said).to_have_text(f"{on_day}: this is the next one.")
    provider.select_option(str(here.pk))
    expect(first).to_have_attribute("data-day", str(day))
    expect(said).to_have_text("")
    provider.select_option(str(away.pk))
    expect(said).to_have_text(f"{on_day}: this is the next one.")
    page.locator("#id_day").fill(str(day))
    expect(said).to_have_text(f"{on_day}: the next ones are below.")
    with desk.clinic.inside(by=ada):
        for one in (here, third):
            time_off.take_leave(one, starts_at=start, ends_at=start + timedelta(days=1), by=ada, at=now())
    page.locator("#id_appointment_type").select_option(label="Physio")
    expect(said).to_contain_text("Nobody has a free time on")
    behaved(watched)


def test_an_appointment_moves_by_four_keys_and_back_by_one(desk: Desk) -> None:
    moved = desk.crowd.appointments[
        7
    ]  # in the column in which no test books: at some hours the next free time is right behind [3]
    before = desk.starts(moved)
    watched = desk.open()
    page = watched.page
    link(page, moved).focus()
    for key in ("m", "ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    page.locator(".toast-note", has_text="Moved").wait_for()
    assert desk.starts(moved) != before
    page.keyboard.press("u")
    page.locator(".toast-note", has_text=before).wait_for()
    assert desk.starts(moved) == before
    behaved(watched)


def test_an_appointment_is_dragged_to_another_provider(desk: Desk) -> None:
    moved = desk.crowd.appointments[7]
    watched = desk.open()
    page = watched.page
    handle = link(page, moved)
    handle.scroll_into_view_if_needed()
    start = handle.bounding_box()
    goal = page.locator(".col-grid").nth(2).bounding_box()
    page.mouse.move(start["x"] + 30, start["y"] + 6)
    page.mouse.down()
    page.mouse.move(start["x"] + 60, start["y"] + 20, steps=4)
    page.mouse.move(goal["x"] + 40, start["y"] + 150, steps=6)
    page.mouse.up()
    page.locator(".toast-note", has_text="Moved").wait_for()
    assert desk.fresh(moved).provider_id == desk.crowd.providers[2].pk
    expect(page.locator(f"#col-{desk.crowd.providers[2].pk}-{desk.crowd.day:%Y%m%d} #ap-{moved.pk}")).to_have_count(1)
    behaved(watched)


def test_a_drag_onto_somebody_says_who_and_offers_three_times(desk: Desk) -> None:
    first, second = desk.crowd.appointments[0], desk.crowd.appointments[1]
    before = desk.starts(first)
    watched = desk.open()
    page = watched.page
    link(page, first).focus()
    page.keyboard.press("m")
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator("#panel .alert-box", has_text=second.number).wait_for()
    expect(page.locator("#panel button[name=at]")).to_have_count(3)
    assert desk.starts(first) == before


def test_no_card_shows_half_a_line(desk: Desk) -> None:
    page = desk.open().page
    page.evaluate("document.querySelectorAll('.col').forEach((col) => { col.style.flex = 'none'; })")  # as of nine
    page.evaluate("document.querySelectorAll('.ap small').forEach((one) => { one.prepend('owes ₹1,234.00 · '); })")
    cut = "cards => cards.filter((one) => one.scrollHeight > one.clientHeight).map((one) => one.textContent)"
    assert page.locator(".ap").evaluate_all(cut) == []


def test_an_arrow_reaches_the_sheet_from_anywhere(desk: Desk) -> None:
    page = desk.open().page
    page.keyboard.press("ArrowDown")
    expect(page.locator(".ap:focus")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#panel[open] h2")).to_be_visible()


def test_the_slash_of_a_habit_is_no_part_of_what_is_looked_for(desk: Desk) -> None:
    page = desk.open("/patients/").page
    expect(page.locator("#patient-words")).to_be_focused()
    page.keyboard.type("/rad")
    expect(page.locator("#patient-words")).to_have_value("rad")


def test_check_in_is_two_clicks_and_shows_at_once(desk: Desk) -> None:
    coming = desk.crowd.appointments[4]
    watched = desk.open()
    page = watched.page
    link(page, coming).click()
    page.get_by_role("button", name="Take ₹").click()
    page.locator(f"#ap-{coming.pk}.tone-amber").wait_for()
    assert desk.fresh(coming).status == "arrived"
    behaved(watched)


def test_a_provider_starts_and_completes_with_one_click_each(desk: Desk) -> None:
    visit = desk.crowd.appointments[0]
    with desk.clinic.inside(by=desk.people["sara"]):
        attendance.arrive(visit, by=desk.people["sara"], at=now())
    watched = desk.open("/my-day/", "shah")
    watched.page.get_by_role("button", name="Start visit").click()
    watched.page.get_by_role("button", name="Complete visit").click()
    watched.page.locator(".toast-note", has_text="invoice is drafted").wait_for()
    assert desk.fresh(visit).status == "completed"
    behaved(watched)


def test_what_another_desk_changes_appears_by_itself(desk: Desk) -> None:
    watched = desk.open()
    waiting = desk.crowd.appointments[8]
    link(watched.page, waiting).wait_for()
    other = desk.open()
    link(other.page, waiting).click()
    other.page.get_by_role("button", name="Take ₹").click()
    other.page.locator(f"#ap-{waiting.pk}.tone-amber").wait_for()
    watched.page.locator(f"#ap-{waiting.pk}.tone-amber").wait_for()
    behaved(watched)


def test_all_of_it_works_without_a_script(desk: Desk) -> None:
    watched = desk.open("/schedule/booking/", java_script_enabled=False)
    page = watched.page
    page.fill("#id_patient", "Ali")
    page.locator("button[name=find]").click()
    page.locator("[name=patient]").first.check()
    page.get_by_role("button", name="Book", exact=True).click()
    page.locator(".toast-note", has_text="Booked").wait_for()
    page.locator(".ap").last.click()
    page.get_by_role("link", name="Move").click()
    expect(page.locator("[name=starts]")).to_have_count(1)


def test_on_a_phone_the_sheet_is_a_list(desk: Desk) -> None:
    watched = desk.open(width=390, height=800, has_touch=True, is_mobile=True)
    page = watched.page
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
    box = link(page, desk.crowd.appointments[1]).bounding_box()
    assert box["height"] >= 44 and box["width"] > 250
    behaved(watched)
    assert violations(page, off=ESSENTIAL) == []


def test_the_focus_is_never_under_the_bars(desk: Desk) -> None:
    page = desk.open(height=500).page
    page.locator("#sheet").evaluate("(sheet) => { sheet.scrollTop = 99999; }")
    for appointment in (desk.crowd.appointments[0], desk.crowd.appointments[11]):
        link(page, appointment).focus()
        page.wait_for_timeout(100)
        box = link(page, appointment).bounding_box()
        head = page.locator(".col-head").first.bounding_box()
        assert box["y"] >= head["y"] + head["height"] - 1


def test_single_letters_can_be_turned_off(desk: Desk) -> None:
    page = desk.open().page
    page.keyboard.press("?")
    page.locator("#single-keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    page.wait_for_timeout(400)
    assert not page.locator("#panel[open]").count()
    page.keyboard.press("Control+k")
    page.locator("#palette[open]").wait_for()


def test_the_palette_and_g_go_places(desk: Desk) -> None:
    page = desk.open().page
    page.keyboard.press("Control+k")
    page.keyboard.type("pati")
    page.keyboard.press("Enter")
    page.wait_for_url("**/patients/**")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.wait_for_url("**/schedule/")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "find-patient"


def test_the_appearance_is_remembered(desk: Desk) -> None:
    page = desk.open(color_scheme="light").page
    page.locator(".bar-me summary").click()
    page.locator(".menu [data-appearance=dark]").click()
    page.reload()
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


def test_nothing_of_a_patient_is_kept_in_the_browser(desk: Desk) -> None:
    page = desk.open().page
    page.keyboard.press("b")
    page.locator("#id_patient").fill("Rosa")
    page.locator(".found").wait_for()
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "Rosa" not in kept and "PAT-" not in kept
