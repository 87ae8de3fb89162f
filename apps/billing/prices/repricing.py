"""Another price list for one draft: its lines are priced anew, but for what was typed by hand."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.billing.draft_lines import DraftLines
from apps.billing.locks import lock_draft
from apps.billing.models import Invoice, InvoiceLine, InvoicePriceList, PriceList
from apps.billing.prices.price_lists import PriceListOutOfUse
from apps.billing.prices.pricing import PricesOfADraft
from apps.billing.prices.taxing import as_copied
from apps.billing.prices.visit_prices import listed
from apps.core.money import ZERO
from apps.scheduling.fees import Part, charges_for


@transaction.atomic
def choose_list(invoice: Invoice, price_list: PriceList | None, *, by: User, at: datetime) -> Invoice:
    """The draft is charged by this list instead of its patient's, or (none) by what services and visits cost.

    Lines that copied the price of their service, of their visit or of a list copy the new one; prices typed by hand and
    parts of packages stay. Raises NotADraft, PriceListOutOfUse, and as charging.change_line where a discount no longer
    fits.
    """
    invoice = lock_draft(invoice)
    if price_list is not None and not price_list.is_active:
        raise PriceListOutOfUse
    InvoicePriceList.objects.update_or_create(invoice=invoice, defaults={"price_list": price_list})
    rows = invoice.lines.filter(bundle=None).select_related("service", "discount_given")
    lines = list(rows.prefetch_related("taxes").order_by("position"))
    prices = PricesOfADraft(invoice, [line.service for line in lines if line.service is not None])
    visit = _visit_prices(invoice, price_list) if any(line.visit_part for line in lines) else {}
    draft = DraftLines(invoice, by=by, at=at)
    for line in lines:
        if line.visit_part:
            usual, price, found = visit.get(line.visit_part, (None, line.unit_price, None))
        elif line.service is not None:
            usual, (price, of) = line.service.price, prices.of(line.service, line.service_on or draft.day)
            found = of.pk if of is not None else None
        else:
            continue
        if line.price_list_id is not None or line.unit_price == usual:
            line.price_list_id = found
            _price(draft, line, price)
    if draft.lines:
        draft.write_changed()
    return invoice


def _price(draft: DraftLines, line: InvoiceLine, price: Decimal) -> None:
    draft.fill(
        line,
        description=line.description,
        unit_price=price,
        quantity=line.quantity,
        discount=line.discount,
        discount_percent=line.discount_percent,
        discount_reason=None,
        taxes=as_copied(line.taxes.all()),
    )


def _visit_prices(invoice: Invoice, price_list: PriceList | None) -> dict[str, tuple[Decimal, Decimal, UUID | None]]:
    """Of each part of the draft's visit: what it costs without a list, with this one, and the list where it says so."""
    visit = invoice.appointment
    if visit is None:
        return {}
    usual = {charge.part: charge.price for charge in charges_for(visit, listing=lambda *_asked: None)}
    now = charges_for(visit, listing=lambda _patient, provider, kind, day: listed(price_list, provider, kind, day))
    found = {charge.part: (charge.price, charge.price_list) for charge in now}
    return {part.value: (usual.get(part, ZERO), *found.get(part, (ZERO, None))) for part in Part}
