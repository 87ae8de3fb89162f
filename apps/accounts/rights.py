"""What a person may do here: roles and permissions, read in one query and kept for the request."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import connection

from apps.core.connection import here

# One row for each role. Every request asks this, and an admin has some six hundred permissions: they come by their
# numbers, whose names this process remembers.
QUERY = """
    SELECT r.code, ARRAY(SELECT g.permission_id FROM auth_group_permissions g WHERE g.group_id = h.group_id)
      FROM accounts_roleholder h
      LEFT JOIN accounts_role r ON r.group_id = h.group_id
     WHERE h.user_id = %s
"""
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


def rights_of(user: Any) -> Rights:
    """The person's rights. Nothing for whoever is deactivated; kept on the object, which lives one request."""
    if not user.is_active or user.is_anonymous:
        return NONE
    rights: Rights | None = getattr(user, "_rights", None)
    if rights is None:
        with connection.cursor() as cursor:
            cursor.execute(QUERY, [user.pk])
            held = cursor.fetchall()
        roles = frozenset(code for code, _numbers in held if code)
        numbers = tuple(number for _code, some in held for number in some)
        rights = user._rights = Rights(roles, _named(here().clinic, numbers))
    return rights


@lru_cache(maxsize=512)
def _named(clinic: str, numbers: tuple[int, ...]) -> frozenset[str]:
    """The permissions of these numbers; the clinic's are read when one is not known yet."""
    known = _names.get(clinic, {})
    if not known.keys() >= set(numbers):
        with connection.cursor() as cursor:
            cursor.execute(NAMES)
            known = _names[clinic] = dict(cursor.fetchall())
    return frozenset(known[number] for number in numbers)


def forget(user: Any) -> None:
    """After a change of roles: ask again."""
    user.__dict__.pop("_rights", None)
