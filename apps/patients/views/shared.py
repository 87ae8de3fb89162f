"""What the pages of patients share."""

from typing import cast

from django.http import HttpRequest

from apps.accounts.models import User


def signed_in_as(request: HttpRequest) -> User:
    """The member of staff at the screen; `requires` has let nobody else in."""
    return cast(User, request.user)
