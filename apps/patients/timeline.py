"""All that happened to a patient, in one stream, the newest first: visits, invoices, documents, consents, changes.

Departments above (and other subjects of this one) hang up what they know when they are loaded, from AppConfig.ready(),
as they do with sections in `chart`::

    from apps.patients.timeline import Entry, Source, add_source

    def _documents(patient: Patient, before: datetime | None, limit: int) -> list[Entry]:
        rows = Document.objects.of_patient(patient).select_related("added_by")   # through .of_patient: merged records!
        if before is not None:
            rows = rows.filter(added_at__lt=before)
        return [
            Entry(
                at=row.added_at, icon="file-text", words=row.title, detail=row.get_category_display(),
                by=row.added_by.full_name, url=reverse("patients:document", args=[row.pk]), key=str(row.pk),
            )
            for row in rows.order_by("-added_at", "-id")[:limit]
        ]

    add_source(Source("documents", _("Documents"), "patients.view_document", _documents))

A source is asked only for people who hold its permission. It answers with at most `limit` entries that lie before
`before` (None: from the newest on), newest first, in a constant number of queries. What is shown is a reading of the
patient's record: the page notes it, the source need not.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any

from django.utils.functional import Promise

from apps.patients.models import Patient

PER_PAGE = 25


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the stream. `words` says what, `detail` more about it; `status` and `tone` make a badge."""

    at: datetime
    words: str
    icon: str = "point"
    detail: str = ""
    by: str = ""
    url: str = ""
    status: str = ""
    tone: str = "grey"
    key: str = ""  # tells entries of one moment apart
    panel: bool = False  # whether the url opens at the side


@dataclass(frozen=True, slots=True)
class Source:
    """Where entries of one kind come from. `title` names its filter."""

    key: str
    title: str | Promise
    permission: str
    entries: Callable[[Patient, datetime | None, int], list[Entry]]
    position: int = 100


@dataclass(frozen=True, slots=True)
class Shown:
    """A stretch of the stream, and the moment before which the next one begins (None at the end)."""

    entries: list[tuple[Source, Entry]]
    older: datetime | None


_sources: dict[str, Source] = {}


def add_source(source: Source) -> None:
    """Hang up a source; the same key again replaces it. Called from an AppConfig's ready()."""
    _sources[source.key] = source


def sources_for(user: Any) -> list[Source]:
    """The kinds that this person may see, in the order of the filter."""
    ordered = sorted(_sources.values(), key=lambda source: (source.position, source.key))
    return [source for source in ordered if user.has_perm(source.permission)]


def timeline_of(
    patient: Patient,
    *,
    user: Any,
    kinds: set[str] | None = None,
    before: datetime | None = None,
    size: int = PER_PAGE,
) -> Shown:
    """The newest entries before a moment that this person may see, of some kinds or of all. One question a source.

    A stretch never cuts a moment in two, so that none of its entries is lost between two pages.
    """
    sources = [source for source in sources_for(user) if not kinds or source.key in kinds]
    limit = size + 1
    while True:
        answers = [[(source, entry) for entry in source.entries(patient, before, limit)] for source in sources]
        # A source that gave all it was asked for may have more of its last moment: that moment waits.
        full = [answer[-1][1].at for answer in answers if len(answer) >= limit]
        whole = [pair for pair in _merged(answers) if not full or pair[1].at > max(full)]
        if whole or not full:
            break
        limit *= 4  # more entries of one moment than fit: an import
    if len(whole) <= size:
        return Shown(whole, whole[-1][1].at if full else None)
    last = whole[size - 1][1].at
    shown = list(takewhile(lambda pair: pair[1].at >= last, whole))
    return Shown(shown, last if full or len(whole) > len(shown) else None)


def _merged(answers: list[list[tuple[Source, Entry]]]) -> list[tuple[Source, Entry]]:
    return list(heapq.merge(*answers, key=lambda pair: (pair[1].at, pair[1].key), reverse=True))
