"""Rows held while money moves, always in the same order (see invoicing.py)."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from apps.billing.fetching import with_patient_number
from apps.billing.models import Invoice, Payment
from apps.core.prepared import prepared
from apps.core.refusals import Conflict, Refusal


class NotADraft(Conflict):
    code = "not_a_draft"
    message = _("This invoice is issued and can no longer change. Void it and write a new one.")


class NothingToIssue(Refusal):
    code = "nothing_to_issue"
    message = _("This draft has no lines yet. Add what is charged, then issue it.")


def lock_invoice(invoice: Invoice) -> Invoice:
    """The invoice as it is now, held until the transaction ends. Raises Invoice.DoesNotExist where its key was taken
    from an address."""
    found = _invoices(ids=[invoice.pk])
    if not found:
        raise Invoice.DoesNotExist
    return found[0]


def lock_draft(invoice: Invoice) -> Invoice:
    invoice = lock_invoice(invoice)
    if not invoice.is_draft:
        raise NotADraft
    return invoice


def lock_invoices(invoice_ids: Iterable[UUID]) -> dict[UUID, Invoice]:
    return {invoice.pk: invoice for invoice in _invoices(ids=list(invoice_ids))}


@prepared
def _invoices(*, ids: Any) -> QuerySet[Invoice]:
    """With the patient's number, which stands on every answer."""
    rows = Invoice.objects.select_for_update(no_key=True, of=("self",)).filter(pk__among=ids).order_by("pk")
    return with_patient_number(rows)


def lock_payment(payment: Payment) -> Payment:
    return Payment.objects.select_for_update(no_key=True).get(pk=payment.pk)
