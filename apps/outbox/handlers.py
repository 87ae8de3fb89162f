"""Who delivers what. An app registers its handlers in a module named deliveries.py::

    @handler("appointment_reminder")
    def remind(payload: dict[str, Any], message: Message) -> None: ...

A handler runs inside the clinic, in the transaction that marks the message as delivered.
"""

from collections.abc import Callable
from typing import Any

from apps.outbox.models import Message

Handler = Callable[[dict[str, Any], Message], None]
_handlers: dict[str, Handler] = {}


class NoHandlerError(LookupError):
    """Nobody delivers this kind of message."""


def handler(kind: str) -> Callable[[Handler], Handler]:
    """Register the function that delivers messages of this kind."""

    def register(function: Handler) -> Handler:
        if _handlers.setdefault(kind, function) is not function:
            raise RuntimeError(f"Two handlers for {kind}.")
        return function

    return register


def handler_of(kind: str) -> Handler:
    """The function that delivers this kind. Raises NoHandlerError."""
    try:
        return _handlers[kind]
    except KeyError:
        raise NoHandlerError(kind) from None
