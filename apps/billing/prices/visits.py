"""What visits cost with the clinic's taxes: an appointment type's own tax, or else those of its category of charges."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date
from typing import Any

from apps.billing.models import Service
from apps.billing.prices.sums import LineTax
from apps.billing.prices.taxing import TaxesOfTheClinic, one_tax
from apps.billing.prices.visit_prices import by_the_patients_list
from apps.scheduling.fees import Charge, ChargeTax, add_listing, add_taxing

Category = Service.Category


def hang_up() -> None:
    add_taxing(put_taxes)
    add_listing(by_the_patients_list)


def put_taxes(
    charges: Sequence[Charge], day: date, is_visit: bool, taxes: TaxesOfTheClinic | None = None
) -> list[Charge]:
    """The charges with the taxes of this day: a visit is a consultation, what comes with it or in its place is a fee.
    One query, and none where all have a tax of their own."""
    taxes = taxes or TaxesOfTheClinic()
    done = []
    for place, charge in enumerate(charges):
        if not charge.has_own_tax:
            category = Category.CONSULTATION if is_visit and place == 0 else Category.FEE
            found = [ChargeTax(one.name, one.rate, one.is_included) for one in taxes.of_category(category, day)]
            charge = replace(charge, taxes=tuple(found))
        done.append(charge)
    return done


def line_taxes(charge: Charge) -> list[LineTax]:
    """Its taxes as they stand on a line."""
    if charge.has_own_tax:
        return one_tax(charge.tax_name, charge.tax_rate)
    return [LineTax(one.name, one.rate, one.is_included) for one in charge.taxes]


def tax_of(charge: Charge) -> dict[str, Any]:
    """What to tell add_charge of its taxes."""
    if charge.has_own_tax:
        return {"tax_name": charge.tax_name, "tax_rate": charge.tax_rate}
    return {"taxes": [asdict(one) for one in charge.taxes]}
