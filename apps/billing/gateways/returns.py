"""Money that goes back the way it came, through the gateway: asked for at the desk, sent by a worker, given back when
the gateway says so.

`ask` keeps the amount of the payment for it and leaves a message to the worker, `send` is what the worker does; what
the gateway says comes to hearing.py, which writes the refund. Until then nothing is in the books. Locks: the wish, then
the books, then invoices and payments; nobody who holds the books waits for a wish.
"""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.billing import posting
from apps.billing.gateways import which
from apps.billing.gateways.interface import GatewayRefuses, WishBack
from apps.billing.locks import lock_payment
from apps.billing.models import Correction, GatewayRefund, Payment, PaymentLink, PaymentMethod
from apps.billing.paying.left import RefundNeedsReason, refuse_beyond
from apps.billing.prices.sums import Amount, read_payment
from apps.core.money import currency_of
from apps.core.refusals import Conflict
from apps.outbox.outbox import put

KIND = "gateway_refund"


class NoWayBack(Conflict):
    code = "no_way_back"
    field = "method"
    message = gettext_lazy("This payment did not come by a link of the gateway. Give it back by another method.")


class AskedAlready(Conflict):
    code = "asked_already"
    message = gettext_lazy("The gateway has this refund already. It says itself what becomes of it.")


def link_of(payment: Payment) -> PaymentLink | None:
    """The link by which a payment came: its own, that of money that came late, or that of the payment it corrects."""
    seen: set[UUID] = set()
    while payment.method == PaymentMethod.LINK and payment.pk not in seen:
        seen.add(payment.pk)
        own = PaymentLink.objects.filter(Q(payment=payment) | Q(events__payment=payment)).exclude(reference="").first()
        if own is not None:
            return own
        corrected = Correction.objects.select_related("payment").filter(new_payment=payment).first()
        if corrected is None or corrected.payment is None:
            return None
        payment = corrected.payment
    return None


@transaction.atomic
def ask(
    payment: Payment, *, amount: Amount, reason: str, by: User, at: datetime, source_reference: str = ""
) -> GatewayRefund:
    """Have the gateway give back a part or all of a payment. Nobody else gives that part back meanwhile.

    The same ``source_reference`` twice answers with the first. Raises NoWayBack, RefundTooLarge, RefundNeedsReason.
    """
    posting.hold_books()
    if source_reference and (made := GatewayRefund.objects.filter(source_reference=source_reference).first()):
        return made
    payment = lock_payment(payment)
    link = link_of(payment)
    if link is None:
        raise NoWayBack
    wanted: Decimal = read_payment(amount, currency_of(payment.currency))
    if not reason.strip():
        raise RefundNeedsReason
    refuse_beyond(wanted, payment.refundable, payment)
    wish = GatewayRefund.objects.create(
        payment=payment,
        link=link,
        amount=wanted,
        reason=reason.strip(),
        source_reference=source_reference,
        at=at,
        by=by,
    )
    put(KIND, {"refund": str(wish.pk)})
    return wish


@transaction.atomic
def send(wish_id: UUID, *, at: datetime) -> GatewayRefund:
    """Tell the gateway; a repeat does nothing, and to the gateway the same wish has the same name however often it is
    told. What it refuses has failed. Raises GatewayAway.
    """
    wish = lock_wish(wish_id)
    if wish.sent_at is not None or wish.status != GatewayRefund.Status.PENDING:
        return wish
    asked = WishBack(
        reference=wish.pk,
        link=wish.link.reference,
        amount=wish.amount.quantize(currency_of(wish.payment.currency).unit),
        currency=wish.payment.currency,
    )
    try:
        wish.reference = which.gateway_of(wish.link.gateway).create_refund(asked, at=at)
    except GatewayRefuses:
        wish.failed_at, wish.failure = at, _("The gateway refused to give it back.")
        wish.save(update_fields=["failed_at", "failure"])
    else:
        wish.sent_at = at
        wish.save(update_fields=["reference", "sent_at"])
    return wish


@transaction.atomic
def ask_again(wish: GatewayRefund, *, by: User, at: datetime) -> GatewayRefund:
    """Let the worker try once more, where the gateway was away for so long that it gave up. Raises AskedAlready."""
    wish = lock_wish(wish.pk)
    if wish.sent_at is not None or wish.status != GatewayRefund.Status.PENDING:
        raise AskedAlready
    put(KIND, {"refund": str(wish.pk)})
    return wish


def lock_wish(wish_id: UUID) -> GatewayRefund:
    """As it is now, held until the transaction ends."""
    rows = GatewayRefund.objects.select_related("link__gateway", "payment")
    return rows.select_for_update(no_key=True, of=("self",)).get(pk=wish_id)
