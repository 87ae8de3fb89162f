"""Sealed fields: what the database sees, what opens, and every way in which a value could be moved or changed."""

import pickle
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django import forms
from django.core.exceptions import FieldError, ValidationError
from django.db import DatabaseError, connection, models, transaction
from django.db.models import F, Value
from django.db.models.functions import Lower

from apps.core import encryption
from apps.core.checks import sealed_fields_have_ids_of_their_own
from apps.core.encryption import KeysMissing, SealBroken
from apps.core.sealed import Sealed, SealedCharField, SealedDateField, SealedJSONField, SealedTextField
from apps.patients.models import Patient
from tests.conftest import ClinicUnderTest
from tests.patients.factories import PatientFactory

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SECRET = "Xanthippe"


@pytest.fixture
def patient(inside_riverside: Any) -> Patient:
    return PatientFactory(given_name=SECRET, notes="Fears needles")


def raw(patient: Patient, column: str) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM patients_patient WHERE id = %s", [patient.pk])
        return bytes(cursor.fetchone()[0])


def put(patient: Patient, column: str, value: bytes) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE patients_patient SET {column} = %s WHERE id = %s", [value, patient.pk])


def fresh(patient: Patient) -> Patient:
    return Patient.objects.get(pk=patient.pk)


# --- what is stored


def test_the_database_holds_noise_of_padded_length(patient: Patient) -> None:
    stored = raw(patient, "given_name")
    assert SECRET.encode() not in stored
    assert stored[0] == 1
    assert len(stored) == encryption.SEALED_OVERHEAD + 16
    assert fresh(patient).given_name == SECRET


def test_whoever_opens_hundreds_is_refused_the_same(patient: Patient) -> None:
    field: Any = Patient._meta.get_field("given_name")
    open_one, stored = field.opener(encryption.keyring()), raw(patient, "given_name")
    assert open_one(Sealed(stored), patient.pk) == SECRET
    changed = stored[:-1] + bytes([stored[-1] ^ 1])
    for sealed, row in (
        (stored, uuid.uuid4()),
        (changed, patient.pk),
        (stored[:20], patient.pk),
        (b"\x01", patient.pk),
    ):
        with pytest.raises(SealBroken) as caught:
            open_one(Sealed(sealed), row)
        assert SECRET not in str(caught.value)


def test_whoever_opens_hundreds_asks_anew_for_a_key_it_does_not_know(patient: Patient) -> None:
    field: Any = Patient._meta.get_field("given_name")
    open_one, stored = field.opener(encryption.keyring()), raw(patient, "given_name")
    newer = encryption.HEADER.pack(encryption.FORMAT, 9) + stored[3:]
    with pytest.raises(encryption.UnknownKey):
        open_one(Sealed(newer), patient.pk)


def test_the_same_words_are_never_sealed_the_same(patient: Patient) -> None:
    other = PatientFactory(given_name=SECRET)
    assert raw(patient, "given_name")[3:] != raw(other, "given_name")[3:]


def test_untouched_values_keep_their_bytes(patient: Patient) -> None:
    before = raw(patient, "given_name"), raw(patient, "birth_date"), raw(patient, "notes")
    again = fresh(patient)
    again.notes = "Fears dogs"
    again.given_name = SECRET  # what a form sends back unchanged
    again.birth_date = date(1984, 3, 12)
    again.save()
    patient.save()
    after = raw(patient, "given_name"), raw(patient, "birth_date"), raw(patient, "notes")
    assert after[:2] == before[:2]


def test_empty_words_are_an_empty_column(patient: Patient) -> None:
    assert raw(patient, "middle_name") == b""
    assert fresh(patient).middle_name == ""


def test_bulk_create_seals_too(inside_riverside: Any) -> None:
    row = Patient(number="PAT-2026-90001", given_name=SECRET, registered_at=AT, last_activity_at=AT)
    Patient.objects.bulk_create([row])
    assert SECRET.encode() not in raw(row, "given_name")
    assert fresh(row).given_name == SECRET


def test_nothing_readable_is_in_a_dump_of_the_whole_database(
    throw_away: str, riverside: ClinicUnderTest, as_superuser: Callable[[], Any]
) -> None:
    words = ("Xanthippe", "Papadopoulou", "98450 12345", "9845012345", "Lake Road", "needles", "1984-03-12", "A1234567")
    with riverside.inside():
        PatientFactory(
            given_name=words[0],
            family_name=words[1],
            phone="98450 12345",
            address="12, Lake Road",
            notes="Fears needles",
            national_id="A1234567",
        )
    dumped = b""
    with as_superuser() as connected:
        tables = connected.execute(
            "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables WHERE schemaname = %s",
            [riverside.schema],
        ).fetchall()
        for (table,) in tables:
            with connected.cursor().copy(f"COPY {table} TO STDOUT") as copied:
                dumped += b"".join(bytes(part) for part in copied)
    assert b"PAT-" in dumped
    readable = dumped + b"".join(_unhexed(dumped))
    assert [word for word in words if word.encode() in readable] == []


