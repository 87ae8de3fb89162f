"""Departments, sites and rooms."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.clinic.models import Department, Provider, Room, Site
from apps.clinic.signals import site_closed
from apps.core.refusals import Conflict, Refusal

P = TypeVar("P", Department, Room, Site)


class BadName(Refusal):
    code = "invalid_name"
    field = "name"


class NameTaken(Conflict):
    code = "name_taken"
    field = "name"


class StillUsed(Conflict):
    code = "still_used"


class OutOfUse(Conflict):
    code = "out_of_use"


def add_department(*, by: User, at: datetime, name: str, position: int = 100) -> Department:
    """Open a department. Raises BadName, NameTaken."""
    return _added(Department, name=name, position=position)


def amend_department(department: Department, *, by: User, at: datetime, **changes: Any) -> Department:
    """Rename a department or give it another place in lists: `name`, `position`. Raises BadName, NameTaken."""
    return _amended(department, changes)


def add_room(
    *, by: User, at: datetime, name: str, department: Department | None = None, site: Site | None = None
) -> Room:
    """Use a room. Raises BadName, NameTaken, OutOfUse."""
    _refuse_closed(department=department, site=site)
    return _added(Room, name=name, department=department, site=site)


def amend_room(room: Room, *, by: User, at: datetime, **changes: Any) -> Room:
    """Rename a room, give it to another department or say at which site it is: `name`, `department`, `site`.
    Raises BadName, NameTaken, OutOfUse."""
    _refuse_closed(
        **{kind: place for kind, place in changes.items() if kind != "name" and place != getattr(room, kind)}
    )
    return _amended(room, changes)


def add_site(*, by: User, at: datetime, name: str, address: str = "") -> Site:
    """See patients at one more place. Raises BadName, NameTaken."""
    return _added(Site, name=name, address=_address(address))


def amend_site(site: Site, *, by: User, at: datetime, **changes: Any) -> Site:
    """Change a site's `name` or `address`. Raises BadName, NameTaken."""
    if "address" in changes:
        changes["address"] = _address(changes["address"])
    return _amended(site, changes)


def close(place: P, *, by: User, at: datetime) -> P:
    """Take a place out of use; what happened there keeps its name. Raises StillUsed."""
    with transaction.atomic():
        fresh = _locked(place)
        _refuse_used(fresh)
        fresh.is_active = False
        fresh.save(update_fields=["is_active"])
        if isinstance(fresh, Site):
            site_closed.send(Site, site=fresh, by=by, at=at)
    return fresh


def reopen(place: P, *, by: User, at: datetime) -> P:
    """Use a place again."""
    with transaction.atomic():
        fresh = _locked(place)
        fresh.is_active = True
        fresh.save(update_fields=["is_active"])
    return fresh


def _added(kind: type[P], *, name: str, **details: Any) -> P:
    with transaction.atomic():
        place = kind(name=_free_name(kind, name), **details)
        with _once_by_name(place):
            place.save(force_insert=True)
    return place


def _amended(place: P, changes: dict[str, Any]) -> P:
    with transaction.atomic():
        fresh = _locked(place)
        if "name" in changes:
            changes = {**changes, "name": _free_name(type(place), changes["name"], besides=fresh)}
        for field, value in changes.items():
            setattr(fresh, field, value)
        with _once_by_name(fresh):
            fresh.save(update_fields=sorted(changes))
    return fresh


def _locked(place: P) -> P:
    return type(place).objects.select_for_update(no_key=True).get(pk=place.pk)


def _refuse_used(place: Department | Room | Site) -> None:
    if isinstance(place, Site) and place.rooms.filter(is_active=True).exists():
        raise StillUsed(_("Rooms are in use at this site: close them, or move them first."))
    if isinstance(place, Department) and Provider.objects.filter(department=place, is_active=True).exists():
        raise StillUsed(_("Providers still work in this department: move them first."))
    if isinstance(place, Room) and Provider.objects.filter(room=place, is_active=True).exists():
        raise StillUsed(_("Providers still see patients in this room: give them another first."))


def _refuse_closed(**chosen: Department | Site | None) -> None:
    for kind, place in chosen.items():
        if place is not None and not place.is_active:
            raise OutOfUse(_("“%(place)s” is out of use.") % {"place": place}, field=kind)


def _address(text: str) -> str:
    text = text.strip()
    if len(text) > 500:
        raise BadName(_("This is too long."), field="address")
    return text


@contextmanager
def _once_by_name(place: Department | Room | Site) -> Iterator[None]:
    """A second click, or two admins at one moment: the database lets one of them through."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "_name_once" in str(error):
            raise _taken(place.name) from None
        raise


def _taken(name: str) -> NameTaken:
    return NameTaken(_("“%(name)s” exists already.") % {"name": name})


def _free_name(kind: type[P], name: str, *, besides: P | None = None) -> str:
    name = name.strip()
    if not name or len(name) > 80:
        raise BadName(_("Give a name of at most 80 letters."))
    others = kind.objects.filter(name__iexact=name)
    if (others.exclude(pk=besides.pk) if besides else others).exists():
        raise _taken(name)
    return name
