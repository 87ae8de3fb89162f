"""Public screens and the letters on tokens: hung up, taken down and chosen by the clinic."""

import hashlib
import re
import secrets
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.clinic.models import Department, Provider
from apps.core.refusals import Conflict, Refusal
from apps.scheduling.models import TokenPrefix, WaitingScreen
from apps.scheduling.models.arrival import Appearance

SECRET_BYTES = 32
LETTERS = re.compile(r"[A-Z]{1,3}")


class NameMissing(Refusal):
    code = "name_missing"
    field = "name"
    message = _("Say where the screen hangs, in at most 80 letters.")


class AppearanceUnknown(Refusal):
    code = "appearance_unknown"
    field = "appearance"
    message = _("Choose dark or light.")


class DownAlready(Conflict):
    code = "screen_is_down"
    message = _("This screen has been taken down already.")


class BadLetters(Refusal):
    code = "invalid_letters"
    field = "letters"
    message = _("One to three letters from A to Z.")


@transaction.atomic
def hang_up(
    *,
    name: str,
    by: User,
    at: datetime,
    department: Department | None = None,
    appearance: str = Appearance.DARK,
    chimes: bool = False,
) -> tuple[WaitingScreen, str]:
    """A new screen and the secret of its address, which is told this once and kept nowhere.

    Raises NameMissing, AppearanceUnknown.
    """
    name = name.strip()
    if not 0 < len(name) <= 80:
        raise NameMissing
    if appearance not in Appearance.values:
        raise AppearanceUnknown
    secret = secrets.token_urlsafe(SECRET_BYTES)
    screen = WaitingScreen.objects.create(
        name=name,
        secret_hash=_hash(secret),
        department=department,
        appearance=appearance,
        chimes=chimes,
        hung_at=at,
        hung_by=by,
    )
    return screen, secret


@transaction.atomic
def take_down(screen: WaitingScreen, *, by: User, at: datetime) -> WaitingScreen:
    """Its address leads nowhere from now on. Raises DownAlready."""
    fresh = WaitingScreen.objects.select_for_update().get(pk=screen.pk)
    if fresh.revoked_at is not None:
        raise DownAlready
    fresh.revoked_at, fresh.revoked_by = at, by
    fresh.save(update_fields=["revoked_at", "revoked_by"])
    return fresh


def by_secret(secret: str) -> WaitingScreen | None:
    """The screen at this address, if it hangs still."""
    return WaitingScreen.objects.filter(secret_hash=_hash(secret), revoked_at=None).first()


@transaction.atomic
def choose_letters(of: Department | Provider, letters: str, *, by: User, at: datetime) -> TokenPrefix | None:
    """What stands before the tokens of a department or a provider from now on; empty: as the rest of the house.

    Raises BadLetters.
    """
    letters = letters.strip().upper()
    if letters and not LETTERS.fullmatch(letters):
        raise BadLetters
    theirs = {"department": of} if isinstance(of, Department) else {"provider": of}
    if not letters:
        TokenPrefix.objects.filter(**theirs).delete()
        return None
    return TokenPrefix.objects.update_or_create(**theirs, defaults={"letters": letters})[0]


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
