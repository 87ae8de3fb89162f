"""The front desk's way to a patient in a real browser: found by two keys, registered, compared; and axe."""

from collections.abc import Callable
from typing import Any

import pytest

from apps.patients.models import Patient
from apps.patients.registration import deactivate
from tests.axe import wide_and_narrow
from tests.cast import RIVERSIDE, people_of
from tests.patients.factories import REGISTERED, PatientFactory

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("house")]


class Desk:
    """Sara at the desk, Ada in her office, and people in the register."""

    def __init__(self, clinic: Any) -> None:
        with clinic.inside():
            people = people_of("riverside", RIVERSIDE)
        self.sara, self.ada = people["sara"], people["ada"]
        with clinic.inside(by=self.ada):
            self.lakshmi = PatientFactory(
                by=self.ada,
                given_name="Lakshmi",
                middle_name="Devi",
                family_name="Narayanan",
                preferred_name="Lucky",
                phone="+91 98450 12345",
                email="lakshmi@example.org",
                address="12, Lake Road\nNear the temple",
                city="Mysuru",
                emergency_name="Suresh Narayanan",
                emergency_phone="98450 54321",
                blood_group="AB-",
                notes="Needs a wheelchair.",
                is_vip=True,
                is_blocked=True,
                blocked_reason="Three no-shows",
            ).pk
            PatientFactory(by=self.ada, given_name="Ravi", family_name="Venkataraghavan Subramaniam")
            gone = PatientFactory(by=self.ada, given_name="Meena", family_name="", age=40)
            self.meena = deactivate(gone, by=self.ada, at=REGISTERED, reason="Registered twice").pk


@pytest.fixture(scope="module")
def desks() -> dict[str, Desk]:
    """The house lives as long as the module, and so does what is in it."""
    return {}


@pytest.fixture
def desk(riverside: Any, desks: dict[str, Desk]) -> Desk:
    if "sara" not in desks:
        desks["sara"] = Desk(riverside)
    return desks["sara"]


def test_axe_finds_nothing(page_of: Callable[..., Any], house: Any, riverside: Any, desk: Desk) -> None:
    watched = page_of(riverside, desk.ada)
    for path in (
        "/patients/",
        "/patients/?status=all",
        f"/patients/{desk.lakshmi}/",
        f"/patients/{desk.meena}/",
        f"/patients/{desk.lakshmi}/details/",
        f"/patients/{desk.lakshmi}/deactivation/",
        "/patients/new/",
    ):
        watched.page.goto(house.url(riverside, path))
        assert wide_and_narrow(watched.page) == [], path
    assert (watched.foreign, watched.complaints) == ([], [])


def test_a_patient_is_found_with_a_slash_and_enter(
    page_of: Callable[..., Any], house: Any, riverside: Any, desk: Desk
) -> None:
    watched = page_of(riverside, desk.sara)
    page = watched.page
    page.goto(house.url(riverside, f"/patients/{desk.meena}/"))
    page.keyboard.press("/")
    page.keyboard.type("laks")
    page.locator("#found-patients").get_by_text("Lakshmi Devi Narayanan").wait_for()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Lakshmi Devi Narayanan").wait_for()
    assert page.url == house.url(riverside, f"/patients/{desk.lakshmi}/")
    assert (watched.foreign, watched.complaints) == ([], [])


def test_rows_follow_the_typing_and_lead_on_to_registering(
    page_of: Callable[..., Any], house: Any, riverside: Any, desk: Desk
) -> None:
    watched = page_of(riverside, desk.sara)
    page = watched.page
    page.goto(house.url(riverside, "/patients/"))
    page.locator("#patient-words").fill("12345")
    page.get_by_text("One patient found").wait_for()
    page.locator("#patient-words").fill("meena")
    page.locator("#patient-rows").get_by_text("Deactivated").wait_for()
    page.locator("#patient-words").fill("Wangari Maathai")
    page.get_by_role("link", name="Register a new patient").click()
    assert page.locator("[name=given_name]").input_value() == "Wangari"
    assert "wangari" not in page.url.lower()
    page.get_by_role("button", name="Register").click()
    page.get_by_role("heading", name="Wangari Maathai").wait_for()
    assert (watched.foreign, watched.complaints) == ([], [])


def test_without_scripts_a_duplicate_is_compared_and_registered(
    page_of: Callable[..., Any], house: Any, riverside: Any, desk: Desk
) -> None:
    page = page_of(riverside, desk.sara, java_script_enabled=False).page
    page.goto(house.url(riverside, "/patients/new/"))
    page.locator("[name=given_name]").fill("Laxmi")
    page.locator("[name=family_name]").fill("Narayanan")
    page.locator("[name=birth_date]").fill("12.3.84")
    page.locator("[name=phone]").fill("98450 12345")
    page.get_by_role("button", name="Register", exact=True).click()
    page.get_by_text("The clinic may know this person already").wait_for()
    page.get_by_label("Family name").press("Enter")  # compares again, and says nothing about who it is
    page.get_by_text("The clinic may know this person already").wait_for()
    page.get_by_role("button", name="It is somebody else").click()
    page.get_by_role("heading", name="Laxmi Narayanan").wait_for()
    with riverside.inside():
        assert Patient.objects.order_by("-registered_at")[0].given_name == "Laxmi"
    page.locator("#find-patient").fill("narayanan")
    page.locator("#find-patient").press("Enter")
    page.get_by_text("2 patients found").wait_for()
