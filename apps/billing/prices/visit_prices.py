"""What visits cost by a price list: with a provider, with everybody, and the facility fee that comes with them.

A list's price with the provider comes before its price with everybody; where the list says nothing, the visit costs
what it costs without it (scheduling.fees). What is let off a return is let off the list's price as well.
"""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q

from apps.accounts.models import User
from apps.billing.models import PriceList, VisitPrice
from apps.billing.prices.price_lists import PriceOfThePast, list_of, put_from
from apps.billing.prices.sums import read_price
from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.clock import day_of
from apps.core.refusals import Refusal
from apps.patients.models import Patient
from apps.scheduling.fees import Listed
from apps.scheduling.models import AppointmentType

Part = VisitPrice.Part


@transaction.atomic
def set_visit_prices(
    price_list: PriceList,
    prices: Iterable[tuple[AppointmentType, Provider | None, str, Decimal | str | None]],
    *,
    by: User,
    at: datetime,
    starts_on: date | None = None,
) -> int:
    """What visits cost on this list from a day on (today unless said), until the next change that is planned already.
    Of each: its type, with whom (nobody: with everybody), which part of it, how much (nothing: as without the list).
    All or none; how many were changed.

    Raises PriceOfThePast and AmountRefused, whose details name `appointment_type`, `provider` and `part`.
    """
    day = starts_on or day_of(at, profile.current().zone)
    if day < day_of(at, profile.current().zone):
        raise PriceOfThePast
    PriceList.objects.select_for_update().get(pk=price_list.pk)
    currency = profile.current().currency_info
    standing = {
        (price.appointment_type_id, price.provider_id, price.part): price for price in price_list.visit_prices.on(day)
    }
    count = 0
    for kind, provider, part, typed in prices:
        now = standing.get((kind.pk, provider.pk if provider else None, part))
        try:
            amount = None if typed is None or str(typed).strip() == "" else read_price(typed, currency, field="amount")
        except Refusal as refusal:
            refusal.details |= {"appointment_type": str(kind.pk), "part": part}
            refusal.details |= {"provider": str(provider.pk) if provider else None}
            raise
        if (now.amount if now is not None else None) != amount:
            put_from(price_list.visit_prices, amount, day, now, appointment_type=kind, provider=provider, part=part)
            count += 1
    return count


def listed(price_list: PriceList | None, provider: Provider, kind: AppointmentType, day: date) -> Listed | None:
    """What this list asks for a visit on this day; nothing where it says nothing."""
    if price_list is None:
        return None
    rows = price_list.visit_prices.on(day).filter(Q(provider=provider) | Q(provider=None), appointment_type=kind)
    amounts = {row.part: row.amount for row in sorted(rows, key=lambda row: row.provider_id is not None)}
    return Listed(price_list.pk, amounts.get(Part.VISIT), amounts.get(Part.FACILITY)) if amounts else None


def by_the_patients_list(patient: Patient, provider: Provider, kind: AppointmentType, day: date) -> Listed | None:
    """The same by the list that the patient has."""
    return listed(list_of(patient), provider, kind, day)
