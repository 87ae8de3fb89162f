"""The file of an import: sealed in pieces, read row by row, deleted when its time is over."""

import zlib
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from django.utils.translation import gettext_lazy

from apps.core.encryption import open_sealed, seal
from apps.core.refusals import Conflict
from apps.patients.files import csv_files
from apps.patients.models import ImportPart, PatientImport

FIELD_ID: Final = "patients.importpart.wrapped"
PART = 512 * 1024

Row = tuple[int, list[str]]


class Emptied(Conflict):
    code = "file_deleted"
    message = gettext_lazy("The file of this import has been deleted. Upload it again.")


def keep(data: bytes, *, of: PatientImport) -> None:
    """Seal a file and keep it in pieces."""
    packed = zlib.compress(data, 6)
    ImportPart.objects.bulk_create(
        _part(of, place, packed[start : start + PART]) for place, start in enumerate(range(0, len(packed), PART))
    )


def preview(file: PatientImport, *, rows: int = 5) -> tuple[list[str], list[Row]]:
    """The names of the columns and the first rows, as the file is read now. Raises BadFile, Emptied."""
    text = text_of(file)
    return csv_files.header_of(text, file.separator), first_of(csv_files.rows_of(text, file.separator), rows)


def rows_at(file: PatientImport, wanted: set[int]) -> Iterator[Row]:
    """These rows, as they stand in the file."""
    for number, row in csv_files.rows_of(text_of(file), file.separator):
        if number in wanted:
            yield number, row
        if number >= max(wanted):
            return


def text_of(file: PatientImport) -> str:
    """What is in the file, as it is read now. Raises BadFile, Emptied."""
    return csv_files.decoded(data_of(file), file.encoding)


def data_of(file: PatientImport) -> bytes:
    """The file as it was uploaded. Raises Emptied."""
    if file.emptied_at is not None:
        raise Emptied
    parts = file.parts.order_by("place")
    return zlib.decompress(b"".join(open_sealed(bytes(part.wrapped), field_id=FIELD_ID, row=part.pk) for part in parts))


def emptied(file: PatientImport, *, at: datetime) -> PatientImport:
    """Delete what is kept of the file; what was found in it stays."""
    file.parts.all().delete()
    file.emptied_at = at
    file.save(update_fields=["emptied_at"])
    return file


def first_of(rows: Iterator[Row], most: int) -> list[Row]:
    """The first rows, without reading on."""
    first = []
    for row in rows:
        first.append(row)
        if len(first) == most:
            break
    return first


def _part(file: PatientImport, place: int, piece: bytes) -> ImportPart:
    part = ImportPart(source=file, place=place)
    part.wrapped = seal(piece, field_id=FIELD_ID, row=part.pk)
    return part
