"""Who may open a page: `requires`, `signed_in`, `open_to_all`. They stand in core, where the trail can use them too."""

from typing import TYPE_CHECKING

from django.http import HttpRequest

from apps.core.access import (
    OPEN,
    SIGNED_IN,
    is_guarded_elsewhere,
    is_marked,
    may,
    open_to_all,
    requires,
    signed_in,
    to_sign_in,
)

if TYPE_CHECKING:
    from apps.accounts.models import User

__all__ = [
    "OPEN",
    "SIGNED_IN",
    "StaffRequest",
    "is_guarded_elsewhere",
    "is_marked",
    "may",
    "open_to_all",
    "requires",
    "signed_in",
    "to_sign_in",
]


class StaffRequest(HttpRequest):
    """What a guarded view is given: a request of somebody who works here (for annotations)."""

    user: "User"
