"""How a figure came about, in words that a patient can be told."""

from decimal import Decimal

from django.utils.translation import gettext as _

from apps.billing.models import Invoice, InvoiceLine, Payment
from apps.billing.paying.allocating import earned
from apps.billing.prices.sums import HUNDRED
from apps.billing.prices.tax_words import plain, rounded, taxes_in_words
from apps.core.money import currency_of, format_money


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
            "rounded": rounded(line.unit_price * line.quantity, line.gross, currency),
        }
    ]
    if line.discount_percent is not None:
        steps.append(
            _("less %(percent)s %% of it, %(discount)s%(rounded)s: %(net)s")
            % {
                "percent": plain(line.discount_percent),
                "discount": money(line.discount),
                "rounded": rounded(line.gross * line.discount_percent / HUNDRED, line.discount, currency),
                "net": money(line.gross - line.discount),
            }
        )
    elif line.discount:
        steps.append(
            _("less a discount of %(discount)s: %(net)s")
            % {"discount": money(line.discount), "net": money(line.gross - line.discount)}
        )
    steps += taxes_in_words(line, money)
    return steps


def revenue_in_words(invoice: Invoice, *, locale: str) -> str:
    """How much of an issued invoice is revenue by now, and why."""
    currency = currency_of(invoice.currency)

    def money(amount: Decimal) -> str:
        return format_money(amount, currency, locale)

    revenue = earned(invoice)
    words = _(
        "%(applied)s of %(total)s is paid, so %(net)s × %(applied)s ÷ %(total)s = %(earned)s of its net is revenue; "
        "%(rest)s waits as deferred revenue."
    ) % {
        "applied": money(invoice.applied),
        "total": money(invoice.standing_total),
        "net": money(invoice.standing_net),
        "earned": money(revenue),
        "rest": money(invoice.standing_net - revenue),
    }
    if invoice.standing_total == invoice.total:
        return words
    less = _("Of %(total)s %(credited)s is credited and %(written_off)s written off: %(standing)s stands.") % {
        "total": money(invoice.total),
        "credited": money(invoice.credited),
        "written_off": money(invoice.written_off),
        "standing": money(invoice.standing_total),
    }
    return f"{less} {words}" if invoice.standing_total else less


def payment_in_words(payment: Payment, *, locale: str) -> list[str]:
    """What became of a payment, step by step, until nothing of it is left untold."""
    currency = currency_of(payment.currency)

    def money(amount: Decimal) -> str:
        return format_money(amount, currency, locale)

    left = payment.amount - payment.refunded
    steps = [_("%(amount)s came in") % {"amount": money(payment.amount)}]
    if payment.refunded:
        words = _("less %(refunded)s given back: %(left)s")
        steps.append(words % {"refunded": money(payment.refunded), "left": money(left)})
    words = _("%(applied)s of it pays invoices, %(unapplied)s is the patient's credit: together %(left)s")
    steps.append(
        words % {"applied": money(payment.applied), "unapplied": money(payment.unapplied), "left": money(left)}
    )
    return steps
