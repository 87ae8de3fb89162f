"""Documents and cards in a real browser: dropped, followed, looked at, shared; a card scanned into the search."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from apps.patients.cards import issuing
from apps.patients.documents import filing
from apps.patients.models import Document
from tests.axe import wide_and_narrow
from tests.cast import RIVERSIDE, people_of
from tests.patients import papers
from tests.patients.factories import PatientFactory
from tests.patients.papers import upload

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("house")]
AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


class Desk:
    """Ada, Sara, and a patient with papers."""

    def __init__(self, clinic: Any) -> None:
        with clinic.inside():
            people = people_of("riverside", RIVERSIDE)
        self.sara, self.ada = people["sara"], people["ada"]
        with clinic.inside(by=self.ada):
            self.asha = PatientFactory(by=self.ada)
            self.empty = PatientFactory(by=self.ada, given_name="Ravi")
            said = {"by": self.ada, "at": AT, "tags": ["diabetes"], "category": "lab_report"}
            self.report = filing.file_document(self.asha, upload=upload(), title="Blood sugar", **said)
            filing.add_version(self.report, upload=upload(papers.png(side=300), "b.png"), by=self.ada, at=AT)
            self.pdf = filing.file_document(self.asha, upload=upload(papers.pdf(b"Second")), title="Letter", **said)
            gone = filing.file_document(self.asha, upload=upload(papers.png(9), "c.png"), title="Not hers", **said)
            filing.enter_in_error(gone, reason="Of another patient", by=self.ada, at=AT)
            self.gone = gone
            issuing.issue(self.asha, by=self.ada, at=AT)


@pytest.fixture(scope="module")
def desks() -> dict[str, Desk]:
    return {}


@pytest.fixture
def desk(riverside: Any, desks: dict[str, Desk]) -> Desk:
    if "one" not in desks:
        desks["one"] = Desk(riverside)
    return desks["one"]


def test_axe_finds_nothing(page_of: Callable[..., Any], house: Any, riverside: Any, desk: Desk) -> None:
    watched = page_of(riverside, desk.ada)
    for path in (
        f"/patients/{desk.asha.pk}/",
        f"/patients/{desk.asha.pk}/documents/?status=all",
        f"/patients/{desk.empty.pk}/documents/",
        f"/documents/{desk.report.pk}/",
        f"/documents/{desk.gone.pk}/",
        f"/documents/{desk.report.pk}/details/",
        f"/documents/{desk.report.pk}/shares/",
        f"/patients/{desk.asha.pk}/card/",
        "/patients/cards/",
        "/patients/cards/design/",
        "/shared/",
    ):
        watched.page.goto(house.url(riverside, path))
        assert wide_and_narrow(watched.page) == [], path
    assert (watched.foreign, watched.complaints) == ([], [])


def test_files_are_dropped_followed_and_filed(
    page_of: Callable[..., Any], house: Any, riverside: Any, desk: Desk, tmp_path: Path
) -> None:
    from playwright.sync_api import expect  # only where there is a browser

    good, bad = tmp_path / "Röntgen.pdf", tmp_path / "setup.pdf"
    good.write_bytes(papers.pdf(b"X-ray", pages=60_000))
    bad.write_bytes(b"MZ\0\0" * 30)
    watched = page_of(riverside, desk.sara)
    page = watched.page
    page.goto(house.url(riverside, f"/patients/{desk.empty.pk}/documents/"))
    page.get_by_label("Drop files here, or choose them").set_input_files([good, bad])
    page.get_by_label("Kind").first.select_option("imaging")
    page.get_by_role("button", name="File", exact=True).click()
    queue = page.locator(".drop-queue li")
    expect(queue.nth(0)).to_contain_text("Filed: Röntgen")
    expect(queue.nth(1)).to_contain_text("This kind of file is not kept here")
    expect(page.locator("#documents-list .paper-title")).to_have_text(["Röntgen"])
    with riverside.inside():
        found = Document.objects.of_patient(desk.empty).get()
        assert (found.title, found.category) == ("Röntgen", "imaging")
    assert watched.foreign == []
    assert [said for said in watched.complaints if "400" not in said] == []


def test_without_a_script_the_plain_form_files_too(
    page_of: Callable[..., Any], house: Any, riverside: Any, desk: Desk, tmp_path: Path
) -> None:
    paper = tmp_path / "plain.png"
    paper.write_bytes(papers.png(77))
    page = page_of(riverside, desk.sara, java_script_enabled=False).page
    page.goto(house.url(riverside, f"/patients/{desk.asha.pk}/documents/"))
    page.get_by_label("Drop files here, or choose them").set_input_files(paper)
    page.get_by_role("button", name="File", exact=True).click()
    page.get_by_text("1 document filed.").wait_for()


def test_a_link_opens_by_itself_and_leaves_the_address_at_once(
    page_of: Callable[..., Any], house: Any, riverside: Any, desk: Desk
) -> None:
    from playwright.sync_api import expect  # only where there is a browser

    sara = page_of(riverside, desk.sara)
    sara.page.goto(house.url(riverside, f"/documents/{desk.report.pk}/shares/"))
    sara.page.get_by_label("For whom").fill("Dr Mehta")
    sara.page.get_by_role("button", name="Make the link").click()
    link = sara.page.get_by_label("Link", exact=True).input_value()
    pin = sara.page.locator(".share-pin").inner_text()
    mehta = page_of(riverside)
    mehta.page.goto(link)
    expect(mehta.page.get_by_label("Code")).to_be_hidden()
    expect(mehta.page).to_have_url(house.url(riverside, "/shared/"))
    mehta.page.get_by_label("PIN").fill(pin)
    mehta.page.get_by_role("button", name="Open").click()
    expect(mehta.page.get_by_role("heading", name="Blood sugar")).to_be_visible()
    with mehta.page.expect_download() as download:
        mehta.page.get_by_role("button", name="Download").click()
    assert Path(download.value.path()).read_bytes() == papers.png(side=300)
    assert (mehta.foreign, mehta.complaints) == ([], [])


def test_a_scanned_card_opens_the_chart(page_of: Callable[..., Any], house: Any, riverside: Any, desk: Desk) -> None:
    """A scanner types the number and Enter, faster than anybody."""
    watched = page_of(riverside, desk.sara)
    watched.page.goto(house.url(riverside, f"/patients/{desk.empty.pk}/"))
    watched.page.keyboard.press("/")
    watched.page.keyboard.type(desk.asha.number)
    watched.page.keyboard.press("Enter")
    watched.page.wait_for_url(house.url(riverside, f"/patients/{desk.asha.pk}/"))
