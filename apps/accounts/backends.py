"""Who somebody is (e-mail and password) and what they may do (roles only)."""

from typing import Any, cast
from uuid import UUID

from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import QuerySet

from apps.accounts.models import User
from apps.accounts.rights import held_by, keep, rights_of
from apps.core.prepared import prepared


class ClinicBackend(AuthenticationBackend):  # type: ignore[misc]
    """allauth's sign-in with our permissions: those of the person's roles, read with the person."""

    def _authenticate_by_email(self, email: str, password: str) -> User | None:  # private: pinned, tested
        """By the address that the person has now: allauth keeps a list of its own, where earlier ones stay."""
        user = User.objects.filter(email=User.objects.normalize_email(email)).first()
        return cast(User | None, self._check_password(user, password))

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return set() if obj is not None else set(rights_of(user_obj).permissions)

    get_group_permissions = get_all_permissions

    def get_user_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return set()

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        return obj is None and perm in rights_of(user_obj).permissions

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return any(name.startswith(f"{app_label}.") for name in rights_of(user_obj).permissions)

    def get_user(self, user_id: Any) -> User | None:
        user = _active.first(pk=user_id)
        return keep(user, user) if user else None


@prepared
def _active(*, pk: UUID) -> QuerySet[User]:
    return User.objects.filter(pk=pk, is_active=True).annotate(**held_by("pk")).order_by()
