"""A person's password, and what ends when it changes."""

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.exceptions import ValidationError
from django.db import transaction

from apps.accounts import tokens
from apps.accounts.models import User, new_stamp
from apps.core.refusals import Refusal


class WeakPassword(Refusal):
    """The password would be guessed."""

    code = "weak_password"
    field = "password1"


class ResetLinks(PasswordResetTokenGenerator):
    """A link to choose a new password by ends with the sessions and all other links: it holds the stamp (models.py)."""

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.stamp}"


def choose(user: User, password: str, *, at: datetime) -> User:
    """From now on this is the password: every other session, token and link of the person ends.

    Raises WeakPassword.
    """
    try:
        validate_password(password, user)
    except ValidationError as problem:
        raise WeakPassword(" ".join(problem.messages)) from problem
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        user.set_password(password)
        user.stamp = new_stamp()
        user.joined_at = user.joined_at or at
        user.save(update_fields=["password", "stamp", "joined_at"])
        tokens.end_all(user, at=at, because="password changed")
    return user
