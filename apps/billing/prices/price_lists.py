"""Price lists: what services cost on them from which day, and who is charged by which. Visits: visit_prices.py."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.billing.models import PatientPriceList, PriceList, Service
from apps.billing.prices.sums import read_price
from apps.clinic import profile
from apps.core.clock import day_of
from apps.core.refusals import Conflict, Refusal
from apps.patients.models import Patient
from apps.patients.models.persons import in_use, records_of

LONGEST_NAME = 80


class PriceListNeedsName(Refusal):
    code = "name_missing"
    field = "name"
    message = gettext_lazy("Give the price list a name of at most 80 letters.")


class PriceListNameTaken(Conflict):
    code = "name_taken"
    field = "name"
    message = gettext_lazy("There is a price list of this name already.")


class PriceListOutOfUse(Refusal):
    code = "price_list_out_of_use"
    field = "price_list"
    message = gettext_lazy("This price list is no longer in use.")


class PriceOfThePast(Refusal):
    code = "price_of_the_past"
    field = "starts_on"
    message = gettext_lazy("Prices change from today on: what was charged before stays charged.")


@transaction.atomic
def add_price_list(*, name: str, by: User, at: datetime, is_active: bool = True) -> PriceList:
    """A new list without prices: everything still costs what the services cost."""
    return _save(PriceList(is_active=is_active), name)


@transaction.atomic
def amend_price_list(price_list: PriceList, *, by: User, at: datetime, **changes: Any) -> PriceList:
    """Call it something else, or take it out of use (``is_active``); who has it is then charged what services cost."""
    price_list = PriceList.objects.select_for_update().get(pk=price_list.pk)
    price_list.is_active = changes.get("is_active", price_list.is_active)
    return _save(price_list, changes.get("name", price_list.name))


@transaction.atomic
def set_prices(
    price_list: PriceList,
    prices: Iterable[tuple[Service, Decimal | str | None]],
    *,
    by: User,
    at: datetime,
    starts_on: date | None = None,
) -> int:
    """What services cost on this list from a day on (today unless said), until the next change that is planned
    already; nothing written: what the service costs. All or none; how many were changed.

    Raises PriceOfThePast and AmountRefused, whose details name the `service`.
    """
    today = day_of(at, profile.current().zone)
    day = starts_on or today
    if day < today:
        raise PriceOfThePast
    PriceList.objects.select_for_update().get(pk=price_list.pk)
    currency = profile.current().currency_info
    standing = {price.service_id: price for price in price_list.prices.on(day)}
    count = 0
    for service, typed in prices:
        now = standing.get(service.pk)
        try:
            amount = None if typed is None or str(typed).strip() == "" else read_price(typed, currency, field="amount")
        except Refusal as refusal:
            refusal.details |= {"service": str(service.pk)}
            raise
        if (now.amount if now is not None else None) != amount:
            put_from(price_list.prices, amount, day, now, service=service)
            count += 1
    return count


def put_from(rows: Any, amount: Decimal | None, day: date, now: Any, **what: Any) -> None:
    """From a day on this costs so much on a list (or nothing is said of it), until the next change that is planned:
    another price, or none any more. ``rows``: the list's prices of this sort; ``now``: what holds on the day."""
    if now is not None and now.starts_on == day:
        now.delete()
    elif now is not None:
        rows.filter(pk=now.pk).update(ends_on=day - timedelta(days=1))
    if amount is not None:
        ends_on = now.ends_on if now is not None else None
        if now is None and (later := rows.filter(starts_on__gt=day, **what).order_by("starts_on").first()):
            ends_on = later.starts_on - timedelta(days=1)
        rows.create(amount=amount, starts_on=day, ends_on=ends_on, **what)


@transaction.atomic
def give_list(patient: Patient, price_list: PriceList | None, *, by: User, at: datetime) -> None:
    """The patient's services are charged by this list from now on; by none: what the services cost."""
    patient = in_use(patient)
    if price_list is not None and not price_list.is_active:
        raise PriceListOutOfUse
    PatientPriceList.objects.filter(patient__in=records_of(patient)).delete()
    if price_list is not None:
        PatientPriceList.objects.create(patient=patient, price_list=price_list)


def list_of(patient: Patient) -> PriceList | None:
    """The list in use that a person has, on whichever of their records."""
    held = PatientPriceList.objects.filter(patient__in=records_of(patient), price_list__is_active=True)
    found = sorted(held.select_related("price_list"), key=lambda one: one.patient_id != patient.pk)
    return found[0].price_list if found else None


def _save(price_list: PriceList, name: str) -> PriceList:
    price_list.name = " ".join(str(name).split())
    if not 0 < len(price_list.name) <= LONGEST_NAME:
        raise PriceListNeedsName
    try:
        with transaction.atomic():
            price_list.save()
    except IntegrityError as error:
        if "one_price_list_of_a_name" in str(error):
            raise PriceListNameTaken from error
        raise
    return price_list
