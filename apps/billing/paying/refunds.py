"""Money that goes back, or off an invoice that becomes void. For the order of locks see invoicing.py."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.billing import posting
from apps.billing.drawers.belonging import drawer_for
from apps.billing.gateways import returns
from apps.billing.locks import lock_payment
from apps.billing.models import GatewayRefund, Invoice, Payment, PaymentAllocation, PaymentMethod, Refund
from apps.billing.paying import allocating
from apps.billing.paying.left import RefundNeedsReason, refuse_beyond
from apps.billing.paying.payments import MethodUnknown
from apps.billing.prices.sums import Amount, read_payment
from apps.core.money import currency_of
from apps.core.numbering import next_number
from apps.core.refusals import Conflict, NotPermitted

Kind = PaymentAllocation.Kind


class ThroughTheGateway(Conflict):
    code = "through_the_gateway"
    field = "method"
    message = _("Only the gateway gives back what was paid by a link. Ask it to, or choose another method.")


class MayNotGiveBack(NotPermitted):
    code = "may_not_give_back"
    field = "disposition"
    message = _("You may not give payments back. It can stay as the patient's credit.")


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
    through: GatewayRefund | None = None,
    on_paper: bool = False,
) -> Refund:
    """Give back a part or all of a payment, as often as something of it is left.

    Unused credit goes first, then what was put on invoices, the latest first: those are owed again. ``invoice``
    takes it off that invoice instead. ``method`` is how the money goes back, if not the way it came: it goes out of
    the drawer of whoever gives it, whichever drawer it once came into. By a link only what the gateway has given back,
    which is ``through`` it, or what moves no money, ``on_paper``: a correction that receives it anew.
    """
    posting.hold_books()
    if source_reference and (made := Refund.objects.filter(source_reference=source_reference).first()):
        return made
    payment = lock_payment(payment)
    currency = currency_of(payment.currency)
    amount = read_payment(amount, currency)
    if not reason.strip():
        raise RefundNeedsReason
    method = method or payment.method
    if method not in PaymentMethod.values:
        raise MethodUnknown
    if method == PaymentMethod.LINK and through is None and not on_paper:
        raise ThroughTheGateway
    held = allocating.held_by_invoices(payment, only=invoice)
    available = payment.refundable if invoice is None else min(payment.refundable, sum(held.values(), Decimal(0)))
    refuse_beyond(amount, available, payment)
    drawer_session = drawer_for(by, method)
    today = posting.day(at, after=[payment.received_on])
    from_invoices = amount if invoice is not None else max(Decimal(0), amount - payment.unapplied)
    fact = Refund(
        number=next_number("RFD", on=today),
        payment=payment,
        amount=amount,
        method=method,
        reason=reason.strip(),
        source_reference=source_reference,
        drawer_session=drawer_session,
        gateway_refund=through,
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
    kind: str = Kind.VOID,
) -> None:
    """Give back ``amount`` of what was put on an invoice, or all of it, out of the payments that hold it.

    What goes back through the gateway leaves the invoice at once and is the patient's credit until the gateway has
    given it back. Whoever lowers an invoice or makes it void gives back only where they may: raises MayNotGiveBack.
    """
    if not by.has_perm("billing.refund_payment"):
        raise MayNotGiveBack
    parts = allocating.latest_on(invoice, invoice.applied if amount is None else amount)
    for payment in Payment.objects.filter(pk__in=parts).order_by("pk"):
        part = parts[payment.pk]
        if (method or payment.method) == PaymentMethod.LINK:
            _release(invoice, {payment.pk: part}, kind, by=by, at=at)
            returns.ask(payment, amount=part, reason=reason, by=by, at=at)
        else:
            refund(payment, amount=part, invoice=invoice, method=method, reason=reason, by=by, at=at)


@transaction.atomic
def release(invoice: Invoice, *, by: User, at: datetime, amount: Decimal | None = None, kind: str = Kind.VOID) -> None:
    """Take ``amount`` of what was paid off an invoice, or all of it: it becomes the patient's credit again."""
    parts = allocating.latest_on(invoice, invoice.applied if amount is None else amount)
    _release(invoice, parts, kind, by=by, at=at)


def _release(invoice: Invoice, parts: Mapping[UUID, Decimal], kind: str, *, by: User, at: datetime) -> None:
    holders = list(Payment.objects.select_for_update(no_key=True).filter(pk__in=parts).order_by("pk"))
    allocations = []
    for payment in holders:
        allocations += allocating.take(payment, {invoice.pk: parts[payment.pk]}, parts[payment.pk], kind, by=by, at=at)
    on = posting.day(at, after=[invoice.issued_on, *(payment.received_on for payment in holders)])
    posting.released(invoice, allocations, on=on, by=by, at=at)
