"""What a person may do here: roles and permissions, read with the person and kept for the request."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.apps import apps
from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Func, OuterRef, QuerySet, TextField, Value

from apps.core.connection import here
from apps.core.prepared import prepared

NAMES = """
    SELECT p.id, c.app_label || '.' || p.codename
      FROM auth_permission p JOIN django_content_type c ON c.id = p.content_type_id
"""
# By clinic. A number is never given twice, and whatever is called anew comes with a new version of the house.
_names: dict[str, dict[int, str]] = {}


@dataclass(frozen=True, slots=True)
class Rights:
    """The codes of somebody's roles and the names of their permissions."""

    roles: frozenset[str]
    permissions: frozenset[str]


NONE = Rights(frozenset(), frozenset())


def held_by(user: str) -> dict[str, Any]:
    """Annotations that bring along what the person with this key holds, for `keep`.

    Every request asks this, and an admin has some six hundred permissions: they come by their numbers, whose names this
    process remembers, and in one text, which is read when it is a new one.
    """
    holders = apps.get_model("accounts", "RoleHolder").objects.filter(user=OuterRef(user)).order_by()
    permissions = holders.filter(group__permissions__isnull=False).values("group__permissions")
    return {
        "held_roles": _listed(holders.filter(group__role__isnull=False).values("group__role__code")),
        "held_permissions": _listed(permissions),
    }


def _listed(rows: QuerySet[Any]) -> Any:
    """What the rows say, in one text with commas."""
    return Func(ArraySubquery(rows), Value(","), function="array_to_string", output_field=TextField())


def keep(user: Any, held: Any) -> Any:
    """The same person, whose rights came with a row that is annotated by `held_by`."""
    user._rights = Rights(_codes(held.held_roles), _named(here().clinic, held.held_permissions))
    return user


def rights_of(user: Any) -> Rights:
    """The person's rights. Nothing for whoever is deactivated; kept on the object, which lives one request."""
    if not user.is_active or user.is_anonymous:
        return NONE
    if not hasattr(user, "_rights"):
        held = _held.first(pk=user.pk)
        if held is None:
            return NONE
        keep(user, held)
    rights: Rights = user._rights
    return rights


@prepared
def _held(*, pk: Any) -> QuerySet[Any]:
    return apps.get_model("accounts", "User").objects.filter(pk=pk).only("pk").annotate(**held_by("pk"))


@lru_cache(maxsize=512)
def _codes(listed: str) -> frozenset[str]:
    return frozenset(listed.split(",")) if listed else frozenset()


@lru_cache(maxsize=512)
def _named(clinic: str, listed: str) -> frozenset[str]:
    """The permissions of these numbers; the clinic's are read when one is not known yet."""
    numbers = [int(number) for number in _codes(listed)]
    known = _names.get(clinic, {})
    if not known.keys() >= set(numbers):
        with connection.cursor() as cursor:
            cursor.execute(NAMES)
            known = _names[clinic] = dict(cursor.fetchall())
    return frozenset(known[number] for number in numbers)


def forget(user: Any) -> None:
    """After a change of roles: ask again."""
    user.__dict__.pop("_rights", None)
