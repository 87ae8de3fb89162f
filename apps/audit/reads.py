"""Reading a patient's health information leaves a trace (ARCHITECTURE §6)."""

from collections.abc import Collection
from uuid import UUID

from apps.core.connection import connection, here


def record_read(patient_id: UUID | None, kind: str) -> None:
    """Note that the actor of this transaction has read `kind` ("chart", "list", "invoice" …) of a patient.

    Once per transaction, patient and kind: a page that shows the same patient twice leaves one row.
    """
    record_reads({patient_id}, kind)


def record_reads(patient_ids: Collection[UUID | None], kind: str) -> None:
    """The same for a list of patients, in one statement."""
    seen = here().memo.setdefault("audit.reads", set())
    fresh = {(patient, kind) for patient in patient_ids} - seen
    if not fresh:
        return
    seen |= fresh
    with connection.cursor() as cursor:
        cursor.execute("SELECT record_reads(%b::uuid[], %s)", [[patient for patient, _kind in fresh], kind])
