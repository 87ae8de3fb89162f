"""The people who see patients: added, changed, and taken out of use without losing what names them."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.clinic.models import Colour, Department, Provider, Room
from apps.core.refusals import Conflict, Refusal

FIELDS = (
    "name",
    "user",
    "specialty",
    "qualification",
    "licence_number",
    "department",
    "room",
    "colour",
    "position",
)


class BadProvider(Refusal):
    code = "invalid_provider"


class UserTaken(Conflict):
    code = "user_taken"
    field = "user"


def add_provider(*, by: User, at: datetime, name: str, **details: Any) -> Provider:
    """Let patients book somebody's time. `details`: user, specialty, qualification, licence_number, department, room,
    colour, position. Hours are given afterwards. Raises BadProvider, UserTaken.
    """
    with transaction.atomic():
        provider = Provider()
        if "colour" not in details:
            details["colour"] = next_colour()
        _fill(provider, {"name": name, **details})
        provider.save(force_insert=True)
    return provider


def amend_provider(provider: Provider, *, by: User, at: datetime, **changes: Any) -> Provider:
    """Change a provider's particulars. Raises BadProvider, UserTaken."""
    with transaction.atomic():
        fresh = _locked(provider)
        _fill(fresh, changes)
        fresh.save(update_fields=sorted(changes))
    return fresh


def deactivate_provider(provider: Provider, *, by: User, at: datetime) -> Provider:
    """Take no more appointments for a provider. Those already booked stay, to be moved or cancelled."""
    return _set_active(provider, False)


def restore_provider(provider: Provider, *, by: User, at: datetime) -> Provider:
    """Take appointments for a provider again."""
    return _set_active(provider, True)


def _set_active(provider: Provider, is_active: bool) -> Provider:
    with transaction.atomic():
        fresh = _locked(provider)
        if fresh.is_active != is_active:
            fresh.is_active = is_active
            fresh.save(update_fields=["is_active"])
    return fresh


def _locked(provider: Provider) -> Provider:
    return Provider.objects.select_for_update(no_key=True, of=("self",)).get(pk=provider.pk)


def _fill(provider: Provider, changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        if name not in FIELDS:
            raise TypeError(f"A provider has no {name}.")
        setattr(provider, name, value.strip() if isinstance(value, str) else value)
    for field in Provider._meta.fields:
        value = getattr(provider, field.attname)
        if field.max_length and isinstance(value, str) and len(value) > field.max_length:
            raise BadProvider(_("This is too long."), field=field.name)
    if not provider.name:
        raise BadProvider(_("Give the provider a name."), field="name")
    if provider.colour not in Colour.values:
        raise BadProvider(_("There is no such colour."), field="colour")
    for kind, chosen in (("department", provider.department), ("room", provider.room)):
        place: Department | Room | None = chosen
        if place is not None and kind in changes and not place.is_active:
            raise BadProvider(_("“%(place)s” is out of use.") % {"place": place}, field=kind)
    if provider.user_id and Provider.objects.filter(user=provider.user_id).exclude(pk=provider.pk).exists():
        raise UserTaken(_("This member of staff is another provider already."))


def next_colour() -> str:
    """The palette in turn, so that neighbours on the day sheet differ."""
    return Colour.values[Provider.objects.count() % len(Colour.values)]
