"""How a figure came about, in words that a patient can be told."""

from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from apps.billing.models import Invoice, InvoiceLine
from apps.billing.sums import HUNDRED, recognised
from apps.core.money import Currency, currency_of, format_money


def line_in_words(line: InvoiceLine, *, locale: str) -> list[str]:
    """The steps from price to total of one charge, with each rounding."""
    currency = currency_of(line.invoice.currency)

    def money(amount: Decimal) -> str:
        return format_money(amount, currency, locale)

    steps = [
        _("%(price)s × %(quantity)s = %(gross)s%(rounded)s")
        % {
            "price": money(line.unit_price),
            "quantity": plain(line.quantity),
            "gross": money(line.gross),
            "rounded": _rounded(line.unit_price * line.quantity, line.gross, currency),
        }
    ]
    if line.discount_percent is not None:
        steps.append(
            _("less %(percent)s %% of it, %(discount)s%(rounded)s: %(net)s")
            % {
                "percent": plain(line.discount_percent),
                "discount": money(line.discount),
                "rounded": _rounded(line.gross * line.discount_percent / HUNDRED, line.discount, currency),
                "net": money(line.net),
            }
        )
    elif line.discount:
        steps.append(
            _("less a discount of %(discount)s: %(net)s") % {"discount": money(line.discount), "net": money(line.net)}
        )
    if line.tax_rate:
        steps.append(
            _("%(tax_name)s %(rate)s %% of %(net)s = %(tax)s%(rounded)s")
            % {
                "tax_name": line.tax_name or _("Tax"),
                "rate": plain(line.tax_rate),
                "net": money(line.net),
                "tax": money(line.tax),
                "rounded": _rounded(line.net * line.tax_rate / HUNDRED, line.tax, currency),
            }
        )
        steps.append(
            _("together %(net)s + %(tax)s = %(total)s")
            % {"net": money(line.net), "tax": money(line.tax), "total": money(line.total)}
        )
    return steps


def revenue_in_words(invoice: Invoice, *, locale: str) -> str:
    """How much of an issued invoice is revenue by now, and why."""
    currency = currency_of(invoice.currency)

    def money(amount: Decimal) -> str:
        return format_money(amount, currency, locale)

    earned = recognised(invoice.net, invoice.total, invoice.applied, currency)
    return _(
        "%(applied)s of %(total)s is paid, so %(net)s × %(applied)s ÷ %(total)s = %(earned)s of its net is revenue; "
        "%(rest)s waits as deferred revenue."
    ) % {
        "applied": money(invoice.applied),
        "total": money(invoice.total),
        "net": money(invoice.net),
        "earned": money(earned),
        "rest": money(invoice.net - earned),
    }


def tax_summary(lines: list[InvoiceLine]) -> list[tuple[str, Decimal, Decimal, Decimal]]:
    """(name, rate, taxable net, tax) for each tax on an invoice, as its lines have it."""
    sums: dict[tuple[str, Decimal], tuple[Decimal, Decimal]] = {}
    for line in lines:
        if line.tax_rate:
            net, tax = sums.get((line.tax_name, line.tax_rate), (Decimal(0), Decimal(0)))
            sums[line.tax_name, line.tax_rate] = (net + line.net, tax + line.tax)
    return [(name, rate, net, tax) for (name, rate), (net, tax) in sorted(sums.items())]


def plain(number: Decimal) -> str:
    """2 rather than 2.000, and 2.5 as people here write it."""
    normal = number.normalize()
    decimals = max(0, -int(normal.as_tuple().exponent))
    return str(number_format(normal, decimal_pos=decimals))


def _rounded(exact: Decimal, shown: Decimal, currency: Currency) -> str:
    if exact == shown:
        return ""
    digits = f"{exact.normalize():f}"
    return _(" (%(exact)s rounded half up)") % {"exact": digits}
