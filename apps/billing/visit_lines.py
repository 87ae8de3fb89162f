"""What a visit costs, put on its draft by the visit itself; and how those lines keep up with it until it is over."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.billing.charging import add_charges, first_charges, remove_line
from apps.billing.draft_lines import DraftLines
from apps.billing.locks import lock_invoice
from apps.billing.models import Invoice, InvoiceLine
from apps.billing.prices.pricing import list_of_invoice
from apps.billing.prices.sums import LineTax
from apps.billing.prices.taxing import as_copied
from apps.billing.prices.visit_prices import listed
from apps.billing.prices.visits import line_taxes, tax_of
from apps.scheduling.fees import Charge, charges_for
from apps.scheduling.models import Appointment


def put_charges(invoice: Invoice, charges: Sequence[Charge], *, by: User, at: datetime, new: bool = False) -> None:
    """Put what scheduling worked out on a draft (``new``: that was just made). A discount in it is the clinic's own
    rule and asks nobody's leave."""
    rows = [
        {
            "description": charge.description,
            "unit_price": charge.price,
            "discount_percent": charge.discount_percent or None,
            "visit_part": charge.part or "",
            "price_list": charge.price_list,
            **tax_of(charge),
        }
        for charge in charges
    ]
    add = first_charges if new else add_charges
    add(invoice, rows, rule=_rule(), by=by, at=at)


def charges_on(invoice: Invoice, visit: Appointment) -> list[Charge]:
    """What the visit costs on its draft: by the price list that was chosen for it, or else its patient's."""
    chosen = list_of_invoice(invoice)
    return charges_for(visit, listing=lambda _patient, provider, kind, day: listed(chosen, provider, kind, day))


@transaction.atomic
def keep_up(invoice: Invoice, visit: Appointment, *, by: User, at: datetime, new: Collection[str] = ()) -> Invoice:
    """The lines of a visit's draft that nobody has touched say what the visit costs now.

    What somebody changed, added or took off stays as it is, and so does an issued invoice. ``new``: parts that the
    visit did not cost before; they are added.
    """
    invoice = lock_invoice(invoice)
    if not invoice.is_draft:
        return invoice
    charges = charges_on(invoice, visit)
    lines = invoice.lines.filter(follows_visit=True).select_related("invoice", "discount_given")
    rows = {line.visit_part: line for line in lines.prefetch_related("taxes")}
    for charge in charges:
        line = rows.pop(charge.part or "", None)
        if line is not None:
            _rewrite(invoice, line, charge, by=by, at=at)
    for line in rows.values():
        remove_line(line, by=by, at=at)
    put_charges(invoice, [charge for charge in charges if charge.part in new], by=by, at=at)
    invoice.refresh_from_db()
    return invoice


def _rewrite(invoice: Invoice, line: InvoiceLine, charge: Charge, *, by: User, at: datetime) -> None:
    draft = DraftLines(invoice, by=by, at=at, rule=_rule())
    taxes, percent = line_taxes(charge), charge.discount_percent
    if _says(line) == (charge.description, charge.price, charge.price_list, percent, taxes, draft.day):
        return
    line.service_on, line.price_list_id = draft.day, charge.price_list
    draft.fill(
        line,
        description=charge.description,
        unit_price=charge.price,
        quantity=1,
        discount=0,
        discount_percent=percent or None,
        discount_reason=None,
        taxes=taxes,
    )
    draft.write_changed()


def _says(line: InvoiceLine) -> tuple[object, ...]:
    taxes: list[LineTax] = as_copied(line.taxes.all())
    percent = line.discount_percent or 0
    return line.description, line.unit_price, line.price_list_id, percent, taxes, line.service_on


def _rule() -> str:
    return _("The clinic's rule for returns")
