"""Another price list for one draft: its lines are priced anew, but for what was typed by hand."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from apps.accounts.models import User
from apps.billing.charging import remove_line
from apps.billing.draft_lines import DraftLines
from apps.billing.locks import lock_draft
from apps.billing.models import Invoice, InvoiceLine, InvoicePriceList, PriceList
from apps.billing.prices.price_lists import PriceListOutOfUse
from apps.billing.prices.pricing import PricesOfADraft, list_of_invoice
from apps.billing.prices.taxing import as_copied
from apps.billing.prices.visit_prices import listed
from apps.billing.visit_lines import put_charges
from apps.scheduling.fees import Charge, charges_for


@transaction.atomic
def choose_list(invoice: Invoice, price_list: PriceList | None, *, by: User, at: datetime) -> Invoice:
    """The draft is charged by this list instead of its patient's, or (none) by what services and visits cost.

    Lines that copied the price of their service, of their visit or of a list copy the new one; prices typed by hand and
    parts of packages stay. What the visit costs by this list alone, its facility fee, is added, and taken off where it
    costs that no longer. Raises NotADraft, PriceListOutOfUse, and as charging.change_line where a discount no longer
    fits.
    """
    invoice = lock_draft(invoice)
    if price_list is not None and not price_list.is_active:
        raise PriceListOutOfUse
    before = _costs(invoice, list_of_invoice(invoice))
    InvoicePriceList.objects.update_or_create(invoice=invoice, defaults={"price_list": price_list})
    rows = invoice.lines.filter(bundle=None).select_related("service", "discount_given")
    lines = list(rows.prefetch_related("taxes").order_by("position"))
    prices = PricesOfADraft(invoice, [line.service for line in lines if line.service is not None])
    charged = {line.visit_part for line in lines if line.visit_part}
    usual, now = _costs(invoice, None), _costs(invoice, price_list)
    draft = DraftLines(invoice, by=by, at=at)
    for line in lines:
        if line.visit_part:
            was, charge = usual.get(line.visit_part), now.get(line.visit_part)
            standard = was.price if was is not None else None
            price, found = (charge.price, charge.price_list) if charge is not None else (None, None)
        elif line.service is not None:
            standard, (price, of) = line.service.price, prices.of(line.service, line.service_on or draft.day)
            found = of.pk if of is not None else None
        else:
            continue
        if line.price_list_id is None and line.unit_price != standard:
            continue
        if price is None:
            remove_line(line, by=by, at=at)
        else:
            line.price_list_id = found
            _price(draft, line, price)
    if draft.lines:
        draft.write_changed()
    if charged:  # by its visit, and nobody took all of it off
        new = now.keys() - before.keys() - charged
        put_charges(invoice, [charge for part, charge in now.items() if part in new], by=by, at=at)
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


def _costs(invoice: Invoice, price_list: PriceList | None) -> dict[str, Charge]:
    """What each part of the draft's visit costs by a list, or (none) without one."""
    visit = invoice.appointment
    if visit is None:
        return {}
    charges = charges_for(visit, listing=lambda _patient, provider, kind, day: listed(price_list, provider, kind, day))
    return {charge.part.value: charge for charge in charges if charge.part is not None}
