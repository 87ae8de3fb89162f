"""Lines of a draft while they are written: each worked out with its price, discount and taxes, all saved at once."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.billing.fetching import bring_taxes
from apps.billing.models import Discount, Invoice, InvoiceLine, InvoiceLineTax, PackagePart, Service
from apps.billing.prices.discount_limits import limit_of, refuse_beyond
from apps.billing.prices.packages import shares
from apps.billing.prices.pricing import PricesOfADraft
from apps.billing.prices.sums import (
    HUNDRED,
    Amount,
    LineSums,
    LineTax,
    PercentRefused,
    QuantityRefused,
    line_sums,
    read_percent,
    read_price,
    read_quantity,
)
from apps.billing.prices.tax_words import plain
from apps.billing.prices.taxing import TaxesOfTheClinic, one_tax, typed_taxes
from apps.clinic import profile
from apps.core.clock import day_of, refuse_odd_year
from apps.core.ids import new_id
from apps.core.inserting import insert_all
from apps.core.money import Currency, currency_of
from apps.core.refusals import Refusal

FIGURES = (
    "unit_price",
    "gross",
    "price_list",
    "follows_visit",
    "discount_percent",
    "discount",
    "discount_given",
    "included",
    "net",
    "tax",
    "total",
)
LONGEST_REASON = 300


class DescriptionMissing(Refusal):
    code = "description_missing"
    field = "description"
    message = _("Say what is charged.")


class ServiceNotOffered(Refusal):
    code = "service_not_offered"
    field = "service"
    message = _("This service is no longer offered.")


class DiscountOnPackage(Refusal):
    code = "discount_on_package"
    field = "discount"
    message = _("Add the package first, then let something off the whole invoice or single parts of it.")


class DiscountNeedsReason(Refusal):
    code = "discount_reason_missing"
    field = "discount_reason"
    message = _("Say in at most 300 letters why this is let off: it is kept with the discount.")


class DraftLines:
    """Lines of one draft that are being written, and what is written with them. The draft is locked."""

    def __init__(
        self, invoice: Invoice, *, by: User, at: datetime, rule: str = "", services: Iterable[Service] = ()
    ) -> None:
        self.invoice, self.by, self.at, self.rule = invoice, by, at, rule
        self.lines: list[InvoiceLine] = []
        self.given: list[Discount] = []
        self.line_taxes: list[InvoiceLineTax] = []
        self.taxes = TaxesOfTheClinic()
        self.prices = PricesOfADraft(invoice, services)
        self.last = 0  # the place of the last line

    @cached_property
    def currency(self) -> Currency:
        return currency_of(self.invoice.currency)

    @cached_property
    def limit(self) -> Decimal | None:
        return limit_of(self.by)

    @cached_property
    def day(self) -> date:
        """The visit's day in the clinic; without a visit, today."""
        visit = self.invoice.appointment
        return day_of(self.at if visit is None else visit.starts_at, profile.current().zone)

    def new(self, *, service: Service | None = None, **charge: Any) -> None:
        """A charge: ``service``, and what ``_new_line`` tells. A package becomes its parts (packages.py says why)."""
        if service is not None and not service.is_active:
            raise ServiceNotOffered
        parts = self.prices.parts.get(service.pk) if service is not None else None
        if service is not None and parts:
            self._new_package(service, parts, **charge)
        else:
            self._new_line(service, **charge)

    def _new_package(
        self,
        package: Service,
        parts: Sequence[PackagePart],
        *,
        description: str = "",
        unit_price: Amount | None = None,
        quantity: Amount = 1,
        discount: Amount = 0,
        discount_percent: Amount | None = None,
        service_on: date | None = None,
        **charge: Any,
    ) -> None:
        if discount not in (0, "") or discount_percent not in (None, ""):
            raise DiscountOnPackage
        exact = read_quantity(quantity)
        if exact != exact.to_integral_value():
            raise QuantityRefused(_("A package is charged whole."))
        day, bundle = self._day_of(service_on), new_id()
        price, price_list = self.prices.of(package, day)
        if unit_price is not None:
            price, price_list = read_price(unit_price, self.currency), None
        singly = [self.prices.of(part.service, day)[0] * part.quantity for part in parts]
        for part, share in zip(parts, shares(price, singly, self.currency), strict=True):
            words = part.service.name if part.quantity == 1 else f"{plain(part.quantity)} × {part.service.name}"
            self._new_line(
                part.service,
                description=f"{description or package.name}: {words}",
                unit_price=share,
                quantity=exact,
                service_on=day,
                **charge,
            )
            line = self.lines[-1]
            line.package, line.bundle, line.price_list = package, bundle, price_list

    def _day_of(self, service_on: date | None) -> date:
        """Raises NoSuchDay."""
        if service_on is None:
            return self.day
        refuse_odd_year(service_on, field="service_on")
        return service_on

    def _new_line(
        self,
        service: Service | None,
        *,
        description: str = "",
        unit_price: Amount | None = None,
        quantity: Amount = 1,
        discount: Amount = 0,
        discount_percent: Amount | None = None,
        discount_reason: str = "",
        tax_name: str | None = None,
        tax_rate: Amount | None = None,
        taxes: Iterable[Mapping[str, Any]] | None = None,
        service_on: date | None = None,
        visit_part: str = "",
        price_list: UUID | None = None,
    ) -> None:
        """A line. What is not given is copied from ``service``, its price from the price list of the draft.

        ``discount`` is an amount off the line, ``discount_percent`` a percentage instead of it. ``taxes`` (each with
        name, rate, is_included) or one tax on top of the price (``tax_name``, ``tax_rate``) take the place of those
        that the service takes on the day of service (the visit's, or today). ``visit_part``: what of its visit is
        charged by the visit itself, at the price of ``price_list`` where it comes from one.
        """
        self.last += 1
        line = InvoiceLine(invoice=self.invoice, position=self.last, service=service, decimals=self.invoice.decimals)
        line.gross, line.service_on = Decimal(0), self._day_of(service_on)
        line.visit_part, line.follows_visit, line.price_list_id = visit_part, bool(visit_part), price_list
        if unit_price is None and service is not None:
            unit_price, line.price_list = self.prices.of(service, line.service_on)
        if taxes is not None:
            taken = typed_taxes(taxes)
        elif tax_name is not None or tax_rate is not None:
            taken = one_tax(tax_name or "", tax_rate or 0)
        elif service is not None:
            taken = self.taxes.of_service(service, line.service_on)
        else:
            taken = []
        self.fill(
            line,
            description=description or (service.name if service else ""),
            unit_price=unit_price if unit_price is not None else "",
            quantity=quantity,
            discount=discount,
            discount_percent=discount_percent,
            discount_reason=discount_reason,
            taxes=taken,
        )

    def fill(
        self,
        line: InvoiceLine,
        *,
        description: str,
        unit_price: Amount,
        quantity: Amount,
        discount: Amount,
        discount_percent: Amount | None,
        discount_reason: str | None,
        taxes: Sequence[LineTax],
    ) -> None:
        """Work the line out. ``discount_reason``: None leaves the one that stands."""
        if sum(tax.rate for tax in taxes) > HUNDRED:
            raise PercentRefused(_("All taxes of a charge together are at most 100 %."), field="taxes")
        line.description = description.strip()
        if not line.description:
            raise DescriptionMissing
        line.quantity = read_quantity(quantity)
        line.unit_price = read_price(unit_price, self.currency)
        percent = None if discount_percent in (None, "") else read_percent(discount_percent, field="discount_percent")
        sums = line_sums(
            unit_price=line.unit_price,
            quantity=line.quantity,
            taxes=taxes,
            currency=self.currency,
            discount=read_price(discount or 0, self.currency, field="discount"),
            discount_percent=percent,
        )
        self._let_off(line, sums, percent, discount_reason)
        self.put(line, sums, taxes)

    def put(self, line: InvoiceLine, sums: LineSums, taxes: Sequence[LineTax]) -> None:
        """Write what was worked out on the line, and its taxes beside it."""
        line.gross, line.discount, line.included = sums.gross, sums.discount, sums.included
        line.net, line.tax, line.total = sums.net, sums.tax, sums.total
        line.tax_name = " + ".join(tax.name for tax in taxes if tax.name)
        line.tax_rate = sum((tax.rate for tax in taxes), Decimal(0))
        self.lines.append(line)
        for place, (tax, amount) in enumerate(zip(taxes, sums.taxes, strict=True), start=1):
            copy = InvoiceLineTax(line=line, position=place, name=tax.name, rate=tax.rate, amount=amount)
            copy.is_included = tax.is_included
            self.line_taxes.append(copy)

    def write_new(self) -> None:
        Discount.objects.bulk_create(self.given)
        insert_all(self.lines)
        insert_all(self.line_taxes)
        bring_taxes(self.lines, self.line_taxes)

    def write_changed(self) -> None:
        """All words and figures of the lines, or (of several) only the figures."""
        Discount.objects.bulk_create(self.given)
        if len(self.lines) == 1:
            self.lines[0].save()
        else:
            InvoiceLine.objects.bulk_update(self.lines, FIGURES)
        InvoiceLineTax.objects.filter(line__in=self.lines).delete()
        insert_all(self.line_taxes)

    def _let_off(self, line: InvoiceLine, sums: LineSums, percent: Decimal | None, reason: str | None) -> None:
        """Who lets off more than before must be allowed to; whatever is let off says why."""
        if not self.rule and grows(sums.discount, sums.gross, before=line):
            refuse_beyond(self.limit, sums.discount, sums.gross, by=self.by)
        was = line.discount_given
        amount_was, amount = (line.discount, sums.discount) if percent is None else (None, None)
        is_as_it_was = (percent, amount) == (line.discount_percent, amount_was)
        line.discount_percent = percent
        if not sums.discount and not percent:
            line.discount_given = None
        elif was is None or not is_as_it_was or reason not in (None, "", was.reason):
            line.discount_given = self._give(sums, percent, reason or (was.reason if was is not None else ""))

    def _give(self, sums: LineSums, percent: Decimal | None, reason: str) -> Discount:
        reason = (self.rule or reason).strip()
        if not 0 < len(reason) <= LONGEST_REASON:
            raise DiscountNeedsReason
        given = Discount(
            invoice=self.invoice,
            kind=Discount.Kind.RULE if self.rule else Discount.Kind.LINE,
            percent=percent,
            amount=sums.discount if percent is None else None,
            reason=reason,
            at=self.at,
            by=self.by,
        )
        self.given.append(given)
        return given


def grows(discount: Decimal, gross: Decimal, *, before: InvoiceLine) -> bool:
    """Whether more is let off than before, in proportion to what is charged."""
    if not before.gross:
        return bool(discount)
    return discount * before.gross > before.discount * gross
