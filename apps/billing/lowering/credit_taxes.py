"""What a credit note takes back of each tax of the invoice's lines. Reads only."""

from collections.abc import Iterable
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, Sum

from apps.billing.models import CreditNote, CreditNoteLine
from apps.billing.prices.tax_words import TaxSum
from apps.core.money import ZERO, currency_of, split


def credited_taxes(note: CreditNote, lines: Iterable[CreditNoteLine]) -> list[TaxSum]:
    """Each tax with what the note takes back of it, and of which net. Fetch the lines with ``line__taxes``.

    Several taxes of a line share what is credited of it as they made it; looked at together with the credit notes
    before this one, so that once all of a line is credited each of its taxes is, to the last unit.
    """
    lines = list(lines)
    before = _before(note, [line.line_id for line in lines])
    currency = currency_of(note.invoice.currency)
    sums: dict[tuple[str, Decimal], tuple[Decimal, Decimal]] = {}
    for line in lines:
        taxes = list(line.line.taxes.all())
        if not taxes:
            continue
        earlier = before.get(line.line_id, ZERO)
        weights = [one.amount for one in taxes]
        parts = zip(split(earlier + line.tax, weights, currency), split(earlier, weights, currency), strict=True)
        for one, (until, since) in zip(taxes, parts, strict=True):
            base, tax = sums.get((one.name, one.rate), (ZERO, ZERO))
            sums[one.name, one.rate] = (base + line.net, tax + until - since)
    return [TaxSum(name, rate, base, tax) for (name, rate), (base, tax) in sorted(sums.items())]


def _before(note: CreditNote, lines: list[UUID]) -> dict[UUID, Decimal]:
    """What credit notes before this one took of the tax of each of these lines."""
    earlier = Q(note__at__lt=note.at) | Q(note__at=note.at, note__number__lt=note.number)
    rows = CreditNoteLine.objects.filter(earlier, line__in=lines).order_by().values_list("line")
    return dict(rows.annotate(tax=Sum("tax")))
