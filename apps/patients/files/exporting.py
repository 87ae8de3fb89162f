"""Patients as a CSV file: what leaves the house, and the note that it did.

The request is one transaction and must not end before its rows are read: they are read and opened in batches, each
packed at once, and unpacked again while they are sent. 100,000 patients wait in some megabytes, and never on a disk.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from apps.accounts.models import User
from apps.audit.reads import record_reads
from apps.core.sheets import cut, packed, safe, unpacked
from apps.patients.files import columns
from apps.patients.models import Patient, PatientExport, PatientQuerySet

BATCH = 500


def export(
    patients: PatientQuerySet,
    *,
    fields: Sequence[str],
    chosen: dict[str, Any],
    by: User,
    at: datetime,
    with_mark: bool = True,
) -> Iterator[bytes]:
    """The file, piece by piece. `chosen` is the filter, for the trail; `with_mark` tells Excel that it is UTF-8.

    No cell can be a formula (core/sheets.py), and the file can be imported again as it is.
    """
    unknown = set(fields) - {"number", *columns.DETAILS}
    if unknown:
        raise TypeError(f"Not to be exported: {', '.join(sorted(unknown))}.")
    pieces = [packed([[columns.label_of(field) for field in fields]], mark=with_mark)]
    count = 0
    with transaction.atomic():
        needed = {*fields, "birth_date_estimated", "tenant_id"}
        for batch in cut(patients.only(*needed).order_by("number").iterator(chunk_size=BATCH), BATCH):
            pieces.append(_rows(batch, fields))
            count += len(batch)
        PatientExport.objects.create(count=count, chosen=chosen, columns=list(fields), exported_at=at, exported_by=by)
    return unpacked(pieces)


def _rows(patients: Sequence[Patient], fields: Sequence[str]) -> bytes:
    record_reads({patient.pk for patient in patients}, "export")
    return packed([[safe(_cell(patient, field)) for field in fields] for patient in patients])


def _cell(patient: Patient, field: str) -> str:
    value = getattr(patient, field)
    if field == "birth_date" and patient.birth_date_estimated:
        return str(value.year)  # as it is imported again: the day was never known
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return value.isoformat()
    return str(value or "")
