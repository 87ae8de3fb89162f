"""What visits cost with the clinic's taxes: an appointment type's own tax, or else that of its category of charges."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from apps.billing.models import Service
from apps.billing.sums import line_sums
from apps.billing.taxing import TaxesOfTheClinic, one_tax
from apps.clinic import profile
from apps.scheduling.fees import Charge

Category = Service.Category


def with_categories(charges: Sequence[Charge], *, is_visit: bool) -> Iterator[tuple[Charge, str]]:
    """Each charge with its category: a visit is a consultation, what comes with it or in its place is a fee."""
    for place, charge in enumerate(charges):
        yield charge, Category.CONSULTATION if is_visit and place == 0 else Category.FEE


def tax_of(charge: Charge, category: str) -> dict[str, Any]:
    """What to tell add_charge: the tax of the appointment type where it has one, else the category."""
    if charge.tax_name or charge.tax_rate:
        return {"tax_name": charge.tax_name, "tax_rate": charge.tax_rate}
    return {"category": category}


def total_of(charges: Sequence[Charge], *, day: date, taxes: TaxesOfTheClinic) -> Decimal:
    """What a visit with these charges will cost on its invoice, with tax."""
    whole = Decimal(0)
    for charge, category in with_categories(charges, is_visit=True):
        own = one_tax(charge.tax_name, charge.tax_rate)
        sums = line_sums(
            unit_price=charge.price,
            quantity=Decimal(1),
            taxes=own or taxes.of_category(category, day),
            currency=profile.current().currency_info,
            discount_percent=charge.discount_percent or None,
        )
        whole += sums.total
    return whole
