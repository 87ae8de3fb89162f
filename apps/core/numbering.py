"""Numbers that people read out loud: PAT-2026-00001. One series a year, no number twice, none skipped."""

from datetime import date
from typing import Final

from django.db import connection

from apps.core.ids import new_id
from apps.core.models import NumberSeries

# One transaction takes several of these, and not always in the same order: issue and receive, void and refund. Two that
# each held one and waited for the other's would deadlock. So whoever wants the first holds the books until it ends.
MONEY: Final = frozenset({"INV", "RCT", "RFD", "CRN", "JRN"})
BOOKS: Final = "BOOKS"

NEXT = """
    INSERT INTO {table} AS series (id, series, year, last) VALUES (%s, %s, %s, 1)
    ON CONFLICT (series, year) DO UPDATE SET last = series.last + 1 RETURNING last
"""
NEXT_WITH_BOOKS_HELD = """
    WITH held AS (SELECT 1 FROM {table} WHERE series = '{books}' AND year = 0 FOR UPDATE)
    INSERT INTO {table} AS series (id, series, year, last) SELECT %s::uuid, %s::varchar, %s::int, 1 FROM held
    ON CONFLICT (series, year) DO UPDATE SET last = series.last + 1 RETURNING last
"""


def next_number(series: str, *, on: date) -> str:
    """Take the next number of ``series`` (``"INV"``) in the year of ``on``.

    Must be called inside the transaction that uses it: the counter's row stays locked until then, so that a
    rollback gives the number back and the series has no gaps. Take it as late as possible.
    """
    last = _taken(NEXT_WITH_BOOKS_HELD if series in MONEY else NEXT, series, on.year)
    if last is None:  # the very first number of money in this clinic
        NumberSeries.objects.bulk_create([NumberSeries(series=BOOKS, year=0)], ignore_conflicts=True)
        last = _taken(NEXT_WITH_BOOKS_HELD, series, on.year)
    return f"{series}-{on.year}-{last:05d}"


def _taken(statement: str, series: str, year: int) -> int | None:
    table = connection.ops.quote_name(NumberSeries._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(statement.format(table=table, books=BOOKS), [new_id(), series, year])
        row: tuple[int] | None = cursor.fetchone()
    return row[0] if row else None
