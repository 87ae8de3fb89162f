"""News for the person at the desk. Messages wait in the session, so no patient's name may be in them."""

import json
from collections.abc import Mapping

from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest
from django.utils.functional import Promise


def toast(
    request: HttpRequest,
    text: str | Promise,
    *,
    level: int = messages.SUCCESS,
    undo_url: str = "",
    undo_fields: Mapping[str, object] | None = None,
) -> None:
    """Says `text` on the next page or beside the next fragment. With `undo_url` it carries an Undo button,
    which POSTs `undo_fields` there as a new, audited action."""
    undo = {"url": undo_url, "fields": {name: str(value) for name, value in (undo_fields or {}).items()}}
    messages.add_message(request, level, str(text), extra_tags=json.dumps(undo) if undo_url else "")


def undo_of(message: Message) -> dict[str, object] | None:
    """Where the Undo button of a waiting message leads, if it has one."""
    if not message.extra_tags.startswith("{"):
        return None
    undo: dict[str, object] = json.loads(message.extra_tags)
    return undo
