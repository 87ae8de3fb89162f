"""A discount on a whole invoice, shared over its lines so that the parts add up to it exactly."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext

from apps.accounts.models import User
from apps.billing.draft_lines import LONGEST_REASON, DiscountNeedsReason, DraftLines
from apps.billing.locks import NothingToIssue, lock_draft
from apps.billing.models import Discount, Invoice, InvoiceLine
from apps.billing.prices.discount_limits import limit_of, refuse_beyond
from apps.billing.prices.sums import Amount, DiscountTooLarge, line_sums, read_percent, read_price
from apps.billing.prices.taxing import as_copied
from apps.core.money import currency_of, round_half_up, split
from apps.core.refusals import Conflict


class LinesHaveTheirOwn(Conflict):
    """Lines have discounts that were given to them alone, and nobody said that this one takes their place."""

    code = "lines_have_discounts"
    field = "replaces"


@transaction.atomic
def discount(
    invoice: Invoice,
    *,
    by: User,
    at: datetime,
    amount: Amount | None = None,
    percent: Amount | None = None,
    reason: str = "",
    replaces: bool = False,
) -> Sequence[InvoiceLine]:
    """A discount on the whole draft, an amount or a percentage, in proportion to what each line charges (largest
    remainder). It takes the place of an earlier one on the whole, and of those that lines have of their own where
    ``replaces`` says so; zero takes them away and needs no reason.

    Raises MayNotDiscount, BeyondLimit, DiscountTooLarge, LinesHaveTheirOwn, DiscountNeedsReason, NothingToIssue,
    AmountRefused, PercentRefused.
    """
    invoice = lock_draft(invoice)
    currency = currency_of(invoice.currency)
    lines = list(invoice.lines.select_related("discount_given").prefetch_related("taxes").order_by("position"))
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
    if not replaces:
        _refuse_to_replace(with_their_own(lines))
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


def with_their_own(lines: Iterable[InvoiceLine]) -> list[InvoiceLine]:
    """Those with a discount that was given to them alone; ``lines`` come with what each was given."""
    return [line for line in lines if line.discount_given and line.discount_given.kind != Discount.Kind.WHOLE]


def _refuse_to_replace(lines: Sequence[InvoiceLine]) -> None:
    if lines:
        words = gettext("It would take the place of the discount on line %(lines)s. Say that it may, or leave it.")
        raise LinesHaveTheirOwn(
            words % {"lines": ", ".join(str(line.position) for line in lines)},
            details={"lines": [{"id": str(line.pk), "position": line.position} for line in lines]},
        )
