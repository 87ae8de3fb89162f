"""The clinic's taxes: from which day, at which rate, on what."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.billing.models import Service, Tax, TaxScope
from apps.billing.prices.sums import read_percent
from apps.clinic import profile
from apps.core.clock import day_of
from apps.core.refusals import Conflict, Refusal

LONGEST_NAME = 40


class TaxNeedsName(Refusal):
    code = "name_missing"
    field = "name"
    message = gettext_lazy("Give the tax a name of at most 40 letters, as it is printed.")


class TaxNeedsDay(Refusal):
    code = "day_missing"
    field = "starts_on"
    message = gettext_lazy("Say from which day it holds.")


class TaxEndsBeforeItStarts(Refusal):
    code = "ends_before_it_starts"
    field = "ends_on"
    message = gettext_lazy("A tax cannot end before it starts.")


class TaxHoldsAlready(Conflict):
    code = "tax_overlaps"
    field = "starts_on"
    message = gettext_lazy("A tax of this name holds on some of these days already. End it first, or say its new rate.")


class TaxHasBegun(Conflict):
    code = "tax_has_begun"
    message = gettext_lazy(
        "It holds already, and invoices were written with it. Say its new rate from a day on instead."
    )


class UnknownTaxCategory(Refusal):
    code = "unknown_category"
    field = "categories"
    message = gettext_lazy("Choose among the categories of services.")


@transaction.atomic
def add_tax(
    *,
    by: User,
    at: datetime,
    name: str,
    rate: Decimal | str,
    starts_on: date | None = None,
    ends_on: date | None = None,
    is_included: bool = False,
    categories: Iterable[str] = (),
    services: Iterable[Service] = (),
) -> Tax:
    """A tax that holds from a day on, for whole categories or single services.

    Raises TaxNeedsName, PercentRefused, TaxNeedsDay, TaxEndsBeforeItStarts, TaxHoldsAlready, UnknownTaxCategory.
    """
    tax = Tax(name=_name(name), rate=read_percent(rate, field="rate"), is_included=is_included)
    if starts_on is None:
        raise TaxNeedsDay
    tax.starts_on, tax.ends_on = starts_on, ends_on
    _save(tax)
    _scope(tax, categories, services)
    return tax


@transaction.atomic
def amend_tax(tax: Tax, *, by: User, at: datetime, **changes: Any) -> Tax:
    """Change what takes a tax or when it ends; before its first day also its name, rate and beginning.

    Lines that were drafted keep what they copied. Raises as add_tax, and TaxHasBegun.
    """
    tax = Tax.objects.select_for_update().get(pk=tax.pk)
    has_begun = tax.starts_on <= day_of(at, profile.current().zone)
    if "name" in changes:
        changes["name"] = _name(changes["name"])
    if "rate" in changes:
        changes["rate"] = read_percent(changes["rate"], field="rate")
    for field in ("name", "rate", "is_included", "starts_on"):
        if field in changes and changes[field] != getattr(tax, field):
            if has_begun:
                raise TaxHasBegun(field=field)
            setattr(tax, field, changes[field])
    if tax.starts_on is None:
        raise TaxNeedsDay
    if "ends_on" in changes:
        tax.ends_on = changes["ends_on"]
    _save(tax)
    if "categories" in changes or "services" in changes:
        scopes = list(tax.scopes.select_related("service"))
        categories = changes.get("categories", [one.category for one in scopes if one.category])
        services = changes.get("services", [one.service for one in scopes if one.service is not None])
        _scope(tax, categories, services)
    return tax


@transaction.atomic
def change_rate(tax: Tax, *, rate: Decimal | str, starts_on: date | None, by: User, at: datetime) -> Tax:
    """A tax has another rate from a day on: it ends the day before, and a new one follows on the same things."""
    tax = Tax.objects.select_for_update().get(pk=tax.pk)
    exact = read_percent(rate, field="rate")
    if starts_on is None:
        raise TaxNeedsDay
    if starts_on <= tax.starts_on or (tax.ends_on is not None and starts_on > tax.ends_on):
        raise TaxEndsBeforeItStarts(
            _("Choose a day on which %(name)s holds, after its first.") % {"name": tax.name}, field="starts_on"
        )
    ends_on, tax.ends_on = tax.ends_on, starts_on - timedelta(days=1)
    _save(tax)
    following = Tax(name=tax.name, rate=exact, is_included=tax.is_included, starts_on=starts_on, ends_on=ends_on)
    _save(following)
    scopes = list(tax.scopes.select_related("service"))
    _scope(
        following,
        [one.category for one in scopes if one.category],
        [one.service for one in scopes if one.service is not None],
    )
    return following


def _name(text: str) -> str:
    name = " ".join(str(text).split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise TaxNeedsName
    return name


def _save(tax: Tax) -> None:
    if tax.ends_on is not None and tax.ends_on < tax.starts_on:
        raise TaxEndsBeforeItStarts
    try:
        with transaction.atomic():
            tax.save()
    except IntegrityError as error:
        if "one_tax_of_a_name_a_day" in str(error):
            raise TaxHoldsAlready from error
        raise


def _scope(tax: Tax, categories: Iterable[str], services: Iterable[Service]) -> None:
    """What takes the tax from now on."""
    chosen = sorted(set(categories))
    if not set(chosen) <= set(Service.Category.values):
        raise UnknownTaxCategory
    single = {service.pk: service for service in services}
    tax.scopes.all().delete()
    TaxScope.objects.bulk_create(
        [TaxScope(tax=tax, category=category) for category in chosen]
        + [TaxScope(tax=tax, service=service) for service in single.values()]
    )
