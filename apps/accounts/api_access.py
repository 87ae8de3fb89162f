"""Who may call what through the API: a bearer token proves who, `Needs` says what they must be allowed."""

from typing import Any, cast

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer

from apps.accounts import tokens
from apps.accounts.models import User
from apps.core.api_access import Anybody, Needs

__all__ = ["Anybody", "BearerToken", "BearerTokenScheme", "Needs", "caller", "checked"]


def caller(request: Request) -> User:
    """Whoever holds the token."""
    return cast(User, request.user)


def checked(serializer: BaseSerializer[Any]) -> dict[str, Any]:
    """What was sent, once its shape is right. Raises ValidationError, answered 400 with field paths."""
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


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
