"""Payment links: asked for at the desk, made by a worker, paid where the patient is, believed when the gateway says so.

A rule never leaves the house: `ask` writes the payment that is on its way and a message to the worker, `make` is what
the worker does. `give_up` takes it back: at once in the house, and by a worker (`end`) at the gateway. What the gateway
says comes to `hear`. Locks: the books, then the link, then invoices and payments.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.billing.gateways import which
from apps.billing.gateways.interface import GatewayRefuses, Wish
from apps.billing.locks import lock_payment
from apps.billing.models import GatewayEvent, Invoice, LinkEnding, Payment, PaymentLink, PaymentMethod
from apps.billing.paying import allocating, payments
from apps.billing.prices.sums import Amount
from apps.core.money import currency_of
from apps.core.refusals import Conflict, Refusal
from apps.outbox.outbox import put

KIND, ENDING_KIND = "payment_link", "payment_link_ending"
USUAL_DAYS, MOST_DAYS = 3, 30
GRACE = timedelta(hours=1)  # for what was paid at the last minute and is still to be told


class NoGateway(Conflict):
    code = "no_gateway"
    message = gettext_lazy("This clinic has no payment gateway. A clinic admin can set one up.")


class NothingOwed(Conflict):
    code = "nothing_owed"
    field = "amount"
    message = gettext_lazy("Nothing is owed on this invoice.")


class BadDays(Refusal):
    code = "invalid_days"
    field = "days"
    message = gettext_lazy("A link works for 1 to 30 days.")


@transaction.atomic
def ask(
    invoice: Invoice,
    *,
    by: User,
    at: datetime,
    amount: Amount | None = None,
    days: int = USUAL_DAYS,
    source_reference: str = "",
) -> PaymentLink:
    """Have a link made by which the patient pays this invoice, or a part of it. The same `source_reference` twice
    answers with the first. Raises NoGateway, NothingOwed, BadDays, MoreThanDue, AmountRefused.
    """
    held = which.account()
    if held is None or not which.is_offered():
        raise NoGateway
    if source_reference and (made := PaymentLink.objects.filter(payment__source_reference=source_reference).first()):
        return made
    invoice = Invoice.objects.select_for_update(no_key=True).get(pk=invoice.pk)
    if not invoice.due:
        raise NothingOwed
    if not 1 <= days <= MOST_DAYS:
        raise BadDays
    payment = payments.expect(
        invoice.patient,
        method=PaymentMethod.LINK,
        amount=invoice.due if amount is None else amount,
        invoice=invoice,
        source_reference=source_reference,
        by=by,
        at=at,
    )
    if payment.amount > invoice.due:
        raise allocating.MoreThanDue(_("More than is owed on this invoice."))
    link = PaymentLink.objects.create(payment=payment, gateway=held, expires_at=at + timedelta(days=days))
    put(KIND, {"link": str(link.pk)})
    return link


@transaction.atomic
def make(link_id: UUID, *, at: datetime) -> PaymentLink:
    """Have the gateway make it; a repeat does nothing. What it refuses is a payment that failed. Raises GatewayAway."""
    link = PaymentLink.objects.select_for_update(no_key=True, of=("self",)).get(pk=link_id)
    payment = link.payment
    if link.made_at is not None or payment.failed_at is not None:
        return link
    if link.expires_at <= at:
        payments.fail(payment, reason=_("The link has ended."), by=payment.created_by, at=at)
        return link
    wish = Wish(
        reference=link.pk,
        amount=payment.amount.quantize(currency_of(payment.currency).unit),
        currency=payment.currency,
        expires_at=link.expires_at,
        description=payment.meant_for.number if payment.meant_for else "",
    )
    try:
        made = which.gateway_of(link.gateway).create_link(wish, at=at)
    except GatewayRefuses:
        payments.fail(payment, reason=_("The gateway refused the link."), by=payment.created_by, at=at)
        return link
    link.reference, link.url, link.made_at = made.reference, made.url, at
    link.save(update_fields=["reference", "url", "made_at"])
    return link


@transaction.atomic
def give_up(payment: Payment, *, reason: str, by: User, at: datetime) -> Payment:
    """Money that was on its way will not come. The gateway is told of it where it was to come by a link; paid all the
    same before the gateway knows, it is the patient's credit. Raises NotPending, FailureNeedsReason.
    """
    payment = payments.fail(payment, reason=reason, by=by, at=at)
    link = PaymentLink.objects.filter(payment=payment).first()  # not held: a worker may be making it
    if link is not None:
        ending = LinkEnding.objects.create(link=link, by=by, at=at)
        put(ENDING_KIND, {"ending": str(ending.pk)})
    return payment


@transaction.atomic
def end(ending_id: UUID, *, at: datetime) -> None:
    """Have the gateway end a link; a repeat does nothing, nor is there anything to end that was not made or is over.

    What the gateway answers is written beside what it says by itself. Raises GatewayAway.
    """
    ending = LinkEnding.objects.get(pk=ending_id)
    rows = PaymentLink.objects.select_related("gateway").select_for_update(no_key=True, of=("self",))
    link = rows.get(pk=ending.link_id)  # whoever is making it has made it now
    answered = {"gateway": link.gateway, "event_id": name_of(ending)}
    if link.made_at is None or link.expires_at <= at or GatewayEvent.objects.filter(**answered).exists():
        return
    outcome = GatewayEvent.Outcome.ENDED
    try:
        which.gateway_of(link.gateway).end_link(link.reference, once=ending.pk, at=at)
    except GatewayRefuses:
        outcome = GatewayEvent.Outcome.NOT_ENDED
    GatewayEvent.objects.create(**answered, link=link, kind="ending", outcome=outcome, at=at)


def is_being_ended(link: PaymentLink, *, at: datetime) -> bool:
    """Whether the gateway is still to be told. Fetch its ending along."""
    ending = getattr(link, "ending", None)
    if ending is None or link.made_at is None or link.expires_at <= at:
        return False
    return not link.events.filter(event_id=name_of(ending)).exists()


def name_of(ending: LinkEnding) -> str:
    """By which the gateway's answer stands beside what it says by itself."""
    return f"ending:{ending.pk}"


@transaction.atomic
def end_expired(*, at: datetime, limit: int = 500) -> int:
    """The payments of links that ended an hour ago, and of which nothing was heard, will not come. How many."""
    over = PaymentLink.objects.filter(
        payment__captured_at=None, payment__failed_at=None, expires_at__lte=at - GRACE
    ).order_by("expires_at")
    ended = 0
    for link in over.select_for_update(no_key=True, of=("self",), skip_locked=True)[:limit]:
        payment = lock_payment(link.payment)
        if payment.captured_at is None and payment.failed_at is None:
            payments.fail(payment, reason=_("The link has ended."), by=payment.created_by, at=at)
            ended += 1
    return ended
