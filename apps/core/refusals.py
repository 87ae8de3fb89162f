"""How a rule says no: one family of exceptions, worded for the person at the desk.

A rule defines its own refusal beside itself::

    class ProviderIsBusy(Conflict):
        code = "provider_is_busy"
        message = _("This provider already has a patient at that time.")

Pages put ``message`` beside ``field``; the API answers ``status`` as problem+json with ``code`` and ``details``.
"""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Refusal(Exception):
    """A rule says no. Nothing was changed; the words say why and, where possible, what to do instead."""

    message: str | Promise = _("This cannot be done.")
    code: str = "refused"
    field: str | None = None
    status: int = 400

    def __init__(
        self,
        message: str | Promise | None = None,
        *,
        code: str | None = None,
        field: str | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        """``details`` holds what a program may want to read (what is in the way, the next free times): never PHI."""
        if message is not None:
            self.message = message
        if code is not None:
            self.code = code
        if field is not None:
            self.field = field
        self.details: dict[str, Any] = details or {}
        super().__init__(self.message)

    def __str__(self) -> str:
        return str(self.message)

    def by_field(self) -> dict[str, str | Promise]:
        """Its words by the field that they are about; "" where they are about the whole."""
        return {self.field or "": self.message}


class Conflict(Refusal):
    """Something else is in the way, or somebody was quicker: look again, then try again."""

    message = _("Something else is in the way.")
    code = "conflict"
    status = 409


class NotPermitted(Refusal):
    """This person may not do this, though somebody else may."""

    message = _("You may not do this.")
    code = "not_permitted"
    status = 403


class NotFound(Refusal):
    """What was asked for is not in this clinic."""

    message = _("This was not found.")
    code = "not_found"
    status = 404
