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
    WITH part AS (
        SELECT id AS document, patient_id, due_on, due AS owed FROM billing_invoice WHERE due > 0
        UNION ALL
        SELECT i.id, i.patient_id, i.due_on, l.credit - l.debit
          FROM ledger_journalline l JOIN billing_invoice i ON i.id = l.document
         WHERE l.account_id = %(receivable)s AND l.effective_on > %(day)s
        {learned_later}
    ), owed AS (
        SELECT document, patient_id, due_on, sum(owed) AS owed FROM part GROUP BY 1, 2, 3 HAVING sum(owed) <> 0
    ), aged AS (
        SELECT coalesce(p.merged_into_id, p.id) AS person, document, owed, due_on, %(day)s - due_on AS days
          FROM owed JOIN patients_patient p ON p.id = owed.patient_id
    )
"""
PERSONS = """
    , persons AS (
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
        SELECT i.id, i.patient_id, i.due_on, l.credit - l.debit
          FROM ledger_journalentry e JOIN ledger_journalline l ON l.entry_id = e.id
          JOIN billing_invoice i ON i.id = l.document
         WHERE e.recorded_at > %(known_at)s AND e.effective_on <= %(day)s AND l.account_id = %(receivable)s
"""
DEBTORS = "SELECT person, invoices, oldest, not_due, to_30, to_60, to_90, older, total FROM persons"
IN_ORDER = {
    "amount": f"{DEBTORS} ORDER BY total DESC, person OFFSET %(start)s LIMIT %(most)s",
    "age": f"{DEBTORS} ORDER BY oldest DESC, total DESC, person OFFSET %(start)s LIMIT %(most)s",
}
TOTALS = """
    SELECT count(*), coalesce(sum(invoices), 0), coalesce(sum(not_due), 0), coalesce(sum(to_30), 0),
           coalesce(sum(to_60), 0), coalesce(sum(to_90), 0), coalesce(sum(older), 0), coalesce(sum(total), 0)
      FROM persons
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
    """The debtors of a clinic, cut into pages by whoever shows them: a query for the totals, one for each slice."""

    def __init__(self, *, day: date, known_at: datetime | None = None, order: str = "amount") -> None:
        super().__init__(day=day, known_at=known_at)
        self._in_order = PERSONS + IN_ORDER[order]

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
        rows = self._rows(self._in_order, start=start, most=max(stop - start, 0))
        return [
            Debtor(person, invoices, oldest, dict(zip(AMOUNTS, amounts, strict=True)))
            for person, invoices, oldest, *amounts in rows
        ]

    @cached_property
    def _sums(self) -> Sequence[Any]:
        return self._rows(PERSONS + TOTALS)[0]


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
