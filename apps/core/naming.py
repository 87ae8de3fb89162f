"""Names for ids. The trail and the books know patients, invoices and people only by id; the departments above
tell them how each is called, and to whom they would tell it.

A department registers a namer when the house starts (``AppConfig.ready``)::

    naming.register("patient", name_patients, finder=find_patients)

A namer gets ids and the person who will read the answer, and leaves out what that person may not know. A finder
turns what somebody typed into ids.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Name:
    """``words`` may be shown to whoever asked ("PAT-2026-00042"); ``person`` only on the page, never in a log."""

    words: str
    url: str = ""
    person: str = ""


Namer = Callable[[set[UUID], Any], Mapping[UUID, Name]]
Finder = Callable[[str, Any], Iterable[UUID]]
_namers: dict[str, Namer] = {}
_finders: dict[str, Finder] = {}


def register(kind: str, namer: Namer, *, finder: Finder | None = None) -> None:
    """Say how things of this kind ("patient", "user", "invoice") are called. One namer a kind; the last one counts."""
    _namers[kind] = namer
    if finder is not None:
        _finders[kind] = finder


def names(kind: str, ids: Iterable[UUID | None], *, reader: Any) -> dict[UUID, Name]:
    """The names of these ids as far as ``reader`` may know them; one query a kind. Unknown ids are simply missing."""
    wanted = {identifier for identifier in ids if identifier is not None}
    namer = _namers.get(kind)
    return dict(namer(wanted, reader)) if namer and wanted else {}


def find(kind: str, text: str, *, reader: Any) -> list[UUID]:
    """The ids of what ``reader`` may have meant by ``text``: a number, a name, or the id itself."""
    try:
        return [UUID(text.strip())]
    except ValueError:
        finder = _finders.get(kind)
    return list(finder(text.strip(), reader)) if finder and text.strip() else []
