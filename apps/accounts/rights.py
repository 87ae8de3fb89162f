"""What a person may do here: roles and permissions, read in one query and kept for the request."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

# One row for each role. Every request asks this, and an admin has some six hundred permissions: they are found by their
# numbers in one go and come as one array, which takes a quarter of the time of joining and sorting them.
QUERY = """
    SELECT r.code,
           ARRAY(SELECT c.app_label || '.' || p.codename
                   FROM auth_permission p JOIN django_content_type c ON c.id = p.content_type_id
                  WHERE p.id = ANY (ARRAY(SELECT g.permission_id FROM auth_group_permissions g
                                           WHERE g.group_id = h.group_id)))
      FROM accounts_roleholder h
      LEFT JOIN accounts_role r ON r.group_id = h.group_id
     WHERE h.user_id = %s
"""


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
        roles = frozenset(code for code, _permissions in held if code)
        rights = user._rights = Rights(roles, frozenset().union(*(permissions for _code, permissions in held)))
    return rights


def forget(user: Any) -> None:
    """After a change of roles: ask again."""
    user.__dict__.pop("_rights", None)
