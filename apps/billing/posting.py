"""The table of debits and credits: what each event of a patient's money writes into the ledger.

Credit notes and write-offs, drawers and gateways have such tables too: `posting.py` in their folders. Nothing else
posts.

| event                    | debit                                     | credit                                  |
|--------------------------|-------------------------------------------|-----------------------------------------|
| invoice issued           | Accounts receivable (total)               | Deferred revenue (net), Tax payable     |
| payment put on invoices  | Cash / Card / UPI / Bank / Clearing       | Accounts receivable, per invoice        |
| … at once, pro rata      | Deferred revenue                          | Revenue                                 |
| … what is above them     | (the same debit)                          | Patient credit                          |
| … before their day       | (the same debit)                          | Patient credit, which is used on it     |
| credit used              | Patient credit                            | Accounts receivable (+ recognition)     |
| refund of what was put on| Accounts receivable                       | Cash / Card / UPI / Bank / Clearing     |
| … at once, pro rata      | Revenue                                   | Deferred revenue                        |
| refund of unused credit  | Patient credit                            | Cash / Card / UPI / Bank / Clearing     |
| payment taken off (void, | Accounts receivable, Revenue              | Patient credit, Deferred revenue        |
| credit note)             |                                           |                                         |
| void: invoice            | the exact mirror of the entry of its issue, which it names                          |
| credit note taken back:  | Patient credit                            | Accounts receivable (+ recognition)     |
| what had become credit   |                                           |                                         |

Every line names the patient as its ``subject`` (an opaque id: the ledger knows no patients) and, where it concerns an
invoice, that invoice as its ``document``. A zero amount gets no line; an event without lines gets no entry.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.accounts.models import User
from apps.billing.models import Invoice, InvoiceVoid, Payment, PaymentAllocation, PaymentMethod, Refund
from apps.clinic import profile
from apps.core.clock import day_of
from apps.core.prepared import prepared
from apps.ledger import closing, journal
from apps.ledger.journal import Line
from apps.ledger.models import Account, JournalEntry, JournalLine

Role = Account.Role

# Cheques and what insurers remit are paid into the bank; a gateway holds what it collects until it settles.
TILL = {
    PaymentMethod.CASH: Role.CASH,
    PaymentMethod.CARD: Role.CARD,
    PaymentMethod.UPI: Role.UPI,
    PaymentMethod.BANK: Role.BANK,
    PaymentMethod.CHEQUE: Role.BANK,
    PaymentMethod.INSURER: Role.BANK,
    PaymentMethod.LINK: Role.GATEWAY_CLEARING,
}

INVOICE_ISSUED = "invoice_issued"
PAYMENT_RECEIVED = "payment_received"
CREDIT_USED = "credit_used"
PAYMENT_REFUNDED = "payment_refunded"
PAYMENT_RELEASED = "payment_released"
INVOICE_VOIDED = "invoice_voided"
CREDIT_NOTE_ISSUED = "credit_note_issued"
CREDIT_NOTE_TAKEN_BACK = "credit_note_taken_back"
PAYMENT_RESTORED = "payment_restored"
WRITTEN_OFF = "written_off"
WRITE_OFF_TAKEN_BACK = "write_off_taken_back"
REVENUE_MOVED = "revenue_moved"


def hold_books() -> None:
    """One at a time: everything that posts waits here until the one before has committed.

    The journal's own counter would make them wait anyway, only later, when each already holds something the other
    needs. First of all locks, so nothing deadlocks; reading, booking and drafting go on meanwhile.
    """
    closing.hold_open()


def day(at: datetime, *, after: Iterable[date | None] = ()) -> date:
    """The clinic's day on which what is done now counts: today, or the first open day where today is closed.

    No earlier than what it is about (``after``): that may count on a day to come, where today was closed and opened
    again.
    """
    today = closing.first_open_day(day_of(at, profile.current().zone))
    return max([today, *(day for day in after if day is not None)])


def refuse_closed(on: date, *, field: str) -> None:
    """Raises the ledger's DayIsClosed, beside ``field``, for a day on which nothing may count any more."""
    closing.refuse_closed(on, field=field)


def issued(invoice: Invoice, *, by: User, at: datetime) -> None:
    """The patient owes the total; what it is for is earned only when it is paid."""
    assert invoice.issued_on is not None
    about = About(invoice.patient_id, invoice.pk)
    post(
        [
            *about.debit(Role.ACCOUNTS_RECEIVABLE, invoice.total),
            *about.credit(Role.DEFERRED_REVENUE, invoice.net),
            *about.credit(Role.TAX_PAYABLE, invoice.tax),
        ],
        on=invoice.issued_on,
        description=f"Invoice {invoice.number} issued",
        source=INVOICE_ISSUED,
        source_id=invoice.pk,
        by=by,
        at=at,
    )


def received(payment: Payment, allocations: Sequence[PaymentAllocation], *, by: User, at: datetime) -> None:
    """Money came in: what is put on invoices pays them and becomes revenue, the rest is the patient's credit."""
    whole = About(payment.patient_id)
    lines = whole.debit(TILL[PaymentMethod(payment.method)], payment.amount)
    for allocation in allocations:
        lines += _put_on(allocation)
    lines += whole.credit(Role.PATIENT_CREDIT, payment.amount - _sum(allocations))
    post(
        lines,
        on=payment.received_on,
        description=f"Payment {payment.number} received",
        source=PAYMENT_RECEIVED,
        source_id=payment.pk,
        by=by,
        at=at,
    )


def credit_used(
    invoice: Invoice, allocations: Sequence[PaymentAllocation], *, on: date, by: User, at: datetime
) -> None:
    """What the patient had paid before now pays this invoice."""
    description = f"Credit used on invoice {invoice.number}"
    _from_credit(allocations, description=description, source=CREDIT_USED, on=on, by=by, at=at)


