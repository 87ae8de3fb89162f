"""What the gateway says, believed once. For the order of locks see links.py and returns.py.

Money that a gateway has taken is there, whatever became of its link meanwhile: it is captured, or booked as the
patient's credit where the link had ended or was given up, for billing to see to.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.billing import posting
from apps.billing.gateways import returns, told_settlements
from apps.billing.gateways.interface import Event, ToldSettlement
from apps.billing.locks import lock_payment
from apps.billing.models import (
    GatewayEvent,
    GatewayRefund,
    GatewaySettlement,
    Payment,
    PaymentGateway,
    PaymentLink,
    PaymentMethod,
)
from apps.billing.paying import payments, refunds
from apps.core.refusals import NotFound

Outcome = GatewayEvent.Outcome


class LinkUnknown(NotFound):
    code = "link_unknown"
    message = gettext_lazy("There is no such link or refund here.")


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of a message: the payment that it was booked as where its link had ended, or the settlement."""

    outcome: Outcome
    payment: Payment | None = None
    settlement: GatewaySettlement | None = None


@transaction.atomic
def hear(held: PaymentGateway, event: Event, *, at: datetime) -> GatewayEvent:
    """Do what a verified message of the gateway says, once: the same event again answers with what came of it first.

    Money is believed only if amount and currency are those of the link or of the wish. Raises LinkUnknown, and
    for settlements what `settle_as_told` raises.
    """
    wish = _wish(held, event)  # before the books: a worker who is telling the gateway of it holds it
    posting.hold_books()
    if heard := GatewayEvent.objects.filter(gateway=held, event_id=event.id).first():
        return heard
    link, came = None, Heard(Outcome.IGNORED)
    if wish is not None:
        came = _went_back(wish, event, at=at)
    elif event.settlement is not None:
        came = _settled(held, event.settlement, at=at)
    elif event.kind in {"paid", "failed", "expired"}:
        links = PaymentLink.objects.select_for_update(no_key=True, of=("self",))
        link = links.filter(gateway=held, reference=event.link).exclude(reference="").first()
        if link is None:
            raise LinkUnknown
        came = _paid(link, event, at=at) if event.kind == "paid" else _not_paid(link, event, at=at)
    return GatewayEvent.objects.create(
        gateway=held,
        event_id=event.id,
        link=link,
        gateway_refund=wish,
        kind=event.kind,
        outcome=came.outcome,
        payment=came.payment,
        settlement=came.settlement,
        said=_told(event) if came.outcome == Outcome.MISMATCH else "",
        at=at,
    )


def _paid(link: PaymentLink, event: Event, *, at: datetime) -> Heard:
    payment = lock_payment(link.payment)
    if payment.captured_at is not None or link.events.filter(outcome=Outcome.BOOKED).exists():
        return Heard(Outcome.ALREADY)
    if event.amount != payment.amount or event.currency != payment.currency:
        return Heard(Outcome.MISMATCH)
    if payment.failed_at is not None or (event.at or at) > link.expires_at:
        return Heard(Outcome.BOOKED, _book_late(link, payment, at=at))
    payments.capture(payment, confirmed=True, by=payment.created_by, at=at)
    return Heard(Outcome.CAPTURED)


def _book_late(link: PaymentLink, expected: Payment, *, at: datetime) -> Payment:
    """It pays nothing by itself: what it was for may be paid otherwise by now. The work queue shows it until it is used
    or given back.
    """
    by = expected.created_by
    if expected.failed_at is None:
        payments.fail(expected, reason=_("The link has ended."), by=by, at=at)
    return payments.receive(
        expected.patient,
        method=PaymentMethod.LINK,
        amount=expected.amount,
        invoices=[],
        credit_consent=True,
        source_reference=f"link:{link.pk}",
        by=by,
        at=at,
    )


def _not_paid(link: PaymentLink, event: Event, *, at: datetime) -> Heard:
    payment = lock_payment(link.payment)
    if payment.captured_at is not None or payment.failed_at is not None:
        return Heard(Outcome.ALREADY)
    usual = _("The link has ended.") if event.kind == "expired" else _("The payment was declined.")
    payments.fail(payment, reason=event.reason.strip() or usual, by=payment.created_by, at=at)
    return Heard(Outcome.FAILED)


def _told(event: Event) -> str:
    """An amount as it was told, whatever it was."""
    return f"{'?' if event.amount is None else str(event.amount)[:40]} {event.currency}"


def _settled(held: PaymentGateway, told: ToldSettlement, *, at: datetime) -> Heard:
    if told_settlements.settled_before(held, told):
        return Heard(Outcome.ALREADY)
    return Heard(Outcome.SETTLED, settlement=told_settlements.settle_as_told(held, told, at=at))


def _wish(held: PaymentGateway, event: Event) -> GatewayRefund | None:
    """The money that a message says went back or did not, by our name of it: it may be told before we know theirs."""
    if event.kind not in {"refund.done", "refund.failed"}:
        return None
    try:
        wish = returns.lock_wish(UUID(event.reference))
    except (ValueError, GatewayRefund.DoesNotExist):
        raise LinkUnknown from None
    if wish.link.gateway_id != held.pk or (wish.reference and wish.reference != event.refund):
        raise LinkUnknown
    return wish


def _went_back(wish: GatewayRefund, event: Event, *, at: datetime) -> Heard:
    done = event.kind == "refund.done"
    if wish.status != GatewayRefund.Status.PENDING:
        return Heard(Outcome.ALREADY if done == (wish.done_at is not None) else Outcome.CONTRARY)
    if event.amount != wish.amount or event.currency != wish.payment.currency:
        return Heard(Outcome.MISMATCH)
    if not done:
        wish.failed_at, wish.failure = at, event.reason.strip() or _("The gateway could not give it back.")
        wish.save(update_fields=["failed_at", "failure"])
        return Heard(Outcome.NOT_BACK)
    if wish.sent_at is None:
        wish.sent_at, wish.reference = at, event.refund
    wish.done_at = at
    wish.save(update_fields=["sent_at", "reference", "done_at"])
    refunds.refund(
        wish.payment,
        amount=wish.amount,
        method=PaymentMethod.LINK,
        through=wish,
        reason=wish.reason,
        by=wish.by,
        at=at,
    )
    return Heard(Outcome.GIVEN_BACK)
