"""Which taxes a charge takes on the day of its service: copied to the line, so that later changes never reach it."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property
from typing import Any
from uuid import UUID

from apps.billing.models import InvoiceLineTax, Service, Tax, TaxScope
from apps.billing.prices.sums import Amount, LineTax, TooManyTaxes, read_percent

MOST = 8  # taxes on one line


class TaxesOfTheClinic:
    """All taxes with what takes them, read once however many charges ask."""

    @cached_property
    def _scopes(self) -> tuple[dict[str, list[Tax]], dict[UUID, list[Tax]]]:
        by_category: dict[str, list[Tax]] = {}
        by_service: dict[UUID, list[Tax]] = {}
        for scope in TaxScope.objects.select_related("tax").order_by("tax__name"):
            if scope.service_id is not None:
                by_service.setdefault(scope.service_id, []).append(scope.tax)
            else:
                by_category.setdefault(scope.category, []).append(scope.tax)
        return by_category, by_service

    def of_category(self, category: str, day: date) -> list[LineTax]:
        return _standing(self._scopes[0].get(category, ()), day)

    def of_service(self, service: Service, day: date) -> list[LineTax]:
        """The taxes that name the service; else the one it has of its own (a name with 0 % is none at all); else those
        of its category."""
        named = _standing(self._scopes[1].get(service.pk, ()), day)
        if named:
            return named
        if service.tax_name or service.tax_rate:
            return one_tax(service.tax_name, service.tax_rate)
        return self.of_category(service.category, day)


def one_tax(name: str, rate: Amount) -> list[LineTax]:
    """What was typed as one tax on top of the price: none for nothing; a name with 0 % is printed. Raises
    PercentRefused."""
    name, exact = name.strip(), read_percent(rate or 0, field="tax_rate")
    return [LineTax(name[:40], exact)] if exact or name else []


def typed_taxes(taxes: Iterable[Mapping[str, Any]]) -> list[LineTax]:
    """Several taxes as a form or a program sends them: name, rate, is_included; one with neither name nor rate is
    none. Raises PercentRefused, TooManyTaxes."""
    read = [
        LineTax(
            str(tax.get("name", "")).strip()[:40],
            read_percent(tax["rate"], field="taxes"),
            bool(tax.get("is_included")),
        )
        for tax in taxes
    ]
    if len(read) > MOST:
        raise TooManyTaxes
    return [tax for tax in read if tax.name or tax.rate]


def as_copied(rows: Iterable[InvoiceLineTax]) -> list[LineTax]:
    """What stands on a line, to be worked out again."""
    return [LineTax(row.name, row.rate, row.is_included) for row in rows]


def _standing(taxes: Iterable[Tax], day: date) -> list[LineTax]:
    return [LineTax(tax.name, tax.rate, tax.is_included) for tax in taxes if tax.holds_on(day)]
