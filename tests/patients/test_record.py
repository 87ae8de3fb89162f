"""Allergies, conditions, medication, flags and coverage: entered, amended, ended, struck; and nothing ever lost."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from apps.core import rotation
from apps.patients import coverage, partial, record
from apps.patients.alerts import Alert, Asked, alerts_of, asked_about_allergies
from apps.patients.details import BadDetails
from apps.patients.models import Allergy, Condition, Coverage, Medication, Patient, PatientFlag, RecordChange
from apps.patients.registration import NotActive, ReasonMissing, deactivate
from tests.cast import Cast
from tests.conftest import ClinicUnderTest
from tests.patients.factories import REGISTERED, PatientFactory
from tests.raw_sql import refused

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.fixture
def inside(riverside: ClinicUnderTest, cast: Cast) -> Iterator[Cast]:
    with riverside.inside(by=cast.nia):
        yield cast


@pytest.fixture
def asha(inside: Cast) -> Patient:
    return PatientFactory(by=inside.ada)


def penicillin(asha: Patient, cast: Cast, **more: Any) -> Allergy:
    details = {"substance": "Penicillin", "criticality": "high", "reaction": "Anaphylaxis", "severity": "severe"}
    return record.enter(Allergy, asha, by=cast.nia, at=AT, **{**details, **more})


def test_what_is_entered_amended_and_ended_keeps_every_version(asha: Patient, inside: Cast) -> None:
    pills = record.enter(Medication, asha, by=inside.nia, at=AT, name="Metformin", dose="500 mg twice a day")
    record.amend(pills, by=inside.shah, at=AT + timedelta(hours=1), dose="850 mg twice a day", reason="HbA1c 8")
    record.end(pills, by=inside.shah, at=AT + timedelta(days=9), reason="Nausea")
    pills.refresh_from_db()
    assert (pills.status, pills.until, pills.version) == ("stopped", "2026-03-11", 3)
    history = [
        (change.action, change.by, change.reason, change.snapshot["dose"]) for change in record.history_of(pills)
    ]
    assert history == [
        ("ended", inside.shah, "Nausea", "850 mg twice a day"),
        ("amended", inside.shah, "HbA1c 8", "850 mg twice a day"),
        ("entered", inside.nia, "", "500 mg twice a day"),
    ]
    with pytest.raises(record.EndedAlready):
        record.end(pills, by=inside.shah, at=AT)


def test_an_amendment_that_changes_nothing_leaves_no_version(asha: Patient, inside: Cast) -> None:
    allergy = penicillin(asha, inside)
    record.amend(allergy, by=inside.shah, at=AT, substance=" Penicillin ")
    assert RecordChange.objects.count() == 1


def test_what_was_entered_in_error_disappears_and_stays_in_the_history(asha: Patient, inside: Cast) -> None:
    allergy = penicillin(asha, inside)
    with pytest.raises(ReasonMissing):
        record.strike(allergy, by=inside.shah, at=AT, reason="  ")
    record.strike(allergy, by=inside.shah, at=AT, reason="Another patient's")
    assert alerts_of(asha) == []
    assert [change.action for change in record.history_of(allergy)] == ["struck", "entered"]
    with pytest.raises(record.Struck):
        record.amend(allergy, by=inside.shah, at=AT, reaction="Rash")


def test_who_edits_an_older_version_is_told(asha: Patient, inside: Cast) -> None:
    allergy = penicillin(asha, inside)
    record.amend(allergy, by=inside.shah, at=AT, version=1, reaction="Rash")
    with pytest.raises(record.ChangedMeanwhile):
        record.amend(allergy, by=inside.nia, at=AT, version=1, reaction="Hives")


def test_the_same_twice_is_refused_until_the_first_has_ended(asha: Patient, inside: Cast) -> None:
    allergy = penicillin(asha, inside)
    with pytest.raises(record.EnteredAlready):
        penicillin(asha, inside, substance="penicillin")
    record.end(allergy, by=inside.shah, at=AT)
    assert penicillin(asha, inside).pk != allergy.pk


@pytest.mark.parametrize(
    ("model", "details", "field"),
    [
        (Allergy, {"substance": ""}, "substance"),
        (Allergy, {"substance": "x" * 121}, "substance"),
        (Allergy, {"substance": "Nuts", "category": "nonsense"}, "category"),
        (Allergy, {"substance": "Nuts", "onset": "2026-13"}, "onset"),
        (Allergy, {"substance": "Nuts", "onset": "2027"}, "onset"),
        (Condition, {"name": "Diabetes", "code": "E11"}, "code_system"),
        (Condition, {"name": "Diabetes", "code_system": "icd-10"}, "code"),
        (Condition, {"name": "Diabetes", "code_system": "icd-99", "code": "E11"}, "code_system"),
        (Condition, {"name": "Flu", "status": "resolved", "onset": "2020-05", "abatement": "2019"}, "abatement"),
        (Condition, {"name": "Flu", "abatement": "2019"}, "abatement"),
        (Medication, {"name": "Aspirin", "since": "2026-02-30"}, "since"),
        (PatientFlag, {"code": "other"}, "text"),
        (PatientFlag, {"code": "hearing", "since": date(2026, 3, 2), "until": date(2026, 3, 1)}, "until"),
        (Coverage, {"payer": "Star Health", "member_number": ""}, "member_number"),
        (Coverage, {"payer": "Star", "member_number": "1", "relationship": "child"}, "subscriber"),
        (Coverage, {"payer": "Star", "member_number": "1", "order": 9}, "order"),
    ],
)
def test_nonsense_is_refused_beside_its_field(
    asha: Patient, inside: Cast, model: Any, details: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadDetails) as refusal:
        record.enter(model, asha, by=inside.nia, at=AT, **details)
    assert set(refusal.value.errors) == {field}


def test_a_flag_that_was_over_by_its_dates_may_come_again(asha: Patient, inside: Cast) -> None:
    flu = {"by": inside.nia, "at": AT, "code": "infection"}
    record.enter(PatientFlag, asha, **flu, until=date(2026, 3, 1))
    assert alerts_of(asha) == []
    record.enter(PatientFlag, asha, **flu, since=date(2026, 3, 2), until=date(2026, 3, 9))
    with pytest.raises(record.EnteredAlready):
        record.enter(PatientFlag, asha, **flu)


def test_dates_in_other_figures_are_kept_as_all_are(asha: Patient, inside: Cast) -> None:
    assert partial.read("२०१५", locale="en-in", today=AT.date()) == "2015"
    assert partial.read("٣/٢٠١٥", locale="en-in", today=AT.date()) == "2015-03"
    with pytest.raises(BadDetails) as refusal:
        penicillin(asha, inside, onset="२०१५")
    assert "a month and year" in str(refusal.value.errors["onset"])


def test_a_deactivated_patient_gets_no_new_entries(asha: Patient, inside: Cast) -> None:
    deactivate(asha, by=inside.ada, at=AT, reason="Moved away")
    with pytest.raises(NotActive):
        penicillin(asha, inside)


def test_no_known_allergies_is_a_statement_of_its_own(asha: Patient, inside: Cast) -> None:
    assert asked_about_allergies(asha) == Asked.NOT_ASKED
    first = record.say_no_known_allergies(asha, by=inside.nia, at=AT)
    assert asked_about_allergies(asha) == Asked.NONE_KNOWN
    assert record.say_no_known_allergies(asha, by=inside.nia, at=AT + timedelta(minutes=1)) == first
    allergy = penicillin(asha, inside)
    assert asked_about_allergies(asha) == Asked.KNOWN
    with pytest.raises(record.AllergiesKnown):
        record.say_no_known_allergies(asha, by=inside.nia, at=AT)
    record.strike(allergy, by=inside.nia, at=AT, reason="Another patient's")
    assert asked_about_allergies(asha) == Asked.NOT_ASKED, "who had to be corrected is asked again"


def test_alerts_come_gravest_first_and_show_the_desk_what_the_desk_needs(asha: Patient, inside: Cast) -> None:
    record.enter(Allergy, asha, by=inside.nia, at=AT, substance="Dust", criticality="low")
    penicillin(asha, inside)
    penicillin(asha, inside, substance="Latex", status="refuted")
    flags: list[dict[str, Any]] = [
        {"code": "interpreter", "text": "Kannada", "tone": "blue"},
        {"code": "fall_risk"},
        {"code": "infection", "tone": "red", "audience": "clinical"},
        {"code": "other", "text": "Bring the key", "until": date(2026, 1, 1)},
    ]
    for details in flags:
        record.enter(PatientFlag, asha, by=inside.nia, at=AT, **details)
    assert alerts_of(asha) == [
        Alert("allergy", "Allergy: Penicillin", "red"),
        Alert("allergy", "Allergy: Dust", "red"),
        Alert("fall_risk", "Fall risk", "amber"),
        Alert("interpreter", "Needs an interpreter: Kannada", "blue"),
    ]
    assert Alert("infection", "Infection risk", "red") in alerts_of(asha, clinical=True)


def test_check_in_hears_of_insurance_that_is_missing_or_expired(asha: Patient, inside: Cast) -> None:
    def told(at: datetime) -> list[str]:
        return [gap.code for gap in coverage.missing_for(asha, at)]

    assert told(AT) == ["none"]
    policy = record.enter(
        Coverage,
        asha,
        by=inside.sara,
        at=AT,
        payer="Star Health",
        member_number="SH-1",
        valid_from=date(2026, 3, 3),
        valid_until=date(2026, 3, 31),
    )
    assert told(AT) == ["not_yet"]
    assert told(datetime(2026, 3, 31, 18, 0, tzinfo=UTC)) == [], "until midnight in Kolkata"
    assert told(datetime(2026, 3, 31, 19, 0, tzinfo=UTC)) == ["expired"]
    assert "31 Mar 2026: Star Health" in coverage.missing_for(asha, datetime(2026, 4, 2, tzinfo=UTC))[0].words
    record.end(policy, by=inside.sara, at=AT, on=date(2026, 3, 5))
    assert told(AT) == ["ended"]


def test_there_is_one_primary_coverage_at_a_time(asha: Patient, inside: Cast) -> None:
    def covered(**details: Any) -> Coverage:
        return record.enter(Coverage, asha, by=inside.sara, at=AT, member_number="1", **details)

    first = covered(payer="Star", valid_until=date(2026, 3, 31))
    with pytest.raises(record.CoverageOverlaps):
        covered(payer="HDFC", valid_from=date(2026, 3, 31))
    covered(payer="HDFC", valid_from=date(2026, 4, 1))
    covered(payer="Employer", order=2)
    with pytest.raises(record.CoverageOverlaps):
        record.amend(first, by=inside.sara, at=AT, valid_until=None)


@pytest.mark.parametrize("table", ["allergy", "condition", "medication", "patientflag", "coverage", "recordchange"])
def test_raw_sql_neither_deletes_nor_empties(asha: Patient, inside: Cast, table: str) -> None:
    everything(asha, inside)
    refused(f"DELETE FROM patients_{table}")
    refused(f"TRUNCATE patients_{table} CASCADE")


@pytest.mark.parametrize(
    ("statement", "match"),
    [
        ("UPDATE patients_allergy SET status = 'inactive'", "new version only"),
        ("UPDATE patients_allergy SET status = 'inactive', version = version + 1", "missing in the history"),
        ("UPDATE patients_allergy SET version = version + 1, is_struck = true", "missing in the history"),
        ("UPDATE patients_allergy SET substance = set_byte(substance, 40, 1)", "new version only"),
        ("UPDATE patients_allergy SET substance = ''", "new version only"),
        ("UPDATE patients_condition SET entered_at = now(), version = version + 1", "new version only"),
        ("UPDATE patients_condition SET patient_id = gen_random_uuid(), version = version + 1", "new version only"),
        ("UPDATE patients_recordchange SET at = now()", None),
        ("UPDATE patients_recordchange SET reason = ''", None),
        (
            "INSERT INTO patients_allergyreview (id, patient_id, answer, by_id, at) "
            "SELECT gen_random_uuid(), patient_id, 'none_known', by_id, now() FROM patients_recordchange LIMIT 1",
            "no known allergies",
        ),
    ],
)
def test_raw_sql_cannot_rewrite_a_record(asha: Patient, inside: Cast, statement: str, match: str | None) -> None:
    everything(asha, inside)
    refused(statement, match=match)


def test_neither_can_the_orm(asha: Patient, inside: Cast) -> None:
    allergy = penicillin(asha, inside)
    with pytest.raises(DatabaseError), transaction.atomic():
        Allergy.objects.update(status="inactive")
    allergy.reaction = "None"
    with pytest.raises(DatabaseError), transaction.atomic():
        allergy.save()
    ghost = Allergy(substance="Nuts", patient=asha, entered_by=inside.nia, changed_by=inside.nia)
    ghost.entered_at = ghost.changed_at = AT
    with pytest.raises(DatabaseError, match="history"), transaction.atomic(), connection.cursor() as cursor:
        Allergy.objects.bulk_create([ghost])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_new_key_seals_entries_anew_and_changes_no_version(
    asha: Patient, inside: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything(asha, inside)
    rotation.begin()
    for model in (Allergy, Condition, Medication, PatientFlag, Coverage):
        assert model in rotation.sealed_models()
        step = rotation.reseal(model)
        assert (step.resealed, step.kept, rotation.reseal(model).resealed) == (1, 0, 0), model
    allergy = Allergy.objects.get()
    assert (allergy.substance, allergy.version) == ("Penicillin", 1)


def test_nothing_readable_stands_in_the_tables(asha: Patient, inside: Cast) -> None:
    everything(asha, inside)
    with connection.cursor() as cursor:
        for table in ("allergy", "condition", "medication", "patientflag", "coverage", "recordchange"):
            cursor.execute(f"SELECT t::text FROM patients_{table} t")
            rows = str(cursor.fetchall())
            for word in ("Penicillin", "Anaphylaxis", "Diabetes", "E11", "Metformin", "Kannada", "Star", "SH-1"):
                assert word not in rows, table
                assert word.encode().hex() not in rows, table


def everything(asha: Patient, cast: Cast) -> None:
    penicillin(asha, cast)
    by: dict[str, Any] = {"by": cast.nia, "at": REGISTERED}
    record.enter(Condition, asha, name="Diabetes", code_system="icd-10", code="E11", onset="2015", **by)
    record.enter(Medication, asha, name="Metformin", **by)
    record.enter(PatientFlag, asha, code="interpreter", text="Kannada", **by)
    record.enter(Coverage, asha, payer="Star Health", member_number="SH-1", **by)
