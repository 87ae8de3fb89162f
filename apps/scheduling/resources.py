"""The rooms and equipment that can be booked, and which kinds of appointments need them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.refusals import Conflict, Refusal
from apps.scheduling.models import AppointmentType, Need, Resource, Sort

FIELDS = ("name", "kind", "sort")


class BadResource(Refusal):
    code = "invalid_resource"


class ResourceNameTaken(Conflict):
    code = "name_taken"
    field = "name"


class NoSuchKind(Refusal):
    code = "no_such_kind"
    field = "required"


def add_resource(*, by: User, at: datetime, name: str, kind: str = "", sort: str = Sort.ROOM) -> Resource:
    """Let a room or a piece of equipment be booked. Without a kind it is the only one of its kind.
    Raises BadResource, ResourceNameTaken."""
    with transaction.atomic():
        made = Resource()
        _fill(made, {"name": name, "kind": kind, "sort": sort})
        made.save(force_insert=True)
    return made


def amend_resource(resource: Resource, *, by: User, at: datetime, **changes: Any) -> Resource:
    """Rename it or say of which kind it is; appointments that have it keep it.
    Raises BadResource, ResourceNameTaken."""
    with transaction.atomic():
        fresh = Resource.objects.select_for_update(no_key=True).get(pk=resource.pk)
        _fill(fresh, {name: getattr(fresh, name) for name in FIELDS} | changes)
        fresh.save(update_fields=list(FIELDS))
    return fresh


def close_resource(resource: Resource, *, by: User, at: datetime) -> Resource:
    """Book it no longer; appointments that have it keep it."""
    return _set_active(resource, False)


def reopen_resource(resource: Resource, *, by: User, at: datetime) -> Resource:
    """Book it again."""
    return _set_active(resource, True)


def set_needs(
    appointment_type: AppointmentType,
    *,
    required: Collection[str],
    proposed: Collection[str] = (),
    by: User,
    at: datetime,
) -> list[Need]:
    """Say what a kind of appointment needs: one of each `required` kind, or it is not booked; one of each `proposed`
    kind, where one is free. Booked appointments stay as they are. Raises NoSuchKind."""
    wanted = dict.fromkeys(proposed, False) | dict.fromkeys(required, True)
    with transaction.atomic():
        AppointmentType.objects.select_for_update(no_key=True).get(pk=appointment_type.pk)
        unknown = set(wanted) - set(Resource.objects.filter(kind__in=wanted).values_list("kind", flat=True))
        if unknown:
            raise NoSuchKind(_("There is no %(kind)s: add one first.") % {"kind": sorted(unknown)[0]})
        Need.objects.filter(appointment_type=appointment_type).exclude(kind__in=wanted).delete()
        for kind, is_required in wanted.items():
            Need.objects.update_or_create(
                appointment_type=appointment_type, kind=kind, defaults={"is_required": is_required}
            )
    return list(Need.objects.filter(appointment_type=appointment_type))


def kinds() -> list[str]:
    """The kinds of rooms and equipment that there are."""
    return sorted(set(Resource.objects.values_list("kind", flat=True)), key=str.casefold)


def _set_active(resource: Resource, is_active: bool) -> Resource:
    with transaction.atomic():
        fresh = Resource.objects.select_for_update(no_key=True).get(pk=resource.pk)
        fresh.is_active = is_active
        fresh.save(update_fields=["is_active"])
    return fresh


def _fill(made: Resource, changes: dict[str, Any]) -> None:
    for field, value in changes.items():
        if field not in FIELDS:
            raise TypeError(f"A resource has no {field}.")
        setattr(made, field, str(value).strip())
    made.kind = made.kind or made.name
    if not made.name or len(made.name) > 80:
        raise BadResource(_("Give a name of at most 80 letters."), field="name")
    if len(made.kind) > 80:
        raise BadResource(_("This is too long."), field="kind")
    if made.sort not in Sort.values:
        raise BadResource(_("Choose room or equipment."), field="sort")
    if Resource.objects.filter(name__iexact=made.name).exclude(pk=made.pk).exists():
        raise ResourceNameTaken(_("“%(name)s” exists already.") % {"name": made.name})
    like = Resource.objects.filter(kind__iexact=made.kind).exclude(pk=made.pk).first()
    made.kind = like.kind if like else made.kind  # one spelling
