"""Money that comes in and goes back (UC-03, FR-B02). For the order of locks see invoicing.py.

A patient's credit is what their payments hold that no invoice has used and no refund has given back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.billing import posting
from apps.billing.locks import lock_invoice, lock_invoices, lock_payment
from apps.billing.models import Invoice, Payment, PaymentAllocation, PaymentMethod, Refund
from apps.billing.signals import payment_received
from apps.billing.sums import read_payment, recognised
from apps.clinic import profile
from apps.core.clock import day_of
from apps.core.money import currency_of, format_money
from apps.core.numbering import next_number
from apps.core.refusals import Conflict, Refusal
from apps.patients.models import Patient
from apps.patients.models.persons import in_use, records_of

Kind = PaymentAllocation.Kind
Amount = Decimal | str | int


class MethodUnknown(Refusal):
    code = "method_unknown"
    field = "method"
    message = _("Choose how it is paid.")


class ReceivedInTheFuture(Refusal):
    code = "received_in_the_future"
    field = "received_on"
    message = _("A payment cannot be received on a day to come.")


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


class NeedsConsentToCredit(Refusal):
    """More was offered than is owed, and nobody said that the rest may stay as credit."""

    code = "credit_consent_needed"
    field = "credit_consent"


class NoCredit(Conflict):
    code = "not_enough_credit"
    field = "amount"


class MoreThanDue(Conflict):
    code = "more_than_due"
    field = "amount"


class RefundTooLarge(Conflict):
    code = "refund_too_large"
    field = "amount"


class RefundNeedsReason(Refusal):
    code = "reason_missing"
    field = "reason"
    message = _("Say why the money is given back.")


class NotPending(Conflict):
    code = "not_pending"
    message = _("This payment has come or failed already.")


class FailureNeedsReason(Refusal):
    code = "reason_missing"
    field = "reason"
    message = _("Say why the money does not come.")


@dataclass(frozen=True, slots=True)
class Tender:
    """One way of paying within a payment that is split over several: 100.00 by card and 36.00 by UPI."""

    method: str
    amount: Amount
    reference: str = ""


@transaction.atomic
def receive(
    patient: Patient,
    *,
    method: str,
    amount: Amount,
    by: User,
    at: datetime,
    invoices: Sequence[Invoice | tuple[Invoice, Amount]] | None = None,
    credit_consent: bool = False,
    reference: str = "",
    received_on: date | None = None,
    source_reference: str = "",
) -> Payment:
    """Take a payment, put it on invoices and recognise the revenue (UC-03).

    ``invoices``: the invoices it pays, in that order, each with the part meant for it or as much as fits; ``None``
    means what is owed longest first; an empty list means a deposit. What is left over becomes the patient's credit,
    but only with ``credit_consent``. The same ``source_reference`` twice (an import replayed, a form sent twice)
    answers with the payment that was made the first time.
    """
    posting.hold_books()
    if source_reference and (made := Payment.objects.filter(source_reference=source_reference).first()):
        return made
    clinic = profile.current()
    currency = clinic.currency_info
    amount = read_payment(amount, currency)
    if method not in PaymentMethod.values:
        raise MethodUnknown
    patient = in_use(patient)
    today = day_of(at, clinic.zone)
    received_on = received_on or today
    if received_on > today:
        raise ReceivedInTheFuture
    shares = _oldest_first(patient, amount) if invoices is None else _as_chosen(patient, amount, invoices)
    rest = amount - sum((share for _invoice, share in shares), Decimal(0))
    if rest and not credit_consent:
        raise NeedsConsentToCredit(
            gettext("%(rest)s more than is owed. It can stay as the patient's credit if they agree.")
            % {"rest": format_money(rest, currency, clinic.locale)},
            details={"above": f"{rest.quantize(currency.unit):f}"},
        )
    payment = Payment.objects.create(
        number=next_number("RCT", on=received_on),
        patient=patient,
        method=method,
        amount=amount,
        currency=currency.code,
        reference=reference.strip(),
        source_reference=source_reference,
        received_on=received_on,
        created_at=at,
        created_by=by,
        captured_at=at,
    )
    return _use(payment, shares, by=by, at=at)


@transaction.atomic
def expect(
    patient: Patient,
    *,
    method: str,
    amount: Amount,
    by: User,
    at: datetime,
    invoice: Invoice | None = None,
    reference: str = "",
    source_reference: str = "",
) -> Payment:
    """Note money that is on its way: a cheque to clear, a transfer that was promised. The books wait until it comes."""
    clinic = profile.current()
    amount = read_payment(amount, clinic.currency_info)
    if method not in PaymentMethod.values:
        raise MethodUnknown
    patient = in_use(patient)
    if invoice is not None and invoice.patient_id not in set(records_of(patient)):
        raise InvoiceOfAnotherPatient
    if source_reference and (made := Payment.objects.filter(source_reference=source_reference).first()):
        return made
    payment = Payment.objects.create(
        patient=patient,
        method=method,
        amount=amount,
        currency=clinic.currency,
        reference=reference.strip(),
        source_reference=source_reference,
        meant_for=invoice,
        received_on=day_of(at, clinic.zone),
        created_at=at,
        created_by=by,
    )
    payment.refresh_from_db()
    return payment


@transaction.atomic
def capture(payment: Payment, *, by: User, at: datetime) -> Payment:
    """The money that was on its way has come. It pays what it was meant for, then what is owed longest.

    What is left becomes the patient's credit: it is there and cannot be refused.
    """
    posting.hold_books()
    payment = _lock_pending(payment)
    shares = []
    if payment.meant_for_id is not None:
        meant = lock_invoices([payment.meant_for_id])[payment.meant_for_id]
        shares = _fill(payment.amount, [meant])
    rest = payment.amount - sum((share for _invoice, share in shares), Decimal(0))
    shares += _oldest_first(payment.patient, rest, besides=shares)
    payment.received_on = day_of(at, profile.current().zone)
    payment.number = next_number("RCT", on=payment.received_on)
    payment.captured_at = at
    payment.save(update_fields=["received_on", "number", "captured_at"])
    return _use(payment, shares, by=by, at=at)


@transaction.atomic
def fail(payment: Payment, *, by: User, at: datetime, reason: str) -> Payment:
    """The money that was on its way will not come: the cheque bounced, the card was declined."""
    payment = _lock_pending(payment)
    if not reason.strip():
        raise FailureNeedsReason
    payment.failed_at, payment.failure = at, reason.strip()[:200]
    payment.save(update_fields=["failed_at", "failure"])
    payment.refresh_from_db()
    return payment


@transaction.atomic
def receive_split(
    patient: Patient,
    tenders: Iterable[Tender],
    *,
    by: User,
    at: datetime,
    invoices: Sequence[Invoice] | None = None,
    credit_consent: bool = False,
    received_on: date | None = None,
    source_reference: str = "",
) -> list[Payment]:
    """Take one payment in several ways, for example card and UPI: all of them or none. A receipt for each."""
    return [
        receive(
            patient,
            method=tender.method,
            amount=tender.amount,
            reference=tender.reference,
            invoices=invoices,
            credit_consent=credit_consent,
            received_on=received_on,
            source_reference=source_reference and f"{source_reference}:{place}",
            by=by,
            at=at,
        )
        for place, tender in enumerate(tenders, start=1)
    ]


@transaction.atomic
def use_credit(invoice: Invoice, *, by: User, at: datetime, amount: Amount | None = None) -> Invoice:
    """Pay an invoice from the patient's credit, the oldest payment first; without ``amount`` as much as fits."""
    posting.hold_books()
    invoice = lock_invoice(invoice)
    _refuse_unpayable(invoice)
    clinic = profile.current()
    sources = list(
        Payment.objects.select_for_update(no_key=True).with_credit().for_patient(invoice.patient_id).order_by("pk")
    )
    sources.sort(key=lambda payment: (payment.received_on, payment.pk))
    credit = sum((payment.unapplied for payment in sources), Decimal(0))
    wanted = min(credit, invoice.due) if amount is None else read_payment(amount, clinic.currency_info)
    if wanted > credit or not credit:
        raise NoCredit(
            gettext("The patient's credit is %(credit)s.")
            % {"credit": format_money(credit, clinic.currency_info, clinic.locale)}
        )
    if wanted > invoice.due or not wanted:
        raise MoreThanDue(
            gettext("Only %(due)s is owed on this invoice.")
            % {"due": format_money(invoice.due, clinic.currency_info, clinic.locale)}
        )
    allocations = []
    for payment in sources:
        part = min(payment.unapplied, wanted)
        if part:
            allocations.append(_put(payment, invoice, part, Kind.CREDIT, by=by, at=at))
            wanted -= part
    posting.credit_used(invoice, allocations, on=day_of(at, clinic.zone), by=by, at=at)
    invoice.refresh_from_db()
    return invoice


