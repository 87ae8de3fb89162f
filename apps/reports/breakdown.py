"""Revenue cut up by day, month, provider, department, kind of visit or method of payment. Reads only.

| figure   | by day and month      | by provider, department, type     | by method                            |
|----------|-----------------------|-----------------------------------|--------------------------------------|
| charged  | as `figures.CHARGES`  | … of the invoices of their visits | –                                    |
| earned   | as `figures.REVENUE`  | … of the invoices of their visits | … by the method of the payment       |
| received | as `figures.RECEIPTS` | what those payments were put on   | … by the method of payment or refund |

Whatever belongs to no visit or no payment has a row of its own, so that every column adds up to the dashboard's figure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.billing import posting
from apps.billing.models import Invoice, Payment, PaymentMethod, Refund
from apps.clinic.models import Department, Provider
from apps.core.connection import connection
from apps.core.money import ZERO
from apps.ledger.accounts import chart
from apps.ledger.models import JournalLine
from apps.reports.figures import CHARGES, RECEIPTS, REVENUE, Figure
from apps.reports.periods import Period
from apps.scheduling.models import AppointmentType

WAYS: dict[str, str | Promise] = {
    "day": gettext_lazy("Day"),
    "month": gettext_lazy("Month"),
    "provider": gettext_lazy("Provider"),
    "department": gettext_lazy("Department"),
    "type": gettext_lazy("Kind of visit"),
    "method": gettext_lazy("Method of payment"),
}
OF_VISIT = {
    "provider": "appointment__provider",
    "department": "appointment__provider__department",
    "type": "appointment__appointment_type",
}
NOBODY = "none"  # the row of what belongs to no visit, or to no payment
COLUMNS = {"charged": CHARGES, "earned": REVENUE, "received": RECEIPTS}

MOVED = """
    WITH moved AS MATERIALIZED (
        SELECT entry_id, account_id, document, effective_on, credit - debit AS amount FROM ledger_journalline
         WHERE account_id = ANY(%(accounts)s) AND effective_on BETWEEN %(first)s AND %(last)s
           AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
    ), cash AS (
        SELECT DISTINCT entry_id FROM moved WHERE account_id = ANY(%(tills)s)
    )
"""
SUMS = """
    coalesce(sum(amount) FILTER (WHERE account_id = ANY(%(charges)s)), 0) AS charged,
    coalesce(sum(amount) FILTER (WHERE account_id = %(revenue)s), 0) AS earned,
    coalesce(sum(amount) FILTER (WHERE account_id <> ALL(%(tills)s) AND cash.entry_id IS NOT NULL), 0) AS received
"""
BY_DAY = f"""{MOVED}
    SELECT effective_on::text, {SUMS} FROM moved LEFT JOIN cash USING (entry_id) GROUP BY 1 ORDER BY 1
"""  # noqa: S608 - written here, nothing of it is typed by anybody
BY_MONTH = BY_DAY.replace("effective_on::text,", "to_char(effective_on, 'YYYY-MM'),")
BY_VISIT = f"""{MOVED}, of_invoice AS (
        SELECT document, {SUMS} FROM moved LEFT JOIN cash USING (entry_id) GROUP BY document
    )
    SELECT COLUMN::text, sum(charged), sum(earned), sum(received) FROM of_invoice
      LEFT JOIN billing_invoice i ON i.id = document
      LEFT JOIN scheduling_appointment a ON a.id = i.appointment_id
      LEFT JOIN clinic_provider p ON p.id = a.provider_id
     GROUP BY 1
"""  # noqa: S608
BY_METHOD = """
    WITH moved AS (
        SELECT entry_id, account_id, credit - debit AS amount FROM ledger_journalline
         WHERE account_id = ANY(%(paid)s) AND effective_on BETWEEN %(first)s AND %(last)s
           AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
    ), said AS (
        SELECT account_id, moved.amount, coalesce(p.method, back.method) AS came, coalesce(p.method, r.method) AS went
          FROM moved JOIN ledger_journalentry e ON e.id = moved.entry_id
          LEFT JOIN billing_payment p ON e.source = 'payment_received' AND p.id = e.source_id
          LEFT JOIN billing_refund r ON e.source = 'payment_refunded' AND r.id = e.source_id
          LEFT JOIN billing_payment back ON back.id = r.payment_id
    )
    SELECT CASE WHEN account_id = %(revenue)s THEN came ELSE went END, 0::numeric,
           coalesce(sum(amount) FILTER (WHERE account_id = %(revenue)s), 0),
           coalesce(-sum(amount) FILTER (WHERE account_id <> %(revenue)s), 0)
      FROM said GROUP BY 1
