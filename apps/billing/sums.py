"""The arithmetic of an invoice line, and the same arithmetic in words."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.money import AmountRefused, Currency, parse_amount, round_half_up
from apps.core.refusals import Refusal

HUNDRED = Decimal(100)
THOUSANDTH = Decimal("0.001")
MOST_OF_ONE_THING = Decimal(100_000)
Amount = Decimal | str | int  # as it is handed in: read by read_price and read_payment


class QuantityRefused(Refusal):
    code = "invalid_quantity"
    field = "quantity"
    message = gettext_lazy("The quantity is a number above 0 and below 100,000 with at most three decimals.")


class PercentRefused(Refusal):
    code = "invalid_percent"
    message = gettext_lazy("A percentage lies between 0 and 100 and has at most three decimals.")


class DiscountTooLarge(Refusal):
    code = "discount_too_large"
    field = "discount"
    message = gettext_lazy("The discount is more than the charge itself.")


@dataclass(frozen=True, slots=True)
class LineSums:
    """What one line comes to, in the currency's decimals."""

    gross: Decimal
    discount: Decimal
    net: Decimal
    tax: Decimal
    total: Decimal


def line_sums(
    *,
    unit_price: Decimal,
    quantity: Decimal,
    tax_rate: Decimal,
    currency: Currency,
    discount: Decimal = Decimal(0),
    discount_percent: Decimal | None = None,
) -> LineSums:
    """Work out one line: price × quantity, less the discount, plus tax, each step rounded half up.

    A discount is either an amount or a percentage of the line. Raises DiscountTooLarge and AmountRefused.
    """
    gross = round_half_up(unit_price * quantity, currency)
    if gross >= currency.ceiling:
        raise AmountRefused(_("Price × quantity is too large an amount."), field="quantity")
    if discount_percent is not None:
        discount = round_half_up(gross * discount_percent / HUNDRED, currency)
    if discount > gross:
        raise DiscountTooLarge
    net = gross - discount
    tax = round_half_up(net * tax_rate / HUNDRED, currency)
    return LineSums(gross, discount, net, tax, net + tax)


def recognised(net: Decimal, total: Decimal, applied: Decimal, currency: Currency) -> Decimal:
    """How much of an invoice's net is revenue once ``applied`` of its total is paid: pro rata, half up.

    Because it looks at everything paid so far and not at one payment, the last payment recognises exactly the rest
    and taking a payment off takes back exactly what it had recognised.
    """
    if not total:
        return Decimal(0)
    return round_half_up(net * applied / total, currency)


def read_price(value: Amount, currency: Currency, *, field: str = "unit_price") -> Decimal:
    """An amount that may be zero. Raises AmountRefused, naming ``field``."""
    try:
        return parse_amount(value, currency)
    except AmountRefused as refusal:
        refusal.field = field
        raise


def read_payment(value: Amount, currency: Currency, *, field: str = "amount") -> Decimal:
    """An amount of money that changes hands: never zero. Raises AmountRefused, naming ``field``."""
    amount = read_price(value, currency, field=field)
    if not amount:
        raise AmountRefused(_("Enter an amount above 0."), field=field)
    return amount


def read_quantity(value: str | Decimal | int) -> Decimal:
    quantity = _decimal(value)
    if quantity is None or not 0 < quantity < MOST_OF_ONE_THING or quantity != quantity.quantize(THOUSANDTH):
        raise QuantityRefused
    return quantity.quantize(THOUSANDTH)


def read_percent(value: str | Decimal | int, *, field: str) -> Decimal:
    percent = _decimal(value)
    if percent is None or not 0 <= percent <= HUNDRED or percent != percent.quantize(THOUSANDTH):
        raise PercentRefused(field=field)
    return percent.quantize(THOUSANDTH)


def _decimal(value: str | Decimal | int) -> Decimal | None:
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 20 else None
