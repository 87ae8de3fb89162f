"""The register's blind tokens are worked out anew where an earlier version of the house made them in another way.

Each row knows how its own were made (`Patient.indexed_as`, `blind_index.WAY`). After a migration a worker goes through
the others in steps; until it has been there, a patient may not be found by what is written otherwise now.
"""

from django.db import IntegrityError, transaction

from apps.core.blind_index import WAY
from apps.outbox import outbox
from apps.patients.models import Patient
from apps.patients.registration import INDEXED, index_for_search

KIND = "patients.index_anew"
AT_ONCE = 500


def ask_if_needed() -> bool:
    """Leave it to a worker, where there is anything to do; whether there is."""
    needed = Patient.objects.filter(indexed_as__lt=WAY).exists()
    if needed:
        outbox.put(KIND, {})
    return needed


def step() -> bool:
    """The next rows; whether they were the last. Several workers may do it at once, and any may be killed."""
    with transaction.atomic():
        rows = Patient.objects.select_for_update(no_key=True, skip_locked=True).filter(indexed_as__lt=WAY)
        patients = list(rows.order_by("pk")[:AT_ONCE])
        for patient in patients:
            _index(patient)
    return len(patients) < AT_ONCE


def _index(patient: Patient) -> None:
    """What two people were given as one national id keeps its token: the list of duplicates shows them."""
    national_id_token = patient.national_id_token
    index_for_search(patient)
    try:
        with transaction.atomic():
            patient.save(update_fields=[*INDEXED, "indexed_as"])
    except IntegrityError:
        patient.national_id_token = national_id_token
        patient.save(update_fields=[*INDEXED, "indexed_as"])
