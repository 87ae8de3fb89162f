"""Which invoices a payment pays: shares of what comes in, and what is taken off again."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.billing.locks import lock_invoices
from apps.billing.models import Invoice, Payment, PaymentAllocation, Refund
from apps.billing.prices.sums import Amount, read_payment, recognised
from apps.core.inserting import insert
from apps.core.money import currency_of
from apps.core.refusals import Conflict, Refusal
from apps.patients.models import Patient
from apps.patients.models.persons import records_of


class InvoiceOfAnotherPatient(Refusal):
    code = "invoice_of_another_patient"
    field = "invoices"
    message = _("This invoice belongs to another patient.")


class InvoiceTwice(Refusal):
    code = "invoice_named_twice"
    field = "invoices"
    message = _("An invoice is named twice.")


class NotPayable(Conflict):
    code = "not_payable"
    field = "invoices"
    message = _("Only an issued invoice can be paid. Issue the draft first.")


class VoidNotPayable(Conflict):
    code = "void_not_payable"
    field = "invoices"
    message = _("This invoice is void; nothing is owed on it.")


class SharesExceedPayment(Refusal):
    code = "shares_exceed_payment"
    field = "invoices"
    message = _("The parts for the invoices add up to more than the payment.")


class MoreThanDue(Conflict):
    code = "more_than_due"
    field = "amount"


def oldest_first(
    patient: Patient, amount: Decimal, *, besides: Sequence[tuple[Invoice, Decimal]] = ()
) -> list[tuple[Invoice, Decimal]]:
    """On what the patient owes longest; `besides` is what other shares already pay. Locks the invoices."""
    owed = Invoice.objects.unpaid().for_patient(patient).values_list("pk", flat=True)
    owed = owed.exclude(pk__in=[invoice.pk for invoice, _share in besides])
    invoices = sorted(
        lock_invoices(owed).values(), key=lambda invoice: (invoice.due_on, invoice.issued_on, invoice.number)
    )
    return fill(amount, invoices)


def fill(amount: Decimal, invoices: Iterable[Invoice]) -> list[tuple[Invoice, Decimal]]:
    """As much on each as it owes, in this order, until nothing is left."""
    shares = []
    for invoice in invoices:
        share = min(amount, invoice.due)
        if share:
            shares.append((invoice, share))
            amount -= share
    return shares


def as_chosen(
    patient: Patient, amount: Decimal, chosen: Sequence[Invoice | tuple[Invoice, Amount]]
) -> list[tuple[Invoice, Decimal]]:
    """On these invoices in this order, each with its part or as much as fits. Locks them."""
    wishes = [item if isinstance(item, tuple) else (item, None) for item in chosen]
    locked = lock_invoices(invoice.pk for invoice, _part in wishes)
    if len(locked) != len(wishes):
        raise InvoiceTwice
    left, shares, meant = amount, [], Decimal(0)
    others = {invoice.patient_id for invoice in locked.values()} - {patient.pk}
    if others and not others <= set(records_of(patient)):
        raise InvoiceOfAnotherPatient
    for named, part in wishes:
        invoice = locked[named.pk]
        refuse_unpayable(invoice)
        wish = left if part is None else read_payment(part, currency_of(invoice.currency), field="invoices")
        meant += Decimal(0) if part is None else wish
        share = min(wish, invoice.due, left)
        if share:
            shares.append((invoice, share))
            left -= share
    if meant > amount:
        raise SharesExceedPayment
    return shares


def refuse_unpayable(invoice: Invoice) -> None:
    """Drafts and void invoices take no money. Raises NotPayable, VoidNotPayable."""
    if invoice.is_void:
        raise VoidNotPayable
    if invoice.is_draft:
        raise NotPayable


def latest_on(invoice: Invoice, amount: Decimal) -> dict[UUID, Decimal]:
    """Which payments give ``amount`` of what is paid on an invoice: the one that was put on it last gives first."""
    held: dict[UUID, Decimal] = {}
    for payment_id, part in invoice.allocations.order_by("at", "id").values_list("payment_id", "amount"):
        held[payment_id] = held.pop(payment_id, Decimal(0)) + part
    parts = {}
    for payment_id, has in reversed(held.items()):
        if part := min(has, amount):
            parts[payment_id] = part
            amount -= part
    return parts


def held_by_invoices(payment: Payment, *, only: Invoice | None) -> dict[UUID, Decimal]:
    """What each invoice holds of this payment now, the latest use first."""
    held: dict[UUID, Decimal] = {}
    rows = payment.allocations.filter(**({"invoice": only} if only else {})).order_by("at", "id")
    for invoice_id, amount in rows.values_list("invoice_id", "amount"):
        held[invoice_id] = held.pop(invoice_id, Decimal(0)) + amount
    return {invoice_id: amount for invoice_id, amount in reversed(held.items()) if amount}


def take(
    payment: Payment,
    held: dict[UUID, Decimal],
    amount: Decimal,
    kind: str,
    *,
    by: User,
    at: datetime,
    refund: Refund | None = None,
) -> list[PaymentAllocation]:
    """Take ``amount`` of a payment off the invoices that hold it."""
    parts = {}
    for invoice_id, has in held.items():
        if part := min(has, amount):
            parts[invoice_id] = part
            amount -= part
    invoices = lock_invoices(parts)
    return [
        put(payment, invoices[invoice_id], -part, kind, refund=refund, by=by, at=at)
        for invoice_id, part in parts.items()
    ]


def put(
    payment: Payment,
    invoice: Invoice,
    amount: Decimal,
    kind: str,
    *,
    by: User,
    at: datetime,
    refund: Refund | None = None,
    by_itself: bool = False,
) -> PaymentAllocation:
    """Put money on an invoice (negative: take it off); triggers carry it to both sums."""
    before = earned(invoice)
    invoice.applied += amount
    step = earned(invoice) - before
    return insert(
        PaymentAllocation(
            payment=payment,
            invoice=invoice,
            refund=refund,
            kind=kind,
            amount=amount,
            recognised=step,
            by_itself=by_itself,
            at=at,
            by=by,
        )
    )


def earned(invoice: Invoice) -> Decimal:
    """How much of the invoice's net is revenue now: as much as is paid of what stands of it."""
    return recognised(invoice.standing_net, invoice.standing_total, invoice.applied, currency_of(invoice.currency))
