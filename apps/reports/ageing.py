"""Who owes how much for how long (receivables ageing), as effective on a day and as known at a moment. Reads only.

What is owed now stands on the invoices; what the books moved after the day, or learned after the moment, is taken off
again. Today needs no line of the journal, and a day of last month only those since then.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core.connection import connection
from apps.ledger.accounts import chart
from apps.ledger.models import Account

BUCKETS: dict[str, str | Promise] = {  # by days since the due day
    "not_due": _("Not due yet"),
    "to_30": _("1–30 days"),
    "to_60": _("31–60 days"),
    "to_90": _("61–90 days"),
    "older": _("Over 90 days"),
}
AMOUNTS = (*BUCKETS, "total")
READ_AS = "receivables"  # in the trail, of everybody who is shown

AGED = """
    WITH later AS (
        SELECT document, sum(owed) AS owed FROM (
            SELECT l.document, l.credit - l.debit AS owed FROM ledger_journalline l
             WHERE l.account_id = %(receivable)s AND l.effective_on > %(day)s
            {learned_later}
        ) moved GROUP BY document
    ), owed AS (
        SELECT i.id AS document, i.patient_id, i.due_on, i.due + coalesce(l.owed, 0) AS owed
          FROM billing_invoice i LEFT JOIN later l ON l.document = i.id
         WHERE i.due > 0 AND i.due + coalesce(l.owed, 0) <> 0
        UNION ALL
        SELECT i.id, i.patient_id, i.due_on, l.owed
          FROM later l JOIN billing_invoice i ON i.id = l.document
         WHERE (i.due > 0) IS NOT TRUE AND l.owed <> 0
    ), aged AS (
        SELECT coalesce(p.merged_into_id, p.id) AS person, document, owed, due_on, %(day)s - due_on AS days
          FROM owed JOIN patients_patient p ON p.id = owed.patient_id
    )
"""
PERSONS = """
    , persons AS MATERIALIZED (
        SELECT person, count(*) AS invoices, max(days) AS oldest,
               coalesce(sum(owed) FILTER (WHERE days <= 0), 0) AS not_due,
               coalesce(sum(owed) FILTER (WHERE days BETWEEN 1 AND 30), 0) AS to_30,
               coalesce(sum(owed) FILTER (WHERE days BETWEEN 31 AND 60), 0) AS to_60,
               coalesce(sum(owed) FILTER (WHERE days BETWEEN 61 AND 90), 0) AS to_90,
               coalesce(sum(owed) FILTER (WHERE days > 90), 0) AS older,
               sum(owed) AS total
          FROM aged GROUP BY person
    )
"""
LEARNED_LATER = """
            UNION ALL
            SELECT l.document, l.credit - l.debit
              FROM ledger_journalentry e JOIN ledger_journalline l ON l.entry_id = e.id
             WHERE e.recorded_at > %(known_at)s AND e.effective_on <= %(day)s AND l.account_id = %(receivable)s
"""
IN_ORDER = {"amount": "total DESC, person", "age": "oldest DESC, total DESC, person"}
DEBTORS = """
    , slice AS (
        SELECT row_number() OVER (ORDER BY {order}) AS place, person, invoices, oldest,
               not_due, to_30, to_60, to_90, older, total
          FROM persons ORDER BY 1 OFFSET %(start)s LIMIT %(most)s
    ), totals AS (
        SELECT count(*), coalesce(sum(invoices), 0), coalesce(sum(not_due), 0), coalesce(sum(to_30), 0),
               coalesce(sum(to_60), 0), coalesce(sum(to_90), 0), coalesce(sum(older), 0), coalesce(sum(total), 0)
          FROM persons
    )
    SELECT totals.*, slice.* FROM totals LEFT JOIN slice ON true ORDER BY place
"""


OLDEST = 10**6  # days
SPANS = {"not_due": (-OLDEST, 0), "to_30": (1, 30), "to_60": (31, 60), "to_90": (61, 90), "older": (91, OLDEST)}
SPANS["total"] = (-OLDEST, OLDEST)
OF_SPAN = """
     FROM aged WHERE days BETWEEN %(least)s AND %(most_days)s AND (%(person)s::uuid IS NULL OR person = %(person)s)
