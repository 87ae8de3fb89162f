"""From a figure to the journal lines that make it (reads only)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import F, Q, Sum

from apps.core.money import ZERO
from apps.ledger.accounts import chart
from apps.ledger.models import JournalEntry, JournalLine, JournalLineQuerySet
from apps.reports.figures import Figure
from apps.reports.periods import Period

ENTRIES_A_PAGE = 50


@dataclass(frozen=True, slots=True)
class Part:
    """What one entry adds to a figure, and by which lines."""

    entry: JournalEntry
    amount: Decimal
    lines: Sequence[JournalLine]


@dataclass(frozen=True, slots=True)
class OpenItem:
    """What is left on one document of one patient."""

    subject: UUID | None
    document: UUID | None
    amount: Decimal


def parts_of(
    figure: Figure, period: Period, page: str | None, *, only: Q | None = None, known_at: datetime | None = None
) -> tuple[Page[Any], list[Part], Decimal]:
    """The entries that move a figure in a period, newest first, a page at a time, and the sum of all of them.

    ``only``: those of its lines that make one row of a breakdown.
    """
    lines = _lines(figure).known_at(known_at).filter(effective_on__range=(period.first, period.last))
    if only is not None:
        lines = lines.filter(only)
    moved = (
        lines.order_by()
        .values("entry_id", "effective_on")
        .annotate(debits=Sum("debit"), credits=Sum("credit"))
        .exclude(debits=F("credits"))
        .order_by("-effective_on", "-entry_id")
    )
    shown = Paginator(moved, ENTRIES_A_PAGE).get_page(page)
    rows = list(shown.object_list)
    entries = JournalEntry.objects.select_related("by").in_bulk([row["entry_id"] for row in rows])
    by_entry: dict[UUID, list[JournalLine]] = defaultdict(list)
    for line in lines.filter(entry__in=list(entries)).select_related("account").order_by("id"):
        by_entry[line.entry_id].append(line)
    parts = [
        Part(entries[row["entry_id"]], figure.of(row["debits"], row["credits"]), by_entry[row["entry_id"]])
        for row in rows
    ]
    return shown, parts, _total(figure, lines)


def open_items(
    figure: Figure, period: Period, page: str | None, *, known_at: datetime | None = None
) -> tuple[Page[Any], list[OpenItem], Decimal]:
    """What makes up a balance at the end of the period: patient by patient, document by document, largest first."""
    lines = _lines(figure).known_at(known_at).effective_until(period.last)
    left = (
        lines.order_by()
        .values("subject", "document")
        .annotate(debits=Sum("debit"), credits=Sum("credit"))
        .exclude(debits=F("credits"))
        .annotate(amount=F("debits") - F("credits") if figure.by_debit else F("credits") - F("debits"))
        .order_by("-amount", "document", "subject")
    )
    shown = Paginator(left, ENTRIES_A_PAGE).get_page(page)
    items = [OpenItem(row["subject"], row["document"], row["amount"]) for row in shown.object_list]
    return shown, items, _total(figure, lines)


def _lines(figure: Figure) -> JournalLineQuerySet:
    return JournalLine.objects.filter(account__in=[chart()[role] for role in figure.roles])


def _total(figure: Figure, lines: JournalLineQuerySet) -> Decimal:
    sums = lines.order_by().aggregate(debits=Sum("debit"), credits=Sum("credit"))
    return figure.of(sums["debits"] or ZERO, sums["credits"] or ZERO)
