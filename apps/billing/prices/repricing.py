"""Another price list for one draft: its lines are priced anew, but for what was typed by hand."""

from datetime import datetime

from django.db import transaction

from apps.accounts.models import User
from apps.billing.draft_lines import DraftLines
from apps.billing.locks import lock_draft
from apps.billing.models import Invoice, InvoiceLine, InvoicePriceList, PriceList
from apps.billing.prices.price_lists import PriceListOutOfUse
from apps.billing.prices.pricing import PricesOfADraft
from apps.billing.prices.taxing import as_copied


@transaction.atomic
def choose_list(invoice: Invoice, price_list: PriceList | None, *, by: User, at: datetime) -> Invoice:
    """The draft is charged by this list instead of its patient's, or (none) by what the services cost.

    Lines that copied the price of their service or of a list copy the new one; prices typed by hand and parts of
    packages stay. Raises NotADraft, PriceListOutOfUse, and as charging.change_line where a discount no longer fits.
    """
    invoice = lock_draft(invoice)
    if price_list is not None and not price_list.is_active:
        raise PriceListOutOfUse
    InvoicePriceList.objects.update_or_create(invoice=invoice, defaults={"price_list": price_list})
    rows = invoice.lines.filter(service__isnull=False, bundle=None).select_related("service", "discount_given")
    lines = [line for line in rows.prefetch_related("taxes").order_by("position") if _was_copied(line)]
    if not lines:
        return invoice
    prices = PricesOfADraft(invoice, [line.service for line in lines if line.service is not None])
    draft = DraftLines(invoice, by=by, at=at)
    for line in lines:
        assert line.service is not None
        price, line.price_list = prices.of(line.service, line.service_on or draft.day)
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
    draft.write_changed()
    return invoice


def _was_copied(line: InvoiceLine) -> bool:
    return line.price_list_id is not None or (line.service is not None and line.unit_price == line.service.price)
