"""Numbers that people read out loud: PAT-2026-00001. One series a year, no number twice, none skipped."""

from datetime import date

from django.db import connection

from apps.core.ids import new_id
from apps.core.models import NumberSeries


def next_number(series: str, *, on: date) -> str:
    """Take the next number of ``series`` (``"INV"``) in the year of ``on``.

    Must be called inside the transaction that uses it: the counter's row stays locked until then, so that a
    rollback gives the number back and the series has no gaps. Take it as late as possible. Who takes numbers of several
    series in one transaction first holds something that all such transactions hold (billing.posting.hold_books), or
    two of them may each wait for the other's counter.
    """
    table = connection.ops.quote_name(NumberSeries._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} AS series (id, series, year, last) VALUES (%s, %s, %s, 1)"  # noqa: S608 - our own table name
            " ON CONFLICT (series, year) DO UPDATE SET last = series.last + 1 RETURNING last",
            [new_id(), series, on.year],
        )
        (last,) = cursor.fetchone()
    return f"{series}-{on.year}-{last:05d}"
