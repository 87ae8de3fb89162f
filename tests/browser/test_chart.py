"""The chart in a real browser: looked at by those who may see more and less, written at the side, signed with a pen."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from apps.patients import consent_texts, record
from apps.patients.models import Allergy, Condition, Coverage, Medication, PatientConsent, PatientFlag
from tests.axe import wide_and_narrow
from tests.cast import RIVERSIDE, people_of
from tests.patients.factories import PatientFactory

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("house")]
AT = datetime(2026, 1, 6, 9, 30, tzinfo=UTC)
BODY = """I agree to be examined and treated by the clinic's staff. I was told what is planned, what it is good for and
what may go wrong, and I could ask whatever I wanted to.

I may take this agreement back at any time."""


class Clinic:
    """Nia and Sara, Ada in her office, and a patient of whom much is known."""

    def __init__(self, clinic: Any) -> None:
        with clinic.inside():
            people = people_of("riverside", RIVERSIDE)
        self.sara, self.ada, self.nia, self.shah = (people[name] for name in ("sara", "ada", "nia", "shah"))
        with clinic.inside(by=self.nia):
            lakshmi = PatientFactory(
                by=self.sara, given_name="Lakshmi", family_name="Narayanan", preferred_language="kn", blood_group="AB-"
            )
            self.lakshmi = lakshmi.pk
            self.fill(lakshmi)
            self.ravi = PatientFactory(by=self.sara, given_name="Ravi", family_name="Kumar").pk
        with clinic.inside(by=self.ada):
            for title, required in (("Consent to treatment", True), ("Photographs", False)):
                text = consent_texts.draft(by=self.ada, at=AT, title=title, body=BODY, is_required=required)
                consent_texts.publish(text, by=self.ada, at=AT)
            self.draft = consent_texts.draft(by=self.ada, at=AT, title="Newsletter", body=BODY).pk
            self.text = text.pk

    def fill(self, patient: Any) -> None:
        hours = iter(range(1, 60))

        def known(model: Any, **details: Any) -> Any:
            return record.enter(model, patient, by=self.nia, at=AT + timedelta(hours=next(hours)), **details)

        known(
            Allergy, substance="Penicillin", reaction="Anaphylaxis", criticality="high", severity="severe", onset="2009"
        )
        known(
            Allergy, substance="Peanuts", category="food", reaction="Hives", severity="mild", verification="confirmed"
        )
        known(Condition, name="Type 2 diabetes mellitus", code_system="icd-10", code="E11", onset="2015")
        known(Condition, name="Essential hypertension", code_system="icd-10", code="I10", onset="2018-03")
        self.asthma = known(Condition, name="Asthma", status="active", onset="1994").pk
        record.end(
            Condition.objects.get(pk=self.asthma), by=self.shah, at=AT + timedelta(days=3), reason="No attack since"
        )
        pills = known(
            Medication, name="Metformin", dose="500 mg twice a day after meals", reason="Diabetes", since="2015"
        )
        record.amend(pills, by=self.shah, at=AT + timedelta(days=4), dose="850 mg twice a day", reason="HbA1c 8.1 %")
        known(Medication, name="Amlodipine", dose="5 mg in the morning", since="2018-03")
        known(PatientFlag, code="interpreter", text="Kannada", tone="blue")
        known(PatientFlag, code="fall_risk")
        known(PatientFlag, code="infection", text="MRSA 2025", tone="red", audience="clinical")
        known(
            Coverage,
            payer="Star Health",
            plan="Family Optima",
            member_number="SH-4711-22",
            valid_until=date(2099, 1, 1),
        )


@pytest.fixture(scope="module")
def clinics() -> dict[str, Clinic]:
    """The house lives as long as the module, and so does what is in it."""
    return {}


@pytest.fixture
def there(riverside: Any, clinics: dict[str, Clinic]) -> Clinic:
    if "it" not in clinics:
        clinics["it"] = Clinic(riverside)
    return clinics["it"]


def test_axe_finds_nothing(page_of: Callable[..., Any], house: Any, riverside: Any, there: Clinic) -> None:
    watched = page_of(riverside, there.ada)
    for path in (
        f"/patients/{there.lakshmi}/",
        f"/patients/{there.ravi}/",
        f"/patients/{there.lakshmi}/timeline/",
        f"/patients/{there.lakshmi}/record/allergy/",
        f"/patients/{there.lakshmi}/record/coverage/",
        f"/record/condition/{there.asthma}/",
        f"/record/condition/{there.asthma}/error/",
        f"/patients/{there.lakshmi}/consents/",
        f"/patients/{there.lakshmi}/consents/{there.text}/",
        "/set-up/consent-forms/",
        f"/set-up/consent-forms/{there.text}/",
        f"/set-up/consent-forms/{there.draft}/",
    ):
        watched.page.goto(house.url(riverside, path))
        assert wide_and_narrow(watched.page) == [], path
    assert (watched.foreign, watched.complaints) == ([], [])


def test_a_nurse_enters_an_allergy_with_the_keyboard(
    page_of: Callable[..., Any], house: Any, riverside: Any, there: Clinic
) -> None:
    from playwright.sync_api import expect

    watched = page_of(riverside, there.nia)
    page = watched.page
    page.goto(house.url(riverside, f"/patients/{there.ravi}/"))
    expect(page.get_by_text("Allergies: not asked yet")).to_be_visible()
    page.keyboard.press("a")
    expect(page.locator("#panel [name=substance]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#panel .field-error")).to_have_text("This field is required.")
    page.locator("#panel [name=substance]").fill("Latex")
    page.locator("#panel [name=substance]").press("Enter")
    expect(page.locator(".chart-alert.tone-red")).to_have_text("Allergy: Latex")
    page.locator(".record a", has_text="Latex").click()
    expect(page.locator("#panel")).to_contain_text("Nia Okafor")
    refused = [said for said in watched.complaints if "400 (Bad Request)" not in said]  # the empty form was asked for
    assert (watched.foreign, refused) == ([], [])


def test_a_signature_is_drawn_on_the_tablet(
    page_of: Callable[..., Any], house: Any, riverside: Any, there: Clinic
) -> None:
    from playwright.sync_api import expect

    watched = page_of(riverside, there.sara, width=768)
    page = watched.page
    page.goto(house.url(riverside, f"/patients/{there.lakshmi}/consents/"))
    page.locator(".sign-list .btn-primary").click()
    pad = page.locator("#sign-pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 120)
    page.mouse.down()
    for step in range(12):
        page.mouse.move(box["x"] + 60 + step * 30, box["y"] + 120 - (step % 3) * 40)
    page.mouse.up()
    expect(page.locator("#sign-state")).to_have_text("Signature drawn.")
    page.get_by_role("button", name="I agree and sign").click()
    expect(page.locator(".toast-note")).to_contain_text("Signed.")
    page.get_by_role("link", name="Consent to treatment").click()
    expect(page.locator(".alert-box.tone-green")).to_contain_text("Unchanged since it was signed")
    expect(page.locator("svg.signature path")).to_be_visible()
    with riverside.inside():
        assert PatientConsent.objects.get().method == "drawn"
    assert (watched.foreign, watched.complaints) == ([], [])
