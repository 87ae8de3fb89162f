"""What services cost on the invoice that is being drafted: by its list, its patient's, or as the service has it."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cached_property
from uuid import UUID

from apps.billing.models import Invoice, InvoicePriceList, PackagePart, Price, PriceList, Service
from apps.billing.prices.price_lists import list_of


class PricesOfADraft:
    """The prices of these services and of their parts, read once however many are charged."""

    def __init__(self, invoice: Invoice, services: Iterable[Service]) -> None:
        self.invoice, self.services = invoice, {service.pk: service for service in services}

    @cached_property
    def price_list(self) -> PriceList | None:
        return list_of_invoice(self.invoice)

    @cached_property
    def parts(self) -> dict[UUID, list[PackagePart]]:
        packages = [one.pk for one in self.services.values() if one.category == Service.Category.PACKAGE]
        found: dict[UUID, list[PackagePart]] = {}
        if packages:
            rows = PackagePart.objects.filter(package__in=packages).select_related("service").order_by("position")
            for part in rows:
                found.setdefault(part.package_id, []).append(part)
        return found

    @cached_property
    def _prices(self) -> dict[UUID, list[Price]]:
        found: dict[UUID, list[Price]] = {}
        if self.price_list is not None:
            wanted = {*self.services, *(part.service_id for parts in self.parts.values() for part in parts)}
            for price in Price.objects.filter(price_list=self.price_list, service__in=wanted):
                found.setdefault(price.service_id, []).append(price)
        return found

    def of(self, service: Service, day: date) -> tuple[Decimal, PriceList | None]:
        """What it costs on this day, and the list that says so (None: the service itself)."""
        for price in self._prices.get(service.pk, ()):
            if price.holds_on(day):
                return price.amount, self.price_list
        return service.price, None


def list_of_invoice(invoice: Invoice) -> PriceList | None:
    """The list that a draft is charged by: the one chosen for it (which may be none), or its patient's."""
    chosen = InvoicePriceList.objects.select_related("price_list").filter(invoice=invoice).first()
    if chosen is None:
        return list_of(invoice.patient)
    return chosen.price_list if chosen.price_list is not None and chosen.price_list.is_active else None
