"""Paging through long lists by where one stands, not by counting from the start: page 10,000 is as quick as page 1."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Stretch(Generic[Row]):
    """Some rows of a list and the cursors (for ``?cursor=``) to what comes before and after; "" at an end."""

    rows: list[Row]
    newer: str
    older: str


def stretch(queryset: QuerySet[Row], *, by: Sequence[str], cursor: str = "", size: int = 50) -> Stretch[Row]:
    """The stretch of a list, newest first, at ``cursor``. ``by`` names the columns of its order, unique together.

    A cursor that nobody gave out leads to the newest rows.
    """
    direction, place = _read(cursor, by)
    ordered = queryset.order_by(*[f"-{column}" if direction == "older" else column for column in by])
    try:
        rows = list((ordered.filter(_beyond(by, place, direction)) if place else ordered)[: size + 1])
    except (ValueError, ValidationError):  # a forged cursor holds something that is no date or number
        return stretch(queryset, by=by, size=size)
    more, rows = len(rows) > size, rows[:size]
    if direction == "newer":
        rows.reverse()
    if not rows:
        return Stretch(rows, "", "")
    return Stretch(
        rows,
        newer=_cursor("newer", rows[0], by) if place and (direction == "older" or more) else "",
        older=_cursor("older", rows[-1], by) if direction == "newer" or more else "",
    )


def _beyond(by: Sequence[str], place: Sequence[Any], direction: str) -> Q:
    """(a, b) < (x, y), written so that an index on (a, b) serves it."""
    beyond = "lt" if direction == "older" else "gt"
    condition = Q()
    for depth, column in enumerate(by):
        equal = Q(**dict(zip(by[:depth], place[:depth], strict=True)))
        condition |= equal & Q(**{f"{column}__{beyond}": place[depth]})
    return Q(**{f"{by[0]}__{beyond}e": place[0]}) & condition


def _cursor(direction: str, row: Model, by: Sequence[str]) -> str:
    place = [_text(getattr(row, column)) for column in by]
    return base64.urlsafe_b64encode(json.dumps([direction, *place]).encode()).decode().rstrip("=")


def _text(value: Any) -> str:
    return str(value.isoformat()) if hasattr(value, "isoformat") else str(value)


def _read(cursor: str, by: Sequence[str]) -> tuple[str, list[str]]:
    if not 0 < len(cursor) < 500:
        return "older", []
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        return "older", []
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts) or len(parts) != len(by) + 1:
        return "older", []
    return ("newer" if parts[0] == "newer" else "older"), parts[1:]
