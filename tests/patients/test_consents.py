"""Consents: texts that do not change, signatures that can be proved, and what is missing at check-in."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.patients import consent_texts, consents
from apps.patients.details import BadDetails
from apps.patients.models import ConsentForm, Patient, PatientConsent
from apps.patients.registration import NotActive, ReasonMissing, deactivate
from tests.cast import Cast
from tests.conftest import ClinicUnderTest
from tests.patients.factories import PatientFactory

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
DRAWING = "M10 20L30 40L50 60L70 50L90 40L110 60M120 60L130 70"


@pytest.fixture
def inside(riverside: ClinicUnderTest, cast: Cast) -> Iterator[Cast]:
    with riverside.inside(by=cast.ada):
        yield cast


@pytest.fixture
def asha(inside: Cast) -> Patient:
    return PatientFactory(by=inside.ada)


def published(cast: Cast, **details: Any) -> ConsentForm:
    details = {"title": "Treatment", "body": "I agree to be treated.", "is_required": True, **details}
    return consent_texts.publish(consent_texts.draft(by=cast.ada, at=AT, **details), by=cast.ada, at=AT)


def sign(asha: Patient, form: ConsentForm, cast: Cast, **more: Any) -> PatientConsent:
    details = {"by": cast.sara, "at": AT, "asked_as": uuid4(), "signer_name": "Asha Sharma", **more}
    return consents.sign(asha, form, **details)


def missing(asha: Patient, at: datetime = AT) -> list[ConsentForm]:
    return consents.missing_for(asha, at=at)


def test_a_required_text_is_missing_until_it_is_signed(asha: Patient, inside: Cast) -> None:
    form = published(inside)
    published(inside, title="Newsletter", is_required=False)
    consent_texts.draft(by=inside.ada, at=AT, title="Not yet", body="Draft", is_required=True)
    assert missing(asha) == [form]
    answer = sign(asha, form, inside, drawing=DRAWING, ip="10.0.0.7", device="tablet")
    assert missing(asha) == []
    assert (answer.method, answer.witness, answer.signer_name) == ("drawn", inside.sara, "Asha Sharma")
    assert consents.verify(PatientConsent.objects.with_form().get()).is_sound


def test_asking_costs_two_queries_at_one_form_and_at_three(asha: Patient, inside: Cast) -> None:
    published(inside)
    missing(asha)
    with CaptureQueriesContext(connection) as one:
        missing(asha)
    for title in ("Privacy", "Photos"):
        sign(asha, published(inside, title=title), inside)
    with CaptureQueriesContext(connection) as three:
        assert len(missing(asha)) == 1
    assert len(one) == len(three) == 2


def test_an_agreement_ends_after_its_months_and_when_it_is_revoked(asha: Patient, inside: Cast) -> None:
    form = published(inside, valid_months=12)
    answer = sign(asha, form, inside, at=datetime(2026, 2, 28, 10, tzinfo=UTC) + timedelta(days=3))
    assert answer.expires_on == date(2027, 3, 3)
    assert missing(asha, datetime(2027, 3, 2, 10, tzinfo=UTC)) == []
    (expired,) = missing(asha, datetime(2027, 3, 3, 10, tzinfo=UTC))
    assert expired.last_answer == answer
    with pytest.raises(ReasonMissing):
        consents.revoke(answer, by=inside.sara, at=AT, reason=" ")
    consents.revoke(answer, by=inside.sara, at=AT + timedelta(days=9), reason="Changed her mind")
    assert missing(asha) == [form]
    with pytest.raises(consents.RevokedAlready):
        consents.revoke(answer, by=inside.sara, at=AT, reason="Again")


def test_a_refusal_is_recorded_and_is_no_agreement(asha: Patient, inside: Cast) -> None:
    form = published(inside)
    sign(asha, form, inside)
    refusal = sign(asha, form, inside, decision="refused", reason="Wants to think", at=AT + timedelta(hours=1))
    (asked,) = missing(asha)
    assert asked.last_answer == refusal
    with pytest.raises(consents.NothingToRevoke):
        consents.revoke(refusal, by=inside.sara, at=AT, reason="x")


def test_a_new_version_asks_again_only_if_it_says_so(asha: Patient, inside: Cast) -> None:
    first = published(inside)
    sign(asha, first, inside)
    second = consent_texts.next_version(first, by=inside.ada, at=AT)
    consent_texts.amend(second, by=inside.ada, at=AT, body="I agree to be treated well.", asks_again=False)
    consent_texts.publish(second, by=inside.ada, at=AT)
    assert missing(asha) == []
    third = consent_texts.next_version(second, by=inside.ada, at=AT)
    consent_texts.amend(third, by=inside.ada, at=AT, asks_again=True)
    third = consent_texts.publish(third, by=inside.ada, at=AT)
    assert missing(asha) == [third]
    assert third.version == 3
    with pytest.raises(consents.NotOpen):
        sign(asha, first, inside)
    fourth = consent_texts.next_version(third, by=inside.ada, at=AT)
    fourth = consent_texts.publish(fourth, by=inside.ada, at=AT)
    assert missing(asha) == [fourth], "who never agreed to the third is asked for what replaced it"
    sign(asha, fourth, inside)
    assert missing(asha) == []


def test_who_reads_another_language_is_asked_in_it(asha: Patient, inside: Cast) -> None:
    english = published(inside)
    hindi = consent_texts.next_version(english, by=inside.ada, at=AT, language="hi")
    hindi = consent_texts.publish(
        consent_texts.amend(hindi, by=inside.ada, at=AT, title="उपचार", body="मैं सहमत हूँ।"), by=inside.ada, at=AT
    )
    assert missing(asha) == [english]
    asha.preferred_language = "hi"
    assert missing(asha) == [hindi]
    sign(asha, english, inside)
    assert missing(asha) == [], "an agreement to the English text is one"


def test_a_guardian_signs_for_a_child(asha: Patient, inside: Cast) -> None:
    answer = sign(asha, published(inside), inside, signer_name="Meena Sharma", signed_by="parent")
    assert (answer.signed_by, answer.method) == ("parent", "typed")


def test_the_second_click_finds_the_first_ones_consent(asha: Patient, inside: Cast) -> None:
    form, page = published(inside), uuid4()
    assert sign(asha, form, inside, asked_as=page) == sign(asha, form, inside, asked_as=page)
    with pytest.raises(consents.AskedForAnother):
        sign(PatientFactory(), form, inside, asked_as=page)
    assert PatientConsent.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"signer_name": "  "}, "signer_name"),
        ({"signer_name": "12"}, "signer_name"),
        ({"signed_by": "neighbour"}, "signed_by"),
        ({"decision": "maybe"}, "decision"),
        ({"drawing": "M1 1"}, "drawing"),
        ({"drawing": "<svg onload=alert(1)>"}, "drawing"),
        ({"drawing": "M10 20L30 40L50 60L70 50L90 40L999 60"}, "drawing"),
        ({"drawing": "M1 1" + "L1 1" * 9000}, "drawing"),
    ],
)
def test_nonsense_is_refused_beside_its_field(asha: Patient, inside: Cast, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(BadDetails) as refusal:
        sign(asha, published(inside), inside, **wrong)
    assert set(refusal.value.errors) == {field}


def test_drafts_and_withdrawn_texts_are_not_signed(asha: Patient, inside: Cast) -> None:
    draft = consent_texts.draft(by=inside.ada, at=AT, title="Later", body="Text")
    withdrawn = consent_texts.withdraw(published(inside), by=inside.ada, at=AT)
    for form in (draft, withdrawn):
        with pytest.raises(consents.NotOpen):
            sign(asha, form, inside)
    assert missing(asha) == []
    deactivate(asha, by=inside.ada, at=AT, reason="Moved")
    with pytest.raises(NotActive):
        sign(asha, published(inside, title="Other"), inside)


def test_published_texts_are_not_amended_and_drafts_are_not_followed(inside: Cast) -> None:
    form = published(inside)
    for attempt in (consent_texts.publish, consent_texts.discard):
        with pytest.raises(consent_texts.PublishedAlready):
            attempt(form, by=inside.ada, at=AT)
    draft = consent_texts.next_version(form, by=inside.ada, at=AT)
    with pytest.raises(consent_texts.NotPublished):
        consent_texts.next_version(draft, by=inside.ada, at=AT)
    with pytest.raises(consent_texts.DraftOpen):
        consent_texts.next_version(form, by=inside.ada, at=AT)
    consent_texts.discard(draft, by=inside.ada, at=AT)
    with pytest.raises(BadDetails):
        consent_texts.draft(by=inside.ada, at=AT, title="", body="x", valid_months=0)


def refused(statement: str, *values: Any, match: str | None = None) -> None:
    with pytest.raises(DatabaseError, match=match), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


SIGN = """INSERT INTO patients_patientconsent
    SELECT (jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid(), 'asked_as', gen_random_uuid())
                                     || %s)).*
      FROM patients_patientconsent c"""


def test_raw_sql_changes_no_published_text_and_no_answer(asha: Patient, inside: Cast) -> None:
    form = published(inside)
    answer = sign(asha, form, inside)
    consents.revoke(answer, by=inside.sara, at=AT, reason="Changed her mind")
    for change in (
        "body = 'I agree to everything.'",
        "body = 'x', sha256 = encode(sha256(convert_to(title || E'\\n\\n' || 'x', 'UTF8')), 'hex')",
        "published_at = NULL, published_by_id = NULL",
        "is_required = false",
        "version = 7",
    ):
        refused(f"UPDATE patients_consentform SET {change}")
    for table in ("consentform", "patientconsent", "consentrevocation"):
        refused(f"DELETE FROM patients_{table}")
        refused(f"TRUNCATE patients_{table} CASCADE")
    for table in ("patientconsent", "consentrevocation"):
        refused(f"UPDATE patients_{table} SET at = now()")
    with pytest.raises(DatabaseError), transaction.atomic():
        ConsentForm.objects.update(title="Other")
    with pytest.raises(DatabaseError), transaction.atomic():
        PatientConsent.objects.update(decision="refused")


def test_raw_sql_signs_no_draft_no_other_text_and_revokes_no_refusal(asha: Patient, inside: Cast) -> None:
    form = published(inside)
    draft = consent_texts.draft(by=inside.ada, at=AT, title="Draft", body="Text")
    refusal = sign(asha, form, inside, decision="refused")
    refused("UPDATE patients_consentform SET body = 'y' WHERE published_at IS NULL", match="consent_form_sha256")
    refused(SIGN, f'{{"form_id": "{draft.pk}", "text_sha256": "{draft.sha256}"}}', match="cannot be signed")
    refused(SIGN, f'{{"text_sha256": "{"0" * 64}"}}', match="cannot be signed")
    refused(SIGN, '{"at": "2026-03-01T00:00:00Z"}', match="cannot be signed")
    revoke = """INSERT INTO patients_consentrevocation (id, consent_id, by_id, at, reason)
                SELECT %s, %s, %s, now(), signer_name FROM patients_patientconsent"""
    refused(revoke, uuid4(), refusal.pk, inside.sara.pk, match="no such agreement")


def test_a_signature_that_was_exchanged_is_found_out(asha: Patient, inside: Cast) -> None:
    answer = sign(asha, published(inside), inside, drawing=DRAWING)
    answer.signature = {**answer.signature, "drawing": DRAWING + "L140 80"}
    assert not consents.verify(answer).signature_is_unchanged
    answer.form.body = "I agree to everything."
    assert not consents.verify(answer).text_is_unchanged