"""
DEBTS = f"""
    SELECT person, document, due_on, days, owed {OF_SPAN}
     ORDER BY days DESC, document OFFSET %(start)s LIMIT %(most)s
"""
DEBT_SUMS = f"SELECT count(*), coalesce(sum(owed), 0) {OF_SPAN}"


@dataclass(frozen=True, slots=True)
class Debtor:
    """What one person owes, on each of their records, by how long it is overdue."""

    person: UUID
    invoices: int
    oldest: int  # days since the earliest due day; zero or less: nothing is overdue
    amounts: dict[str, Decimal]


@dataclass(frozen=True, slots=True)
class Debt:
    """What is owed on one invoice."""

    person: UUID
    document: UUID
    due_on: date
    days: int  # since it was due; zero or less: it is not overdue
    owed: Decimal


class _Asked:
    """On which day, as known at which moment."""

    def __init__(self, *, day: date, known_at: datetime | None = None) -> None:
        receivable = chart()[Account.Role.ACCOUNTS_RECEIVABLE].pk
        self._which: dict[str, Any] = {"receivable": receivable, "day": day, "known_at": known_at}
        self._aged = AGED.format(learned_later=LEARNED_LATER if known_at else "")

    def _rows(self, select: str, **more: int) -> list[Sequence[Any]]:
        with connection.cursor() as cursor:
            cursor.execute(self._aged + select, {**self._which, **more})
            return list(cursor.fetchall())


class Ageing(_Asked, Sequence[Debtor]):
    """The debtors of a clinic, cut into pages by whoever shows them.

    One query tells the totals and the `first` so many debtors; a slice that goes beyond these is one more.
    """

    def __init__(self, *, day: date, known_at: datetime | None = None, order: str = "amount", first: int = 0) -> None:
        super().__init__(day=day, known_at=known_at)
        self._slice = PERSONS + DEBTORS.format(order=IN_ORDER[order])
        self._first = first

    @cached_property
    def totals(self) -> dict[str, Decimal]:
        return dict(zip(AMOUNTS, self._sums[2:], strict=True))

    @property
    def invoices(self) -> int:
        return int(self._sums[1])

    def __len__(self) -> int:
        return int(self._sums[0])

    def __iter__(self) -> Iterator[Debtor]:
        return iter(self[:])

    def __getitem__(self, place: Any) -> Any:
        start, stop, _step = place.indices(len(self))
        if stop <= self._first:
            return self._beginning[1][start:stop]
        return self._read(start, stop)[1]

    @property
    def _sums(self) -> Sequence[Any]:
        return self._beginning[0]

    @cached_property
    def _beginning(self) -> tuple[Sequence[Any], list[Debtor]]:
        return self._read(0, self._first)

    def _read(self, start: int, stop: int) -> tuple[Sequence[Any], list[Debtor]]:
        rows = self._rows(self._slice, start=start, most=max(stop - start, 0))
        width = 2 + len(AMOUNTS)
        debtors = [
            Debtor(person, invoices, oldest, dict(zip(AMOUNTS, amounts, strict=True)))
            for _place, person, invoices, oldest, *amounts in (row[width:] for row in rows)
            if person is not None
        ]
        return rows[0][:width], debtors


class Debts(_Asked, Sequence[Debt]):
    """The invoices that make one amount of the ageing: one bucket or all, of one person or of everybody."""

    def __init__(
        self, *, day: date, known_at: datetime | None = None, bucket: str = "total", person: UUID | None = None
    ) -> None:
        super().__init__(day=day, known_at=known_at)
        least, most = SPANS[bucket]
        self._which |= {"least": least, "most_days": most, "person": person}

    @property
    def total(self) -> Decimal:
        return Decimal(self._sums[1])

    def __len__(self) -> int:
        return int(self._sums[0])

    def __iter__(self) -> Iterator[Debt]:
        return iter(self[:])

    def __getitem__(self, place: Any) -> Any:
        start, stop, _step = place.indices(len(self))
        return [Debt(*row) for row in self._rows(DEBTS, start=start, most=max(stop - start, 0))]

    @cached_property
    def _sums(self) -> Sequence[Any]:
        return self._rows(DEBT_SUMS)[0]
