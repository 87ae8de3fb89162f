"""The tax report: by each tax and rate what was charged and what was taken back in some days. Reads only.

It reads the copies on the lines of invoices (and of what lowers them), and counts them on the day of their entry in the
books: so it agrees with the account Tax payable to the last unit. What moves that account otherwise has its own row.

Of a line with several taxes what is taxable stands in the row of each and is counted once in the sum. What a credit
note takes off such a line is shared over its taxes as `billing.credit_taxes` prints it on the note.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.billing.prices.tax_words import plain
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
    ), noted AS (
        SELECT entry.id AS entry, n.invoice_id AS document, c.id, c.line_id, c.net, 10::numeric ^ i.decimals AS scale,
               coalesce((SELECT sum(b.tax) FROM billing_creditnoteline b
                           JOIN billing_creditnote m ON m.id = b.note_id
                          WHERE b.line_id = c.line_id AND (m.at, m.number) < (n.at, n.number)), 0) AS since, c.tax
          FROM entry JOIN billing_creditnote n ON n.id = entry.source_id
          JOIN billing_creditnoteline c ON c.note_id = n.id
          JOIN billing_invoice i ON i.id = n.invoice_id
         WHERE entry.source IN ('credit_note_issued', 'credit_note_taken_back')
    ), weighed AS (
        SELECT noted.*, t.name, t.rate, t.position, t.amount * scale AS weight, since * scale AS low,
               (since + tax) * scale AS high, nullif(sum(t.amount * scale) OVER (PARTITION BY noted.id), 0) AS whole
          FROM noted LEFT JOIN billing_invoicelinetax t ON t.line_id = noted.line_id
    ), shared AS (
        SELECT *, coalesce(div(high * weight, whole), 0) AS high_share,
               coalesce(div(low * weight, whole), 0) AS low_share
          FROM weighed
    ), lowered AS (
        SELECT *, high_share + (high - sum(high_share) OVER line >= row_number() OVER high_rest)::int
                - low_share - (low - sum(low_share) OVER line >= row_number() OVER low_rest)::int AS units
          FROM shared
        WINDOW line AS (PARTITION BY id),
               high_rest AS (PARTITION BY id ORDER BY mod(high * weight, whole) DESC, position),
               low_rest AS (PARTITION BY id ORDER BY mod(low * weight, whole) DESC, position)
    ), part AS (
        SELECT taxed.entry, taxed.invoice AS document, coalesce(t.name, '') AS name, coalesce(t.rate, 0) AS rate,
               sign * sum(l.net) AS base, sign * sum(coalesce(t.amount, 0)) AS tax, sign > 0 AS charged,
               sign * coalesce(sum(l.net) FILTER (WHERE coalesce(t.position, 1) = 1), 0) AS once
          FROM taxed JOIN billing_invoiceline l ON l.invoice_id = taxed.invoice
          LEFT JOIN billing_invoicelinetax t ON t.line_id = l.id
         GROUP BY taxed.entry, taxed.invoice, t.name, t.rate, sign
        UNION ALL
        SELECT entry, document, coalesce(name, ''), coalesce(rate, 0), -sum(net),
               -coalesce(sum(units / scale) FILTER (WHERE whole > 0), 0), false,
               -coalesce(sum(net) FILTER (WHERE coalesce(position, 1) = 1), 0)
          FROM lowered GROUP BY entry, document, name, rate
        UNION ALL
        SELECT entry, document, NULL, NULL, base, tax, false, base FROM (
            SELECT entry.id AS entry, l.document,
                   coalesce(sum(credit - debit) FILTER (WHERE account_id = %(deferred)s), 0) AS base,
                   coalesce(sum(credit - debit) FILTER (WHERE account_id = %(payable)s), 0) AS tax
              FROM entry JOIN ledger_journalline l ON l.entry_id = entry.id
             WHERE source NOT IN ('invoice_issued', 'invoice_voided', 'credit_note_issued', 'credit_note_taken_back')
               AND account_id IN (%(payable)s, %(deferred)s)
             GROUP BY entry.id, l.document
        ) moved WHERE tax <> 0
    )
"""
ROWS = """
    SELECT name, rate, coalesce(sum(base) FILTER (WHERE charged), 0), coalesce(sum(tax) FILTER (WHERE charged), 0),
           coalesce(-sum(base) FILTER (WHERE NOT charged), 0), coalesce(-sum(tax) FILTER (WHERE NOT charged), 0),
           coalesce(sum(once) FILTER (WHERE charged), 0), coalesce(-sum(once) FILTER (WHERE NOT charged), 0)
      FROM part GROUP BY name, rate ORDER BY name NULLS LAST, rate
"""
OF_ONE = """
    SELECT {columns} FROM part JOIN ledger_journalentry e ON e.id = part.entry
     WHERE (%(every)s OR (name IS NOT DISTINCT FROM %(name)s::text AND rate IS NOT DISTINCT FROM %(rate)s::numeric))
       AND (%(charged)s::boolean IS NULL OR charged = %(charged)s::boolean)
       AND (%(document)s::uuid IS NULL OR document = %(document)s::uuid)
"""
BASE = "%(sign)s * CASE WHEN %(every)s THEN once ELSE base END"
COUNT = OF_ONE.format(columns=f"count(*), coalesce(sum({BASE}), 0), coalesce(sum(%(sign)s * tax), 0)")
PAGE = OF_ONE.format(
    columns=f"e.effective_on, e.id, e.number, e.description, document, {BASE}, %(sign)s * tax"
) + """
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
    once_charged: Decimal  # of the base, what no other row has too
    once_reduced: Decimal

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
    """The sum of a column; what several rows have together counts once."""
    once = {"base_charged": "once_charged", "base_reduced": "once_reduced"}
    if column == "base":
        return total(rows, "base_charged") - total(rows, "base_reduced")
    return sum((getattr(row, once.get(column, column)) for row in rows), ZERO)


@dataclass(frozen=True, slots=True)
class Which:
    """What of the report is asked for: one tax at one rate (``rate`` None: what is not told by rates), or every tax.
    ``charged``: only what was charged, or only what was taken back; ``document``: only of one invoice."""

    name: str = ""
    rate: Decimal | None = None
    every: bool = False
    charged: bool | None = None
    document: UUID | None = None


class TaxParts(Sequence[TaxPart]):
    """What makes a row or a cell of it, newest first: a query for the sums, one for each slice. What was taken back is
    told as the report tells it: without a minus where it stands alone."""

    def __init__(self, which: Which, period: Period, *, known_at: datetime | None = None) -> None:
        self._which = {**asdict(which), "name": None if which.rate is None else which.name}
        self._which["sign"] = -1 if which.charged is False else 1
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
    return f"{name or _('Tax')} {plain(rate)} %"


def _asked(statement: str, period: Period, known_at: datetime | None, **more: Any) -> list[Sequence[Any]]:
    accounts = {"payable": chart()[Role.TAX_PAYABLE].pk, "deferred": chart()[Role.DEFERRED_REVENUE].pk}
    with connection.cursor() as cursor:
        days = {"first": period.first, "last": period.last, "known_at": known_at}
        cursor.execute(statement, {**days, **accounts, **more})
        return list(cursor.fetchall())