"""
STATEMENTS = {
    "day": BY_DAY,
    "month": BY_MONTH,
    "provider": BY_VISIT.replace("COLUMN", "a.provider_id"),
    "department": BY_VISIT.replace("COLUMN", "p.department_id"),
    "type": BY_VISIT.replace("COLUMN", "a.appointment_type_id"),
    "method": BY_METHOD,
}


@dataclass(frozen=True, slots=True)
class Row:
    """``key`` is a day, a month, an id or a method; empty for what has none."""

    key: str
    words: str
    charged: Decimal
    earned: Decimal
    received: Decimal

    @property
    def days(self) -> tuple[date, date] | None:
        """Of a day or a month, so that its figures can be asked for by their days."""
        try:
            if len(self.key) == len("2026-11"):
                month = Period.month_of(date.fromisoformat(f"{self.key}-01"))
                return month.first, month.last
            day = date.fromisoformat(self.key)
        except ValueError:
            return None
        return day, day


@dataclass(frozen=True, slots=True)
class Breakdown:
    by: str
    rows: Sequence[Row]

    @property
    def has_charges(self) -> bool:
        """What is charged has no method: nobody knows yet how it will be paid."""
        return self.by != "method"

    @property
    def columns(self) -> list[str]:
        return [name for name in COLUMNS if name != "charged" or self.has_charges]

    def total(self, column: str) -> Decimal:
        return sum((getattr(row, column) for row in self.rows), ZERO)


def breakdown(by: str, period: Period, *, known_at: datetime | None = None) -> Breakdown:
    """One of ``WAYS``, as the books knew it at a moment. Two queries."""
    accounts = {role: account.pk for role, account in chart().items()}
    tills = [accounts[role] for role in RECEIPTS.roles]
    asked: dict[str, Any] = {
        "first": period.first,
        "last": period.last,
        "known_at": known_at,
        "accounts": list(accounts.values()),
        "tills": tills,
        "charges": [accounts[role] for role in CHARGES.roles],
        "revenue": accounts[REVENUE.roles[0]],
        "paid": [*tills, accounts[REVENUE.roles[0]]],
    }
    with connection.cursor() as cursor:
        cursor.execute(STATEMENTS[by], asked)
        found = [(key or "", *amounts) for key, *amounts in cursor.fetchall() if any(amounts)]
    words = _words(by, [key for key, *_amounts in found if key])
    rows = [Row(key, words.get(key) or _nobody(by), *amounts) for key, *amounts in found]
    if by not in {"day", "month"}:
        rows.sort(key=lambda row: (not row.key, -row.earned, -row.received, row.words))
    return Breakdown(by, rows)


def part_of(figure: Figure, by: str, of: str) -> tuple[Figure, Q]:
    """The figure, and which lines of it, that make one row's amount. Raises ValueError for what is no row."""
    if by in OF_VISIT:
        theirs = Invoice.objects.filter(pk=OuterRef("document")).order_by()
        if of == NOBODY:
            only = ~Q(Exists(theirs.filter(**{f"{OF_VISIT[by]}__isnull": False})))
        else:
            only = Q(Exists(theirs.filter(**{OF_VISIT[by]: UUID(of)})))
        if figure != RECEIPTS:
            return figure, only
        # What payments were put on, instead of the tills they came into: the other half of the same entries.
        tills = [chart()[role].pk for role in RECEIPTS.roles]
        cash = JournalLine.objects.filter(entry=OuterRef("entry"), account__in=tills).order_by()
        roles = tuple(role for role in chart() if role not in RECEIPTS.roles)
        return Figure(figure.key, figure.words, roles, by_debit=False), only & Q(Exists(cash))
    if by == "method" and figure in (REVENUE, RECEIPTS):
        payments, back = Payment.objects.all(), Refund.objects.all()
        if of != NOBODY:
            if of not in PaymentMethod.values:
                raise ValueError(of)
            payments = payments.filter(method=of)
            back = back.filter(method=of) if figure == RECEIPTS else back.filter(payment__method=of)
        known = Q(entry__source=posting.PAYMENT_RECEIVED, entry__source_id__in=payments.order_by().values("pk"))
        known |= Q(entry__source=posting.PAYMENT_REFUNDED, entry__source_id__in=back.order_by().values("pk"))
        return figure, ~known if of == NOBODY else known
    raise ValueError(by)


def words_of(by: str, of: str) -> str:
    """How a row is called."""
    return _words(by, [of]).get(of) or _nobody(by)


def notes(by: str) -> list[str]:
    """What the columns mean, said on the page and on paper."""
    told = [
        _("Earned: the part of the charges, without tax, that is paid. As money is put on an invoice its net is earned "
          "in proportion; what is given back is no longer earned."),
    ]  # fmt: skip
    if by != "method":
        charged = _(
            "Charged: what invoices were issued for in these days with tax, less what became void or was credited."
        )
        told.insert(0, charged)
    if by in {"day", "month"}:
        told.append(_("Received: what came into the tills, less what was given back."))
    elif by == "method":
        told.append(_("Received: what came in by each method, less what was given back by it."))
        told.append(_("What is earned when a patient's credit is used, or moves by a correction, has no method."))
    else:
        told.append(
            _("Received: what payments of these days were put on for their visits, less what was given back. Money "
              "that no invoice had used yet, and invoices without a visit, stand under “No visit”.")
        )  # fmt: skip
    return told


def _words(by: str, keys: Sequence[str]) -> dict[str, str]:
    if by == "day":
        return {key: date_format(date.fromisoformat(key), "D j M Y") for key in keys}
    if by == "month":
        return {key: date_format(date.fromisoformat(f"{key}-01"), "F Y") for key in keys}
    if by == "method":
        return {key: str(PaymentMethod(key).label) for key in keys if key in PaymentMethod.values}
    model: Any = {"provider": Provider, "department": Department, "type": AppointmentType}[by]
    return {str(row.pk): str(row) for row in model.objects.filter(pk__in=[key for key in keys if key != NOBODY])}


def _nobody(by: str) -> str:
    if by == "method":
        return _("Credit and corrections")
    return _("No department, or no visit") if by == "department" else _("No visit")
