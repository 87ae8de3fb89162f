"""A register that an earlier version of the house has indexed is indexed anew by a worker, also where two collide."""

import pytest

from apps.accounts.models import User
from apps.core.blind_index import WAY
from apps.outbox.models import Message
from apps.patients import deliveries, indexing, merging
from apps.patients.models import Patient
from apps.patients.search import find
from apps.tenants.models import Clinic
from apps.tenants.signals import clinic_migrated
from tests.patients.factories import REGISTERED, PatientFactory

pytestmark = pytest.mark.usefixtures("inside_riverside")


def indexed_before(*patients: Patient) -> None:
    """As if another version had made their tokens, in its way."""
    rows = Patient.objects.filter(pk__in=[patient.pk for patient in patients])
    rows.update(name_tokens=[1], phone_tokens=[1], birth_token=1, indexed_as=WAY - 1)


def waiting() -> list[Message]:
    return list(Message.objects.filter(kind=indexing.KIND))


def test_what_an_earlier_version_has_indexed_is_found_once_a_worker_was_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "AT_ONCE", 2)
    ahmad, asha, noor = (PatientFactory(given_name=name) for name in ("أحمد", "Asha", "Noor"))
    old = PatientFactory(given_name="Nur")
    merging.merge(noor, old, by=User.objects.get(email="ada@riverside.example"), at=REGISTERED, reason="Twice")
    clinic_migrated.send(Clinic)
    assert waiting() == [], "they are as this version makes them"

    indexed_before(ahmad, asha, noor, old)
    assert find("احمد") == find("Noor") == find("Nur") == []
    clinic_migrated.send(Clinic)
    steps = 0
    while messages := waiting():
        steps += 1
        messages[0].delete()
        deliveries.index_anew({}, messages[0])
    assert steps == 3
    assert (find("احمد"), find("Noor"), find("Nur")) == ([ahmad], [noor], [noor])
    assert set(Patient.objects.values_list("indexed_as", flat=True)) == {WAY}


def test_two_with_one_national_id_do_not_stop_it() -> None:
    one, other = PatientFactory(national_id="A 1"), PatientFactory(national_id="B 2", given_name="Meena")
    Patient.objects.filter(pk=other.pk).update(national_id_token=one.national_id_token - 1)
    other.refresh_from_db()
    other.national_id = "a-1"  # to the version that took it this was another number
    other.save(update_fields=["national_id"])
    indexed_before(one, other)
    assert indexing.step()
    assert find("Meena") == [other]
    other.refresh_from_db()
    assert other.national_id_token == one.national_id_token - 1
