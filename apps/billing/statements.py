"""What patients owe, and what happened to an invoice or a payment. Reads only; see patient_statement.py too."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.billing import posting
from apps.billing.models import (
    Correction,
    CreditNote,
    Discount,
    Invoice,
    InvoiceLine,
    InvoiceVoid,
    Payment,
    PaymentAllocation,
    WriteOff,
)
from apps.core.connection import connection
from apps.ledger.models import JournalEntry
from apps.patients.models import Patient
from apps.patients.models.persons import persons_of

ZERO = Decimal(0)
# Two look-ups by index for each record that is asked about, and nothing to read for most of them; two more for those
# who owe something.
OWED = """
    SELECT asked.id, owed.sum - unused.sum
      FROM patients_patient asked
     CROSS JOIN LATERAL (SELECT COALESCE(asked.merged_into_id, asked.id) AS id) person
     CROSS JOIN LATERAL (
           SELECT sum(due) FROM (
                  SELECT due FROM billing_invoice WHERE patient_id = person.id AND due > 0
                  UNION ALL
                  SELECT due FROM billing_invoice invoice JOIN patients_patient merged ON merged.id = invoice.patient_id
                   WHERE merged.merged_into_id = person.id AND due > 0) unpaid) owed
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(greatest(unapplied - going_back, 0)), 0) AS sum FROM (
                  SELECT unapplied, going_back FROM billing_payment WHERE patient_id = person.id AND unapplied > 0
                  UNION ALL
                  SELECT unapplied, going_back FROM billing_payment payment
                    JOIN patients_patient merged ON merged.id = payment.patient_id
                   WHERE merged.merged_into_id = person.id AND unapplied > 0) ahead
            WHERE owed.sum > 0) unused
     WHERE asked.id = ANY (%b) AND owed.sum > unused.sum
"""
# What there may be about an invoice, and by which columns it names it.
FACTS = {
    "corrections": (Correction, ("invoice_id", "new_invoice_id")),
    "discounts": (Discount, ("invoice_id",)),
    "allocations": (PaymentAllocation, ("invoice_id",)),
    "credit_notes": (CreditNote, ("invoice_id",)),
    "write_offs": (WriteOff, ("invoice_id",)),
    "expected": (Payment, ("meant_for_id",)),
}


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
    take_back: str = ""  # where a write-off that stands is taken back


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
    """What the people behind these records owe beyond what they have paid ahead (a copay at check-in pays a visit that
    is billed later) and is not going back; who owes nothing is left out. One query, for the day sheet."""
    with connection.cursor() as cursor:
        cursor.execute(OWED, [list(patient_ids)])
        return dict(cursor.fetchall())


def facts_about(invoice: Invoice) -> set[str]:
    """Which kinds of facts there are about an invoice (the keys of FACTS). Most have one or two of them: the others
    need not be read."""
    kinds = [
        " OR ".join(f"EXISTS (SELECT FROM {model._meta.db_table} WHERE {column} = %(invoice)s)" for column in columns)
        for model, columns in FACTS.values()
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(kinds)}", {"invoice": invoice.pk})
        return {kind for kind, there_are in zip(FACTS, cursor.fetchone(), strict=True) if there_are}


def timeline(invoice: Invoice, facts: Collection[str]) -> list[Event]:
    """What happened to an invoice, from its draft on; ``facts`` says of which kinds there are any."""
    events = [Event(invoice.created_at, invoice.created_by, _("Drafted: %s") % invoice.get_source_display(), "pencil")]
    if "discounts" in facts:
        holds = Exists(InvoiceLine.objects.filter(discount_given=OuterRef("pk")))
        events += [
            _let_off(given, given.holds) for given in invoice.discounts.select_related("by").annotate(holds=holds)
        ]
    if invoice.issued_at is not None and invoice.issued_by is not None:
        events.append(Event(invoice.issued_at, invoice.issued_by, _("Issued"), "send", invoice.total))
    if "allocations" in facts:
        given = invoice.allocations.select_related("payment", "by", "refund").order_by("at", "id")
        events += [_allocated(allocation) for allocation in given]
    if "credit_notes" in facts:
        events += [_credited(note) for note in invoice.credit_notes.select_related("by")]
    if "write_offs" in facts:
        events += [_written_off(fact) for fact in invoice.write_offs.select_related("by", "taken_back_by")]
    events.sort(key=lambda event: event.at)
    if invoice.is_void:
        void = InvoiceVoid.objects.select_related("by").get(invoice=invoice)
        events.append(Event(void.at, void.by, _("Made void"), "ban", note=void.reason))
    return events


def _credited(note: CreditNote) -> Event:
    page = reverse("billing:credit_note", args=[note.pk])
    words = (_("Credit note taken back: %s") if note.reverses_id else _("Credited: %s")) % note.number
    return Event(note.at, note.by, words, "file-minus", -note.total, note=note.reason, url=page)


def _written_off(fact: WriteOff) -> Event:
    words = _("Write-off taken back: %s") if fact.reverses_id else _("Written off: %s")
    stands = fact.reverses_id is None and not hasattr(fact, "taken_back_by")
    return Event(
        fact.at,
        fact.by,
        words % fact.number,
        "eraser",
        -fact.amount,
        note=f"{fact.get_category_display()}. {fact.reason}" if not fact.reverses_id else fact.reason,
        take_back=reverse("billing:take_back", args=[fact.pk]) if stands else "",
    )


def corrections_of(paper: Invoice | Payment) -> dict[str, Correction | None]:
    """What took a paper's place because it was wrong, and whose place it took itself. One query."""
    column = "payment" if isinstance(paper, Payment) else "invoice"
    about = Correction.objects.select_related("payment", "new_payment", "invoice", "new_invoice")
    found = list(about.filter(Q(**{column: paper}) | Q(**{f"new_{column}": paper})))
    return {
        "corrected_by": next((each for each in found if getattr(each, f"{column}_id") == paper.pk), None),
        "corrects": next((each for each in found if getattr(each, f"new_{column}_id") == paper.pk), None),
    }


