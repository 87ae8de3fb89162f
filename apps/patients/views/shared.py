"""What the pages of patients share."""

from typing import cast

from django.http import HttpRequest

from apps.accounts.models import User


def signed_in_as(request: HttpRequest) -> User:
    """The member of staff at the screen; `requires` has let nobody else in."""
    return cast(User, request.user)


def seen_version(request: HttpRequest) -> int:
    """The version that the form was filled in for; -1, which nothing has, where it does not say."""
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 9 else -1
