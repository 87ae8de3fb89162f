"""Registering, amending, deactivating and restoring people."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.patients import registration
from apps.patients.details import BadDetails
from apps.patients.models import Patient
from apps.patients.registration import (
    AlreadyActive,
    ChangedMeanwhile,
    LikelyDuplicate,
    NationalIdTaken,
    NotActive,
    ReasonMissing,
    amend,
    deactivate,
    register,
    restore,
)
from tests.patients.factories import PatientFactory

pytestmark = pytest.mark.usefixtures("inside_riverside")
AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.fixture
def fred(inside_riverside: object) -> User:
    return User.objects.create_user("fred@riverside.example", full_name="Fred Front")


def test_patients_are_numbered_by_year_without_gaps(fred: User) -> None:
    first = register(by=fred, at=AT, given_name="Asha", family_name="Sharma")
    with pytest.raises(BadDetails):
        register(by=fred, at=AT, given_name="")
    second = register(by=fred, at=AT, given_name="Ravi")
    later = register(by=fred, at=AT.replace(year=2027), given_name="Meena")
    assert [first.number, second.number, later.number] == ["PAT-2026-00001", "PAT-2026-00002", "PAT-2027-00001"]


def test_the_year_of_a_number_is_the_clinics_own(fred: User) -> None:
    new_year_in_kolkata = datetime(2026, 12, 31, 20, 0, tzinfo=UTC)
    assert register(by=fred, at=new_year_in_kolkata, given_name="Asha").number == "PAT-2027-00001"


def test_everything_told_comes_back(fred: User) -> None:
    told = {
        "given_name": "Jürgen",
        "middle_name": "de",
        "family_name": "Souza",
        "preferred_name": "Jo",
        "sex": "male",
        "birth_date": date(1970, 2, 28),
        "phone": "+91 98450 12345",
        "other_phone": "080 2222 3333",
        "email": "jo@example.org",
        "address": "12, Lake Road\nNear the temple",
        "city": "Mysuru",
        "state": "Karnataka",
        "postal_code": "570001",
        "country": "India",
        "emergency_name": "Maria de Souza",
        "emergency_relationship": "wife",
        "emergency_phone": "98450 54321",
        "national_id": "1234 5678 9012",
        "blood_group": "AB-",
        "preferred_language": "kn",
        "notes": "Needs a wheelchair.\n\nComes with his wife.",
        "is_vip": True,
        "is_blocked": True,
        "blocked_reason": "Three no-shows",
    }
    patient = Patient.objects.get(pk=register(by=fred, at=AT, **told).pk)
    assert {name: getattr(patient, name) for name in told} == told
    assert (patient.registered_by, patient.registered_at, patient.full_name) == (fred, AT, "Jürgen de Souza")


def test_an_age_stands_for_a_birth_date_and_says_that_it_is_estimated(fred: User) -> None:
    patient = PatientFactory(by=fred, age=30, at=AT)
    assert (patient.birth_date, patient.birth_date_estimated) == (date(1996, 3, 2), True)
    assert patient.age_on(AT.date()) == 30
    known = amend(patient, by=fred, at=AT, birth_date=date(1995, 7, 1))
    assert (known.birth_date, known.birth_date_estimated) == (date(1995, 7, 1), False)


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(2024, 2, 29), date(2025, 2, 28), 0),
        (date(2024, 2, 29), date(2025, 3, 1), 1),
        (date(1984, 3, 12), date(2026, 3, 11), 41),
        (date(1984, 3, 12), date(2026, 3, 12), 42),
        (date(2026, 3, 2), date(2026, 3, 2), 0),
        (None, date(2026, 3, 2), None),
    ],
)
def test_age_is_completed_years(born: date | None, day: date, age: int | None) -> None:
    assert Patient(birth_date=born).age_on(day) == age


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("given_name", "  "),
        ("given_name", "12345"),
        ("given_name", "Asha<script>"),
        ("given_name", "A" * 101),
        ("given_name", "Asha\x00"),
        ("sex", "f"),
        ("birth_date", date(2026, 3, 3)),
        ("birth_date", date(1890, 1, 1)),
        ("birth_date", "1984-03-12"),
        ("age", -1),
        ("age", 131),
        ("age", True),
        ("phone", "call me"),
        ("phone", "1" * 16),
        ("email", "nobody"),
        ("blood_group", "C+"),
        ("preferred_language", "Klingon!"),
        ("national_id", "---"),
        ("is_vip", "yes"),
        ("notes", "x" * 4001),
    ],
)
def test_details_that_cannot_be_right_are_refused_by_field(fred: User, field: str, value: object) -> None:
    with pytest.raises(BadDetails) as refused:
        register(by=fred, at=AT, **{"given_name": "Asha", field: value})
    assert set(refused.value.errors) == {field}
    assert not Patient.objects.exists()


def test_all_wrong_fields_are_told_at_once_without_what_was_typed(fred: User) -> None:
    with pytest.raises(BadDetails) as refused:
        register(by=fred, at=AT, given_name="", phone="secret-words", is_blocked=True, emergency_phone="12345")
    assert set(refused.value.errors) == {"given_name", "phone", "blocked_reason", "emergency_name"}
    assert "secret-words" not in f"{refused.value}{refused.value.details}"


def test_birth_date_and_age_together_are_refused(fred: User) -> None:
    with pytest.raises(BadDetails):
        register(by=fred, at=AT, given_name="Asha", birth_date=date(1984, 3, 12), age=42)


def test_nobody_invents_a_field(fred: User) -> None:
    with pytest.raises(TypeError, match="number"):
        register(by=fred, at=AT, given_name="Asha", number="PAT-2026-99999")


def test_amending_changes_only_what_was_told_and_counts_versions(fred: User) -> None:
    patient = PatientFactory(by=fred, notes="old", email="a@example.org")
    before = _bytes(patient)
    amended = amend(patient, by=fred, at=AT, version=1, notes="new", given_name=patient.given_name)
    assert (amended.notes, amended.version) == ("new", 2)
    after = _bytes(patient)
    assert {name for name in before if before[name] != after[name]} == {"notes"}


def test_amending_nothing_leaves_no_version(fred: User) -> None:
    patient = PatientFactory(by=fred)
    assert amend(patient, by=fred, at=AT, given_name="Asha").version == 1


def test_two_people_who_edit_at_once_do_not_overwrite_each_other(fred: User) -> None:
    patient = PatientFactory(by=fred)
    amend(patient, by=fred, at=AT, version=1, phone="98450 11111")
    with pytest.raises(ChangedMeanwhile):
        amend(patient, by=fred, at=AT, version=1, phone="98450 22222")
    assert Patient.objects.get(pk=patient.pk).phone == "98450 11111"


def test_a_block_needs_its_reason_and_keeps_it(fred: User) -> None:
    patient = PatientFactory(by=fred)
    with pytest.raises(BadDetails) as refused:
        amend(patient, by=fred, at=AT, is_blocked=True)
    assert set(refused.value.errors) == {"blocked_reason"}
    blocked = amend(patient, by=fred, at=AT, is_blocked=True, blocked_reason="Rude to staff")
    with pytest.raises(BadDetails):
        amend(blocked, by=fred, at=AT, blocked_reason="")


def test_deactivating_hides_and_restoring_brings_back(fred: User) -> None:
    patient = PatientFactory(by=fred)
    gone = deactivate(patient, by=fred, at=AT, reason="  Moved   away ")
    assert (gone.is_active, gone.deactivated_at, gone.deactivated_by, gone.deactivated_reason) == (
        False,
        AT,
        fred,
        "Moved away",
    )
    with pytest.raises(NotActive):
        deactivate(patient, by=fred, at=AT, reason="again")
    with pytest.raises(NotActive):
        amend(patient, by=fred, at=AT, notes="x")
    back = restore(patient, by=fred, at=AT)
    assert (back.is_active, back.deactivated_at, back.deactivated_reason, back.version) == (True, None, "", 3)
    with pytest.raises(AlreadyActive):
        restore(patient, by=fred, at=AT)


def test_deactivating_needs_a_reason(fred: User) -> None:
    with pytest.raises(ReasonMissing):
        deactivate(PatientFactory(by=fred), by=fred, at=AT, reason=" ")


def test_a_national_id_belongs_to_one_active_patient(fred: User) -> None:
    first = PatientFactory(by=fred, national_id="ABCDE-1234-F")
    with pytest.raises(NationalIdTaken) as refused:
        PatientFactory(by=fred, given_name="Ravi", national_id="abcde 1234f")
    assert refused.value.details["number"] == first.number
    deactivate(first, by=fred, at=AT, reason="Registered twice")
    PatientFactory(by=fred, given_name="Ravi", national_id="abcde 1234f")
    with pytest.raises(NationalIdTaken):
        restore(first, by=fred, at=AT)


def test_a_national_id_is_the_same_in_whatever_figures_it_is_written(fred: User) -> None:
    PatientFactory(by=fred, national_id="1234 5678 9012")
    with pytest.raises(NationalIdTaken):
        PatientFactory(by=fred, given_name="Ravi", national_id="१२३४ ५६७८ ९०१२")


def test_what_is_pasted_brings_no_signs_that_turn_the_line_around(fred: User) -> None:
    patient = PatientFactory(by=fred, given_name="Asha\u202e", phone="\u202a+91 98450 12345\u202c")
    assert (patient.given_name, patient.phone) == ("Asha", "+91 98450 12345")


def test_two_desks_at_the_same_moment_cannot_both_use_a_national_id(
    fred: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    PatientFactory(by=fred, national_id="ABCDE1234F")
    monkeypatch.setattr(registration, "refuse_taken_national_id", lambda patient: None)  # the other came in between
    with pytest.raises(NationalIdTaken):
        PatientFactory(by=fred, given_name="Ravi", national_id="ABCDE1234F")


def test_likely_duplicates_are_refused_until_somebody_has_compared(fred: User) -> None:
    known = PatientFactory(by=fred)
    details = {"given_name": "Asha", "family_name": "Sharma", "birth_date": date(1984, 3, 12)}
    with pytest.raises(LikelyDuplicate) as refused:
        register(by=fred, at=AT, refuse_duplicates=True, **details)
    assert [duplicate.patient for duplicate in refused.value.duplicates] == [known]
    assert register(by=fred, at=AT, **details).number == "PAT-2026-00002"


def test_activity_moves_a_patient_up_but_not_with_every_step(fred: User) -> None:
    patient = PatientFactory(by=fred)
    registration.note_activity(patient, at=AT)
    registration.note_activity(patient, at=AT + timedelta(hours=1))
    assert Patient.objects.get(pk=patient.pk).last_activity_at == AT


def test_every_change_leaves_its_trail_with_nothing_readable(fred: User) -> None:
    patient = PatientFactory(by=fred, notes="Fears needles")
    amend(patient, by=fred, at=AT, notes="Fears dogs")
    events = AuditEvent.objects.filter(table_name="patients_patient", row_id=str(patient.pk)).order_by("id")
    assert [event.action for event in events] == ["create", "update"]
    assert events[0].patient_id == patient.pk
    trail = "".join(f"{event.old}{event.new}" for event in events)
    assert not any(word in trail for word in ("Asha", "Sharma", "needles", "dogs", "98450", "1984"))
    assert events[0].new["name_tokens"] == events[0].new["phone_tokens"] == "[not kept]"


ATTACKS = [
    "UPDATE patients_patient SET given_name = ''",
    "UPDATE patients_patient SET given_name = 'Asha'::bytea",
    "UPDATE patients_patient SET notes = 'plain words, long enough to look like something sealed at a glance'::bytea",
    "UPDATE patients_patient SET sex = 'f'",
    "UPDATE patients_patient SET blood_group = 'C+'",
    "UPDATE patients_patient SET number = 'Asha'",
    "UPDATE patients_patient SET is_blocked = true",
    "UPDATE patients_patient SET is_active = false",
    "UPDATE patients_patient SET is_active = false, deactivated_at = now(), deactivated_by_id = registered_by_id",
    "UPDATE patients_patient SET birth_date = NULL, birth_date_estimated = true",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_database_refuses_what_the_rules_refuse(fred: User, attack: str) -> None:
    PatientFactory(by=fred)
    with pytest.raises(DatabaseError, match="check constraint"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attack)


def _bytes(patient: Patient) -> dict[str, bytes]:
    names = [field.attname for field in Patient._meta.concrete_fields if hasattr(field, "field_id")]
    row = Patient.objects.filter(pk=patient.pk).values(*names).get()
    return {name: getattr(value, "data", value) for name, value in row.items()}
