"""How much of a payment may still be given back."""

from decimal import Decimal

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.billing.models import Payment
from apps.clinic import profile
from apps.core.money import currency_of, format_money
from apps.core.refusals import Conflict, Refusal


class RefundTooLarge(Conflict):
    code = "refund_too_large"
    field = "amount"


class RefundNeedsReason(Refusal):
    code = "reason_missing"
    field = "reason"
    message = _("Say why the money is given back.")


def refuse_beyond(amount: Decimal, left: Decimal, payment: Payment) -> None:
    """Raises RefundTooLarge, in words that name what goes back through the gateway already."""
    if amount <= left:
        return
    clinic, currency = profile.current(), currency_of(payment.currency)
    words = gettext("Only %(left)s of this payment can still be given back.")
    if payment.going_back:
        words = gettext(
            "Only %(left)s of this payment can still be given back; %(going)s is on its way through the gateway."
        )
    sums = {"left": left, "going": payment.going_back}
    told = {name: format_money(sum_, currency, clinic.locale) for name, sum_ in sums.items()}
    raise RefundTooLarge(words % told, details={"refundable": f"{left.quantize(currency.unit):f}"})
