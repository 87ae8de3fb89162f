"""Numbers that people read out loud: PAT-2026-00001. One series a year, no number twice, none skipped."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from apps.core.clock import refuse_odd_year
from apps.core.ids import new_id

# Around a statement that writes the number into a row in the same breath.
TAKEN = (
    "WITH taken AS (INSERT INTO core_numberseries AS series (id, series, year, last) VALUES (%s, %s, %s, 1)"
    " ON CONFLICT (series, year) DO UPDATE SET last = series.last + 1 RETURNING last)"
)
NUMBER = "(SELECT %s::text || lpad(last::text, greatest(5, length(last::text)), '0') FROM taken)"


@dataclass(frozen=True, slots=True)
class Next:
    """The next number of ``series`` (``"INV"``) in the year of ``on``.

    Must be taken inside the transaction that uses it: the counter's row stays locked until then, so that a rollback
    gives the number back and the series has no gaps. Take it as late as possible. Who takes numbers of several series
    in one transaction first holds something that all such transactions hold (billing.posting.hold_books), or two of
    them may each wait for the other's counter.
    """

    series: str
    on: date

    @property
    def taking(self) -> list[Any]:
        """The values of ``TAKEN``. Raises NoSuchDay."""
        refuse_odd_year(self.on, field="day")
        return [new_id(), self.series, self.on.year]

    @property
    def prefix(self) -> str:
        """The value of ``NUMBER``."""
        return f"{self.series}-{self.on.year}-"


def next_number(series: str, *, on: date) -> str:
    """Take a number by itself, for a row that is not written by ``insert``."""
    number = Next(series, on)
    with connection.cursor() as cursor:
        cursor.execute(f"{TAKEN} SELECT {NUMBER}", [*number.taking, number.prefix])
        (taken,) = cursor.fetchone()
    return str(taken)
