"""Who may call what through the API. All but the trail know it as ``apps.accounts.api_access``."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apps.core import access


class Needs(BasePermission):
    """`permission_classes = [Needs("patients.view_patient", POST="patients.register_patient")]`.

    One permission for every method, others by method name or by a view set's action. Used bare, as the default
    of the whole API, it refuses: a view that does not say what it needs is closed to everybody.
    """

    def __init__(self, permission: str = "", **by_method: str) -> None:
        self.permission = permission
        self.by_method = by_method

    def __call__(self) -> "Needs":
        """Django REST framework makes an instance of each permission class: this already is one."""
        return self

    def has_permission(self, request: Request, view: Any) -> bool:
        wanted = self.wanted(request.method or "", getattr(view, "action", None))
        return bool(request.user and request.user.is_authenticated and wanted and access.may(request.user, wanted))

    def wanted(self, method: str, action: str | None) -> str:
        method = "GET" if method in {"HEAD", "OPTIONS"} else method
        return self.by_method.get(action or "", "") or self.by_method.get(method, self.permission)


class Anybody(BasePermission):
    """Open to callers without a token: obtaining one."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return True
