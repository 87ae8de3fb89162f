"""What patients owe and what happened to their money. Reads only."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import DecimalField, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.billing.models import Invoice, InvoiceVoid, Payment, PaymentAllocation, Refund
from apps.patients.models import Patient
from apps.patients.models.persons import persons_of, records_of

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Balance:
    """What a patient owes on issued invoices, and what they have paid that nothing has used yet."""

    owed: Decimal
    credit: Decimal

    @property
    def net(self) -> Decimal:
        """Positive: the patient owes; negative: the clinic does."""
        return self.owed - self.credit


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of a patient's statement."""

    on: date
    at: datetime
    words: str
    number: str
    url: str
    charge: Decimal
    paid: Decimal
    balance: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an invoice or a payment: who, when, how much."""

    at: datetime
    by: User
    words: str
    icon: str
    amount: Decimal | None = None
    note: str = ""
    url: str = ""
    receipt: str = ""


def balance_of(patient: Patient) -> Balance:
    return balances_of([patient.pk])[patient.pk]


def balances_of(patient_ids: Iterable[UUID]) -> dict[UUID, Balance]:
    """The balances of several patients in three queries, for lists. Merged records are one person with one balance."""
    ids = list(patient_ids)
    persons = persons_of(ids)
    owed = _summed(Invoice.objects.unpaid().filter(patient__in=persons), "due")
    credit = _summed(Payment.objects.with_credit().filter(patient__in=persons), "unapplied")
    return {pk: Balance(owed.get(persons.get(pk), ZERO), credit.get(persons.get(pk), ZERO)) for pk in ids}


def owed_by(patient_ids: Collection[UUID]) -> dict[UUID, Decimal]:
    """What the people behind these records owe; who owes nothing is left out. One query, for the day sheet."""
    unpaid = Invoice.objects.unpaid().order_by()

    def sum_of(**theirs: OuterRef) -> Coalesce:
        sums = unpaid.filter(**theirs).annotate(one=Value(1)).values("one").annotate(sum=Sum("due")).values("sum")
        return Coalesce(Subquery(sums), ZERO, output_field=DecimalField())

    sums = (
        Patient.objects.filter(pk__among=patient_ids)
        .order_by()
        .annotate(person=Coalesce("merged_into", "pk"))
        .annotate(owed=sum_of(patient=OuterRef("person")) + sum_of(patient__merged_into=OuterRef("person")))
        .values_list("pk", "owed")
    )
    return {pk: owed for pk, owed in sums if owed}


def statement(patient: Patient) -> list[Movement]:
    """Everything that changed what this patient owes, oldest first, with the balance after each."""
    invoices = Invoice.objects.for_patient(patient).filter(issued_at__isnull=False).order_by("issued_at", "number")
    records = records_of(patient)
    voids = InvoiceVoid.objects.filter(invoice__patient__in=records, invoice__issued_at__isnull=False)
    payments = Payment.objects.for_patient(patient).captured().order_by("created_at", "id")
    refunds = Refund.objects.filter(payment__patient__in=records)
    rows = [_row(x.issued_on, x.issued_at, _("Invoice"), x, charge=x.total) for x in invoices]
    for void in voids.select_related("invoice"):
        rows.append(_row(void.voided_on, void.at, _("Invoice void"), void.invoice, charge=-void.invoice.total))
    for payment in payments:
        words = _("Payment, %s") % payment.get_method_display()
        rows.append(_row(payment.received_on, payment.created_at, words, payment, paid=payment.amount))
    for refund in refunds.select_related("payment"):
        words = _("Refund, %s") % refund.get_method_display()
        rows.append(
            _row(refund.refunded_on, refund.at, words, refund.payment, paid=-refund.amount, number=refund.number)
        )
    rows.sort(key=lambda row: (row.on, row.at))
    return _with_balances(rows)


def timeline(invoice: Invoice) -> list[Event]:
    """What happened to an invoice, from its draft on."""
    events = [Event(invoice.created_at, invoice.created_by, _("Drafted: %s") % invoice.get_source_display(), "pencil")]
    if invoice.issued_at is not None and invoice.issued_by is not None:
        events.append(Event(invoice.issued_at, invoice.issued_by, _("Issued"), "send", invoice.total))
    for allocation in invoice.allocations.select_related("payment", "by", "refund").order_by("at", "id"):
        events.append(_allocated(allocation))
    void = InvoiceVoid.objects.filter(invoice=invoice).select_related("by").first()
    if void is not None:
        events.append(Event(void.at, void.by, _("Made void"), "ban", note=void.reason))
    return events


def uses_of(payment: Payment) -> list[tuple[Invoice, Decimal]]:
    """The invoices that a payment pays now, with what each has of it."""
    held: dict[UUID, Decimal] = {}
    for invoice_id, amount in payment.allocations.order_by("at", "id").values_list("invoice_id", "amount"):
        held[invoice_id] = held.get(invoice_id, ZERO) + amount
    invoices = Invoice.objects.in_bulk([invoice_id for invoice_id, amount in held.items() if amount])
    return [(invoices[invoice_id], amount) for invoice_id, amount in held.items() if amount]


def _summed(rows: QuerySet[Any], column: str) -> dict[UUID | None, Decimal]:
    """By person."""
    by_person = rows.order_by().values_list(Coalesce("patient__merged_into", "patient"))
    return dict(by_person.annotate(sum=Sum(column)))


def _row(
    on: date | None,
    at: datetime | None,
    words: str,
    document: Invoice | Payment,
    *,
    charge: Decimal = ZERO,
    paid: Decimal = ZERO,
    number: str = "",
) -> Movement:
    assert on is not None
    assert at is not None
    name = "billing:invoice" if isinstance(document, Invoice) else "billing:payment"
    return Movement(on, at, words, number or document.number, reverse(name, args=[document.pk]), charge, paid)


def _with_balances(rows: Sequence[Movement]) -> list[Movement]:
    balance, done = ZERO, []
    for row in rows:
        balance += row.charge - row.paid
        done.append(Movement(row.on, row.at, row.words, row.number, row.url, row.charge, row.paid, balance))
    return done


def _allocated(allocation: PaymentAllocation) -> Event:
    kind = PaymentAllocation.Kind
    payment = allocation.payment
    words = {
        kind.PAYMENT: _("Paid, %s") % payment.get_method_display(),
        kind.CREDIT: _("Credit used"),
        kind.REFUND: _("Given back"),
        kind.VOID: _("Turned into credit"),
    }[kind(allocation.kind)]
    icons = {kind.PAYMENT: "cash", kind.CREDIT: "wallet", kind.REFUND: "receipt-refund", kind.VOID: "wallet"}
    return Event(
        allocation.at,
        allocation.by,
        words,
        icons[kind(allocation.kind)],
        allocation.amount,
        note=allocation.refund.reason if allocation.refund else "",
        url=reverse("billing:payment", args=[payment.pk]),
        receipt=reverse("billing:receipt", args=[payment.pk]) if allocation.kind == kind.PAYMENT else "",
    )
