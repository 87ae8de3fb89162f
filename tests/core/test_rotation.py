"""Keys are replaced while the clinic works; nothing becomes unreadable, and a stopped rotation goes on."""

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.core import encryption, rotation
from apps.core.encryption import SealBroken
from apps.core.models import ClinicKey
from apps.core.sealed import Sealed
from apps.patients.models import Patient
from apps.patients.registration import amend
from tests.conftest import ClinicUnderTest
from tests.patients.factories import PatientFactory

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No other process has to take up the new key."""
    monkeypatch.setattr(rotation, "CACHE_SECONDS", 0)


def rotate(*words: str) -> str:
    said = io.StringIO()
    call_command("rotate_keys", "--clinic", "riverside", *words, stdout=said)
    return said.getvalue()


def versions() -> set[int]:
    names = [field.attname for field in Patient._meta.concrete_fields if hasattr(field, "field_id")]
    rows = Patient.objects.values_list(*names)
    return {value.data[2] for row in rows for value in row if isinstance(value, Sealed)}


def test_everything_is_sealed_anew_and_stays_readable(riverside: ClinicUnderTest, at_once: None) -> None:
    with riverside.inside():
        patients = [PatientFactory(notes=f"note {number}") for number in range(3)]
        assert versions() == {1}
    assert "patients_patient: 3 sealed anew" in rotate()
    with riverside.inside():
        assert versions() == {2}
        again = Patient.objects.order_by("number")
        assert [patient.notes for patient in again] == [patient.notes for patient in patients]
        assert PatientFactory(given_name="Ravi").given_name == "Ravi"
        keys = ClinicKey.objects.filter(purpose="data").order_by("version")
        assert [key.retired_at is None for key in keys] == [False, True]


def test_the_trail_stays_readable(riverside: ClinicUnderTest, at_once: None) -> None:
    with riverside.inside():
        fred = User.objects.create_user("fred@riverside.example", full_name="Fred Front")
        patient = PatientFactory(notes="old")
        amend(patient, by=fred, at=AT, notes="new")
    rotate()
    with riverside.inside():
        event = AuditEvent.objects.filter(table_name="patients_patient", action="update").order_by("id")[0]
        old = Sealed(bytes.fromhex(event.old["notes"].removeprefix("\\x")))
        assert Patient._meta.get_field("notes").open(old, row=patient.pk) == "old"


def test_a_rotation_that_was_stopped_goes_on_where_it_was(riverside: ClinicUnderTest, at_once: None) -> None:
    with riverside.inside():
        PatientFactory.create_batch(3)
        assert rotation.begin() == 2
        first = rotation.reseal(Patient, size=2)
        assert (first.resealed, first.kept) == (2, 0)
        assert versions() == {1, 2}
    assert "patients_patient: 1 sealed anew" in rotate()
    with riverside.inside():
        assert versions() == {2}
        assert ClinicKey.objects.filter(purpose="data").count() == 2


def test_without_waiting_the_older_key_is_not_retired_yet(riverside: ClinicUnderTest) -> None:
    with riverside.inside():
        PatientFactory()
    assert "Run this again" in rotate("--no-wait")
    with riverside.inside():
        assert not ClinicKey.objects.exclude(retired_at=None).exists()


def test_what_was_tampered_with_stops_the_rotation(riverside: ClinicUnderTest, at_once: None) -> None:
    with riverside.inside():
        patient = PatientFactory(notes="note")
        with connection.cursor() as cursor:
            cursor.execute("UPDATE patients_patient SET notes = set_byte(notes, 20, 255 - get_byte(notes, 20))")
    with pytest.raises(SealBroken):
        rotate()
    with riverside.inside():
        assert Patient.objects.get(pk=patient.pk).given_name == "Asha"


def test_only_the_named_clinic_gets_new_keys(
    riverside: ClinicUnderTest, lakeside: ClinicUnderTest, at_once: None
) -> None:
    with lakeside.inside():
        PatientFactory(given_name="Olivia")
    rotate()
    with lakeside.inside():
        assert versions() == {1}
        assert encryption.keyring().data_version == 1
    with pytest.raises(CommandError, match="no clinic"):
        call_command("rotate_keys", "--clinic", "nowhere")


def test_signing_keys_are_replaced_and_the_last_two_verify(riverside: ClinicUnderTest) -> None:
    for _ in range(2):
        rotate("--signing")
    with riverside.inside():
        assert set(encryption.keyring().verifying_keys()) == {"2", "3"}


def test_a_clinics_key_is_wrapped_with_the_new_root_key(riverside: ClinicUnderTest, settings: Any) -> None:
    with riverside.inside():
        patient = PatientFactory()
    old, new = settings.HPMS_ROOT_KEY, "bmV3LXJvb3Qta2V5LW9mLXRoZS10ZXN0cy0zMmJ5dGU="
    try:
        settings.HPMS_ROOT_KEY = f"{new},{old}"
        encryption._root_key.cache_clear()
        rotate("--root")
        settings.HPMS_ROOT_KEY = new
        encryption._root_key.cache_clear()
        encryption._cached.clear()
        with riverside.inside():
            assert Patient.objects.get(pk=patient.pk).given_name == "Asha"
    finally:
        encryption._root_key.cache_clear()
        encryption._cached.clear()