def received_by(payments: Collection[Payment]) -> dict[UUID, User]:
    """Who took the money: not always who had noted that it was on its way. Of what has come."""
    taken = JournalEntry.objects.filter(source=posting.PAYMENT_RECEIVED, source_id__in=[one.pk for one in payments])
    return {entry.source_id: entry.by for entry in taken.select_related("by") if entry.source_id and entry.by}


def uses_of(payment: Payment) -> list[tuple[Invoice, Decimal]]:
    """The invoices that a payment pays now, with what each has of it."""
    held: dict[UUID, Decimal] = {}
    for invoice_id, amount in payment.allocations.order_by("at", "id").values_list("invoice_id", "amount"):
        held[invoice_id] = held.get(invoice_id, ZERO) + amount
    invoices = Invoice.objects.in_bulk([invoice_id for invoice_id, amount in held.items() if amount])
    return [(invoices[invoice_id], amount) for invoice_id, amount in held.items() if amount]


def paid_from_credit(invoice: Invoice) -> Decimal:
    """How much of what is paid on an invoice now was the patient's credit."""
    held: dict[UUID, Decimal] = {}
    used: dict[UUID, Decimal] = {}
    for payment_id, kind, amount in invoice.allocations.values_list("payment_id", "kind", "amount"):
        held[payment_id] = held.get(payment_id, ZERO) + amount
        if kind == PaymentAllocation.Kind.CREDIT:
            used[payment_id] = used.get(payment_id, ZERO) + amount
    return sum((min(amount, held[payment_id]) for payment_id, amount in used.items()), ZERO)


def _summed(rows: QuerySet[Any], column: str) -> dict[UUID | None, Decimal]:
    """By person."""
    by_person = rows.order_by().values_list(Coalesce("patient__merged_into", "patient"))
    return dict(by_person.annotate(sum=Sum(column)))


def _let_off(given: Discount, holds: bool) -> Event:
    words = _("%(kind)s: %(percent)s %% let off") if given.percent is not None else _("%(kind)s: let off")
    percent = f"{given.percent.normalize():f}" if given.percent is not None else ""
    kind = given.get_kind_display()
    words %= {"kind": kind if holds else _("%(kind)s, no longer") % {"kind": kind}, "percent": percent}
    return Event(given.at, given.by, words, "discount", given.amount, note=given.reason)


def _allocated(allocation: PaymentAllocation) -> Event:
    kind = PaymentAllocation.Kind
    payment = allocation.payment
    words = {
        kind.PAYMENT: _("Paid, %s") % payment.get_method_display(),
        kind.CREDIT: _("Credit used: %s") % payment.number,
        kind.REFUND: _("Given back"),
        kind.VOID: _("Turned into credit"),
        kind.CREDITED: _("Turned into credit"),
        kind.RESTORED: _("Put back on the invoice: %s") % payment.number,
    }[kind(allocation.kind)]
    icons = {kind.PAYMENT: "cash", kind.CREDIT: "wallet", kind.REFUND: "receipt-refund", kind.VOID: "wallet"}
    icons |= {kind.CREDITED: "wallet", kind.RESTORED: "wallet"}
    return Event(
        allocation.at,
        allocation.by,
        words,
        icons[kind(allocation.kind)],
        allocation.amount,
        note=_why(allocation),
        url=reverse("billing:payment", args=[payment.pk]),
        receipt=reverse("billing:receipt", args=[payment.pk]) if allocation.kind == kind.PAYMENT else "",
    )


def _why(allocation: PaymentAllocation) -> str:
    if allocation.by_itself:
        return _("This clinic uses a patient's credit as an invoice is issued, the oldest payment first.")
    return allocation.refund.reason if allocation.refund else ""