def _unhexed(dumped: bytes) -> list[bytes]:
    """Columns of bytes are dumped as \\x4142: read them as well."""
    found = []
    for part in dumped.replace(b"\\\\x", b"\n").replace(b'"', b"\n").split(b"\n"):
        digits = part.split(b"\t")[0]
        try:
            found.append(bytes.fromhex(digits.decode()))
        except ValueError:
            continue
    return found


# --- attacks: every one must be refused, and without a word of what was sealed


ATTACKS: dict[str, Callable[[bytes], bytes]] = {
    "a flipped bit in the text": lambda data: data[:-20] + bytes([data[-20] ^ 1]) + data[-19:],
    "a flipped bit in the tag": lambda data: data[:-1] + bytes([data[-1] ^ 1]),
    "a flipped bit in the nonce": lambda data: data[:3] + bytes([data[3] ^ 1]) + data[4:],
    "another key version": lambda data: data[:2] + b"\x02" + data[3:],
    "cut by a byte": lambda data: data[:-1],
    "longer by a byte": lambda data: data + b"\x00",
    "zeros": lambda data: data[:3] + bytes(len(data) - 3),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_changed_value_does_not_open(patient: Patient, attack: str) -> None:
    long = PatientFactory(given_name=SECRET * 3)
    put(long, "given_name", ATTACKS[attack](raw(long, "given_name")))
    with pytest.raises(SealBroken) as broken:
        fresh(long).given_name  # noqa: B018
    assert "patients.patient.given_name" in str(broken.value)
    assert SECRET not in f"{broken.value!r}{broken.value.__cause__!r}"
    assert broken.value.__cause__ is None


def test_a_value_moved_to_another_row_does_not_open(patient: Patient) -> None:
    other = PatientFactory(given_name="Ravi")
    put(other, "given_name", raw(patient, "given_name"))
    with pytest.raises(SealBroken):
        fresh(other).given_name  # noqa: B018


def test_a_value_moved_to_another_column_does_not_open(patient: Patient) -> None:
    put(patient, "family_name", raw(patient, "given_name"))
    with pytest.raises(SealBroken):
        fresh(patient).family_name  # noqa: B018


@pytest.mark.django_db
def test_a_value_moved_to_another_clinic_does_not_open(riverside: ClinicUnderTest, lakeside: ClinicUnderTest) -> None:
    row = uuid.uuid4()
    with riverside.inside():
        patient = PatientFactory(given_name=SECRET)
        Patient.objects.filter(pk=patient.pk).update(phone="")
        stolen = raw(patient, "given_name")
        row = patient.pk
    with lakeside.inside():
        twin = Patient(pk=row, number="PAT-2026-90001", given_name="Twin", registered_at=AT, last_activity_at=AT)
        twin.save(force_insert=True)
        put(twin, "given_name", stolen)
        with pytest.raises(SealBroken):
            fresh(twin).given_name  # noqa: B018


def test_another_key_of_the_right_shape_does_not_open(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_clinickey")
    encryption.create_keys(connection.context.clinic)
    with pytest.raises(SealBroken):
        fresh(patient).given_name  # noqa: B018


def test_deleting_a_clinics_keys_erases_it(patient: Patient) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_clinickey")
    encryption.forget(connection.context.clinic)
    with pytest.raises(KeysMissing):
        fresh(patient).given_name  # noqa: B018


def test_a_copied_row_fails_when_it_is_saved_not_when_it_is_read(patient: Patient) -> None:
    copy = fresh(patient)
    copy.pk, copy.number = uuid.uuid4(), "PAT-2026-90001"
    copy._state.adding = True
    with pytest.raises(SealBroken):
        copy.save(force_insert=True)


@pytest.mark.parametrize("value", [b"Asha", b"\x01" * 46, b"plain words that are long enough to be taken for sealed"])
def test_the_column_refuses_what_was_not_sealed(patient: Patient, value: bytes) -> None:
    with pytest.raises(DatabaseError, match="check constraint"), transaction.atomic():
        put(patient, "notes", value)


# --- what cannot seal raises


CANNOT: dict[str, Callable[[Patient], Any]] = {
    "update": lambda patient: Patient.objects.update(given_name="Asha"),
    "update from a column": lambda patient: Patient.objects.update(given_name=Value("Asha")),
    "bulk_update": lambda patient: Patient.objects.bulk_update([_renamed(patient)], ["given_name"]),
    "filter": lambda patient: list(Patient.objects.filter(given_name=SECRET)),
    "exclude": lambda patient: list(Patient.objects.exclude(given_name=SECRET)),
    "filter in": lambda patient: list(Patient.objects.filter(given_name__in=[SECRET])),
    "filter contains": lambda patient: list(Patient.objects.filter(given_name__icontains="x")),
    "filter a date": lambda patient: list(Patient.objects.filter(birth_date=date(1984, 3, 12))),
    "filter a year": lambda patient: list(Patient.objects.filter(birth_date__year=1984)),
    "get": lambda patient: Patient.objects.get(notes="x"),
    "an expression": lambda patient: _expressed(patient).save(),
}


@pytest.mark.parametrize("cannot", CANNOT)
def test_what_cannot_seal_raises(patient: Patient, cannot: str) -> None:
    before = raw(patient, "given_name")
    with pytest.raises((TypeError, FieldError)) as refused, transaction.atomic():
        CANNOT[cannot](patient)
    assert SECRET not in str(refused.value)
    assert raw(patient, "given_name") == before


def _renamed(patient: Patient) -> Patient:
    patient.given_name = "Asha"
    return patient


def _expressed(patient: Patient) -> Patient:
    patient.given_name = Lower(F("number"))
    return patient


def test_isnull_is_the_one_filter(patient: Patient) -> None:
    PatientFactory(given_name="Ravi", birth_date=None)
    assert list(Patient.objects.filter(birth_date__isnull=False)) == [patient]


# --- Django's ways of reading


def test_values_yield_sealed_and_the_field_opens_it(patient: Patient) -> None:
    sealed = Patient.objects.values_list("given_name", flat=True).get()
    assert isinstance(sealed, Sealed)
    assert SECRET not in repr(sealed)
    field = Patient._meta.get_field("given_name")
    assert field.open(sealed, row=patient.pk) == SECRET
    with pytest.raises(SealBroken):
        field.open(sealed, row=uuid.uuid4())


def test_deferred_values_are_fetched_sealed(patient: Patient) -> None:
    lazy = Patient.objects.only("number").get()
    assert lazy.given_name == SECRET
    before = raw(patient, "given_name")
    lazy.save()
    assert raw(patient, "given_name") == before


def test_refresh_from_db_sees_somebody_elses_change(patient: Patient) -> None:
    other = fresh(patient)
    other.given_name = "Asha"
    other.save()
    patient.refresh_from_db()
    assert patient.given_name == "Asha"


def test_a_pickled_row_holds_no_words(patient: Patient) -> None:
    row = fresh(patient)
    assert row.given_name == SECRET
    pickled = pickle.dumps(row)
    assert SECRET.encode() not in pickled
    assert pickle.loads(pickled).given_name == SECRET


def test_full_clean_and_model_forms_work(patient: Patient) -> None:
    row = fresh(patient)
    row.full_clean()
    row.given_name = "x" * 101
    with pytest.raises(ValidationError) as wrong:
        row.full_clean()
    assert set(wrong.value.message_dict) == {"given_name"}

    form_class = forms.modelform_factory(Patient, fields=["given_name", "birth_date", "notes"])
    form = form_class({"given_name": "Asha", "birth_date": "2001-02-03", "notes": "x"}, instance=fresh(patient))
    assert form.is_valid(), form.errors
    form.save()
    saved = fresh(patient)
    assert (saved.given_name, saved.birth_date, saved.notes) == ("Asha", date(2001, 2, 3), "x")
    assert SECRET not in str(form_class(instance=saved))


# --- the other kinds, and the checks


class Kinds(models.Model):
    """Never migrated: sealing does not need a table."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    text = SealedTextField(max_length=5, field_id="tests.kinds.text")
    day = SealedDateField(null=True, field_id="tests.kinds.day")
    document = SealedJSONField(default=dict, field_id="tests.kinds.document")

    class Meta:
        app_label = "core"
        managed = False


def test_documents_notice_when_they_are_changed_in_place(inside_riverside: Any) -> None:
    field = Kinds._meta.get_field("document")
    row = Kinds(document={"allergies": ["nuts"], "ünï": None})
    first = field.pre_save(row, add=True)
    assert row.document == {"allergies": ["nuts"], "ünï": None}
    assert field.pre_save(row, add=False) is first
    row.document["allergies"].append("dust")
    second = field.pre_save(row, add=False)
    assert second.data != first.data
    assert field.open(Sealed(second.data), row=row.pk) == {"allergies": ["nuts", "dust"], "ünï": None}


def test_days_come_back_as_days_even_if_words_were_given(inside_riverside: Any) -> None:
    field = Kinds._meta.get_field("day")
    row = Kinds(day="2000-02-29")
    sealed = field.pre_save(row, add=True)
    assert row.day == field.open(Sealed(sealed.data), row=row.pk) == date(2000, 2, 29)


def test_a_field_without_id_or_with_an_index_is_refused() -> None:
    nameless, indexed = SealedCharField(max_length=9), SealedCharField(max_length=9, field_id="x", unique=True)
    for field in (nameless, indexed):
        field.set_attributes_from_name("field")
        field.model = Kinds
    assert [error.id for error in nameless.check()] == ["core.E010"]
    assert [error.id for error in indexed.check()] == ["core.E011"]


def test_no_two_fields_share_an_id() -> None:
    assert sealed_fields_have_ids_of_their_own() == []


def test_outside_a_clinic_nothing_opens_or_seals() -> None:
    with pytest.raises(KeysMissing):
        encryption.seal(b"x", field_id="x", row=uuid.uuid4())
