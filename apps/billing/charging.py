"""The lines of a draft: added, changed, taken off. However many are added, the database is asked equally often."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.billing.draft_lines import DraftLines
from apps.billing.locks import lock_draft
from apps.billing.models import Invoice, InvoiceLine, InvoiceLineTax
from apps.billing.prices.sums import LineTax, read_percent, read_price, read_quantity
from apps.billing.prices.taxing import as_copied, one_tax, typed_taxes
from apps.core.money import Currency, currency_of
from apps.core.refusals import Refusal

EDITABLE = frozenset({"description", "unit_price", "quantity", "discount", "discount_percent"})


class PartOfPackage(Refusal):
    code = "part_of_package"
    message = _("This is a part of a package: take the package off, and charge its parts singly.")


@transaction.atomic
def add_charge(invoice: Invoice, *, by: User, at: datetime, rule: str = "", **charge: Any) -> InvoiceLine:
    """Put one more charge on a draft; ``charge`` is told at ``DraftLines.new``. Of a package: its first part."""
    return add_charges(invoice, [charge], rule=rule, by=by, at=at)[0]


@transaction.atomic
def add_charges(
    invoice: Invoice, charges: Sequence[Mapping[str, Any]], *, by: User, at: datetime, rule: str = "", named: str = ""
) -> list[InvoiceLine]:
    """Put several charges on a draft, all or none.

    ``rule``: the clinic's rule (in words) gives the discounts, not the person who happens to act. ``named``: what the
    list is called where it comes from; a refusal then names its line as well, as in ``lines.2.quantity``.
    """
    invoice = lock_draft(invoice)
    last = invoice.lines.aggregate(last=Max("position"))["last"] or 0
    return _add(invoice, charges, after=last, rule=rule, named=named, by=by, at=at)


def first_charges(
    invoice: Invoice, charges: Sequence[Mapping[str, Any]], *, by: User, at: datetime, rule: str = "", named: str = ""
) -> list[InvoiceLine]:
    """As ``add_charges``, by the rule that has just made the draft and in its transaction: nothing stands on it yet,
    and nobody else can reach it."""
    return _add(invoice, charges, after=0, rule=rule, named=named, by=by, at=at)


def _add(
    invoice: Invoice, charges: Sequence[Mapping[str, Any]], *, after: int, rule: str, named: str, by: User, at: datetime
) -> list[InvoiceLine]:
    if not charges:
        return []
    services = [charge["service"] for charge in charges if charge.get("service") is not None]
    draft = DraftLines(invoice, by=by, at=at, rule=rule, services=services)
    draft.last = after
    for place, charge in enumerate(charges):
        try:
            draft.new(**charge)
        except Refusal as refusal:
            if named:
                refusal.field = f"{named}.{place}.{refusal.field or 'line'}"
            raise
    draft.write_new()
    return draft.lines


@transaction.atomic
def change_line(line: InvoiceLine, *, by: User, at: datetime, **changes: Any) -> InvoiceLine:
    """Change a charge of a draft: any of the words and figures that ``DraftLines.new`` takes, except the service."""
    invoice = lock_draft(line.invoice)
    line = invoice.lines.select_related("discount_given").get(pk=line.pk)
    if "discount" in changes and "discount_percent" not in changes:
        changes["discount_percent"] = None
    reason = changes.pop("discount_reason", None)
    taxes = _taxes_after(line, changes)
    _keep_package(line, changes, currency_of(invoice.currency))
    unknown = changes.keys() - EDITABLE
    if unknown:
        raise TypeError(f"change_line does not know {sorted(unknown)}")
    draft = DraftLines(invoice, by=by, at=at)
    line.follows_visit = False
    kept = {name: getattr(line, name) for name in EDITABLE}
    draft.fill(line, taxes=taxes, discount_reason=reason, **kept | changes)
    draft.write_changed()
    return line


@transaction.atomic
def remove_line(line: InvoiceLine, *, by: User, at: datetime) -> None:
    """Take a charge off a draft; the parts of a package go together."""
    invoice = lock_draft(line.invoice)
    gone = Q(pk=line.pk) if line.bundle is None else Q(bundle=line.bundle)
    lines = list(invoice.lines.filter(gone))
    InvoiceLineTax.objects.filter(line__in=lines).delete()
    invoice.lines.filter(gone).delete()


def _keep_package(line: InvoiceLine, changes: Mapping[str, Any], currency: Currency) -> None:
    """A price typed by hand is no list's any more; what a part costs is decided with its package."""
    price = read_price(changes.get("unit_price", line.unit_price), currency)
    quantity = read_quantity(changes.get("quantity", line.quantity))
    if line.bundle is not None and price != line.unit_price:
        raise PartOfPackage(field="unit_price")
    if line.bundle is not None and quantity != line.quantity:
        raise PartOfPackage(field="quantity")
    if price != line.unit_price:
        line.price_list = None


def _taxes_after(line: InvoiceLine, changes: dict[str, Any]) -> list[LineTax]:
    """Takes what was typed about taxes out of the changes. What says the same as the line does changes nothing."""
    taxes, name = changes.pop("taxes", None), changes.pop("tax_name", line.tax_name).strip()
    rate = read_percent(changes.pop("tax_rate", line.tax_rate) or 0, field="tax_rate")
    if taxes is not None:
        return typed_taxes(taxes)
    if (name, rate) == (line.tax_name, line.tax_rate):
        return as_copied(line.taxes.order_by("position"))
    return one_tax(name, rate)
