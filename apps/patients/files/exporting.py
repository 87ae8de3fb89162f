"""Patients as a CSV file: what leaves the house, and the note that it did.

The request is one transaction and must not end before its rows are read: they are read and opened in batches, each
packed at once, and unpacked again while they are sent. 100,000 patients wait in some megabytes, and never on a disk.
"""

import csv
import io
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from apps.accounts.models import User
from apps.audit.reads import record_reads
from apps.patients.files import columns
from apps.patients.models import Patient, PatientExport, PatientQuerySet

BATCH = 500
BOM = "\ufeff"


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

    No cell can be a formula (columns.harmless), and the file can be imported again as it is.
    """
    unknown = set(fields) - {"number", *columns.DETAILS}
    if unknown:
        raise TypeError(f"Not to be exported: {', '.join(sorted(unknown))}.")
    pieces = [packed([[columns.label_of(field) for field in fields]], mark=with_mark)]
    count = 0
    with transaction.atomic():
        needed = {*fields, "birth_date_estimated", "tenant_id"}
        batch: list[Patient] = []
        for patient in patients.only(*needed).order_by("number").iterator(chunk_size=BATCH):
            batch.append(patient)
            if len(batch) == BATCH:
                pieces.append(_rows(batch, fields))
                count += len(batch)
                batch = []
        pieces.append(_rows(batch, fields))
        count += len(batch)
        PatientExport.objects.create(count=count, chosen=chosen, columns=list(fields), exported_at=at, exported_by=by)
    return (zlib.decompress(piece) for piece in pieces)


def _rows(patients: Sequence[Patient], fields: Sequence[str]) -> bytes:
    record_reads({patient.pk for patient in patients}, "export")
    return packed([[columns.harmless(_cell(patient, field)) for field in fields] for patient in patients])


def _cell(patient: Patient, field: str) -> str:
    value = getattr(patient, field)
    if field == "birth_date" and patient.birth_date_estimated:
        return str(value.year)  # as it is imported again: the day was never known
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return value.isoformat()
    return str(value or "")


def packed(rows: Sequence[Sequence[str]], *, mark: bool = False) -> bytes:
    """Lines of a CSV file, small enough to wait in memory; with the mark of UTF-8 if it begins the file."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return zlib.compress(((BOM if mark else "") + text.getvalue()).encode(), 1)
