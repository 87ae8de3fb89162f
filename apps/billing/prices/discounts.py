"""A discount on a whole invoice, shared over its lines so that the parts add up to it exactly."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from apps.accounts.models import User
from apps.billing.draft_lines import LONGEST_REASON, DiscountNeedsReason, DraftLines
from apps.billing.locks import NothingToIssue, lock_draft
from apps.billing.models import Discount, Invoice, InvoiceLine
from apps.billing.prices.discount_limits import limit_of, refuse_beyond
from apps.billing.prices.sums import Amount, DiscountTooLarge, line_sums, read_percent, read_price
from apps.billing.prices.taxing import as_copied
from apps.core.money import currency_of, round_half_up, split


@transaction.atomic
def discount(
    invoice: Invoice,
    *,
    by: User,
    at: datetime,
    amount: Amount | None = None,
    percent: Amount | None = None,
    reason: str = "",
) -> Sequence[InvoiceLine]:
    """A discount on the whole draft, an amount or a percentage, in proportion to what each line charges (largest
    remainder). It takes the place of discounts that the lines had; zero takes those away and needs no reason.

    Raises MayNotDiscount, BeyondLimit, DiscountTooLarge, DiscountNeedsReason, NothingToIssue, AmountRefused,
    PercentRefused.
    """
    invoice = lock_draft(invoice)
    currency = currency_of(invoice.currency)
    lines = list(invoice.lines.prefetch_related("taxes").order_by("position"))
    gross = sum((line.gross for line in lines), Decimal(0))
    exact = None if percent is None else read_percent(percent, field="discount_percent")
    if exact is not None:
        whole = round_half_up(gross * exact / 100, currency)
    else:
        whole = read_price(amount if amount is not None else "", currency, field="discount")
    if not lines:
        raise NothingToIssue
    if whole > gross:
        raise DiscountTooLarge
    if whole > sum(line.discount for line in lines):
        refuse_beyond(limit_of(by), whole, gross, by=by)
    given = None
    if whole or exact:
        reason = reason.strip()
        if not 0 < len(reason) <= LONGEST_REASON:
            raise DiscountNeedsReason(field="reason")
        given = Discount.objects.create(
            invoice=invoice,
            kind=Discount.Kind.WHOLE,
            percent=exact,
            amount=whole if exact is None else None,
            reason=reason,
            at=at,
            by=by,
        )
    draft = DraftLines(invoice, by=by, at=at)
    for line, part in zip(lines, split(whole, [line.gross for line in lines], currency), strict=True):
        taxes = as_copied(line.taxes.all())
        sums = line_sums(
            unit_price=line.unit_price, quantity=line.quantity, taxes=taxes, currency=currency, discount=part
        )
        line.discount_percent, line.discount_given, line.follows_visit = None, given, False
        draft.put(line, sums, taxes)
    draft.write_changed()
    return lines
