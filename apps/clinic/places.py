"""Departments, sites and rooms."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.clinic.models import Department, Provider, Room, Site
from apps.clinic.signals import site_closed
from apps.core.refusals import Conflict, Refusal


class BadName(Refusal):
    code = "invalid_name"
    field = "name"


class NameTaken(Conflict):
    code = "name_taken"
    field = "name"


class StillUsed(Conflict):
    code = "still_used"


def add_department(*, by: User, at: datetime, name: str, position: int = 100) -> Department:
    """Open a department. Raises BadName, NameTaken."""
    with transaction.atomic():
        department = Department(name=_free_name(Department, name), position=position)
        department.save(force_insert=True)
    return department


def amend_department(department: Department, *, by: User, at: datetime, name: str, position: int) -> Department:
    """Rename a department or give it another place in lists. Raises BadName, NameTaken."""
    with transaction.atomic():
        fresh = Department.objects.select_for_update(no_key=True).get(pk=department.pk)
        fresh.name, fresh.position = _free_name(Department, name, besides=fresh), position
        fresh.save(update_fields=["name", "position"])
    return fresh


def close_department(department: Department, *, by: User, at: datetime) -> Department:
    """Take a department out of use; what happened there keeps its name. Raises StillUsed."""
    with transaction.atomic():
        fresh = Department.objects.select_for_update(no_key=True).get(pk=department.pk)
        if Provider.objects.filter(department=fresh, is_active=True).exists():
            raise StillUsed(_("Providers still work in this department: move them first."))
        fresh.is_active = False
        fresh.save(update_fields=["is_active"])
    return fresh


def reopen_department(department: Department, *, by: User, at: datetime) -> Department:
    """Use a department again."""
    with transaction.atomic():
        fresh = Department.objects.select_for_update(no_key=True).get(pk=department.pk)
        fresh.is_active = True
        fresh.save(update_fields=["is_active"])
    return fresh


def add_room(
    *, by: User, at: datetime, name: str, department: Department | None = None, site: Site | None = None
) -> Room:
    """Use a room. Raises BadName, NameTaken."""
    with transaction.atomic():
        room = Room(name=_free_name(Room, name), department=department, site=site)
        room.save(force_insert=True)
    return room


def amend_room(
    room: Room, *, by: User, at: datetime, name: str, department: Department | None, site: Site | None = None
) -> Room:
    """Rename a room, give it to another department or say at which site it is. Raises BadName, NameTaken."""
    with transaction.atomic():
        fresh = Room.objects.select_for_update(no_key=True).get(pk=room.pk)
        fresh.name, fresh.department, fresh.site = _free_name(Room, name, besides=fresh), department, site
        fresh.save(update_fields=["name", "department", "site"])
    return fresh


def close_room(room: Room, *, by: User, at: datetime) -> Room:
    """Take a room out of use. Raises StillUsed."""
    with transaction.atomic():
        fresh = Room.objects.select_for_update(no_key=True).get(pk=room.pk)
        if Provider.objects.filter(room=fresh, is_active=True).exists():
            raise StillUsed(_("Providers still see patients in this room: give them another first."))
        fresh.is_active = False
        fresh.save(update_fields=["is_active"])
    return fresh


def reopen_room(room: Room, *, by: User, at: datetime) -> Room:
    """Use a room again."""
    with transaction.atomic():
        fresh = Room.objects.select_for_update(no_key=True).get(pk=room.pk)
        fresh.is_active = True
        fresh.save(update_fields=["is_active"])
    return fresh


def add_site(*, by: User, at: datetime, name: str, address: str = "") -> Site:
    """See patients at one more place. Raises BadName, NameTaken."""
    with transaction.atomic():
        site = Site(name=_free_name(Site, name), address=_address(address))
        site.save(force_insert=True)
    return site


def amend_site(site: Site, *, by: User, at: datetime, name: str, address: str) -> Site:
    """Change a site's name or address. Raises BadName, NameTaken."""
    with transaction.atomic():
        fresh = Site.objects.select_for_update(no_key=True).get(pk=site.pk)
        fresh.name, fresh.address = _free_name(Site, name, besides=fresh), _address(address)
        fresh.save(update_fields=["name", "address"])
    return fresh


def close_site(site: Site, *, by: User, at: datetime) -> Site:
    """See patients there no longer; what happened there keeps its name. Raises StillUsed."""
    with transaction.atomic():
        fresh = Site.objects.select_for_update(no_key=True).get(pk=site.pk)
        if Room.objects.filter(site=fresh, is_active=True).exists():
            raise StillUsed(_("Rooms are in use at this site: close them, or move them first."))
        fresh.is_active = False
        fresh.save(update_fields=["is_active"])
        site_closed.send(Site, site=fresh, by=by, at=at)
    return fresh


def reopen_site(site: Site, *, by: User, at: datetime) -> Site:
    """See patients there again."""
    with transaction.atomic():
        fresh = Site.objects.select_for_update(no_key=True).get(pk=site.pk)
        fresh.is_active = True
        fresh.save(update_fields=["is_active"])
    return fresh


def _address(text: str) -> str:
    text = text.strip()
    if len(text) > 500:
        raise BadName(_("This is too long."), field="address")
    return text


def _free_name(
    model: type[Department] | type[Room] | type[Site], name: str, *, besides: Department | Room | Site | None = None
) -> str:
    name = name.strip()
    if not name or len(name) > 80:
        raise BadName(_("Give a name of at most 80 letters."))
    others = model.objects.filter(name__iexact=name)
    if (others.exclude(pk=besides.pk) if besides else others).exists():
        raise NameTaken(_("“%(name)s” exists already.") % {"name": name})
    return name