@transaction.atomic
def refund(
    payment: Payment,
    *,
    amount: Amount,
    by: User,
    at: datetime,
    reason: str,
    method: str | None = None,
    invoice: Invoice | None = None,
    source_reference: str = "",
) -> Refund:
    """Give back a part or all of a payment, as often as something of it is left.

    Unused credit goes first, then what was put on invoices, the latest first: those are owed again. ``invoice``
    takes it off that invoice instead. ``method`` is how the money goes back, if not the way it came.
    """
    posting.hold_books()
    if source_reference and (made := Refund.objects.filter(source_reference=source_reference).first()):
        return made
    payment = lock_payment(payment)
    clinic = profile.current()
    currency = currency_of(payment.currency)
    amount = read_payment(amount, currency)
    if not reason.strip():
        raise RefundNeedsReason
    method = method or payment.method
    if method not in PaymentMethod.values:
        raise MethodUnknown
    held = _held_by_invoices(payment, only=invoice)
    available = payment.refundable if invoice is None else sum(held.values(), Decimal(0))
    if amount > available:
        raise RefundTooLarge(
            gettext("Only %(left)s of this payment can still be given back.")
            % {"left": format_money(available, currency, clinic.locale)},
            details={"refundable": f"{available.quantize(currency.unit):f}"},
        )
    today = day_of(at, clinic.zone)
    from_invoices = amount if invoice is not None else max(Decimal(0), amount - payment.unapplied)
    fact = Refund(
        number=next_number("RFD", on=today),
        payment=payment,
        amount=amount,
        method=method,
        reason=reason.strip(),
        source_reference=source_reference,
        refunded_on=today,
        at=at,
        by=by,
    )
    # First off the invoices, then out of the till: at no moment is more used than was paid.
    allocations = _take(payment, held, from_invoices, Kind.REFUND, refund=fact, by=by, at=at)
    fact.save(force_insert=True)
    posting.refunded(fact, allocations, by=by, at=at)
    return fact


