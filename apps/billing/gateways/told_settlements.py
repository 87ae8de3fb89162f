"""Settlements as the gateway itself tells them: booked as a person would who ticks the same payments and refunds.

All or nothing: where a link or a refund is not ours, or the sums differ, it is refused; the gateway may tell it again.
"""

import logging
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.billing import posting
from apps.billing.gateways import settling
from apps.billing.gateways.interface import ToldSettlement
from apps.billing.models import Correction, GatewayEvent, GatewayRefund, GatewaySettlement, PaymentGateway, PaymentLink
from apps.clinic import profile
from apps.core.clock import day_of
from apps.core.money import ZERO, format_money
from apps.core.refusals import NotFound, Refusal
from apps.ledger import closing

log = logging.getLogger(__name__)


class SettlesUnknown(NotFound):
    code = "settles_unknown"
    message = gettext_lazy("It names a link or a refund that is not here.")


class SettlesAnotherCurrency(Refusal):
    code = "settles_another_currency"
    status = 422
    message = gettext_lazy("The books of this clinic are in another currency.")


class SettlesAnotherSum(Refusal):
    code = "settles_another_sum"
    status = 422


def settled_before(held: PaymentGateway, told: ToldSettlement) -> GatewaySettlement | None:
    """The same settlement, however often it is told and under whichever name of the message."""
    return GatewaySettlement.objects.filter(source_reference=_name(held, told)).first()


@transaction.atomic
def settle_as_told(held: PaymentGateway, told: ToldSettlement, *, at: datetime) -> GatewaySettlement:
    """Write down what the gateway says has reached the bank, and what it kept. On a closed day it counts on the next.

    Raises SettlesUnknown, SettlesAnotherCurrency, SettlesAnotherSum, and what `settling.settle` raises.
    """
    posting.hold_books()
    clinic = profile.current()
    if told.currency != clinic.currency:
        raise SettlesAnotherCurrency
    came, went = _came(held, told), _went(held, told)
    payments = settling.held_payments().filter(pk__in=came)
    refunds = settling.held_refunds().filter(pk__in=went)
    on_paper = settling.held_refunds().filter(payment__in=came, gateway_refund=None)  # a correction's other half
    parts = [*(one.amount for one in payments), *(-one.amount for one in [*refunds, *on_paper])]
    gross = sum(parts, ZERO)
    if told.amount + told.fee != gross:
        log.warning("A settlement of the gateway is not what its %d payments and refunds come to.", len(parts))
        raise SettlesAnotherSum(
            _("What is held here of these comes to %(gross)s.")
            % {"gross": format_money(gross, clinic.currency_info, clinic.locale)},
            details={"gross": f"{gross.quantize(clinic.currency_info.unit):f}"},
        )
    today = day_of(at, clinic.zone)
    return settling.settle(
        payments=[one.pk for one in payments],
        refunds=[one.pk for one in [*refunds, *on_paper]],
        amount=told.amount,
        settled_on=closing.first_open_day(min(told.on or today, today)),
        reference=told.id,
        source_reference=_name(held, told),
        by=None,
        at=at,
    )


def _name(held: PaymentGateway, told: ToldSettlement) -> str:
    return f"{held.code}:{told.id}"


def _came(held: PaymentGateway, told: ToldSettlement) -> set[UUID]:
    """The payments that came by these links: expected, late, or in the place of one that was corrected."""
    links = list(PaymentLink.objects.filter(gateway=held, reference__in=set(told.links) - {""}))
    _refuse_unknown(len(set(told.links)) - len(links))
    late = GatewayEvent.objects.filter(link__in=links, payment__isnull=False).values_list("payment_id", flat=True)
    came = {link.payment_id for link in links} | {pk for pk in late if pk is not None}
    new = came
    while new:
        placed = Correction.objects.filter(payment__in=new).values_list("new_payment_id", flat=True)
        new = {pk for pk in placed if pk is not None} - came
        came |= new
    return came


def _went(held: PaymentGateway, told: ToldSettlement) -> set[UUID]:
    """The refunds that the gateway gave back, by our names of them."""
    wishes = GatewayRefund.objects.select_related("refund").filter(pk__in=told.refunds, link__gateway=held)
    refunds = {wish.refund.pk for wish in wishes if wish.done_at is not None}
    _refuse_unknown(len(set(told.refunds)) - len(refunds))
    return refunds


def _refuse_unknown(count: int) -> None:
    if count:
        log.warning("A settlement of the gateway names %d links or refunds that are not here.", count)
        raise SettlesUnknown(details={"unknown": count})
