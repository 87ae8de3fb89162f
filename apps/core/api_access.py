"""Who may call what through the API. All but the trail know it as ``apps.accounts.api_access``."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apps.core import access


class Needs(BasePermission):
    """`permission_classes = [Needs("patients.view_patient", POST="patients.register_patient")]`.

    Any one of the permissions for every method, others by method name or by a view set's action. Used bare, as the
    default of the whole API, it refuses: a view that does not say what it needs is closed to everybody.
    """

    def __init__(self, *permissions: str, **by_method: str) -> None:
        self.permissions = permissions
        self.by_method = by_method

    def __call__(self) -> "Needs":
        """Django REST framework makes an instance of each permission class: this already is one."""
        return self

    def has_permission(self, request: Request, view: Any) -> bool:
        wanted = self.wanted(request.method or "", getattr(view, "action", None))
        return bool(request.user and request.user.is_authenticated and access.may(request.user, *wanted))

    def wanted(self, method: str, action: str | None) -> tuple[str, ...]:
        """The permissions of which one is needed; none means that nobody may."""
        method = "GET" if method in {"HEAD", "OPTIONS"} else method
        one = self.by_method.get(action or "") or self.by_method.get(method)
        return (one,) if one else self.permissions


class Anybody(BasePermission):
    """Open to callers without a token: obtaining one."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return True
