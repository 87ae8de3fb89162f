"""The arithmetic of an invoice line, and the same arithmetic in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.money import AmountRefused, Currency, parse_amount, round_half_up, split
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


class TooManyTaxes(Refusal):
    code = "too_many_taxes"
    field = "taxes"
    message = gettext_lazy("A charge takes at most eight taxes.")


class DiscountTooLarge(Refusal):
    code = "discount_too_large"
    field = "discount"
    message = gettext_lazy("The discount is more than the charge itself.")


@dataclass(frozen=True, slots=True)
class LineTax:
    """One tax that a line takes. ``is_included``: the price has it in it already."""

    name: str
    rate: Decimal
    is_included: bool = False


@dataclass(frozen=True, slots=True)
class LineSums:
    """What one line comes to, in the currency's decimals. ``taxes`` has an amount for each tax, in their order."""

    gross: Decimal
    discount: Decimal
    included: Decimal
    net: Decimal
    tax: Decimal
    total: Decimal
    taxes: tuple[Decimal, ...]


def line_sums(
    *,
    unit_price: Decimal,
    quantity: Decimal,
    taxes: Sequence[LineTax],
    currency: Currency,
    discount: Decimal = Decimal(0),
    discount_percent: Decimal | None = None,
) -> LineSums:
    """Work out one line: price × quantity, less the discount, plus taxes, each step rounded half up.

    A discount is either an amount or a percentage of the line. Taxes that the price includes are taken out of what is
    left after it: its net is that × 100 ÷ (100 + their rates), and they share the rest (largest remainder). Raises
    DiscountTooLarge and AmountRefused.
    """
    gross = round_half_up(unit_price * quantity, currency)
    if gross >= currency.ceiling:
        raise AmountRefused(_("Price × quantity is too large an amount."), field="quantity")
    if discount_percent is not None:
        discount = round_half_up(gross * discount_percent / HUNDRED, currency)
    if discount > gross:
        raise DiscountTooLarge
    net, amounts = _taxed(gross - discount, taxes, currency)
    included = sum((amount for tax, amount in zip(taxes, amounts, strict=True) if tax.is_included), Decimal(0))
    tax = sum(amounts, Decimal(0))
    return LineSums(gross, discount, included, net, tax, net + tax, tuple(amounts))


def _taxed(price: Decimal, taxes: Sequence[LineTax], currency: Currency) -> tuple[Decimal, list[Decimal]]:
    """The net of a price and the amount of each tax."""
    rates = [tax.rate for tax in taxes if tax.is_included]
    net = round_half_up(price * HUNDRED / (HUNDRED + sum(rates)), currency) if rates else price
    shares = iter(split(price - net, rates, currency) if any(rates) else [Decimal(0)] * len(rates))
    return net, [
        next(shares) if tax.is_included else round_half_up(net * tax.rate / HUNDRED, currency) for tax in taxes
    ]


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
