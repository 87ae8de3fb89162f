"""What can be booked and what it costs. Invoices copy a visit's words and fee, so changes never reach old ones."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.clinic import profile
from apps.clinic.models import Colour
from apps.core.money import AmountRefused, parse_amount
from apps.core.refusals import Conflict, Refusal
from apps.scheduling.models import AppointmentType
from apps.scheduling.models.appointment_type import ChargedWhen, FeeKind

FIELDS = (
    "name",
    "duration_minutes",
    "rate",
    "tax_name",
    "tax_rate",
    "facility_rate",
    "facility_tax_name",
    "facility_tax_rate",
    "charged_when",
    "follow_up_days",
    "follow_up_percent",
    "cancel_fee_kind",
    "cancel_fee_value",
    "cancel_free_hours",
    "no_show_fee_kind",
    "no_show_fee_value",
    "buffer_before",
    "buffer_after",
    "colour",
    "position",
)
MOST_BUFFER = 240


class BadType(Refusal):
    code = "invalid_appointment_type"


class TypeNameTaken(Conflict):
    code = "name_taken"
    field = "name"


def add_type(
    *, by: User, at: datetime, name: str, duration_minutes: int, rate: Decimal | str | int, **details: Any
) -> AppointmentType:
    """Offer a new kind of appointment. `details`: the other `FIELDS`; tax rates and follow_up_percent are percentages,
    buffers minutes, the values of missed fees amounts or percentages, as their kind says.
    Raises BadType, TypeNameTaken.
    """
    with transaction.atomic():
        made = AppointmentType()
        _fill(made, {"name": name, "duration_minutes": duration_minutes, "rate": rate, **details})
        made.save(force_insert=True)
    return made


def amend_type(appointment_type: AppointmentType, *, by: User, at: datetime, **changes: Any) -> AppointmentType:
    """Change a kind of appointment: its fee, length, words. Booked appointments keep their time and buffers; a visit
    that is completed after this costs the new fee.
    Raises BadType, TypeNameTaken.
    """
    with transaction.atomic():
        fresh = AppointmentType.objects.select_for_update(no_key=True).get(pk=appointment_type.pk)
        _fill(fresh, changes)
        fresh.save(update_fields=sorted(changes))
    return fresh


def change_fee(
    appointment_type: AppointmentType, *, rate: Decimal | str | int, by: User, at: datetime
) -> AppointmentType:
    """Change what a kind of appointment costs from now on. Raises BadType."""
    return amend_type(appointment_type, by=by, at=at, rate=rate)


def withdraw_type(appointment_type: AppointmentType, *, by: User, at: datetime) -> AppointmentType:
    """Offer a kind of appointment no longer. Those booked stay."""
    return _set_active(appointment_type, False)


def offer_type_again(appointment_type: AppointmentType, *, by: User, at: datetime) -> AppointmentType:
    """Offer a withdrawn kind of appointment again."""
    return _set_active(appointment_type, True)


def _set_active(appointment_type: AppointmentType, is_active: bool) -> AppointmentType:
    with transaction.atomic():
        fresh = AppointmentType.objects.select_for_update(no_key=True).get(pk=appointment_type.pk)
        if fresh.is_active != is_active:
            fresh.is_active = is_active
            fresh.save(update_fields=["is_active"])
    return fresh


def _fill(made: AppointmentType, changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        if name not in FIELDS:
            raise TypeError(f"An appointment type has no {name}.")
        setattr(made, name, value.strip() if isinstance(value, str) else value)
    if "rate" in changes:
        made.rate = _amount(changes["rate"], "rate")
    for name in ("tax_rate", "facility_tax_rate", "follow_up_percent"):
        if name in changes:
            setattr(made, name, _percent(changes[name], name))
    if "facility_rate" in changes:
        made.facility_rate = _amount(changes["facility_rate"] or 0, "facility_rate")
    _fill_missed(made, changes)
    if not made.name or len(made.name) > 80:
        raise BadType(_("Give a name of at most 80 letters."), field="name")
    if not 1 <= made.duration_minutes <= 1440:
        raise BadType(_("An appointment takes between 1 minute and a day."), field="duration_minutes")
    for field in ("buffer_before", "buffer_after"):
        if not 0 <= getattr(made, field) <= MOST_BUFFER:
            raise BadType(_("Between 0 and 240 minutes."), field=field)
    for rate, name in (("tax_rate", "tax_name"), ("facility_tax_rate", "facility_tax_name")):
        if getattr(made, rate) and not getattr(made, name):
            raise BadType(_("Name the tax, as it is to stand on invoices."), field=name)
        if len(getattr(made, name)) > 40:
            raise BadType(_("This is too long."), field=name)
    if made.charged_when not in ChargedWhen.values:
        raise BadType(_("Choose when the draft invoice is made."), field="charged_when")
    if not 0 <= made.follow_up_days <= 366:
        raise BadType(_("Between 0 and 366 days."), field="follow_up_days")
    if made.colour not in Colour.values:
        raise BadType(_("There is no such colour."), field="colour")
    if AppointmentType.objects.filter(name__iexact=made.name).exclude(pk=made.pk).exists():
        raise TypeNameTaken(_("“%(name)s” exists already.") % {"name": made.name})


def _fill_missed(made: AppointmentType, changes: dict[str, Any]) -> None:
    """What a late cancellation and a no-show cost: an amount or a percentage, as the kind says."""
    for kind, value in (("cancel_fee_kind", "cancel_fee_value"), ("no_show_fee_kind", "no_show_fee_value")):
        if kind not in changes and value not in changes:
            continue
        chosen = getattr(made, kind)
        if chosen not in FeeKind.values:
            raise BadType(_("Choose how the fee is worked out."), field=kind)
        given = getattr(made, value) or 0
        if chosen == FeeKind.NONE:
            amount = Decimal(0)
        else:
            amount = _percent(given, value) if chosen == FeeKind.PERCENT else _amount(given, value)
            if not amount:
                raise BadType(_("Say how much, or choose that it costs nothing."), field=value)
        setattr(made, value, amount)
    if not 0 <= made.cancel_free_hours <= 8784:
        raise BadType(_("Between 0 hours and a year."), field="cancel_free_hours")


def _amount(value: Any, field: str) -> Decimal:
    clinic = profile.current()
    try:
        return parse_amount(value, clinic.currency_info, locale=clinic.locale)
    except AmountRefused as refusal:
        raise BadType(refusal.message, field=field) from None


def _percent(value: Any, field: str) -> Decimal:
    try:
        rate = Decimal(str(value).strip() or "0")
    except InvalidOperation:
        rate = Decimal(-1)
    if not rate.is_finite() or not 0 <= rate <= 100 or rate != rate.quantize(Decimal("0.001")):
        raise BadType(_("A percentage lies between 0 and 100 and has at most three decimals."), field=field)
    return rate