def refund_invoice(invoice: Invoice, *, by: User, at: datetime, reason: str, method: str | None = None) -> list[Refund]:
    """Give back everything that was put on an invoice, out of the payments that hold it."""
    holders = Payment.objects.filter(pk__in=[payment_id for payment_id, _part in _held_on(invoice)]).order_by("pk")
    parts = dict(_held_on(invoice))
    return [
        refund(payment, amount=parts[payment.pk], invoice=invoice, method=method, reason=reason, by=by, at=at)
        for payment in holders
    ]


@transaction.atomic
def release(invoice: Invoice, *, by: User, at: datetime) -> None:
    """Take every payment off an invoice that is about to be void: the money becomes the patient's credit again."""
    parts = dict(_held_on(invoice))
    holders = list(Payment.objects.select_for_update(no_key=True).filter(pk__in=parts).order_by("pk"))
    allocations = []
    for payment in holders:
        allocations += _take(payment, {invoice.pk: parts[payment.pk]}, parts[payment.pk], Kind.VOID, by=by, at=at)
    posting.released(invoice, allocations, on=day_of(at, profile.current().zone), by=by, at=at)


def credit_of(patient: Patient) -> Decimal:
    """What this patient has paid that nothing has used yet."""
    return Payment.objects.with_credit().for_patient(patient).aggregate(sum=Sum("unapplied"))["sum"] or Decimal(0)


def _use(payment: Payment, shares: Sequence[tuple[Invoice, Decimal]], *, by: User, at: datetime) -> Payment:
    """Put a payment that came in on its invoices, into the books, and tell whoever listens."""
    allocations = [_put(payment, invoice, share, Kind.PAYMENT, by=by, at=at) for invoice, share in shares]
    posting.received(payment, allocations, by=by, at=at)
    payment.refresh_from_db()
    payment_received.send(sender=Payment, payment=payment, by=by, at=at)
    return payment


