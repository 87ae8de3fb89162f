"""Corrections without deleting: what was wrong is reversed by the rules that reverse, and written anew beside it.

| what was wrong   | what is done                                                                              |
|------------------|-------------------------------------------------------------------------------------------|
| payment: method  | given back by the wrong method, received by the right one, on the same invoices           |
| payment: amount  | given back, received anew with the right amount, on the same invoices                     |
| payment: patient | given back, received from the right patient, on what they owe longest                     |
| invoice: patient | made void; a new one for the right patient has the same lines                             |
| invoice: visit   | made void; a new one for the right visit has the same lines, and what was paid pays it    |
| invoice: amount  | made void; a new one has the right prices, and what was paid pays it                      |

Everything counts today: earlier days and what was known on them stay as they were (FR-B02). `rehearsing.py` shows
beforehand what will be posted. For the order of locks see invoicing.py.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.billing import invoicing, posting
from apps.billing.correcting.copying import copy_lines
from apps.billing.locks import lock_invoice, lock_payment
from apps.billing.models import Correction, Invoice, InvoiceLine, InvoiceVoid, Payment, PaymentMethod
from apps.billing.paying import allocating, credit, credit_rule, payments, refunds
from apps.billing.paying.payments import MethodUnknown
from apps.billing.prices.sums import Amount, read_payment, read_price, read_quantity
from apps.core.money import Currency, currency_of
from apps.core.refusals import Conflict, Refusal
from apps.patients.models import Patient
from apps.patients.models.persons import in_use, records_of
from apps.scheduling.models import Appointment

Kind = Correction.Kind
Disposition = InvoiceVoid.Disposition
OF_PAYMENT = (Kind.METHOD, Kind.AMOUNT, Kind.PATIENT)
OF_INVOICE = (Kind.PATIENT, Kind.AMOUNT, Kind.VISIT)
# An invoice whose amount is put right stays the one that its visit made: no other is made in its place.
MADE_BY_VISITS = (*Invoice.OF_A_VISIT, Invoice.Source.CANCELLATION, Invoice.Source.NO_SHOW)
ALONG = "along"  # what was paid goes along to the right patient


class CorrectionNeedsReason(Refusal):
    code = "reason_missing"
    field = "reason"
    message = _("Say what was wrong.")


class NothingToCorrect(Conflict):
    code = "nothing_to_correct"
    message = _("Nothing of it is left to be corrected: it was given back, has failed, or is void.")


class PartlyGivenBack(Conflict):
    code = "partly_given_back"
    field = "amount"
    message = _("A part of it was given back already. Give back the rest and take the right amount as a new payment.")


class NothingDiffers(Refusal):
    code = "nothing_differs"
    message = _("This is how it stands already.")


class NoSuchLine(Refusal):
    code = "no_such_line"
    field = "lines"
    message = _("This line is not on the invoice.")


class PaidGoesWhere(Refusal):
    code = "disposition_missing"
    field = "paid"
    message = _("Something was paid on this invoice. Say what becomes of it.")


@transaction.atomic
def correct_payment(
    payment: Payment,
    *,
    kind: str,
    reason: str,
    by: User,
    at: datetime,
    method: str = "",
    amount: Amount | None = None,
    patient: Patient | None = None,
) -> Correction:
    """Reverse what is left of a payment and receive it anew as it should have been.

    ``method``, ``amount`` or ``patient`` is the right one, as ``kind`` says. What does not fit on the invoices becomes
    the credit of whoever paid.
    """
    posting.hold_books()
    payment = lock_payment(payment)
    left = payment.refundable
    if payment.captured_at is None or not left:
        raise NothingToCorrect
    if not reason.strip():
        raise CorrectionNeedsReason
    right = _right_payment(payment, left, kind, method=method, amount=amount, patient=patient)
    held = allocating.held_by_invoices(payment, only=None)
    refunds.refund(payment, amount=left, on_paper=True, reason=reason, by=by, at=at)
    if kind != Kind.PATIENT:
        right["invoices"] = list(Invoice.objects.filter(pk__in=held).oldest_first())
    if kind == Kind.METHOD:
        right["invoices"] = [(invoice, held[invoice.pk]) for invoice in right["invoices"]]
    new = payments.receive(credit_consent=True, reference=payment.reference, by=by, at=at, **right)
    return _kept(kind, reason, by=by, at=at, payment=payment, new_payment=new)


@transaction.atomic
def correct_invoice(
    invoice: Invoice,
    *,
    kind: str,
    reason: str,
    by: User,
    at: datetime,
    patient: Patient | None = None,
    appointment: Appointment | None = None,
    lines: Mapping[UUID, Mapping[str, Any]] | None = None,
    paid: str = "",
) -> Correction:
    """Make an invoice void and issue the right one in its place.

    ``patient``, ``appointment`` or ``lines`` (unit_price, quantity by line) is what is right, as ``kind`` says. Of the
    same patient, what was paid pays the new one. For another, ``paid`` says whether it stays as the credit of the
    first (``credit``), is given back (``refund``) or goes along to the right one (``along``). Other credit is used
    after that, and only where the clinic has it pay by itself (paying.credit_rule).
    """
    posting.hold_books()
    invoice = lock_invoice(invoice)
    if invoice.is_draft or invoice.is_void:
        raise NothingToCorrect
    if not reason.strip():
        raise CorrectionNeedsReason
    rows = list(invoice.lines.select_related("service").prefetch_related("taxes").order_by("position"))
    changes = dict(lines or {}) if kind == Kind.AMOUNT else {}
    _refuse_what_changes_nothing(rows, changes, currency_of(invoice.currency))
    owner, visit = invoice.patient, invoice.appointment
    if kind == Kind.PATIENT:
        owner, visit = _other_patient(invoice.patient, patient), None
        if invoice.applied and paid not in {Disposition.CREDIT, Disposition.REFUND, ALONG}:
            raise PaidGoesWhere
    elif kind == Kind.VISIT:
        if appointment is None or appointment.pk == invoice.appointment_id:
            raise NothingDiffers(field="appointment")
        owner, visit = appointment.patient, appointment
        if owner.pk not in set(records_of(invoice.patient)):
            raise invoicing.VisitOfAnotherPatient
    elif kind != Kind.AMOUNT:
        raise NothingDiffers
    moved = allocating.latest_on(invoice, invoice.applied)
    given_back = kind == Kind.PATIENT and paid == Disposition.REFUND
    invoicing.void(
        invoice, reason=reason, disposition=Disposition.REFUND if given_back else Disposition.CREDIT, by=by, at=at
    )
    source = invoice.source if kind == Kind.AMOUNT and invoice.source in MADE_BY_VISITS else ""
    reference = f"corrects:{invoice.pk}"
    new = invoicing.draft(owner, appointment=visit, source=source, source_reference=reference, by=by, at=at)
    copy_lines(new, rows, changes, rule=f"As on {invoice.number}", by=by, at=at)
    pays_again = bool(moved) and (kind != Kind.PATIENT or paid == ALONG)
    due = posting.day(at, after=[invoice.due_on])  # who was given time keeps it
    new = invoicing.issue(new, due_date=due, use_credit=False if pays_again else None, by=by, at=at)
    if pays_again:
        if kind == Kind.PATIENT:
            _take_along(moved, owner, new, reason=reason, by=by, at=at)
        else:
            credit.use_again(new, moved, by=by, at=at)
        if credit_rule.pays_by_itself():  # what paid the wrong one comes first
            credit.use_credit_if_any(new, by_itself=True, by=by, at=at)
        new.refresh_from_db()
    return _kept(kind, reason, by=by, at=at, invoice=invoice, new_invoice=new)


def _right_payment(
    payment: Payment, left: Decimal, kind: str, *, method: str, amount: Amount | None, patient: Patient | None
) -> dict[str, Any]:
    """How it should have been received."""
    right: dict[str, Any] = {"patient": payment.patient, "method": payment.method, "amount": left}
    if kind == Kind.METHOD:
        if method not in PaymentMethod.values:
            raise MethodUnknown
        if method == payment.method:
            raise NothingDiffers(field="method")
        return {**right, "method": method}
    if kind == Kind.AMOUNT:
        exact = read_payment("" if amount is None else amount, currency_of(payment.currency))
        if payment.refunded:
            raise PartlyGivenBack
        if exact == payment.amount:
            raise NothingDiffers(field="amount")
        return {**right, "amount": exact}
    if kind == Kind.PATIENT:
        return {**right, "patient": _other_patient(payment.patient, patient), "invoices": None}
    raise NothingDiffers


def _other_patient(wrong: Patient, right: Patient | None) -> Patient:
    if right is None or right.pk in set(records_of(wrong)):
        raise NothingDiffers(field="patient")
    return in_use(right)


def _refuse_what_changes_nothing(
    rows: Sequence[InvoiceLine], changes: Mapping[UUID, Mapping[str, Any]], currency: Currency
) -> None:
    found = {row.pk: row for row in rows}
    if not changes.keys() <= found.keys():
        raise NoSuchLine
    if changes and all(_same(found[pk], right, currency) for pk, right in changes.items()):
        raise NothingDiffers(field="lines")


def _same(line: InvoiceLine, right: Mapping[str, Any], currency: Currency) -> bool:
    price = read_price(right.get("unit_price", line.unit_price), currency)
    return price == line.unit_price and read_quantity(right.get("quantity", line.quantity)) == line.quantity


def _take_along(
    moved: Mapping[UUID, Decimal], owner: Patient, new: Invoice, *, reason: str, by: User, at: datetime
) -> None:
    """What was paid on the wrong patient's invoice is given back to them and received from the right one."""
    for payment in Payment.objects.filter(pk__in=moved).order_by("pk"):
        part = moved[payment.pk]
        refunds.refund(payment, amount=part, on_paper=True, reason=reason, by=by, at=at)
        payments.receive(owner, method=payment.method, amount=part, invoices=[new], credit_consent=True, by=by, at=at)


def _kept(kind: str, reason: str, *, by: User, at: datetime, **papers: Any) -> Correction:
    return Correction.objects.create(kind=kind, reason=reason.strip(), by=by, at=at, **papers)
