"""Inserts whose SQL is written once: Django writes that of each row anew, which takes longer than the rest of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.models import AutoField, Model

from apps.core.numbering import NUMBER, TAKEN, Next

M = TypeVar("M", bound=Model)
MOST_VALUES = 65_535  # that PostgreSQL takes with a statement


@dataclass(frozen=True)
class _Insert:
    head: str  # INSERT INTO table (columns) VALUES
    row: str  # (DEFAULT, %s, …)
    tail: str  # RETURNING columns
    sent: Sequence[Any]  # fields
    numbered: Any  # the field that takes a number
    returned: Sequence[tuple[str, Sequence[Any]]]  # what the database works out: attributes, and how they are read


def insert(row: M, *, number: Next | None = None) -> M:
    """As `row.save(force_insert=True)`, for a row whose related rows are saved; no signal is sent. ``number``: what it
    takes for its number in the same statement."""
    return _insert([row], number)[0]


def insert_all(rows: Iterable[M]) -> list[M]:
    """As `bulk_create`: in one statement, or as few as may be. What the database works out stands on the rows. Raises
    what the database refuses, as `save` does: the transaction around it is then to be rolled back."""
    rows = list(rows)
    return _insert(rows, None) if rows else rows


def _insert(rows: list[M], number: Next | None) -> list[M]:
    written = _written(type(rows[0]), is_numbered=number is not None)
    at_once = MOST_VALUES // len(written.sent)
    found: list[tuple[Any, ...]] = []
    connection = connections[DEFAULT_DB_ALIAS]  # itself: whoever goes through the proxy looks for it at each step
    with transaction.mark_for_rollback_on_error(), connection.cursor() as cursor:
        for start in range(0, len(rows), at_once):
            some = rows[start : start + at_once]
            params = [
                field.get_db_prep_save(field.pre_save(row, add=True), connection)
                for row in some
                for field in written.sent
            ]
            if number is not None:
                params[written.sent.index(written.numbered)] = number.prefix
                params = [*number.taking, *params]
            cursor.execute(f"{written.head} {', '.join([written.row] * len(some))} {written.tail}", params)
            found += cursor.fetchall()
    for row, values in zip(rows, found, strict=True):
        for (name, turns), value in zip(written.returned, values, strict=True):
            for turn in turns:
                value = turn(value, None, connection)
            setattr(row, name, value)
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
    return rows


@cache
def _written(model: type[Model], *, is_numbered: bool) -> _Insert:
    """The clinic's id and an automatic key are the database's own; every other column is sent."""
    quote = connection.ops.quote_name
    fields: list[Any] = [field for field in model._meta.local_concrete_fields if not field.generated]
    own = [field for field in fields if field.has_db_default() and not field.has_default()]
    sent = [field for field in fields if field not in own and not isinstance(field, AutoField)]
    numbered: Any = model._meta.get_field("number") if is_numbered else None
    returned: list[Any] = [
        field for field in model._meta.local_concrete_fields if field not in sent or field is numbered
    ]
    names = ", ".join(quote(field.column) for field in (*own, *sent))
    places = ["DEFAULT" for _field in own] + [NUMBER if field is numbered else _place(field) for field in sent]
    return _Insert(
        head=f"{TAKEN if is_numbered else ''} INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES",
        row=f"({', '.join(places)})",
        tail=f"RETURNING {', '.join(quote(field.column) for field in returned)}",
        sent=sent,
        numbered=numbered,
        returned=[(field.attname, field.get_db_converters(connection)) for field in returned],
    )


def _place(field: Any) -> str:
    return str(field.get_placeholder(None, None, connection)) if hasattr(field, "get_placeholder") else "%s"
