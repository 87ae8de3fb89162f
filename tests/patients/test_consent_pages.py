"""Consents as the desk and the clinic admin see them: set up, signed without scripts, printed, proved, revoked."""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.patients.models import ConsentForm, Patient, PatientConsent
from apps.patients.views.consents import device_of
from tests.cast import Cast
from tests.conftest import ClinicUnderTest
from tests.patients.factories import PatientFactory
from tests.patients.test_consents import DRAWING, published, sign

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
TEXT = {
    "title": "Treatment",
    "body": "I agree.\n\nTo all.",
    "language": "en",
    "scope": "treatment",
    "is_required": "on",
}


def path(name: str, *args: Any) -> str:
    return reverse(f"patients:{name}", "hpms.urls", args=args)


@pytest.fixture
def asha(riverside: ClinicUnderTest, cast: Cast) -> Patient:
    with riverside.inside(by=cast.ada):
        return PatientFactory(by=cast.ada)


@pytest.fixture
def form(riverside: ClinicUnderTest, cast: Cast) -> ConsentForm:
    with riverside.inside(by=cast.ada):
        return published(cast)


def test_a_text_is_written_published_followed_and_withdrawn(riverside: ClinicUnderTest, cast: Cast, web: Any) -> None:
    ada = web(riverside, cast.ada)
    wrong = ada.post(path("consent_form_new"), {**TEXT, "title": " ", "valid_months": "0"})
    assert (wrong.status_code, set(wrong.context["form"].errors)) == (400, {"title"})
    wrong = ada.post(path("consent_form_new"), {**TEXT, "valid_months": "0"})
    assert set(wrong.context["form"].errors) == {"valid_months"}
    ada.post(path("consent_form_new"), TEXT)
    with riverside.inside():
        text = ConsentForm.objects.get()
    ada.post(path("consent_form", text.pk), {**TEXT, "body": "I agree to be treated.", "valid_months": "12"})
    ada.post(path("consent_form_publication", text.pk))
    refused = ada.post(path("consent_form", text.pk), TEXT)
    assert refused.status_code == 409
    assert "does not change any more" in refused.content.decode()
    second = ada.post(path("consent_form_next", text.pk))
    assert ada.post(path("consent_form_next", text.pk)).status_code == 409
    assert ada.post(second["Location"], {**TEXT, "body": "Better."}).status_code == 302
    hindi = ada.post(path("consent_form_next", text.pk), {"language": "hi"})
    assert ada.get(hindi["Location"]).status_code == 200
    ada.post(path("consent_form_discarding", hindi["Location"].split("/")[-2]))
    ada.post(path("consent_form_withdrawal", text.pk))
    assert ada.post(path("consent_form_withdrawal", text.pk)).status_code == 409
    with riverside.inside():
        found = list(ConsentForm.objects.values_list("version", "language", "body", "asks_again"))
    assert found == [(2, "en", "Better.", False), (1, "en", "I agree to be treated.", True)]
    assert "Withdrawn" in ada.get(path("consent_forms")).content.decode()


def test_a_consent_is_signed_by_typing_and_the_next_missing_text_follows(
    riverside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient, form: ConsentForm
) -> None:
    with riverside.inside(by=cast.ada):
        other = published(cast, title="Zebra privacy")
    sara = web(riverside, cast.sara)
    url = path("signature", asha.pk, form.pk)
    page = sara.get(url).content.decode()
    asked_as = re.search(r'name="asked_as" value="([^"]+)"', page)
    assert asked_as
    said = {"signer_name": "Asha Sharma", "signed_by": "self", "decision": "agreed", "asked_as": asked_as[1]}
    wrong = sara.post(url, {**said, "signer_name": " ", "drawing": DRAWING})
    assert wrong.status_code == 400
    assert asked_as[1] in wrong.content.decode()
    assert DRAWING in wrong.content.decode(), "what was drawn is kept"
    answer = sara.post(url, said, headers={"User-Agent": "Mozilla/5.0 (iPad; CPU OS 17_0)"})
    assert answer["Location"] == path("signature", asha.pk, other.pk)
    assert sara.post(url, said).status_code == 302, "the second click finds the first one's"
    with riverside.inside():
        signed = PatientConsent.objects.get()
    assert (signed.method, signed.device, signed.witness_id) == ("typed", "tablet", cast.sara.pk)
    assert signed.ip


def test_somebody_else_signs_for_a_child(riverside: ClinicUnderTest, cast: Cast, web: Any, form: ConsentForm) -> None:
    with riverside.inside(by=cast.ada):
        child = PatientFactory(age=7)
    page = web(riverside, cast.sara).get(path("signature", child.pk, form.pk))
    assert page.context["form"].initial["signed_by"] == "parent"
    assert "under 18" in page.content.decode()