def _lock_pending(payment: Payment) -> Payment:
    payment = lock_payment(payment)
    if payment.captured_at is not None or payment.failed_at is not None:
        raise NotPending
    return payment


def _oldest_first(
    patient: Patient, amount: Decimal, *, besides: Sequence[tuple[Invoice, Decimal]] = ()
) -> list[tuple[Invoice, Decimal]]:
    owed = Invoice.objects.unpaid().for_patient(patient).values_list("pk", flat=True)
    owed = owed.exclude(pk__in=[invoice.pk for invoice, _share in besides])
    invoices = sorted(
        lock_invoices(owed).values(), key=lambda invoice: (invoice.due_on, invoice.issued_on, invoice.number)
    )
    return _fill(amount, invoices)


def _fill(amount: Decimal, invoices: Iterable[Invoice]) -> list[tuple[Invoice, Decimal]]:
    shares = []
    for invoice in invoices:
        share = min(amount, invoice.due)
        if share:
            shares.append((invoice, share))
            amount -= share
    return shares


def _as_chosen(
    patient: Patient, amount: Decimal, chosen: Sequence[Invoice | tuple[Invoice, Amount]]
) -> list[tuple[Invoice, Decimal]]:
    wishes = [item if isinstance(item, tuple) else (item, None) for item in chosen]
    locked = lock_invoices(invoice.pk for invoice, _part in wishes)
    if len(locked) != len(wishes):
        raise InvoiceTwice
    left, shares, meant = amount, [], Decimal(0)
    records = set(records_of(patient))
    for named, part in wishes:
        invoice = locked[named.pk]
        if invoice.patient_id not in records:
            raise InvoiceOfAnotherPatient
        _refuse_unpayable(invoice)
        wish = left if part is None else read_payment(part, currency_of(invoice.currency), field="invoices")
        meant += Decimal(0) if part is None else wish
        share = min(wish, invoice.due, left)
        if share:
            shares.append((invoice, share))
            left -= share
    if meant > amount:
        raise SharesExceedPayment
    return shares


def _refuse_unpayable(invoice: Invoice) -> None:
    if invoice.is_void:
        raise VoidNotPayable
    if invoice.is_draft:
        raise NotPayable


def _held_on(invoice: Invoice) -> list[tuple[UUID, Decimal]]:
    """The payments that pay this invoice now, with what each has on it."""
    rows = invoice.allocations.order_by().values_list("payment_id").annotate(held=Sum("amount")).filter(held__gt=0)
    return list(rows)


def _held_by_invoices(payment: Payment, *, only: Invoice | None) -> dict[UUID, Decimal]:
    """What each invoice holds of this payment now, the latest use first."""
    held: dict[UUID, Decimal] = {}
    rows = payment.allocations.filter(**({"invoice": only} if only else {})).order_by("at", "id")
    for invoice_id, amount in rows.values_list("invoice_id", "amount"):
        held[invoice_id] = held.pop(invoice_id, Decimal(0)) + amount
    return {invoice_id: amount for invoice_id, amount in reversed(held.items()) if amount}


def _take(
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
        _put(payment, invoices[invoice_id], -part, kind, refund=refund, by=by, at=at)
        for invoice_id, part in parts.items()
    ]


def _put(
    payment: Payment,
    invoice: Invoice,
    amount: Decimal,
    kind: str,
    *,
    by: User,
    at: datetime,
    refund: Refund | None = None,
) -> PaymentAllocation:
    """Put money on an invoice (negative: take it off); triggers carry it to both sums."""
    currency = currency_of(invoice.currency)
    before, after = invoice.applied, invoice.applied + amount
    step = recognised(invoice.net, invoice.total, after, currency) - recognised(
        invoice.net, invoice.total, before, currency
    )
    invoice.applied = after
    return PaymentAllocation.objects.create(
        payment=payment, invoice=invoice, refund=refund, kind=kind, amount=amount, recognised=step, at=at, by=by
    )
