"""Tokens through the API: obtain, refresh, revoke; and who one is."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core import ratelimit
from django.core.exceptions import ValidationError
from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import sign_ins, tokens
from apps.accounts.api_access import Anybody, Needs
from apps.accounts.models import SignIn, User
from apps.core import clock
from apps.core.problems import problem_response


class CredentialsSerializer(serializers.Serializer[Any]):
    """Who one is, once."""

    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=200, trim_whitespace=False, style={"input_type": "password"})


class RefreshSerializer(serializers.Serializer[Any]):
    """A refresh token that has not been used yet."""

    refresh = serializers.CharField(max_length=4000)


class RevocationSerializer(serializers.Serializer[Any]):
    """Either token of the session that is to end."""

    token = serializers.CharField(max_length=4000)


class PairSerializer(serializers.Serializer[Any]):
    """An access token for the next minutes, and a refresh token for one more pair."""

    access = serializers.CharField()
    refresh = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds until the access token ends.")
    token_type = serializers.CharField(default="Bearer")


class MeSerializer(serializers.Serializer[Any]):
    """The holder of the token."""

    id = serializers.UUIDField()
    tenant_id = serializers.UUIDField(help_text="The clinic that this person belongs to (FR-M01).")
    email = serializers.EmailField()
    full_name = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField(), source="role_codes")


class UserSerializer(serializers.ModelSerializer[User]):
    """Somebody who works here."""

    roles = serializers.SerializerMethodField(help_text="The codes of the roles that the person holds.")

    class Meta:
        model = User
        fields = ("id", "tenant_id", "email", "full_name", "is_active", "joined_at", "last_login", "roles")
        read_only_fields = fields

    def get_roles(self, user: User) -> list[str]:
        return sorted(group.role.code for group in user.groups.all() if hasattr(group, "role"))


class Users(ListAPIView):  # type: ignore[type-arg]  # a generic only to the type checker
    """Who works here, and as what."""

    permission_classes: list[Any] = [Needs("accounts.view_staff")]
    serializer_class = UserSerializer
    queryset = User.objects.prefetch_related("groups__role").order_by("full_name", "pk")
    filterset_fields = ("is_active",)


class Obtain(APIView):
    """Obtain a pair of tokens with e-mail and password."""

    authentication_classes: list[Any] = []
    permission_classes = [Anybody]

    @extend_schema(operation_id="token_obtain", request=CredentialsSerializer, responses=PairSerializer)
    def post(self, request: Request) -> Response:
        asked = CredentialsSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        too_many = problem_response(429, _("Too many sign-ins. Try again in a few minutes."), code="too_many")
        too_many["Retry-After"] = "300"
        if not ratelimit.consume(request._request, action="login"):
            return too_many
        try:  # the same limits as on the sign-in page, shared with it
            user = get_adapter().authenticate(request._request, **asked.validated_data)
        except ValidationError:
            return too_many
        if user is None or not user.is_active:
            return _unauthorised(_("E-mail address or password is wrong."), "bad_credentials")
        user.act()
        sign_ins.note(request._request, SignIn.Outcome.SIGNED_IN, user=user)
        return _answer(tokens.begin(user, at=clock.now()))


class Refresh(APIView):
    """Exchange a refresh token for the next pair. Each is good once; a used one ends its session."""

    authentication_classes: list[Any] = []
    permission_classes = [Anybody]

    @extend_schema(operation_id="token_refresh", request=RefreshSerializer, responses=PairSerializer)
    def post(self, request: Request) -> Response:
        asked = RefreshSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            pair = tokens.refresh(asked.validated_data["refresh"], at=clock.now())
        except tokens.BadToken:
            # Answered, not raised: the end of a session whose token was stolen must be committed.
            return _unauthorised(_("This refresh token is not valid here."), "bad_token")
        return _answer(pair)


class Revoke(APIView):
    """End a session, given either of its tokens. An unknown token is answered alike (RFC 7009)."""

    authentication_classes: list[Any] = []
    permission_classes = [Anybody]

    @extend_schema(operation_id="token_revoke", request=RevocationSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        asked = RevocationSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        tokens.revoke(asked.validated_data["token"], at=clock.now())
        return Response(status=204)


class Me(APIView):
    """Who the token belongs to."""

    permission_classes = [IsAuthenticated]

    @extend_schema(operation_id="me", responses=MeSerializer)
    def get(self, request: Request) -> Response:
        return Response(MeSerializer(request.user).data)


def _answer(pair: tokens.Pair) -> Response:
    response = Response(
        {"access": pair.access, "refresh": pair.refresh, "expires_in": pair.expires_in, "token_type": "Bearer"}
    )
    response["Cache-Control"] = "no-store"
    return response


def _unauthorised(words: str, code: str) -> Response:
    response = problem_response(401, words, code=code)
    response["WWW-Authenticate"] = 'Bearer realm="api"'
    return response


urlpatterns: list[URLPattern | URLResolver] = [
    path("token/", Obtain.as_view(), name="api-token"),
    path("token/refresh/", Refresh.as_view(), name="api-token-refresh"),
    path("token/revocation/", Revoke.as_view(), name="api-token-revocation"),
    path("users/", Users.as_view(), name="api-users"),
    path("me/", Me.as_view(), name="api-me"),
]
