"""Writing in the books: post an entry, or reverse one. Nothing is ever changed or removed (FR-B02)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from apps.core.inserting import insert, insert_all
from apps.core.money import ZERO
from apps.core.numbering import Next
from apps.core.prepared import prepared
from apps.core.refusals import Conflict, Refusal
from apps.ledger import closing
from apps.ledger.accounts import account_ids
from apps.ledger.models import Account, JournalEntry, JournalLine

if TYPE_CHECKING:
    from apps.accounts.models import User

SERIES = "JRN"
MOST = Decimal(10) ** 15
THOUSANDTH = Decimal("0.001")


class DoesNotBalance(Refusal):
    code = "does_not_balance"
    message = _("Debits and credits of this entry are not equal.")


class BadLine(Refusal):
    code = "bad_journal_line"
    message = _("A journal line is one positive amount, either debit or credit, with at most three decimals.")


class PostedAlready(Conflict):
    code = "posted_already"
    message = _("This is in the books already.")


class ReversedAlready(Conflict):
    code = "reversed_already"
    message = _("This entry has been reversed already.")


class CannotBeReversed(Conflict):
    code = "cannot_be_reversed"
    message = _("A reversal is not reversed again: post what is right instead.")


class ReversedBeforeItsDay(Conflict):
    code = "reversed_before_its_day"
    message = _("An entry cannot be reversed on a day before the one on which it counts.")


@dataclass(frozen=True, slots=True)
class Line:
    """One line to post: the account (or its role), one side, whom it concerns and which document."""

    account: Account | str
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    subject: UUID | None = None
    document: UUID | None = None


def post(
    *,
    effective_on: date,
    description: str,
    source: str,
    source_id: UUID | None,
    lines: Sequence[Line],
    by: "User | None",
    at: datetime,
    reverses: JournalEntry | None = None,
    source_is_new: bool = False,
) -> JournalEntry:
    """Write one entry into the books.

    ``effective_on`` is the clinic's day on which it counts, ``at`` when it is recorded. ``source`` names the kind of
    event and ``source_id`` its document; the same pair is never posted twice, and nobody looks for it where the
    document ``source_is_new``, made or locked by this very transaction. The number is taken last, because its
    row stays locked until the transaction ends. Raises DoesNotBalance, BadLine, PostedAlready, ReversedAlready and,
    where the day is closed, DayIsClosed. Once it begins to write nothing of ours is raised, so it needs no savepoint
    of its own: what the database refuses is lost with whatever the caller had begun.
    """
    _refuse_bad_lines(lines)
    closing.refuse_closed(effective_on)
    if source_id and not source_is_new and _made_from(source=source, source_id=source_id):
        raise PostedAlready
    entry = JournalEntry(
        effective_on=effective_on,
        recorded_at=at,
        source=source,
        source_id=source_id,
        description=description[:200],
        by=by,
        reverses=reverses,
    )
    insert(entry, number=Next(SERIES, effective_on))
    insert_all(
        JournalLine(
            entry=entry,
            account_id=line.account.pk if isinstance(line.account, Account) else account_ids()[line.account],
            debit=line.debit,
            credit=line.credit,
            subject=line.subject,
            document=line.document,
        )
        for line in lines
    )
    return entry


@prepared
def _made_from(*, source: Any, source_id: Any) -> QuerySet[JournalEntry, UUID]:
    rows = JournalEntry.objects.filter(source=source, source_id=source_id)
    return rows.order_by().values_list("pk", flat=True)


def reverse(
    entry: JournalEntry,
    *,
    effective_on: date,
    description: str,
    source: str,
    source_id: UUID | None,
    by: "User | None",
    at: datetime,
) -> JournalEntry:
    """Take an entry back by posting its exact mirror, once. Both stay in the books.

    Raises ReversedAlready, CannotBeReversed, ReversedBeforeItsDay.
    """
    with transaction.atomic():
        entry = JournalEntry.objects.select_related("reversed_by").get(pk=entry.pk)
        if entry.reverses_id is not None:
            raise CannotBeReversed
        if hasattr(entry, "reversed_by"):
            raise ReversedAlready
        if effective_on < entry.effective_on:
            raise ReversedBeforeItsDay
        mirror = [
            Line(line.account, debit=line.credit, credit=line.debit, subject=line.subject, document=line.document)
            for line in entry.lines.select_related("account")
        ]
        return post(
            effective_on=effective_on,
            description=description,
            source=source,
            source_id=source_id,
            lines=mirror,
            by=by,
            at=at,
            reverses=entry,
        )


def _refuse_bad_lines(lines: Sequence[Line]) -> None:
    for line in lines:
        amount = line.debit or line.credit
        if not (amount.is_finite() and 0 < amount < MOST) or (line.debit and line.credit):
            raise BadLine
        if amount != amount.quantize(THOUSANDTH):
            raise BadLine
    if len(lines) < 2 or sum((line.debit - line.credit for line in lines), ZERO):
        raise DoesNotBalance
