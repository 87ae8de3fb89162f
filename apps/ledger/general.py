"""The general ledger: what moved on each account in some days, between what it held before and after. Reads only."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.core.fields import MoneyField
from apps.core.money import ZERO
from apps.ledger.models import Account, AccountDay, JournalLine, JournalLineQuerySet


@dataclass(frozen=True, slots=True)
class AccountSpan:
    """An account with what it held before some days, what moved in them, and by how many lines."""

    account: Account
    opening: Decimal
    debits: Decimal
    credits: Decimal
    lines: int

    @property
    def closing(self) -> Decimal:
        return self.opening + natural(self.account, self.debits, self.credits)


@dataclass(frozen=True, slots=True)
class Moved:
    """A line, and what its account held after it."""

    line: JournalLine
    balance: Decimal


@dataclass(frozen=True, slots=True)
class Section:
    """A part of an account's lines, with what it held before them. ``is_last``: the account ends with it."""

    span: AccountSpan
    before: Decimal
    moved: list[Moved]
    is_last: bool


@dataclass(frozen=True, slots=True)
class Days:
    """From one day to another, both included, as the books knew of them at a moment. None is open."""

    first: date | None = None
    last: date | None = None
    known_at: datetime | None = None

    @property
    def words(self) -> str:
        """1 Nov 2026 – 26 Nov 2026."""
        first, last = (date_format(day, "j M Y") if day else "" for day in (self.first, self.last))
        if not last:
            return _("since %(first)s") % {"first": first} if first else _("all days")
        return f"{first} – {last}" if first else _("until %(last)s") % {"last": last}

    def lines(self) -> JournalLineQuerySet:
        until = JournalLine.objects.effective_until(self.last).known_at(self.known_at)
        return until.filter(effective_on__gte=self.first) if self.first else until

    def before(self) -> JournalLineQuerySet:
        known = JournalLine.objects.known_at(self.known_at)
        return known.filter(effective_on__lt=self.first) if self.first else known.none()


class GeneralLedger(Sequence[Section]):
    """Every account of the chart. As a sequence it is its lines, account by account, day by day, cut into pages:
    a slice is the sections that those lines belong to."""

    def __init__(self, days: Days) -> None:
        self.days = days
        self.spans = _spans(days)

    def __len__(self) -> int:
        return sum(span.lines for span in self.spans)

    def __getitem__(self, place: Any) -> Any:
        start, stop, _step = place.indices(len(self))
        return self._sections(start, max(start, stop))

    def _sections(self, start: int, stop: int) -> list[Section]:
        wanted, reached = [], 0
        for span in self.spans:
            first, last = max(start - reached, 0), min(stop - reached, span.lines)
            if first < last:
                wanted.append((span, first, last))
            reached += span.lines
        if not wanted:
            return []
        slices = [lines_of(span.account, self.days)[first:last].values("pk") for span, first, last in wanted]
        # One is not joined to nothing: `union` of none is itself.
        found = slices[0].union(*slices[1:], all=True) if len(slices) > 1 else slices[0]
        by_account: dict[Any, list[JournalLine]] = {}
        keys = [row["pk"] for row in found]
        for line in (
            JournalLine.objects.filter(pk__in=keys).select_related("entry", "account").order_by("effective_on", "id")
        ):
            by_account.setdefault(line.account_id, []).append(line)
        sections = []
        for span, first, last in wanted:
            before = span.opening + (moved_by(span.account, lines_of(span.account, self.days)[:first]) if first else 0)
            moved = list(running(span.account, by_account[span.account.pk], before))
            sections.append(Section(span, before, moved, last == span.lines))
        return sections


def lines_of(account: Account, days: Days) -> JournalLineQuerySet:
    """The lines of an account in their order."""
    return days.lines().filter(account=account).order_by("effective_on", "id")


def running(account: Account, lines: Iterable[JournalLine], before: Decimal) -> Iterator[Moved]:
    """Each line with the balance after it."""
    balance = before
    for line in lines:
        balance += natural(account, line.debit, line.credit)
        yield Moved(line, balance)


def moved_by(account: Account, lines: Any) -> Decimal:
    """What these lines of an account come to, on its own side."""
    sums = lines.aggregate(debits=Sum("debit"), credits=Sum("credit"))
    return natural(account, sums["debits"] or ZERO, sums["credits"] or ZERO)


def natural(account: Account, debits: Decimal, credits: Decimal) -> Decimal:
    """Positive on the side on which the account grows."""
    return debits - credits if account.grows_by_debit else credits - debits


def sums_until(day: date | None, known_at: datetime | None) -> QuerySet[Any]:
    """What adds up to whole accounts up to this day (all days for None): the sums of days, or the lines themselves
    where it matters since when the books know of them."""
    if known_at is not None:
        return JournalLine.objects.effective_until(day).known_at(known_at)
    days = AccountDay.objects.all()
    return days if day is None else days.filter(effective_on__lte=day)


def _spans(days: Days) -> list[AccountSpan]:
    """Two queries, however many lines."""
    inside = Q(effective_on__gte=days.first) if days.first else Q(pk__isnull=False)
    moved = sums_until(days.last, days.known_at)

    def sum_of(column: str, which: Q) -> Coalesce:
        return Coalesce(Sum(column, filter=which), ZERO, output_field=MoneyField())

    sums = {
        row["account_id"]: row
        for row in moved.order_by()
        .values("account_id")
        .annotate(
            debits=sum_of("debit", inside),
            credits=sum_of("credit", inside),
            debits_before=sum_of("debit", ~inside),
            credits_before=sum_of("credit", ~inside),
            lines=Coalesce(Sum("lines", filter=inside), 0) if moved.model is AccountDay else Count("pk", filter=inside),
        )
    }
    spans = []
    for account in Account.objects.all():
        row = sums.get(account.pk)
        if row is None:
            spans.append(AccountSpan(account, ZERO, ZERO, ZERO, 0))
        else:
            opening = natural(account, row["debits_before"], row["credits_before"])
            spans.append(AccountSpan(account, opening, row["debits"], row["credits"], row["lines"]))
    return spans
