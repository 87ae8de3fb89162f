"""Lines of an invoice that was wrong, written on the one that takes its place."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.billing.draft_lines import DraftLines
from apps.billing.locks import lock_draft
from apps.billing.models import Invoice, InvoiceLine, InvoicePriceList
from apps.billing.prices.taxing import as_copied
from apps.core.ids import new_id


@transaction.atomic
def copy_lines(
    invoice: Invoice,
    lines: Sequence[InvoiceLine],
    changes: Mapping[UUID, Mapping[str, Any]],
    *,
    rule: str,
    by: User,
    at: datetime,
) -> None:
    """Put lines of another invoice on a draft as they stand there: words, taxes, service, price list and package,
    whatever became of those meanwhile; with the ``unit_price`` or ``quantity`` that is right of some (``changes``).

    Their discounts were given once; ``rule`` says so. The price list that was chosen for that invoice comes along.
    """
    invoice = lock_draft(invoice)
    draft = DraftLines(invoice, by=by, at=at, rule=rule)
    bundles: dict[UUID, UUID] = {}
    for line in lines:
        bundle = None if line.bundle is None else bundles.setdefault(line.bundle, new_id())
        _copy(draft, line, bundle, changes.get(line.pk, {}))
    draft.write_new()
    chosen = InvoicePriceList.objects.filter(invoice__in={line.invoice_id for line in lines}).first()
    if chosen is not None:
        InvoicePriceList.objects.create(invoice=invoice, price_list_id=chosen.price_list_id)


def _copy(draft: DraftLines, line: InvoiceLine, bundle: UUID | None, right: Mapping[str, Any]) -> None:
    draft.last += 1
    new = InvoiceLine(invoice=draft.invoice, position=draft.last, decimals=draft.invoice.decimals)
    new.gross, new.service_on, new.service = Decimal(0), line.service_on, line.service
    new.package_id, new.bundle = line.package_id, bundle
    percent = line.discount_percent
    kept = {
        "description": line.description,
        "unit_price": line.unit_price,
        "quantity": line.quantity,
        "discount": line.discount if percent is None else 0,
        "discount_percent": percent,
        "discount_reason": "",
    }
    draft.fill(new, taxes=as_copied(line.taxes.all()), **{**kept, **right})
    new.price_list_id = line.price_list_id if new.unit_price == line.unit_price else None
