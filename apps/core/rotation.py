"""Replace a clinic's data key while it works: a new version seals from now on, and what is there is sealed anew.

The old key stays on the ring and opens what it sealed: the trail is append-only and keeps its ciphertext, and so do
rows that their own guards do not let change (an issued invoice). Retired means: nothing new is sealed with it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import DatabaseError, models, transaction
from psycopg import sql

from apps.core.connection import connection
from apps.core.encryption import CACHE_SECONDS, HEADER, Purpose, add_version, forget, keyring
from apps.core.models import ClinicKey
from apps.core.sealed import Sealed, SealedField

BATCH = 500


@dataclass(frozen=True, slots=True)
class Step:
    """One stretch of a table: how many rows were sealed anew, how many their guards kept, and where to go on."""

    resealed: int
    kept: int
    last: Any  # the key of the last row looked at; None at the end of the table


def begin() -> int:
    """The version that everything shall have: a new one, or the newest of a rotation that was interrupted."""
    working = ClinicKey.objects.filter(purpose=Purpose.DATA, retired_at=None).order_by("-version")
    return working[0].version if len(working) > 1 else add_version(Purpose.DATA)


def settles_at() -> datetime:
    """From then on no process seals with an older key any more: each has read its keys anew."""
    newest = ClinicKey.objects.filter(purpose=Purpose.DATA).order_by("-version")[0]
    return newest.created_at + timedelta(seconds=CACHE_SECONDS)


def sealed_models() -> list[type[models.Model]]:
    """The tables of a clinic that hold sealed values and may be changed."""
    return [
        model
        for model in apps.get_models()
        if model._meta.managed and not getattr(model, "append_only", False) and _sealed_fields(model)
    ]


def reseal(model: type[models.Model], *, after: Any = None, size: int = BATCH) -> Step:
    """Seal the next rows anew that an older key sealed. Whoever edits one of them meanwhile waits, or is waited for."""
    fields = _sealed_fields(model)
    with transaction.atomic():
        rows = _stale_rows(model, fields, after, size)
        changes = [_resealed(row[0], fields, row[1:]) for row in rows]
        kept = _write(model, fields, changes)
    return Step(len(rows) - kept, kept, rows[-1][0] if len(rows) == size else None)


def retire_older(purpose: str, *, at: datetime, but: int = 1) -> int:
    """Nothing new is made with any but the newest `but` keys of a purpose. Answers how many were retired.

    A retired data key still opens; a retired signing key verifies nothing any more.
    """
    versions = ClinicKey.objects.filter(purpose=purpose).order_by("-version").values_list("version", flat=True)
    older = ClinicKey.objects.filter(purpose=purpose, retired_at=None).exclude(version__in=list(versions[:but]))
    retired = older.update(retired_at=at)
    forget(keyring().clinic)
    return retired


def _sealed_fields(model: type[models.Model]) -> list[SealedField]:
    return [field for field in model._meta.local_concrete_fields if isinstance(field, SealedField)]


def _table(model: type[models.Model]) -> sql.Identifier:
    return sql.Identifier(model._meta.db_table)


def _column(field: Any) -> sql.Identifier:
    return sql.Identifier(field.column)


def _stale(fields: list[SealedField]) -> sql.Composed:
    """Bytes 2 and 3 of a sealed value name its key."""
    each = "(octet_length({c}) > 0 AND substring({c} FROM 2 FOR 2) <> %s)"
    return sql.SQL("({})").format(sql.SQL(" OR ").join(sql.SQL(each).format(c=_column(field)) for field in fields))


def _newest_mark() -> list[bytes]:
    return [HEADER.pack(0, keyring().data_version)[1:]]


def _stale_rows(model: type[models.Model], fields: list[SealedField], after: Any, size: int) -> list[tuple[Any, ...]]:
    pk = model._meta.pk
    query = sql.SQL("SELECT {columns} FROM {table} WHERE {stale} {beyond} ORDER BY {pk} LIMIT {size} FOR NO KEY UPDATE")
    composed = query.format(
        columns=sql.SQL(", ").join(_column(field) for field in (pk, *fields)),
        table=_table(model),
        stale=_stale(fields),
        beyond=sql.SQL("" if after is None else "AND {} > %s").format(_column(pk)),
        pk=_column(pk),
        size=sql.Literal(size),
    )
    with connection.cursor() as cursor:
        cursor.execute(composed, _newest_mark() * len(fields) + ([] if after is None else [after]))
        return list(cursor.fetchall())


def _resealed(pk: Any, fields: list[SealedField], values: tuple[Any, ...]) -> list[Any]:
    """The new bytes of a row, then its key. What does not open stops the rotation: it was tampered with."""
    data: list[Any] = []
    for field, value in zip(fields, values, strict=True):
        if value is None or not bytes(value):
            data.append(value)
        else:
            data.append(field.seal(field.open(Sealed(bytes(value)), row=pk), row=pk).data)
    return [*data, pk]


def _write(model: type[models.Model], fields: list[SealedField], changes: list[list[Any]]) -> int:
    """Write the rows; those that a guard of the table keeps as they are stay. Answers how many stayed."""
    update = sql.SQL("UPDATE {} SET {} WHERE {} = %s").format(
        _table(model),
        sql.SQL(", ").join(sql.SQL("{} = %s").format(_column(field)) for field in fields),
        _column(model._meta.pk),
    )
    if _executed(update, changes):
        return 0
    return sum(not _executed(update, [change]) for change in changes)


def _executed(update: sql.Composed, changes: list[list[Any]]) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(update, changes)
    except DatabaseError:
        return False
    return True
