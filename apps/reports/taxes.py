"""The tax report: by each tax and rate what was charged and what was taken back in some days. Reads only.

It reads the copies on the lines of invoices (and of what lowers them), and counts them on the day of their entry in the
books: so it agrees with the account Tax payable, to the last unit. What moves that account otherwise has its own row.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from apps.core.connection import connection
from apps.core.money import ZERO
from apps.ledger.accounts import chart
from apps.ledger.models import Account
from apps.reports.periods import Period

Role = Account.Role
OTHER = "other"

PARTS = """
    WITH entry AS (
        SELECT id, source, source_id, effective_on FROM ledger_journalentry
         WHERE effective_on BETWEEN %(first)s AND %(last)s
           AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
    ), taxed AS (
        SELECT entry.id AS entry, source_id AS invoice, 1 AS sign FROM entry WHERE source = 'invoice_issued'
        UNION ALL
        SELECT entry.id, v.invoice_id, -1 FROM entry JOIN billing_invoicevoid v ON v.id = source_id
         WHERE source = 'invoice_voided'
    ), part AS (
        SELECT taxed.entry, taxed.invoice AS document, coalesce(t.name, '') AS name, coalesce(t.rate, 0) AS rate,
               sign * sum(l.net) AS base, sign * coalesce(sum(t.amount), 0) AS tax, sign > 0 AS charged
          FROM taxed JOIN billing_invoiceline l ON l.invoice_id = taxed.invoice
          LEFT JOIN billing_invoicelinetax t ON t.line_id = l.id
         GROUP BY taxed.entry, taxed.invoice, t.name, t.rate, sign
        UNION ALL
        SELECT entry.id, l.document, NULL, NULL,
               coalesce(sum(credit - debit) FILTER (WHERE account_id = %(deferred)s), 0),
               coalesce(sum(credit - debit) FILTER (WHERE account_id = %(payable)s), 0), false
          FROM entry JOIN ledger_journalline l ON l.entry_id = entry.id
         WHERE source NOT IN ('invoice_issued', 'invoice_voided') AND account_id IN (%(payable)s, %(deferred)s)
         GROUP BY entry.id, l.document HAVING sum(credit - debit) FILTER (WHERE account_id = %(payable)s) <> 0
    )
"""
ROWS = """
    SELECT name, rate, coalesce(sum(base) FILTER (WHERE charged), 0), coalesce(sum(tax) FILTER (WHERE charged), 0),
           coalesce(-sum(base) FILTER (WHERE NOT charged), 0), coalesce(-sum(tax) FILTER (WHERE NOT charged), 0)
      FROM part GROUP BY name, rate ORDER BY name NULLS LAST, rate
"""
OF_ONE = """
    SELECT {columns} FROM part JOIN ledger_journalentry e ON e.id = part.entry
     WHERE name IS NOT DISTINCT FROM %(name)s::text AND rate IS NOT DISTINCT FROM %(rate)s::numeric
"""
COUNT = OF_ONE.format(columns="count(*), coalesce(sum(base), 0), coalesce(sum(tax), 0)")
PAGE = OF_ONE.format(columns="e.effective_on, e.id, e.number, e.description, document, base, tax") + """
     ORDER BY e.effective_on DESC, e.number DESC, document OFFSET %(start)s LIMIT %(most)s
"""  # fmt: skip


@dataclass(frozen=True, slots=True)
class TaxRow:
    """One tax at one rate; ``rate`` None: what is not told by rates."""

    name: str
    rate: Decimal | None
    base_charged: Decimal
    tax_charged: Decimal
    base_reduced: Decimal
    tax_reduced: Decimal

    @property
    def base(self) -> Decimal:
        return self.base_charged - self.base_reduced

    @property
    def tax(self) -> Decimal:
        return self.tax_charged - self.tax_reduced

    @property
    def words(self) -> str:
        return tax_words(self.name, self.rate)


@dataclass(frozen=True, slots=True)
class TaxPart:
    """What one entry of the books adds to a row."""

    on: date
    entry: UUID
    number: str
    description: str
    document: UUID | None
    base: Decimal
    tax: Decimal


AMOUNTS = ("base_charged", "tax_charged", "base_reduced", "tax_reduced", "base", "tax")


def report(period: Period, *, known_at: datetime | None = None) -> list[TaxRow]:
    """A row for each tax and rate on any invoice of these days. One query."""
    found = _asked(PARTS + ROWS, period, known_at)
    return [TaxRow(name or "", rate, *amounts) for name, rate, *amounts in found]


def total(rows: Sequence[TaxRow], column: str) -> Decimal:
    return sum((getattr(row, column) for row in rows), ZERO)


class TaxParts(Sequence[TaxPart]):
    """What makes a row, newest first: a query for the sums, one for each slice."""

    def __init__(self, name: str, rate: Decimal | None, period: Period, *, known_at: datetime | None = None) -> None:
        self._which = {"name": None if rate is None else name, "rate": rate}
        self._period, self._known_at = period, known_at

    def __len__(self) -> int:
        return int(self._sums[0])

    def __iter__(self) -> Iterator[TaxPart]:
        return iter(self[:])

    def __getitem__(self, place: Any) -> Any:
        start, stop, _step = place.indices(len(self))
        more = {"start": start, "most": max(stop - start, 0)}
        rows = _asked(PARTS + PAGE, self._period, self._known_at, **self._which, **more)
        return [TaxPart(*row) for row in rows]

    @property
    def base(self) -> Decimal:
        return Decimal(self._sums[1])

    @property
    def tax(self) -> Decimal:
        return Decimal(self._sums[2])

    @cached_property
    def _sums(self) -> Sequence[Any]:
        return _asked(PARTS + COUNT, self._period, self._known_at, **self._which)[0]


def tax_words(name: str, rate: Decimal | None) -> str:
    """GST 18 %, or what else moved the account."""
    if rate is None:
        return _("Write-offs and other entries")
    if not rate:
        return _("%(name)s 0 %%") % {"name": name} if name else _("Without tax")
    normal = rate.normalize()
    decimals = max(0, -int(normal.as_tuple().exponent))
    return f"{name or _('Tax')} {number_format(normal, decimal_pos=decimals)} %"


def _asked(statement: str, period: Period, known_at: datetime | None, **more: Any) -> list[Sequence[Any]]:
    accounts = {"payable": chart()[Role.TAX_PAYABLE].pk, "deferred": chart()[Role.DEFERRED_REVENUE].pk}
    with connection.cursor() as cursor:
        days = {"first": period.first, "last": period.last, "known_at": known_at}
        cursor.execute(statement, {**days, **accounts, **more})
        return list(cursor.fetchall())