def refunded(refund: Refund, allocations: Sequence[PaymentAllocation], *, by: User, at: datetime) -> None:
    """Money went back: from the patient's unused credit first, the rest from invoices, which are owed again."""
    whole = About(refund.payment.patient_id)
    lines = whole.debit(Role.PATIENT_CREDIT, refund.amount + _sum(allocations))
    for allocation in allocations:
        lines += _take_off(allocation)
    lines += whole.credit(TILL[PaymentMethod(refund.method)], refund.amount)
    post(
        lines,
        on=refund.refunded_on,
        description=f"Refund {refund.number} of payment {refund.payment.number}",
        source=PAYMENT_REFUNDED,
        source_id=refund.pk,
        by=by,
        at=at,
    )


def released(invoice: Invoice, allocations: Sequence[PaymentAllocation], *, on: date, by: User, at: datetime) -> None:
    """What was paid on an invoice becomes the patient's credit again: it is about to be void, or lower."""
    lines: list[Line] = []
    for allocation in allocations:
        lines += _take_off(allocation)
    for record, released_ in _by_payer(allocations).items():
        lines += About(record).credit(Role.PATIENT_CREDIT, -released_)
    post(
        lines,
        on=on,
        description=f"Payments taken off invoice {invoice.number}",
        source=PAYMENT_RELEASED,
        source_id=allocations[0].pk,
        by=by,
        at=at,
    )


def voided(void: InvoiceVoid, *, by: User, at: datetime) -> None:
    """The charge never was: the exact mirror of its issue. A draft or an invoice of zero had no entry to mirror."""
    entry = JournalEntry.objects.filter(source=INVOICE_ISSUED, source_id=void.invoice_id).first()
    if entry is not None:
        journal.reverse(
            entry,
            effective_on=void.voided_on,
            description=f"Invoice {void.invoice.number} void",
            source=INVOICE_VOIDED,
            source_id=void.pk,
            by=by,
            at=at,
        )


def restored(invoice: Invoice, allocations: Sequence[PaymentAllocation], *, on: date, by: User, at: datetime) -> None:
    """What a credit note had turned into credit pays its invoice again: the note was taken back."""
    description = f"Payments put back on invoice {invoice.number}"
    _from_credit(allocations, description=description, source=PAYMENT_RESTORED, on=on, by=by, at=at)


class About:
    """Makes the lines that concern one patient and perhaps one invoice; none for zero."""

    def __init__(self, patient_id: UUID, invoice_id: UUID | None = None) -> None:
        self.patient_id, self.invoice_id = patient_id, invoice_id

    def debit(self, role: str, amount: Decimal) -> list[Line]:
        return [Line(role, debit=amount, subject=self.patient_id, document=self.invoice_id)] if amount else []

    def credit(self, role: str, amount: Decimal) -> list[Line]:
        return [Line(role, credit=amount, subject=self.patient_id, document=self.invoice_id)] if amount else []


def post(
    lines: Sequence[Line], *, on: date, description: str, source: str, source_id: UUID, by: User, at: datetime
) -> None:
    """Write an entry, where it has lines. Whatever it is about was made, or locked for it, a moment ago."""
    if lines:
        journal.post(
            effective_on=on,
            description=description,
            source=source,
            source_id=source_id,
            lines=lines,
            by=by,
            at=at,
            source_is_new=True,
        )


def _from_credit(allocations: Sequence[PaymentAllocation], *, on: date, **entry: Any) -> None:
    lines: list[Line] = []
    for record, used in _by_payer(allocations).items():
        lines += About(record).debit(Role.PATIENT_CREDIT, used)
    for allocation in allocations:
        lines += _put_on(allocation)
    post(lines, on=on, source_id=allocations[0].pk, **entry)


def entries_about(invoice: Invoice) -> list[tuple[JournalEntry, list[JournalLine]]]:
    """What the books say of this invoice: its entries, oldest first, each with the lines that concern it."""
    return [(entry, list(of_it)) for entry, of_it in groupby(_lines(document=invoice.pk), key=lambda line: line.entry)]


@prepared
def _lines(*, document: Any) -> QuerySet[JournalLine]:
    lines = JournalLine.objects.filter(document=document).select_related("entry", "account")
    return lines.order_by("entry__recorded_at", "entry__number", "pk")


def _put_on(allocation: PaymentAllocation) -> list[Line]:
    about = About(allocation.invoice.patient_id, allocation.invoice_id)
    return [
        *about.credit(Role.ACCOUNTS_RECEIVABLE, allocation.amount),
        *about.debit(Role.DEFERRED_REVENUE, allocation.recognised),
        *about.credit(Role.REVENUE, allocation.recognised),
    ]


def _take_off(allocation: PaymentAllocation) -> list[Line]:
    about = About(allocation.invoice.patient_id, allocation.invoice_id)
    return [
        *about.debit(Role.ACCOUNTS_RECEIVABLE, -allocation.amount),
        *about.debit(Role.REVENUE, -allocation.recognised),
        *about.credit(Role.DEFERRED_REVENUE, -allocation.recognised),
    ]


def _by_payer(allocations: Sequence[PaymentAllocation]) -> dict[UUID, Decimal]:
    """What came from each record of a person: merged records pay each other's invoices."""
    sums: dict[UUID, Decimal] = {}
    for allocation in allocations:
        record = allocation.payment.patient_id
        sums[record] = sums.get(record, Decimal(0)) + allocation.amount
    return sums


def _sum(allocations: Sequence[PaymentAllocation]) -> Decimal:
    return sum((allocation.amount for allocation in allocations), Decimal(0))
