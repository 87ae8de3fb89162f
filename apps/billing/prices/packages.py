"""Packages: several services for one price.

A package that is charged becomes one line for each of its parts, and its price is shared over them in proportion to
what they cost singly (largest remainder, so that the parts add up to it). That keeps the books honest: what is earned
is the price that was asked and no more, with no discount that nobody gave; each part takes its own tax; and revenue,
credit notes and reports see what was done, not a name. The parts of one package come and go together.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.billing.models import PackagePart, Service
from apps.billing.prices.sums import Amount, read_quantity
from apps.core.money import Currency, split
from apps.core.refusals import Refusal


class NotAPackage(Refusal):
    code = "not_a_package"
    field = "package"
    message = _("Only a service of the category “Package” has parts.")


class PackageInPackage(Refusal):
    code = "package_in_package"
    field = "parts"
    message = _("A package consists of services, not of other packages.")


class PartTwice(Refusal):
    code = "part_twice"
    field = "parts"
    message = _("Name each service once, with its quantity.")


@transaction.atomic
def set_parts(
    package: Service, parts: Iterable[tuple[Service, Amount]], *, by: User, at: datetime
) -> list[PackagePart]:
    """Say what a package consists of from now on; lines that were drafted stay. Without parts it is charged as itself.

    Raises NotAPackage, PackageInPackage, PartTwice, and QuantityRefused, whose details name the `service`.
    """
    package = Service.objects.select_for_update().get(pk=package.pk)
    if package.category != Service.Category.PACKAGE:
        raise NotAPackage
    rows: dict[object, PackagePart] = {}
    for place, (service, quantity) in enumerate(parts, start=1):
        if service.category == Service.Category.PACKAGE:
            raise PackageInPackage
        if service.pk in rows:
            raise PartTwice
        try:
            exact = read_quantity(quantity)
        except Refusal as refusal:
            refusal.details |= {"service": str(service.pk)}
            raise
        rows[service.pk] = PackagePart(package=package, service=service, quantity=exact, position=place)
    package.parts.all().delete()
    return PackagePart.objects.bulk_create(rows.values())


def shares(price: Decimal, singly: list[Decimal], currency: Currency) -> list[Decimal]:
    """What of a package's price falls on each part, by what the parts cost singly."""
    return split(price, singly, currency)
