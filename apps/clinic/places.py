"""Departments and rooms."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.clinic.models import Department, Provider, Room
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


def add_room(*, by: User, at: datetime, name: str, department: Department | None = None) -> Room:
    """Use a room. Raises BadName, NameTaken."""
    with transaction.atomic():
        room = Room(name=_free_name(Room, name), department=department)
        room.save(force_insert=True)
    return room


def amend_room(room: Room, *, by: User, at: datetime, name: str, department: Department | None) -> Room:
    """Rename a room or give it to another department. Raises BadName, NameTaken."""
    with transaction.atomic():
        fresh = Room.objects.select_for_update(no_key=True).get(pk=room.pk)
        fresh.name, fresh.department = _free_name(Room, name, besides=fresh), department
        fresh.save(update_fields=["name", "department"])
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


def _free_name(model: type[Department] | type[Room], name: str, *, besides: Department | Room | None = None) -> str:
    name = name.strip()
    if not name or len(name) > 80:
        raise BadName(_("Give a name of at most 80 letters."))
    others = model.objects.filter(name__iexact=name)
    if (others.exclude(pk=besides.pk) if besides else others).exists():
        raise NameTaken(_("“%(name)s” exists already.") % {"name": name})
    return name
