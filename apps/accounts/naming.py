"""What the people who sign in are called, for those who know them only by id (the trail, the books)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse

from apps.accounts.models import User
from apps.core.naming import Name


def name_staff(ids: set[UUID], reader: Any) -> Mapping[UUID, Name]:
    """Staff by name; a link for whoever may see the staff list."""
    may_see = reader.has_perm("accounts.view_staff")
    return {
        person.pk: Name(str(person), reverse("accounts:member", args=[person.pk]) if may_see else "")
        for person in User.objects.filter(pk__in=ids).only("full_name", "email")
    }
