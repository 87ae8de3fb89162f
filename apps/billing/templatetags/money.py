"""{{ invoice.total|money }}: amounts as people in the clinic's country write them."""

from decimal import Decimal

from django import template

from apps.billing.prices.tax_words import plain as plainly
from apps.clinic import profile
from apps.core.money import format_money

register = template.Library()


@register.filter
def money(amount: Decimal | None) -> str:
    """₹1,23,456.00; nothing for nothing."""
    if amount is None:
        return ""
    clinic = profile.current()
    return format_money(Decimal(amount), clinic.currency_info, clinic.locale)


@register.filter
def plain(number: Decimal | None) -> str:
    """A quantity or a rate without the zeros that the database keeps."""
    return "" if number is None else plainly(Decimal(number))


@register.filter
def minus(amount: Decimal) -> Decimal:
    return -amount
