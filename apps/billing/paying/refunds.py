"""Money that goes back, or off an invoice that becomes void. For the order of locks see invoicing.py."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.billing import posting
from apps.billing.drawers.belonging import drawer_for
from apps.billing.locks import lock_payment
from apps.billing.models import Invoice, Payment, PaymentAllocation, PaymentMethod, Refund
from apps.billing.paying import allocating
from apps.billing.paying.payments import MethodUnknown
from apps.billing.prices.sums import Amount, read_payment
from apps.clinic import profile
from apps.core.money import currency_of, format_money
from apps.core.numbering import next_number
from apps.core.refusals import Conflict, Refusal

Kind = PaymentAllocation.Kind


class RefundTooLarge(Conflict):
    code = "refund_too_large"
    field = "amount"


class RefundNeedsReason(Refusal):
    code = "reason_missing"
    field = "reason"
    message = _("Say why the money is given back.")


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
    takes it off that invoice instead. ``method`` is how the money goes back, if not the way it came: it goes out of
    the drawer of whoever gives it, whichever drawer it once came into.
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
    held = allocating.held_by_invoices(payment, only=invoice)
    available = payment.refundable if invoice is None else sum(held.values(), Decimal(0))
    if amount > available:
        raise RefundTooLarge(
            gettext("Only %(left)s of this payment can still be given back.")
            % {"left": format_money(available, currency, clinic.locale)},
            details={"refundable": f"{available.quantize(currency.unit):f}"},
        )
    drawer_session = drawer_for(by, method)
    today = posting.day(at)
    from_invoices = amount if invoice is not None else max(Decimal(0), amount - payment.unapplied)
    fact = Refund(
        number=next_number("RFD", on=today),
        payment=payment,
        amount=amount,
        method=method,
        reason=reason.strip(),
        source_reference=source_reference,
        drawer_session=drawer_session,
        refunded_on=today,
        at=at,
        by=by,
    )
    # First off the invoices, then out of the till: at no moment is more used than was paid.
    allocations = allocating.take(payment, held, from_invoices, Kind.REFUND, refund=fact, by=by, at=at)
    fact.save(force_insert=True)
    posting.refunded(fact, allocations, by=by, at=at)
    return fact


def refund_invoice(
    invoice: Invoice,
    *,
    by: User,
    at: datetime,
    reason: str,
    method: str | None = None,
    amount: Decimal | None = None,
) -> list[Refund]:
    """Give back ``amount`` of what was put on an invoice, or all of it, out of the payments that hold it."""
    parts = allocating.latest_on(invoice, invoice.applied if amount is None else amount)
    holders = Payment.objects.filter(pk__in=parts).order_by("pk")
    return [
        refund(payment, amount=parts[payment.pk], invoice=invoice, method=method, reason=reason, by=by, at=at)
        for payment in holders
    ]


@transaction.atomic
def release(invoice: Invoice, *, by: User, at: datetime, amount: Decimal | None = None, kind: str = Kind.VOID) -> None:
    """Take ``amount`` of what was paid off an invoice, or all of it: it becomes the patient's credit again."""
    parts = allocating.latest_on(invoice, invoice.applied if amount is None else amount)
    holders = list(Payment.objects.select_for_update(no_key=True).filter(pk__in=parts).order_by("pk"))
    allocations = []
    for payment in holders:
        allocations += allocating.take(payment, {invoice.pk: parts[payment.pk]}, parts[payment.pk], kind, by=by, at=at)
    posting.released(invoice, allocations, on=posting.day(at), by=by, at=at)
