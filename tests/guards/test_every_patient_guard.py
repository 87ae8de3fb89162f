"""As test_every_guard.py, for what is filed about a patient: each guard named with an attack that only it refuses."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from apps.patients import confirming, consent_texts, consents, merging, record
from apps.patients.cards import issuing
from apps.patients.documents import filing, sharing
from apps.patients.models import (
    Allergy,
    Condition,
    ConsentForm,
    Coverage,
    Medication,
    PatientFlag,
    RecordChange,
)
from tests.guards.siege import WALLS, Attack, Siege, attack, copy, update, whole
from tests.patients import papers
from tests.patients.factories import PatientFactory
from tests.patients.papers import shelf

__all__ = ["shelf"]
pytestmark = pytest.mark.usefixtures("shelf")
AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SQL = Path(__file__).parents[2] / "apps/patients/migrations/sql"
STAYS = "what was filed stays"
SAYS = {
    "not_for_merged": "was merged into",
    "merge_guard": "the one in use, and into no other",
    "merge_is_written": "exactly while",
    **dict.fromkeys(("card_keeps", "document_keeps", "document_version_keeps", "document_share_keeps"), "keep_written"),
    **dict.fromkeys(("card_stays", "document_stays", "document_version_stays", "document_share_stays"), STAYS),
    **dict.fromkeys(("card_stays_whole", "consent_form_whole", "document_stays_whole", "entry_whole"), STAYS),
    "document_version_stays_whole": STAYS,
}
PATIENT, MERGE, SEPARATION = "patients_patient", "patients_patientmerge", "patients_patientseparation"
CARD, FORM, CONSENT, REVOCATION = (
    f"patients_{name}" for name in ("idcard", "consentform", "patientconsent", "consentrevocation")
)
DOCUMENT, VERSION, SHARE = (f"patients_document{name}" for name in ("", "version", "share"))
ALLERGY, CONDITION, MEDICATION, FLAG, COVERAGE = ENTRIES = tuple(
    f"patients_{name}" for name in ("allergy", "condition", "medication", "patientflag", "coverage")
)
CONFIRMATION = "patients_detailsconfirmation"
EMPTY = "'\\x'::text"  # a sealed column without anything in it, as JSON spells it


def entry(table: str, **changes: str) -> Attack:
    """The next version of an entry, without a row in the history."""
    statement = update(table, f"{{{table}}}", version="version + 1", **changes)
    return attack(statement, behind=((table, "entry_has_history"),))


GONE = {
    "is_active": "false",
    "deactivated_at": "now()",
    "deactivated_by_id": "{ada}",
    "deactivated_reason": "given_name",  # sealed bytes of some kind
}
WRITTEN = ((PATIENT, "merge_is_written"), (MERGE, "merge_is_written"), (SEPARATION, "merge_is_written"))
ATTACKS: dict[tuple[str, str], Attack] = {
    (CARD, "card_stays_void"): attack(update(CARD, "{void_card}", voided_at="now()")),
    (CARD, "card_keeps"): attack(update(CARD, "{card}", issued_at="now()")),
    (CARD, "card_stays"): attack(f"DELETE FROM {CARD} WHERE id = {{card}}"),
    (CARD, "card_stays_whole"): whole(CARD),
    (FORM, "consent_form_stands"): attack(update(FORM, "{form}", is_required="true")),
    (FORM, "consent_form_whole"): whole(FORM, (CONSENT, "append_only_whole"), (REVOCATION, "append_only_whole")),
    (FORM, "consent_form_sha256"): attack(update(FORM, "{draft}", body="'Something else'")),
    (CONSENT, "consent_is_to_a_text"): attack(
        copy(CONSENT, "{consent}", asked_as="gen_random_uuid()", form_id="{draft}")
    ),
    (CONSENT, "not_for_merged"): attack(
        copy(CONSENT, "{consent}", asked_as="gen_random_uuid()", patient_id="{chitra}")
    ),
    (CONSENT, "consent_signature"): attack(copy(CONSENT, "{consent}", asked_as="gen_random_uuid()", signer_name=EMPTY)),
    (REVOCATION, "revocation_of_agreement"): attack(copy(REVOCATION, "{revocation}", consent_id="{refused}")),
    (REVOCATION, "revocation_reason"): attack(copy(REVOCATION, "{revocation}", consent_id="{consent}", reason=EMPTY)),
    (DOCUMENT, "document_keeps"): attack(update(DOCUMENT, "{document}", filed_at="now()")),
    (DOCUMENT, "document_stays"): attack(f"DELETE FROM {DOCUMENT} WHERE id = {{bare_document}}"),
    (DOCUMENT, "document_stays_whole"): whole(
        DOCUMENT, (VERSION, "document_version_stays_whole"), ("patients_shareopening", "append_only_whole")
    ),
    (DOCUMENT, "not_for_merged"): attack(copy(DOCUMENT, "{document}", patient_id="{chitra}")),
    (DOCUMENT, "document_title"): attack(update(DOCUMENT, "{document}", title="''")),
    (DOCUMENT, "document_error_for_a_reason"): attack(
        update(DOCUMENT, "{document}", status="'entered-in-error'", status_at="now()", status_by_id="{sara}")
    ),
    (VERSION, "document_version_guard"): attack(copy(VERSION, "{version}", n="7", storage_name="'elsewhere'")),
    (VERSION, "document_version_keeps"): attack(update(VERSION, "{version}", size="size + 1")),
    (VERSION, "document_version_stays"): attack(f"DELETE FROM {VERSION} WHERE id = {{later_version}}"),
    (VERSION, "document_version_stays_whole"): whole(VERSION, ("patients_shareopening", "append_only_whole")),
    (VERSION, "document_version_sealed"): attack(
        copy(VERSION, "{version}", n="3", storage_name="'elsewhere'", wrapped=EMPTY)
    ),
    (SHARE, "document_share_guard"): attack(update(SHARE, "{revoked_share}", revoked_at="now()")),
    (SHARE, "document_share_keeps"): attack(update(SHARE, "{share}", most_downloads="99")),
    (SHARE, "document_share_stays"): attack(f"DELETE FROM {SHARE} WHERE id = {{share}}"),
    (SHARE, "document_share_secrets"): attack(copy(SHARE, "{share}", token_hash="'\\x00'::text")),
    (PATIENT, "merge_guard"): attack(update(PATIENT, "{ben}", merged_into_id="{chitra}", **GONE), behind=WRITTEN),
    (PATIENT, "merge_is_written"): attack(update(PATIENT, "{ben}", merged_into_id="{asha}", **GONE)),
    (MERGE, "merge_is_written"): attack(copy(MERGE, "{merge}", duplicate_id="{ben}")),
    (SEPARATION, "merge_is_written"): attack(copy(SEPARATION, "{separation}", merge_id="{merge}")),
    (MERGE, "patient_merge_for_a_reason"): attack(
        copy(MERGE, "{merge}", duplicate_id="{ben}", reason=EMPTY), behind=WRITTEN
    ),
    (SEPARATION, "patient_separation_for_a_reason"): attack(
        copy(SEPARATION, "{separation}", merge_id="{merge}", reason=EMPTY), behind=WRITTEN
    ),
    (PATIENT, "patient_given_name"): attack(update(PATIENT, "{ben}", given_name="''")),
    (PATIENT, "patient_blocked_for_a_reason"): attack(update(PATIENT, "{ben}", is_blocked="true")),
    (PATIENT, "patient_deactivated_for_a_reason"): attack(
        update(PATIENT, "{ben}", **{**GONE, "deactivated_reason": "''"})
    ),
    (PATIENT, "patient_estimates_something"): attack(
        update(PATIENT, "{ben}", birth_date="NULL", birth_date_estimated="true")
    ),
    **{
        (table, guard): one
        for table in ENTRIES
        for guard, one in {
            "entry_is_kept": attack(update(table, f"{{{table}}}", entered_at="now()")),
            "entry_has_history": attack(update(table, f"{{{table}}}", version="version + 1")),
            "entry_whole": whole(table),
            "not_for_merged": attack(
                copy(table, f"{{{table}}}", patient_id="{chitra}"), behind=((table, "entry_has_history"),)
            ),
        }.items()
    },
    (ALLERGY, "allergies_agree"): attack(
        copy(ALLERGY, f"{{{ALLERGY}}}", patient_id="{ben}"), behind=((ALLERGY, "entry_has_history"),)
    ),
    ("patients_allergyreview", "allergies_agree"): attack(
        copy("patients_allergyreview", "{review}", patient_id="{asha}")
    ),
    (COVERAGE, "coverage_one_at_a_time"): attack(
        copy(COVERAGE, f"{{{COVERAGE}}}"), behind=((COVERAGE, "entry_has_history"),)
    ),
    (CARD, "not_for_merged"): attack(copy(CARD, "{card}", serial="'elsewhere'", patient_id="{chitra}")),
    (CONFIRMATION, "not_for_merged"): attack(copy(CONFIRMATION, "{confirmation}", patient_id="{chitra}")),
    (ALLERGY, "allergy_substance"): entry(ALLERGY, substance="''"),
    (CONDITION, "condition_name"): entry(CONDITION, name="''"),
    (CONDITION, "condition_code_and_system"): entry(CONDITION, code="name"),
    (MEDICATION, "medication_name"): entry(MEDICATION, name="''"),
    (FLAG, "flag_of_other_kind_says_what"): entry(FLAG, code="'other'", text="''"),
    (COVERAGE, "coverage_payer"): entry(COVERAGE, payer="''"),
    ("patients_recordchange", "record_change_reason"): attack(
        copy("patients_recordchange", "{change}", version="99", action="'struck'")
    ),
}


@pytest.fixture
def siege(throw_away: str, riverside: Any, cast: Any, as_superuser: Any) -> Iterator[Siege]:
    """Asha, of whom there is something of every kind; Ben, who has no allergies; Chitra, who is Asha."""
    with riverside.inside(by=cast.ada):
        rows = _filed(cast)
    ids = {name: str(row.pk) if isinstance(row.pk, int) else f"'{row.pk}'::uuid" for name, row in rows.items()}
    with as_superuser() as server:
        server.autocommit = False
        made = Siege(server, riverside.schema, str(riverside.id), ids)
        made.as_clinic()
        [bare] = server.execute(made.told(copy(DOCUMENT, "{document}") + " RETURNING id")).fetchone() or ()
        server.execute("SET CONSTRAINTS ALL IMMEDIATE")
        ids["bare_document"] = f"'{bare}'::uuid"
        server.execute("RESET ROLE")
        yield made
        server.rollback()


def _filed(cast: Any) -> dict[str, Any]:
    office: dict[str, Any] = {"by": cast.ada, "at": AT}
    later: dict[str, Any] = {"by": cast.ada, "at": AT + timedelta(hours=1)}
    asha, ben, chitra, dina = (
        PatientFactory(by=cast.ada, given_name=name) for name in ("Asha", "Ben", "Chitra", "Dina")
    )
    rows: dict[str, Any] = {"asha": asha, "ben": ben, "chitra": chitra, "sara": cast.sara, "ada": cast.ada}
    rows["void_card"] = issuing.issue(asha, **office)
    rows["card"] = issuing.issue(asha, reason="lost", replaces=rows["void_card"].pk, **later)
    texts = [
        consent_texts.draft(title=title, body="I agree.", is_required=False, **office)
        for title in ("Treatment", "Photographs", "Research")
    ]
    rows["form"], photos = (consent_texts.publish(text, **office) for text in texts[:2])
    rows["draft"] = texts[2]
    rows["consent"] = _signed(asha, rows["form"], later)
    rows["refused"] = _signed(ben, rows["form"], later, decision="refused")
    rows["revocation"] = consents.revoke(_signed(asha, photos, later), reason="Changed her mind", **later)
    rows["document"] = filing.file_document(asha, upload=papers.upload(), title="Blood sugar", **office)
    rows["version"] = rows["document"].versions.get()
    rows["later_version"] = filing.add_version(
        rows["document"], upload=papers.upload(papers.pdf(b"Corrected")), **later
    )
    for name in ("share", "revoked_share"):
        rows[name] = sharing.share(rows["version"], recipient="Dr Mehta", days=7, **office).share
    sharing.revoke(rows["revoked_share"], **later)
    rows["merge"] = merging.merge(asha, chitra, reason="Twice", **later)
    apart = merging.merge(asha, dina, reason="By mistake", **later)
    rows["separation"] = merging.separate(apart, reason="Two people", **later)
    details = {
        Allergy: {"substance": "Penicillin"},
        Condition: {"name": "Asthma"},
        Medication: {"name": "Metformin"},
        PatientFlag: {"code": "interpreter"},
        Coverage: {"payer": "Star Health", "member_number": "7", "order": 1},
    }
    for model, said in details.items():
        rows[model._meta.db_table] = record.enter(model, asha, **said, **office)
    rows["review"] = record.say_no_known_allergies(ben, **office)
    rows["confirmation"] = confirming.confirm_details(asha, **office)
    rows["change"] = RecordChange.objects.first()
    return rows


def _signed(patient: Any, form: ConsentForm, office: dict[str, Any], **more: Any) -> Any:
    return consents.sign(patient, form, asked_as=uuid4(), signer_name="A. Sharma", **more, **office)


def test_each_guard_refuses_its_attack_and_is_the_only_one_to_do_so(siege: Siege) -> None:
    wrong = siege.not_refused(ATTACKS, says=SAYS)
    assert wrong == [], "\n".join(map(str, wrong))


def test_every_guard_of_what_is_filed_is_attacked(siege: Siege) -> None:
    """Triggers of the department itself, exclusions, foreign keys of two columns, checks of the SQL files."""
    found = siege.server.execute(
        "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT t.tgisinternal AND c.relnamespace = %(s)s::regnamespace"
        "  AND c.relname LIKE 'patients%%' AND p.proname LIKE 'patients%%'"
        " UNION SELECT c.relname, k.conname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid"
        " WHERE c.relnamespace = %(s)s::regnamespace AND c.relname LIKE 'patients%%'"
        "  AND (k.contype = 'x' OR k.contype = 'f' AND cardinality(k.conkey) > 1 OR k.conname = ANY(%(checks)s))",
        {"s": siege.schema, "checks": sorted(_checks())},
    ).fetchall()
    assert {(table, guard) for table, guard in found if guard not in WALLS} == set(ATTACKS)
    assert _checks() <= {guard for _table, guard in ATTACKS}


def _checks() -> set[str]:
    written = (file.read_text() for file in SQL.glob("*.sql") if not file.name.startswith("no_"))
    return {name for text in written for name in re.findall(r"ADD CONSTRAINT (\w+)", text)}