def test_a_refusal_and_a_nonsense_signature(
    riverside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient, form: ConsentForm
) -> None:
    sara = web(riverside, cast.sara)
    url = path("signature", asha.pk, form.pk)
    said = {"signer_name": "Asha", "signed_by": "self", "decision": "refused", "asked_as": str(uuid4())}
    assert sara.post(url, {**said, "drawing": "M1 1<script>"}).status_code == 400
    assert sara.post(url, {**said, "asked_as": "nonsense"}).status_code == 400
    page = sara.post(url, {**said, "reason": "Wants to think"}, follow=True).content.decode()
    assert "Refused" in page


def test_a_signed_consent_is_printed_and_proved(
    riverside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient, form: ConsentForm
) -> None:
    with riverside.inside(by=cast.ada):
        drawn = sign(asha, form, cast, drawing=DRAWING)
        typed = sign(asha, form, cast, signer_name="آشا शर्मा", signed_by="parent", decision="refused", reason="No")
    sara = web(riverside, cast.sara)
    for answer in (drawn, typed):
        pdf = sara.get(path("consent_pdf", answer.pk))
        assert pdf.content.startswith(b"%PDF-")
        assert "no-store" in pdf["Cache-Control"]
        assert "Asha" not in pdf["Content-Disposition"]
    url = path("consent", drawn.pk)
    assert "Unchanged since it was signed" in sara.get(url).content.decode()
    assert "paper's code agree" in sara.get(url, {"digest": drawn.digest[:32]}).content.decode()
    assert "does not belong" in sara.get(url, {"digest": typed.digest[:32]}).content.decode()
    assert "does not belong" in sara.get(url, {"digest": "ab"}).content.decode()


def test_a_consent_is_revoked_with_a_reason_once(
    riverside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient, form: ConsentForm
) -> None:
    with riverside.inside(by=cast.ada):
        answer = sign(asha, form, cast)
    sara = web(riverside, cast.sara)
    url = path("consent_revocation", answer.pk)
    assert sara.post(url, {"reason": ""}).status_code == 400
    assert "Moved on" in sara.post(url, {"reason": "Moved on"}, follow=True).content.decode()
    assert sara.post(url, {"reason": "Again"}).status_code == 409
    assert "Revoked" in sara.get(path("consents", asha.pk)).content.decode()
    assert sara.get(path("consent_pdf", answer.pk)).status_code == 200


def test_the_page_of_consents_asks_as_often_for_three_as_for_one(
    riverside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient, form: ConsentForm
) -> None:
    with riverside.inside(by=cast.ada):
        sign(asha, form, cast)
    ada = web(riverside, cast.ada)
    ada.get(path("consents", asha.pk))
    for name, args in (("consents", (asha.pk,)), ("consent_forms", ())):
        with CaptureQueriesContext(connection) as one:
            ada.get(path(name, *args))
        with riverside.inside(by=cast.ada):
            for title in ("A", "B"):
                sign(asha, published(cast, title=f"{name} {title}"), cast)
        with CaptureQueriesContext(connection) as three:
            ada.get(path(name, *args))
        assert len(one) == len(three), name


def test_the_class_of_a_device() -> None:
    agents = {
        "Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X) Mobile/15E148": "tablet",
        "Mozilla/5.0 (Linux; Android 14; Tablet) Safari/537.36": "tablet",
        "Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/120.0 Mobile Safari/537.36": "phone",
        "Mozilla/5.0 (X11; Linux x86_64) Chrome/120.0": "computer",
        "": "computer",
    }
    assert {agent: device_of(agent) for agent in agents} == agents


def test_the_api_signs_proves_and_revokes(
    riverside: ClinicUnderTest, cast: Cast, api: Any, asha: Patient, form: ConsentForm
) -> None:
    sara, ada = api(riverside, cast.sara), api(riverside, cast.ada)
    url = f"/api/v1/patients/{asha.pk}/consents/"
    assert [one["title"] for one in sara.get(url).json()["missing"]] == ["Treatment"]
    wrong = sara.post(url, {"form": str(form.pk), "signer_name": "Asha", "drawing": "x"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "drawing")
    made = sara.post(url, {"form": str(form.pk), "signer_name": "Asha", "drawing": DRAWING})
    assert (made.status_code, made.json()["state"], made.json()["is_unchanged"]) == (201, "agreed", True)
    one = f"/api/v1/consents/{made.json()['id']}/"
    assert sara.post(f"{one}revocation/", {"reason": "No longer"}).json()["state"] == "revoked"
    assert sara.post(f"{one}revocation/", {"reason": "No longer"}).status_code == 409
    draft = ada.post("/api/v1/consent-forms/", {"title": "Photos", "body": "I agree."})
    assert draft.status_code == 201
    assert sara.post(url, {"form": draft.json()["id"], "signer_name": "Asha"}).status_code == 409
    publication = f"/api/v1/consent-forms/{draft.json()['id']}/publication/"
    assert ada.post(publication).json()["published_at"]
    assert ada.delete(publication).json()["withdrawn_at"]
