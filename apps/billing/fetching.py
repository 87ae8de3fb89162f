"""What stands on an invoice or a payment, each by one prepared query: ``invoice.lines.all()`` then asks no more."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Model, QuerySet, prefetch_related_objects

from apps.billing.models import Invoice, InvoiceLine, InvoiceLineTax, Payment, PaymentAllocation, Refund
from apps.core.prepared import prepared


def with_patient_number(invoices: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """Each whole, and of its patient what every answer names."""
    own = (field.name for field in Invoice._meta.concrete_fields)
    return invoices.select_related("patient").only(*own, "patient__number")


def fetch_lines(invoice: Invoice) -> list[InvoiceLine]:
    """The lines in order, each with its taxes and why something of it was let off."""
    lines = _lines(invoice=invoice.pk)
    bring_taxes(lines, _taxes(lines=[line.pk for line in lines]) if lines else [])
    bring_lines(invoice, lines)
    return lines


def bring_lines(invoice: Invoice, lines: Sequence[InvoiceLine]) -> None:
    """For those who have all its lines, in order and with their taxes: because they wrote them just now, say."""
    for line in lines:
        line.invoice = invoice
    for name in ("discount_given", "price_list"):
        if having := [line for line in lines if getattr(line, f"{name}_id")]:
            prefetch_related_objects(having, name)
    _bring(invoice, "lines", lines)


def bring_taxes(lines: Sequence[InvoiceLine], taxes: Sequence[InvoiceLineTax]) -> None:
    """For those who have all taxes of these lines, in order."""
    for line in lines:
        _bring(line, "taxes", [tax for tax in taxes if tax.line_id == line.pk])


def fetch_allocations(invoice: Invoice) -> None:
    """The parts of payments that were put on it or taken off, each with its payment."""
    bring_allocations(invoice, _allocations(invoice=invoice.pk) if invoice.issued_at else [])  # no money is on a draft


def bring_allocations(invoice: Invoice, allocations: Sequence[PaymentAllocation]) -> None:
    """For those who have all of them, in order and each with its payment."""
    for allocation in allocations:
        allocation.invoice = invoice
    _bring(invoice, "allocations", allocations)


def fetch_uses(payment: Payment) -> None:
    """What of a payment was put on invoices or taken off, each with its invoice, and what was given back."""
    _bring_uses(payment, _uses(payment=payment.pk), _refunds(payment=payment.pk))


def bring_first_uses(payment: Payment, allocations: Sequence[PaymentAllocation]) -> None:
    """All that was put on invoices of a payment that came in just now: nothing of it was given back yet."""
    _bring_uses(payment, allocations, [])


def _bring_uses(payment: Payment, allocations: Sequence[PaymentAllocation], refunds: Sequence[Refund]) -> None:
    for allocation in allocations:
        allocation.payment = payment
    _bring(payment, "allocations", allocations)
    _bring(payment, "refunds", refunds)


@prepared
def _lines(*, invoice: Any) -> QuerySet[InvoiceLine]:
    return InvoiceLine.objects.filter(invoice=invoice).order_by("position")


@prepared
def _taxes(*, lines: Any) -> QuerySet[InvoiceLineTax]:
    return InvoiceLineTax.objects.filter(line__among=lines)


@prepared
def _allocations(*, invoice: Any) -> QuerySet[PaymentAllocation]:
    return PaymentAllocation.objects.filter(invoice=invoice).select_related("payment").order_by("at", "id")


@prepared
def _uses(*, payment: Any) -> QuerySet[PaymentAllocation]:
    return PaymentAllocation.objects.filter(payment=payment).select_related("invoice").order_by("at", "id")


@prepared
def _refunds(*, payment: Any) -> QuerySet[Refund]:
    return Refund.objects.filter(payment=payment).order_by("at", "id")


def _bring(row: Model, name: str, rows: Sequence[Model]) -> None:
    """As prefetch_related does it."""
    held = getattr(row, name).get_queryset()
    held._result_cache, held._prefetch_done = list(rows), True
    vars(row).setdefault("_prefetched_objects_cache", {})[name] = held


def was_brought(row: Model, name: str) -> bool:
    """Whether ``row.<name>.all()`` asks no more."""
    return name in vars(row).get("_prefetched_objects_cache", {})
