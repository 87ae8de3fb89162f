"""What a person may do here: roles and permissions, read in one query and kept for the request."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

# One row whatever the person holds: the day sheet has better things to do than to fetch a hundred permissions.
QUERY = """
    SELECT coalesce(array_agg(DISTINCT r.code) FILTER (WHERE r.code IS NOT NULL), '{}'),
           coalesce(array_agg(DISTINCT c.app_label || '.' || p.codename) FILTER (WHERE p.id IS NOT NULL), '{}')
      FROM accounts_roleholder h
      LEFT JOIN accounts_role r ON r.group_id = h.group_id
      LEFT JOIN auth_group_permissions g ON g.group_id = h.group_id
      LEFT JOIN auth_permission p ON p.id = g.permission_id
      LEFT JOIN django_content_type c ON c.id = p.content_type_id
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
            roles, permissions = cursor.fetchone()
        rights = user._rights = Rights(frozenset(roles), frozenset(permissions))
    return rights


def forget(user: Any) -> None:
    """After a change of roles: ask again."""
    user.__dict__.pop("_rights", None)
