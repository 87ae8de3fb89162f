"""Exactly the lines that make a figure: every amount of the house that is one can be followed down to them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q, Sum
from django.http import QueryDict

from apps.core.money import ZERO
from apps.core.quick import address
from apps.ledger.accounts import chart
from apps.ledger.general import Days
from apps.ledger.models import Account, JournalLine, JournalLineQuerySet

DEBIT, CREDIT = "debit", "credit"


@dataclass(frozen=True, slots=True)
class Figure:
    """An amount as the sum of lines: on some accounts, about some people, a document, from some kinds of event.

    ``side`` is the one that counts as more. Empty means any; ``made_from`` is the paper that an entry was made from.
    ``until`` ends them within a day: at a line of an account, or at an entry of a statement.
    """

    roles: tuple[str, ...]
    side: str = DEBIT
    subjects: tuple[UUID, ...] = ()
    document: UUID | None = None
    sources: tuple[str, ...] = ()
    made_from: tuple[UUID, ...] = ()
    first: date | None = None
    last: date | None = None
    until: int | UUID | None = None
    known_at: datetime | None = None
    known: str = ""  # the same as it was asked for

    def lines(self) -> JournalLineQuerySet:
        """In the order of the books."""
        lines = Days(self.first, self.last, self.known_at).lines()
        which: dict[str, Any] = {"account__in": [chart()[role].pk for role in self.roles]}
        if self.subjects:
            which["subject__in"] = self.subjects
        if self.document:
            which["document"] = self.document
        if self.sources:
            which["entry__source__in"] = self.sources
        if self.made_from:
            which["entry__source_id__in"] = self.made_from
        if self.until:
            lines = _no_later(lines, self.until)
        return lines.filter(**which).order_by("effective_on", "id")

    @property
    def turned(self) -> "Figure":
        """The same where the amount is shown with the other sign."""
        return replace(self, side=CREDIT if self.side == DEBIT else DEBIT)

    def of(self, debits: Decimal, credits: Decimal) -> Decimal:
        return debits - credits if self.side == DEBIT else credits - debits

    def total(self, lines: Any = None) -> Decimal:
        """The sum of these lines; of all of them unless some are named."""
        chosen = self.lines().order_by() if lines is None else lines
        sums = chosen.aggregate(debits=Sum("debit"), credits=Sum("credit"))
        return self.of(sums["debits"] or ZERO, sums["credits"] or ZERO)

    @property
    def href(self) -> str:
        """Where a reader of the books finds these lines."""
        query: list[tuple[str, str]] = [("role", role) for role in self.roles]
        query.append(("side", self.side))
        for name, ids in (("subject", self.subjects), ("source", self.sources), ("from", self.made_from)):
            query += [(name, str(each)) for each in ids]
        for name in ("document", "first", "last", "until"):
            value = getattr(self, name)
            query += [(name, str(value))] if value else []
        query += [("known", self.known)] if self.known else []
        return f"{address('ledger:lines')}?{urlencode(query)}"


def read(asked: QueryDict) -> Figure:
    """The figure that an address asks for, without its days. Raises ValueError for what is none."""
    roles = tuple(asked.getlist("role"))
    if not roles or not set(roles) <= set(Account.Role.values):
        raise ValueError("role")
    side = asked.get("side", DEBIT)
    if side not in {DEBIT, CREDIT}:
        raise ValueError("side")
    return Figure(
        roles,
        side,
        _ids(asked.getlist("subject")),
        next(iter(_ids([each for each in [asked.get("document", "")] if each])), None),
        tuple(source[:40].replace("\0", "") for source in asked.getlist("source")),
        _ids(asked.getlist("from")),
        until=_place(asked.get("until", "")),
    )


def _no_later(lines: JournalLineQuerySet, until: int | UUID) -> JournalLineQuerySet:
    """In the order in which an account shows its lines (a line's id), or a statement its entries (an entry's)."""
    which = {"pk": until} if isinstance(until, int) else {"entry": until}
    last = JournalLine.objects.select_related("entry").filter(**which).first()
    if last is None:
        return lines.none()
    same_day = Q(effective_on=last.effective_on)
    if isinstance(until, int):
        return lines.filter(Q(effective_on__lt=last.effective_on) | same_day & Q(pk__lte=last.pk))
    no_later = Q(recorded_at__lt=last.recorded_at) | Q(
        recorded_at=last.recorded_at, entry__number__lte=last.entry.number
    )
    return lines.filter(Q(effective_on__lt=last.effective_on) | same_day & no_later)


def _place(text: str) -> int | UUID | None:
    """A line by its number, an entry by its id."""
    if text.isdecimal() and len(text) < 19:
        return int(text)
    return UUID(text) if text else None


def _ids(texts: Iterable[str]) -> tuple[UUID, ...]:
    return tuple(UUID(text) for text in texts)
