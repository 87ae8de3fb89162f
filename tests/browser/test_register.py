"""Duplicates, merging and files of patients in a real browser: axe, phones, and one walk through each."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from apps.patients import merging, review
from apps.patients.files import importing, steps
from apps.patients.models import DuplicatePair
from tests.axe import wide_and_narrow
from tests.cast import RIVERSIDE, people_of
from tests.patients.factories import REGISTERED, PatientFactory

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("house")]
FILE = """First name,Last name,DOB,Sex,Mobile,Remarks
Zoë,Müller,13/02/1990,F,+49 170 1234567,"likes tea, and quiet"
Ravi,Rao,31/02/1971,M,=1+1,
Lakshmi,Narayanan,12/03/1984,F,,
"""


class Office:
    """Ada's office: two pairs to review, one merge, and files in every state."""

    def __init__(self, clinic: Any) -> None:
        with clinic.inside():
            people = people_of("riverside", RIVERSIDE)
        self.ada = people["ada"]
        with clinic.inside(by=self.ada):
            make = {"by": self.ada, "family_name": "Narayanan"}
            self.first = PatientFactory(**make, given_name="Lakshmi", phone="+91 98450 12345", notes="Wheelchair")
            self.second = PatientFactory(
                **make, given_name="Laxmi", phone="98450 12345", is_blocked=True, blocked_reason="Three no-shows"
            )
            self.third = PatientFactory(**make, given_name="Lakshmi", phone="", email="l@mail.example")
            self.merge = merging.merge(
                self.first, self.third, take={"email"}, by=self.ada, at=REGISTERED, reason="Registered by phone"
            )
            review.ask_for_all(at=REGISTERED)
            assert review.compare_step(at=REGISTERED)
            self.uploaded = importing.upload(FILE.encode(), file_name="old.csv", by=self.ada, at=REGISTERED)
            checked = importing.upload(FILE.encode(), file_name="older.csv", by=self.ada, at=REGISTERED)
            self.checked = importing.check(
                checked, mapping=checked.mapping, date_order="dmy", on_duplicate="skip", at=REGISTERED
            )


@pytest.fixture(scope="module")
def offices() -> dict[str, Office]:
    """The house lives as long as the module, and so does what is in it."""
    return {}


@pytest.fixture
def office(riverside: Any, offices: dict[str, Office]) -> Office:
    if "ada" not in offices:
        offices["ada"] = Office(riverside)
    return offices["ada"]


def test_axe_finds_nothing(page_of: Callable[..., Any], house: Any, riverside: Any, office: Office) -> None:
    watched = page_of(riverside, office.ada)
    for path in (
        "/patients/duplicates/",
        "/patients/duplicates/?show=dismissed",
        f"/patients/{office.first.pk}/likely/",
        f"/patients/{office.first.pk}/comparison/{office.second.pk}/",
        f"/patients/merges/{office.merge.pk}/separation/",
        f"/patients/{office.first.pk}/",
        "/patients/imports/",
        f"/patients/imports/{office.uploaded.pk}/",
        f"/patients/imports/{office.checked.pk}/",
        f"/patients/imports/{office.checked.pk}/?show=duplicates",
        "/patients/export/",
    ):
        watched.page.goto(house.url(riverside, path))
        assert wide_and_narrow(watched.page) == [], path
    assert (watched.foreign, watched.complaints) == ([], [])


def test_without_scripts_two_records_are_told_apart_compared_merged_and_taken_apart(
    page_of: Callable[..., Any], house: Any, riverside: Any, office: Office
) -> None:
    from playwright.sync_api import expect

    page = page_of(riverside, office.ada, java_script_enabled=False).page
    page.goto(house.url(riverside, "/patients/duplicates/"))
    page.get_by_role("button", name="Two people").first.click()
    expect(page.get_by_text("Noted: two people.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Back on the list.")).to_be_visible()
    page.get_by_role("link", name="Compare").first.click()
    expect(page.get_by_text("The stricter mark stays")).to_be_visible()
    page.get_by_role("button", name="Merge").click()
    expect(page.get_by_role("heading", name="Merged into this record")).to_be_visible()
    page.get_by_role("link", name=f"Take apart {office.second.number}").click()
    page.get_by_label("Reason").fill("Two sisters")
    page.get_by_role("button", name="Take apart").click()
    expect(page.get_by_text("stands on its own again")).to_be_visible()
    with riverside.inside():
        assert DuplicatePair.objects.to_review().count() == 1


def test_a_file_is_uploaded_matched_checked_and_confirmed(
    page_of: Callable[..., Any], house: Any, riverside: Any, office: Office, tmp_path: Path
) -> None:
    from playwright.sync_api import expect

    file = tmp_path / "people.csv"
    file.write_bytes(FILE.replace("Zoë", "Søren").encode("cp1252"))
    watched = page_of(riverside, office.ada)
    page = watched.page
    page.goto(house.url(riverside, "/patients/imports/"))
    page.get_by_label("CSV file").set_input_files(str(file))
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_label("Encoding")).to_have_value("cp1252")
    expect(page.get_by_text("Søren")).to_be_visible()
    page.get_by_role("button", name="Check every row").click()
    expect(page.get_by_text("Nothing is imported yet.")).to_be_visible()
    expect(page.get_by_text("This is no day in the order")).to_be_visible()
    page.get_by_role("link", name="Likely duplicates").click()
    page.get_by_label("Row 4").select_option("link")
    page.get_by_role("button", name="Keep these choices").click()
    expect(page.get_by_label("Row 4")).to_have_value("link")
    page.get_by_role("button", name="Import now").click()
    expect(page.get_by_text("Being imported")).to_be_visible()
    with riverside.inside(by=office.ada):
        from apps.patients.models import PatientImport

        made = PatientImport.objects.get(state="importing")
        steps.step(made, at=REGISTERED)
    expect(page.get_by_role("link", name="See what came of it")).to_be_visible()
    page.get_by_role("link", name="See what came of it").click()
    expect(page.get_by_text("Imported", exact=True)).to_be_visible()
    assert (watched.foreign, watched.complaints) == ([], [])
