"""Money that comes in (UC-03, FR-B02); credit.py uses what was left over, refunds.py gives back.

For the order of locks see invoicing.py.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.billing import posting
from apps.billing.drawers.belonging import drawer_for
from apps.billing.fetching import bring_first_uses
from apps.billing.locks import lock_invoices, lock_payment
from apps.billing.models import Invoice, Payment, PaymentAllocation, PaymentMethod
from apps.billing.paying import allocating
from apps.billing.prices.sums import Amount, read_payment
from apps.billing.signals import payment_received
from apps.clinic import profile
from apps.core.clock import day_of, refuse_odd_year
from apps.core.inserting import insert
from apps.core.money import format_money
from apps.core.numbering import Next, next_number
from apps.core.prepared import prepared
from apps.core.refusals import Conflict, Refusal
from apps.patients.models import Patient
from apps.patients.models.persons import in_use, records_of

Kind = PaymentAllocation.Kind


class MethodUnknown(Refusal):
    code = "method_unknown"
    field = "method"
    message = _("Choose how it is paid.")


class TenderedTooLittle(Refusal):
    code = "tendered_too_little"
    field = "tendered"


class TenderedNotCash(Refusal):
    code = "tendered_not_cash"
    field = "tendered"
    message = _("Only for cash there is change. Leave this empty.")


class ReceivedInTheFuture(Refusal):
    code = "received_in_the_future"
    field = "received_on"
    message = _("A payment cannot be received on a day to come.")


class NeedsConsentToCredit(Refusal):
    """More was offered than is owed, and nobody said that the rest may stay as credit."""

    code = "credit_consent_needed"
    field = "credit_consent"


class NotPending(Conflict):
    code = "not_pending"
    message = _("This payment has come or failed already.")


class OnlyTheGatewaySays(Conflict):
    code = "only_the_gateway_says"
    message = _("Whether a payment link is paid is for the gateway to say.")


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
    tendered: Amount | None = None


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
    tendered: Amount | None = None,
    received_on: date | None = None,
    source_reference: str = "",
) -> Payment:
    """Take a payment, put it on invoices and recognise the revenue (UC-03).

    ``invoices``: the invoices it pays, in that order, each with the part meant for it or as much as fits; ``None``
    means what is owed longest first; an empty list means a deposit. What is left over becomes the patient's credit,
    but only with ``credit_consent``. ``tendered`` is the cash that was put on the desk: `Payment.change` goes back at
    once and is no money of the clinic. The same ``source_reference`` twice (an import replayed, a form sent twice)
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
    given = None if tendered in (None, "") else read_tendered(tendered, amount, method)
    patient = in_use(patient)
    today = posting.day(at)
    received_on = received_on or today
    if received_on > today:
        raise ReceivedInTheFuture
    refuse_odd_year(received_on, field="received_on")
    posting.refuse_closed(received_on, field="received_on")
    shares = (
        allocating.oldest_first(patient, amount)
        if invoices is None
        else allocating.as_chosen(patient, amount, invoices)
    )
    rest = amount - sum((share for _invoice, share in shares), Decimal(0))
    if rest and not credit_consent:
        raise NeedsConsentToCredit(
            gettext("%(rest)s more than is owed. It can stay as the patient's credit if they agree.")
            % {"rest": format_money(rest, currency, clinic.locale)},
            details={"above": f"{rest.quantize(currency.unit):f}"},
        )
    drawer_session = drawer_for(by, method)
    payment = Payment(
        patient=patient,
        method=method,
        amount=amount,
        currency=currency.code,
        tendered=given,
        reference=reference.strip(),
        source_reference=source_reference,
        drawer_session=drawer_session,
        received_on=received_on,
        created_at=at,
        created_by=by,
        captured_at=at,
    )
    return _use(insert(payment, number=Next("RCT", received_on)), shares, by=by, at=at)


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
        raise allocating.InvoiceOfAnotherPatient
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
def capture(payment: Payment, *, by: User, at: datetime, confirmed: bool = False) -> Payment:
    """The money that was on its way has come. It pays what it was meant for, then what is owed longest.

    What is left becomes the patient's credit: it is there and cannot be refused. ``confirmed``: by the gateway, without
    which nobody captures what was to be paid by a link.
    """
    posting.hold_books()
    payment = _lock_pending(payment)
    if payment.method == PaymentMethod.LINK and not confirmed:
        raise OnlyTheGatewaySays
    shares = []
    if payment.meant_for_id is not None:
        meant = lock_invoices([payment.meant_for_id])[payment.meant_for_id]
        shares = allocating.fill(payment.amount, [meant])
    rest = payment.amount - sum((share for _invoice, share in shares), Decimal(0))
    shares += allocating.oldest_first(payment.patient, rest, besides=shares)
    payment.received_on = posting.day(at)
    payment.drawer_session = drawer_for(by, payment.method)
    payment.number = next_number("RCT", on=payment.received_on)
    payment.captured_at = at
    payment.save(update_fields=["received_on", "drawer_session", "number", "captured_at"])
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
            tendered=tender.tendered,
            invoices=invoices,
            credit_consent=credit_consent,
            received_on=received_on,
            source_reference=source_reference and f"{source_reference}:{place}",
            by=by,
            at=at,
        )
        for place, tender in enumerate(tenders, start=1)
    ]


def read_tendered(tendered: Amount, amount: Decimal, method: str) -> Decimal:
    """The cash put on the desk for this amount. Raises AmountRefused, TenderedNotCash, TenderedTooLittle."""
    clinic = profile.current()
    if method != PaymentMethod.CASH:
        raise TenderedNotCash
    given = read_payment(tendered, clinic.currency_info, field="tendered")
    if given < amount:
        short = format_money(amount - given, clinic.currency_info, clinic.locale)
        raise TenderedTooLittle(gettext("%(short)s too little.") % {"short": short})
    return given


def _use(payment: Payment, shares: Sequence[tuple[Invoice, Decimal]], *, by: User, at: datetime) -> Payment:
    """Put a payment that came in on its invoices, into the books, and tell whoever listens. What was paid before its
    invoice was issued is credit until that day."""
    allocations: list[PaymentAllocation] = []
    early: list[tuple[date, PaymentAllocation]] = []
    for invoice, share in shares:
        issued_on = invoice.issued_on or payment.received_on
        if issued_on > payment.received_on:
            early.append((issued_on, allocating.put(payment, invoice, share, Kind.CREDIT, by=by, at=at)))
        else:
            allocations.append(allocating.put(payment, invoice, share, Kind.PAYMENT, by=by, at=at))
    posting.received(payment, allocations, by=by, at=at)
    for issued_on, used in early:
        posting.credit_used(used.invoice, [used], on=issued_on, by=by, at=at)
        allocations.append(used)
    ((payment.applied, payment.unapplied, payment.status),) = _standing(payment=payment.pk)
    bring_first_uses(payment, allocations)
    payment_received.send(sender=Payment, payment=payment, by=by, at=at)
    return payment


@prepared
def _standing(*, payment: Any) -> QuerySet[Payment, Any]:
    """What follows from its uses."""
    return Payment.objects.filter(pk=payment).order_by().values_list("applied", "unapplied", "status")


def _lock_pending(payment: Payment) -> Payment:
    payment = lock_payment(payment)
    if payment.captured_at is not None or payment.failed_at is not None:
        raise NotPending
    return payment
