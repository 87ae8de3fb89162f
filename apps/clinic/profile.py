"""What stands on the clinic's door: set up when the clinic is opened, amended by its admin."""

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.clinic.models import ClinicProfile
from apps.core.connection import here, on_platform
from apps.core.money import CURRENCIES
from apps.core.prepared import prepared
from apps.core.refusals import Conflict, Refusal

MEMO = "clinic.profile"
UPI_ADDRESS = re.compile(r"[A-Za-z0-9._-]{2,80}@[A-Za-z][A-Za-z0-9.-]{1,18}")


class NotSetUp(Conflict):
    code = "clinic_not_set_up"
    message = _("This clinic has no profile yet.")


class AlreadySetUp(Conflict):
    code = "clinic_already_set_up"
    message = _("This clinic has been set up already; change its profile instead.")


class BadProfile(Refusal):
    code = "invalid_profile"


class CurrencyIsFixed(Conflict):
    code = "currency_is_fixed"
    field = "currency"
    message = _("The currency was fixed when the clinic was opened: its books are kept in it.")


def current() -> ClinicProfile:
    """This clinic's profile, read once a transaction. Raises NotSetUp where there is none."""
    memo: dict[Any, Any] = here().memo
    if MEMO not in memo:
        found = _only()
        if not found:
            raise NotSetUp
        memo[MEMO] = found[0]
    profile: ClinicProfile = memo[MEMO]
    return profile


@prepared
def _only() -> QuerySet[ClinicProfile]:
    return ClinicProfile.objects.all()[:1]


def zone() -> ZoneInfo:
    """The clock of the clinic that was entered. The platform has no wall to hang one on: it goes by UTC."""
    return ZoneInfo("UTC") if on_platform() else current().zone


def set_up(
    *,
    by: User | None,
    at: datetime,
    name: str,
    timezone: str,
    currency: str,
    locale: str = "en",
    **particulars: str,
) -> ClinicProfile:
    """Write the profile of a new clinic; `by` is nobody when the installation opens it.

    `particulars`: address, phone, email, tax_id, upi_address. Raises AlreadySetUp, BadProfile.
    """
    with transaction.atomic():
        if ClinicProfile.objects.exists():
            raise AlreadySetUp
        profile = ClinicProfile(name=name, timezone=timezone, currency=currency.upper(), locale=locale, **particulars)
        _refuse_nonsense(profile)
        profile.save(force_insert=True)
    _forget()
    return profile


def amend(*, by: User, at: datetime, **changes: Any) -> ClinicProfile:
    """Change the clinic's particulars. The currency stays what it was; a new time zone moves the clock that all
    hours are read on, while booked appointments keep their moment.

    Raises NotSetUp, BadProfile, CurrencyIsFixed.
    """
    with transaction.atomic():
        profile = ClinicProfile.objects.select_for_update().first()
        if profile is None:
            raise NotSetUp
        if changes.get("currency", profile.currency).upper() != profile.currency:
            raise CurrencyIsFixed
        changes.pop("currency", None)
        for name, value in changes.items():
            setattr(profile, name, value)
        _refuse_nonsense(profile)
        profile.save(update_fields=sorted(changes))
    _forget()
    return current()


def _forget() -> None:
    here().memo.pop(MEMO, None)


def _refuse_nonsense(profile: ClinicProfile) -> None:
    for field in ClinicProfile._meta.fields:
        if field.max_length and isinstance(value := getattr(profile, field.name), str):
            value = value.strip()
            setattr(profile, field.name, value)
            if len(value) > field.max_length:
                raise BadProfile(_("This is too long."), field=field.name)
    if not profile.name:
        raise BadProfile(_("Give the clinic a name."), field="name")
    if profile.timezone not in available_timezones():
        raise BadProfile(_("There is no such time zone. Write it like Asia/Kolkata."), field="timezone")
    ZoneInfo(profile.timezone)
    if profile.currency not in CURRENCIES:
        raise BadProfile(_("There is no such currency. Write its three letters, like INR."), field="currency")
    if not profile.locale:
        raise BadProfile(_("Choose a language and region."), field="locale")
    if profile.upi_address and not UPI_ADDRESS.fullmatch(profile.upi_address):
        raise BadProfile(_("This is not a UPI address. Write it like clinic@bank."), field="upi_address")
    if profile.email:
        try:
            validate_email(profile.email)
        except ValidationError as error:
            raise BadProfile(_("This is not an e-mail address."), field="email") from error
