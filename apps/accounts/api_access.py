"""Who may call what through the API: a bearer token proves who, `Needs` says what they must be allowed."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apps.accounts import access, tokens
from apps.accounts.models import User


class BearerToken(BaseAuthentication):
    """`Authorization: Bearer <access token>`. Browsers' sessions are of no use here."""

    def authenticate(self, request: Request) -> tuple[User, tokens.AccessToken] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        if len(words) != 2:
            raise AuthenticationFailed("The Authorization header must be: Bearer <token>.")
        try:
            user, token = tokens.holder_of(words[1].decode("ascii"))
        except (tokens.BadToken, UnicodeDecodeError) as refusal:
            raise AuthenticationFailed("This access token is not valid here.", code="bad_token") from refusal
        user.act()
        return user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class BearerTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the token is described in the API's own description."""

    target_class = BearerToken
    name = "bearerToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


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
