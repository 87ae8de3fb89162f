"""What a provider charges for a kind of appointment, where it is not what everybody charges: from a day on."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.clock import day_of
from apps.core.money import AmountRefused, parse_amount
from apps.core.refusals import Refusal
from apps.scheduling.models import AppointmentType, Fee


class BadFee(Refusal):
    code = "invalid_fee"


def set_fee(
    provider: Provider,
    appointment_type: AppointmentType,
    *,
    rate: Decimal | str | int,
    by: User,
    at: datetime,
    facility_rate: Decimal | str | int | None = None,
    effective_from: date | None = None,
) -> Fee:
    """Say what a kind of appointment costs with this provider from a day on (today unless said), until the next change
    that is planned already. `facility_rate`: nothing means as the type has it. Raises BadFee.
    """
    day = effective_from or day_of(at, profile.current().zone)
    price = _amount(rate, "rate")
    facility = None if facility_rate is None or facility_rate == "" else _amount(facility_rate, "facility_rate")
    with transaction.atomic():
        until = _cleared(provider, appointment_type, day, at=at)
        return Fee.objects.create(
            provider=provider,
            appointment_type=appointment_type,
            rate=price,
            facility_rate=facility,
            effective_from=day,
            effective_until=until,
            set_by=by,
            set_at=at,
        )


@transaction.atomic
def end_fee(
    provider: Provider, appointment_type: AppointmentType, *, by: User, at: datetime, effective_from: date | None = None
) -> None:
    """From a day on (today unless said) the type's own fee holds again. Raises BadFee."""
    _cleared(provider, appointment_type, effective_from or day_of(at, profile.current().zone), at=at)


@transaction.atomic
def set_fees(
    changes: Iterable[tuple[Provider, AppointmentType, str]], *, effective_from: date, by: User, at: datetime
) -> int:
    """Several at once, all or none: an empty amount takes a provider's own fee away. How many were changed.

    A provider's own facility fee stays as it is. Raises BadFee, whose details name the `provider` and `type`.
    """
    standing = fees_on(effective_from)
    count = 0
    for provider, appointment_type, text in changes:
        now = standing.get((provider.pk, appointment_type.pk))
        try:
            if text.strip():
                rate = _amount(text, "rate")
                if now is not None and now.rate == rate:
                    continue
                facility = now.facility_rate if now is not None else None
                set_fee(
                    provider,
                    appointment_type,
                    rate=rate,
                    facility_rate=facility,
                    effective_from=effective_from,
                    by=by,
                    at=at,
                )
            elif now is not None:
                end_fee(provider, appointment_type, effective_from=effective_from, by=by, at=at)
            else:
                continue
        except BadFee as refusal:
            refusal.details |= {"provider": str(provider.pk), "type": str(appointment_type.pk)}
            raise
        count += 1
    return count


def fees_on(day: date) -> dict[tuple[UUID, UUID], Fee]:
    """All providers' own fees on a day, by provider and type: one query."""
    return {(fee.provider_id, fee.appointment_type_id): fee for fee in Fee.objects.on(day)}


def _cleared(provider: Provider, appointment_type: AppointmentType, day: date, *, at: datetime) -> date | None:
    """Make room from this day on; the last day before the next planned change, if there is one."""
    if day < day_of(at, profile.current().zone):
        raise BadFee(_("Fees change from today on: what was charged before stays charged."), field="effective_from")
    if day > day_of(at, profile.current().zone) + timedelta(days=3 * 366):
        raise BadFee(_("Look at the year again."), field="effective_from")
    Provider.objects.select_for_update(no_key=True, of=("self",)).only("id").get(pk=provider.pk)
    rows = Fee.objects.filter(provider=provider, appointment_type=appointment_type)
    standing = rows.on(day).first()
    if standing is not None and standing.effective_from == day:
        standing.delete()
    elif standing is not None:
        standing.effective_until = day - timedelta(days=1)
        standing.save(update_fields=["effective_until"])
    later = rows.filter(effective_from__gt=day).order_by("effective_from").first()
    return later.effective_from - timedelta(days=1) if later is not None else None


def _amount(value: Any, field: str) -> Decimal:
    clinic = profile.current()
    try:
        return parse_amount(value, clinic.currency_info, locale=clinic.locale)
    except AmountRefused as refusal:
        raise BadFee(refusal.message, field=field) from None
