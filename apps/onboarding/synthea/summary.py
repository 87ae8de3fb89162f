"""What the imports have left in the clinic's books, told from the books themselves."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum

from apps.billing.models import Invoice, InvoiceLine, Payment
from apps.clinic import profile
from apps.core.money import format_amount
from apps.onboarding.models import ImportedRow
from apps.onboarding.synthea.arrivals import SOURCE


def in_the_books() -> Iterator[str]:
    """A line each on people, visits, charges, payments, what is owed and what is credit."""
    clinic = profile.current()

    def money(amount: Decimal | None) -> str:
        return f"{format_amount(amount or Decimal(0), clinic.currency_info, clinic.locale)} {clinic.currency}"

    charges = InvoiceLine.objects.filter(pk__in=_ids("charge", "adjustment"))  # an adjustment may add as well
    owed = _total(Invoice.objects.filter(pk__in=_ids("claim")), "due")
    taken_off = _total(Invoice.objects.filter(pk__in=_ids("claim")), "lines__discount")
    credit = _total(Payment.objects.filter(pk__in=_ids("payment")), "unapplied")
    yield f"{_count('patient')} patients, {_count('provider')} providers, {_count('encounter')} visits"
    yield f"{_count('claim')} invoices, {charges.count():,} charges: {money(_total(charges, 'gross'))}"
    if taken_off:
        yield f"taken off them: {money(taken_off)}"
    yield f"{_count('payment')} payments: {money(_payments())}"
    yield f"owed: {money(owed)}; credit of patients: {money(credit)}"


def _ids(*kinds: str) -> QuerySet[Any, Any]:
    return ImportedRow.objects.filter(source=SOURCE, kind__in=kinds).values("our_id")


def _count(kind: str) -> str:
    return f"{_ids(kind).count():,}"


def _total(rows: QuerySet[Any], column: str) -> Decimal:
    return rows.aggregate(total=Sum(column))["total"] or Decimal(0)


def _payments() -> Decimal:
    paid = Payment.objects.filter(pk__in=_ids("payment"))
    return _total(paid, "amount") - _total(paid, "refunded")
