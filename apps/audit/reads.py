"""Reading a patient's health information leaves a trace (ARCHITECTURE §6)."""

from uuid import UUID

from apps.core.connection import connection, here


def record_read(patient_id: UUID | None, kind: str) -> None:
    """Note that the actor of this transaction has read `kind` ("chart", "list", "invoice" …) of a patient.

    Once per transaction, patient and kind: a page that shows the same patient twice leaves one row.
    """
    seen = here().memo.setdefault("audit.reads", set())
    if (patient_id, kind) in seen:
        return
    seen.add((patient_id, kind))
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenancy.record_read(%s, %s)", [patient_id, kind])


def record_reads(patient_ids: set[UUID], kind: str) -> None:
    """The same for a list of patients, in one statement."""
    seen = here().memo.setdefault("audit.reads", set())
    fresh = sorted(patient for patient in patient_ids if (patient, kind) not in seen)
    if not fresh:
        return
    seen.update((patient, kind) for patient in fresh)
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenancy.record_read(patient, %s) FROM unnest(%s::uuid[]) patient", [kind, fresh])
