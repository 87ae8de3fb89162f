"""What a gateway has collected by links, what it still holds, and what of it has reached the bank."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.billing import posting
from apps.billing.gateways import posting as gateway_posting
from apps.billing.models import GatewaySettlement, Payment, PaymentMethod, Refund, SettlementPart
from apps.billing.prices.sums import Amount, read_payment
from apps.clinic import profile
from apps.core.clock import refuse_odd_year
from apps.core.money import ZERO, format_money
from apps.core.numbering import next_number
from apps.core.refusals import Conflict, Refusal

SERIES = "STL"
MOST_SHOWN = 500


class NothingSettled(Refusal):
    code = "nothing_settled"
    field = "parts"
    message = gettext_lazy("Choose the payments and refunds that it is for.")


class NotHeld(Conflict):
    code = "not_held"
    field = "parts"
    message = gettext_lazy("One of these was not collected by the gateway, or is settled already.")


class MoreThanHeld(Refusal):
    code = "more_than_held"
    field = "amount"


class SettledInTheFuture(Refusal):
    code = "settled_in_the_future"
    field = "settled_on"
    message = gettext_lazy("It cannot have reached the bank on a day to come.")


@dataclass(frozen=True, slots=True)
class Held:
    """A payment or a refund by a link that the gateway has not settled yet."""

    paper: Payment | Refund
    payment: Payment
    on: date
    amount: Decimal

    @property
    def is_refund(self) -> bool:
        return isinstance(self.paper, Refund)


def held_payments() -> QuerySet[Payment]:
    """What came by links and has not reached the bank."""
    return Payment.objects.captured().filter(method=PaymentMethod.LINK, settled=None)


def held_refunds() -> QuerySet[Refund]:
    """What went back through the gateway and no settlement was lower for yet."""
    return Refund.objects.filter(method=PaymentMethod.LINK, settled=None)


def held(limit: int = MOST_SHOWN) -> list[Held]:
    """What the gateway still holds, the oldest first."""
    came = held_payments().select_related("patient").order_by("received_on", "id")[:limit]
    went = held_refunds().select_related("payment__patient").order_by("refunded_on", "id")[:limit]
    rows = [Held(one, one, one.received_on, one.amount) for one in came]
    rows += [Held(one, one.payment, one.refunded_on, -one.amount) for one in went]
    return sorted(rows, key=lambda row: (row.on, row.paper.pk))[:limit]


@transaction.atomic
def settle(
    *,
    payments: Collection[UUID],
    refunds: Collection[UUID] = (),
    amount: Amount,
    by: User | None,
    at: datetime,
    settled_on: date | None = None,
    reference: str = "",
    source_reference: str = "",
) -> GatewaySettlement:
    """Write down that the gateway has paid ``amount`` into the bank for these payments less these refunds.

    What is missing to their sum is the fee that it kept. The same ``source_reference`` twice answers with the first;
    nobody wrote it (``by``) where the gateway told it itself.
    Raises NothingSettled, NotHeld, MoreThanHeld, AmountRefused, SettledInTheFuture, DayIsClosed.
    """
    posting.hold_books()
    if source_reference and (made := GatewaySettlement.objects.filter(source_reference=source_reference).first()):
        return made
    clinic = profile.current()
    currency = clinic.currency_info
    papers = _papers(set(payments), set(refunds))
    into_bank = read_payment(amount, currency)
    gross = sum((part for _paper, part in papers), ZERO)
    if into_bank > gross:
        raise MoreThanHeld(
            _("These come to %(gross)s. More cannot have reached the bank for them.")
            % {"gross": format_money(gross, currency, clinic.locale)},
            details={"gross": f"{gross.quantize(currency.unit):f}"},
        )
    today = posting.day(at)
    on = settled_on or today
    if on > today:
        raise SettledInTheFuture
    refuse_odd_year(on, field="settled_on")
    posting.refuse_closed(on, field="settled_on")
    fact = GatewaySettlement.objects.create(
        number=next_number(SERIES, on=on),
        gross=gross,
        fee=gross - into_bank,
        amount=into_bank,
        currency=currency.code,
        reference=reference.strip(),
        source_reference=source_reference,
        settled_on=on,
        at=at,
        by=by,
    )
    SettlementPart.objects.bulk_create(
        SettlementPart(
            settlement=fact,
            payment=paper if isinstance(paper, Payment) else None,
            refund=paper if isinstance(paper, Refund) else None,
            amount=part,
        )
        for paper, part in papers
    )
    gateway_posting.settled(fact, by=by, at=at)
    return fact


def _papers(payments: set[UUID], refunds: set[UUID]) -> list[tuple[Payment | Refund, Decimal]]:
    """The papers with what each counts for. Nobody else settles meanwhile: the books are held."""
    if not payments and not refunds:
        raise NothingSettled
    came = list(held_payments().filter(pk__in=payments).order_by("pk"))
    went = list(held_refunds().filter(pk__in=refunds).order_by("pk"))
    if (len(came), len(went)) != (len(payments), len(refunds)):
        raise NotHeld
    return [*((one, one.amount) for one in came), *((one, -one.amount) for one in went)]
