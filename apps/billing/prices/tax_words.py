"""The taxes of lines and invoices, in words and in sums. Reads only."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.billing.models import InvoiceLine
from apps.billing.prices.sums import HUNDRED
from apps.clinic import profile
from apps.core.money import Currency, currency_of, format_number

Money = Callable[[Decimal], str]


@dataclass(frozen=True, slots=True)
class TaxSum:
    """What one tax at one rate comes to on an invoice, and on how much."""

    name: str
    rate: Decimal
    base: Decimal
    tax: Decimal


def tax_summary(lines: Iterable[InvoiceLine]) -> list[TaxSum]:
    """Each tax on an invoice, as its lines have it. Fetch the lines with their ``taxes``."""
    sums: dict[tuple[str, Decimal], tuple[Decimal, Decimal]] = {}
    for line in lines:
        for one in line.taxes.all():
            base, tax = sums.get((one.name, one.rate), (Decimal(0), Decimal(0)))
            sums[one.name, one.rate] = (base + line.net, tax + one.amount)
    return [TaxSum(name, rate, base, tax) for (name, rate), (base, tax) in sorted(sums.items())]


def taxes_in_words(line: InvoiceLine, money: Money) -> list[str]:
    """The steps from the price of a line, less its discount, to its total."""
    currency = currency_of(line.invoice.currency)
    taxes = list(line.taxes.all())
    steps = []
    if whole := sum((one.rate for one in taxes if one.is_included), Decimal(0)):
        price = line.gross - line.discount
        steps.append(
            _("%(price)s has %(rate)s %% tax in it: %(price)s × 100 ÷ %(whole)s = %(net)s%(rounded)s")
            % {
                "price": money(price),
                "rate": plain(whole),
                "whole": plain(HUNDRED + whole),
                "net": money(line.net),
                "rounded": rounded(price * HUNDRED / (HUNDRED + whole), line.net, currency),
            }
        )
    for one in taxes:
        what = {"tax_name": one.name or _("Tax"), "rate": plain(one.rate), "tax": money(one.amount)}
        if one.is_included:
            share = {"rest": money(line.included), "whole": plain(whole)}
            steps.append(
                _("%(tax_name)s %(rate)s %% in the price = %(tax)s") % what
                if one.rate == whole
                else _("%(tax_name)s: %(rate)s of %(whole)s parts of %(rest)s = %(tax)s") % (what | share)
            )
        else:
            exact = rounded(line.net * one.rate / HUNDRED, one.amount, currency)
            words = _("%(tax_name)s %(rate)s %% of %(net)s = %(tax)s%(rounded)s")
            steps.append(words % (what | {"net": money(line.net), "rounded": exact}))
    if taxes:
        parts = " + ".join(money(amount) for amount in (line.net, *(one.amount for one in taxes)))
        steps.append(_("together %(parts)s = %(total)s") % {"parts": parts, "total": money(line.total)})
    return steps


def plain(number: Decimal) -> str:
    """2 rather than 2.000, and 2.5 as the clinic writes its amounts, whoever reads it."""
    return format_number(number, profile.current().locale)


def rounded(exact: Decimal, shown: Decimal, currency: Currency) -> str:
    """Says that a figure was rounded, and from what; nothing where it was not."""
    if exact == shown:
        return ""
    few = exact.quantize(currency.unit / 1000)
    digits = plain(exact) if exact == few else f"{plain(few)}…"
    return _(" (%(exact)s rounded half up)") % {"exact": digits}
