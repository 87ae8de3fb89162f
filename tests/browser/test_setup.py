"""Set-up under a clinic admin's hands: a fee in three clicks or keys, leave in four, script or not (UI.md)."""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from apps.accounts.models import User
from apps.clinic import places, profile
from apps.core.clock import now
from apps.scheduling import catalogue
from apps.scheduling.calendars import time_off
from apps.scheduling.models import AppointmentType, TimeOff
from tests.axe import in_both_schemes
from tests.browser.test_day_sheet import PATIENCE, behaved
from tests.cast import RIVERSIDE, people_of
from tests.conftest import clinic_of
from tests.scheduling.crowd import Crowd, gather

pytestmark = pytest.mark.browser
KOLKATA = ZoneInfo("Asia/Kolkata")
SHOTS = os.environ.get("HPMS_SHOTS", "")  # a folder: keeps a picture of each page


@dataclass
class Office:
    """Riverside before the doors open, with Ada at her desk."""

    clinic: Any
    people: dict[str, User]
    crowd: Crowd
    page_of: Any = None
    house: Any = None

    def open(self, path: str = "/set-up/", **options: Any) -> Any:
        watched = self.page_of(self.clinic, self.people["ada"], **options)
        watched.page.set_default_timeout(PATIENCE)
        watched.page.goto(self.house.url(self.clinic, path))
        return watched


@pytest.fixture(scope="module")
def filled(house: Any) -> Office:
    riverside = clinic_of("riverside")
    midnight = datetime.now(KOLKATA).replace(hour=0, minute=5, second=0, microsecond=0)
    with riverside.inside():
        people = people_of("riverside", RIVERSIDE)
    ada = people["ada"]
    with riverside.inside(by=ada):
        crowd = gather(ada, providers=4, each=2, at=midnight, signs_in=[people["shah"]])
        physio = places.add_department(name="Physiotherapy", by=ada, at=now())
        places.add_room(name="Gym", department=physio, by=ada, at=now())
        catalogue.add_type(
            name="Follow-up", duration_minutes=15, rate="300", tax_name="GST", tax_rate="18", by=ada, at=now()
        )
        soon = now() + timedelta(days=60)
        time_off.take_leave(
            crowd.providers[0], starts_at=soon, ends_at=soon + timedelta(days=2), reason="Conference", by=ada, at=now()
        )
    return Office(riverside, people, crowd, house=house)


@pytest.fixture
def office(filled: Office, page_of: Any) -> Office:
    filled.page_of = page_of
    return filled


def paths(office: Office) -> list[str]:
    provider = office.crowd.providers[0].pk
    with office.clinic.inside(by=office.people["ada"]):
        offered = AppointmentType.objects.first()
    assert offered is not None
    return [
        "/set-up/",
        f"/set-up/providers/{provider}/hours/",
        f"/set-up/providers/{provider}/",
        f"/set-up/types/{offered.pk}/",
        "/set-up/closed-days/",
        "/set-up/clinic/",
        "/set-up/rooms/new/",
    ]


def test_set_up_passes_the_checker(office: Office) -> None:
    watched = office.open()
    for number, path in enumerate(paths(office)):
        watched.page.goto(office.house.url(office.clinic, path))
        assert in_both_schemes(watched.page) == [], path
        if SHOTS:
            watched.page.screenshot(path=f"{SHOTS}/setup-{number}.png", full_page=True)
    behaved(watched)


def test_a_fee_changes_with_three_clicks_or_keys(office: Office) -> None:
    watched = office.open("/schedule/")
    page = watched.page
    page.get_by_role("link", name="Set-up").click()  # 1
    page.get_by_label("Fee of Follow-up").click()  # 2
    page.keyboard.press("Control+a")  # part of typing
    page.keyboard.type("325")
    page.keyboard.press("Enter")  # 3
    page.get_by_text("Follow-up costs ₹325.00 from now on.").wait_for()
    behaved(watched)


@pytest.mark.parametrize("script", [True, False])
def test_leave_is_entered_with_four_clicks(office: Office, script: bool) -> None:
    watched = office.open(java_script_enabled=script)
    page = watched.page
    provider = office.crowd.providers[1 if script else 2]
    page.get_by_role("link", name=f"Leave {provider}").click()  # 1, after Set-up
    with office.clinic.inside():
        day = datetime.now(profile.current().zone).date() + timedelta(days=90)
    page.locator("[name=leave-first_day]").fill(str(day))
    page.get_by_role("button", name="Enter leave").click()  # 2
    page.get_by_role("button", name="Withdraw").wait_for()
    with office.clinic.inside():
        assert TimeOff.objects.filter(provider=provider).count() == 1
    behaved(watched)


def test_set_up_fits_a_phone(office: Office) -> None:
    watched = office.open(width=360, height=740)
    for path in paths(office):
        watched.page.goto(office.house.url(office.clinic, path))
        assert watched.page.evaluate("document.documentElement.scrollWidth") <= 360, path
    behaved(watched)
