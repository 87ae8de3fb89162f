"""Tokens of the API: short-lived access tokens signed with the clinic's own key, and rotating refresh tokens.

Not a library's: those that were tried accepted another clinic's token. Here the key, the issuer and the audience are
the clinic's, and all three are checked before anything is looked up. Every token names its session, so that
revoking the session, or deactivating the person, ends it at once.
"""

import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from jwt.utils import base64url_decode

from apps.accounts.models import ApiSession, User
from apps.accounts.rights import held_by, keep
from apps.core.connection import here
from apps.core.encryption import keyring
from apps.core.prepared import prepared

ALGORITHM = "EdDSA"
ACCESS_LIFETIME = timedelta(minutes=10)
REFRESH_LIFETIME = timedelta(days=14)
CLAIMS = ["iss", "aud", "sub", "sid", "jti", "iat", "exp", "typ"]
LEEWAY = 5  # seconds that two clocks of one installation may differ
KEPT_PROVED = 1_000  # tokens of a clinic, of 1 KB each


class BadToken(Exception):
    """Forged, expired, revoked, or another clinic's. Which of them is nobody's business."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a valid access token says."""

    session_id: UUID
    user_id: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Pair:
    """What a caller gets: an access token for the next minutes and a refresh token for one more pair."""

    access: str
    refresh: str
    expires_in: int


def begin(user: User, *, at: datetime) -> Pair:
    """A new API session for somebody who has just proved who they are."""
    nonce = secrets.token_urlsafe(24)
    session = ApiSession.objects.create(
        user=user, refresh_hash=_hash(nonce), created_at=at, used_at=at, expires_at=at + REFRESH_LIFETIME
    )
    return _pair(session, nonce, at=at)


def refresh(token: str, *, at: datetime) -> Pair:
    """The next pair of the session. Raises BadToken.

    A refresh token is good once. If an old one comes back, two people hold the session's tokens and
    nobody can say which is the thief: the session ends, and `BadToken` must not roll that back.
    """
    claims = _read(token, kind="refresh")
    with transaction.atomic():
        session = (
            ApiSession.objects.select_for_update(of=("self",)).select_related("user").filter(pk=claims["sid"]).first()
        )
        usable = session is not None and _is_usable(session, at=at) and str(session.user_id) == claims["sub"]
        if session is not None and usable:
            if hmac.compare_digest(bytes(session.refresh_hash), _hash(claims["jti"])):
                nonce = secrets.token_urlsafe(24)
                session.refresh_hash, session.used_at = _hash(nonce), at
                session.expires_at = at + REFRESH_LIFETIME
                session.save(update_fields=["refresh_hash", "used_at", "expires_at"])
                return _pair(session, nonce, at=at)
            _end(session, at=at, because="refresh token used twice")
    raise BadToken


def revoke(token: str, *, at: datetime) -> None:
    """End the session that a refresh or access token belongs to. An unknown token is not an error (RFC 7009)."""
    try:
        claims = _read(token, kind=None)
    except BadToken:
        return
    with transaction.atomic():
        session = ApiSession.objects.select_for_update().filter(pk=claims["sid"], revoked_at=None).first()
        if session:
            _end(session, at=at, because="revoked by its holder")


def end_all(user: User, *, at: datetime, because: str) -> int:
    """End every API session of a person; how many there were."""
    return ApiSession.objects.filter(user=user, revoked_at=None).update(revoked_at=at, revoked_because=because)


def holder_of(token: str) -> tuple[User, AccessToken]:
    """Whose access token this is. Raises BadToken. One query, made only after the signature has proved the clinic."""
    claims = _read_access(token)
    session = _session.first(pk=UUID(claims["sid"]))
    expires_at = datetime.fromtimestamp(claims["exp"], tz=UTC)
    issued_at = datetime.fromtimestamp(claims["iat"], tz=UTC)
    if session is None or not _is_usable(session, at=issued_at) or str(session.user_id) != claims["sub"]:
        raise BadToken
    return keep(session.user, session), AccessToken(session.pk, session.user_id, expires_at)


@prepared
def _session(*, pk: Any) -> QuerySet[ApiSession]:
    rows = ApiSession.objects.select_related("user").filter(pk=pk).order_by()
    return rows.annotate(**held_by("user_id"))


def _pair(session: ApiSession, nonce: str, *, at: datetime) -> Pair:
    return Pair(
        access=_write(session, "access", jti=secrets.token_urlsafe(12), at=at, lifetime=ACCESS_LIFETIME),
        refresh=_write(session, "refresh", jti=nonce, at=at, lifetime=REFRESH_LIFETIME),
        expires_in=int(ACCESS_LIFETIME.total_seconds()),
    )


def _write(session: ApiSession, kind: str, *, jti: str, at: datetime, lifetime: timedelta) -> str:
    key = keyring().signing_key()
    claims = {
        "iss": _issuer(),
        "aud": _audience(),
        "sub": str(session.user_id),
        "sid": str(session.pk),
        "jti": jti,
        "iat": at,
        "exp": at + lifetime,
        "typ": kind,
    }
    return jwt.encode(claims, key.private, algorithm=ALGORITHM, headers={"kid": key.kid})


def _read(token: str, *, kind: str | None) -> dict[str, Any]:
    """The claims of a token that this clinic has signed for itself. Looks nothing up."""
    try:
        kid = json.loads(base64url_decode(token.partition(".")[0])).get("kid")  # only says which key is to prove it
        key = keyring().verifying_keys().get(str(kid))
        if key is None:
            raise BadToken
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=_audience(),
            issuer=_issuer(),
            leeway=LEEWAY,
            options={"require": CLAIMS},
        )
        UUID(claims["sid"]), UUID(claims["sub"])
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError, RecursionError) as problem:
        raise BadToken from problem
    if kind is not None and claims["typ"] != kind:
        raise BadToken
    return claims


def _read_access(token: str) -> dict[str, Any]:
    """As ``_read``, of an access token: each of its requests brings it along, and its signature is verified once."""
    proved = keyring().proved
    claims = proved.get(token)
    if claims is None:
        claims = _read(token, kind="access")
        if len(proved) >= KEPT_PROVED:
            proved.clear()
        proved[token] = claims
    elif claims["exp"] <= time.time() - LEEWAY:
        raise BadToken
    return claims


def _is_usable(session: ApiSession, *, at: datetime) -> bool:
    return session.revoked_at is None and session.expires_at > at and session.user.is_active


def _end(session: ApiSession, *, at: datetime, because: str) -> None:
    session.revoked_at, session.revoked_because = at, because
    session.save(update_fields=["revoked_at", "revoked_because"])


def _hash(nonce: str) -> bytes:
    return hashlib.sha256(nonce.encode()).digest()


def _audience() -> str:
    """The clinic that the transaction is in: the host has decided it, no token can."""
    return f"hpms:{here().clinic}"


def _issuer() -> str:
    return f"{settings.HPMS_DOMAIN}/{here().clinic}"
