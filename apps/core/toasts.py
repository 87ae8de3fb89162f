"""News for the person at the desk. Messages wait in the session, so no patient's name may be in them."""

import json
from collections.abc import Mapping
from typing import Any

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
    paper: tuple[str, str] | None = None,
    link: tuple[str, str] | None = None,
    stays: bool = False,
) -> None:
    """Says `text` on the next page or beside the next fragment. With `undo_url` it carries an Undo button,
    which POSTs `undo_fields` there as a new, audited action; with `paper`, where it is and what it is called, a
    button that opens it beside this page; with `link`, the same, one that leads there. What `stays` is not taken
    away after a while: money to be counted out, for one."""
    more: dict[str, object] = {}
    if undo_url:
        fields = {name: str(value) for name, value in (undo_fields or {}).items()}
        more["undo"] = {"url": undo_url, "fields": fields}
    if paper:
        more["paper"] = {"url": paper[0], "words": paper[1]}
    if link:
        more["link"] = {"url": link[0], "words": link[1]}
    if stays:
        more["stays"] = True
    messages.add_message(request, level, str(text), extra_tags=json.dumps(more) if more else "")


def more_of(message: Message) -> dict[str, Any]:
    """What a waiting message has besides its words: `undo`, where its button leads; `paper`; `link`; whether it
    `stays`."""
    if not message.extra_tags.startswith("{"):
        return {}
    more: dict[str, Any] = json.loads(message.extra_tags)
    return more
