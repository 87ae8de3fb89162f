"""Names for ids. The trail and the books know patients, invoices and people only by id; the departments above
tell them how each is called, and to whom they would tell it.

A department registers a namer when the house starts (``AppConfig.ready``)::

    naming.register("patient", name_patients)

A namer gets ids and the person who will read the answer, and leaves out what that person may not know.
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
_namers: dict[str, Namer] = {}


def register(kind: str, namer: Namer) -> None:
    """Say how things of this kind ("patient", "user", "invoice") are called. One namer a kind; the last one counts."""
    _namers[kind] = namer


def names(kind: str, ids: Iterable[UUID | None], *, reader: Any) -> dict[UUID, Name]:
    """The names of these ids as far as ``reader`` may know them; one query a kind. Unknown ids are simply missing."""
    wanted = {identifier for identifier in ids if identifier is not None}
    namer = _namers.get(kind)
    return dict(namer(wanted, reader)) if namer and wanted else {}
