"""What a correction would post: it is done and taken back at once, so what is shown cannot differ from what is done."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.billing import posting
from apps.billing.models import Correction, Invoice, Payment, Refund
from apps.core.connection import connection
from apps.core.refusals import Conflict
from apps.ledger.models import JournalEntry


class ChangedMeanwhile(Conflict):
    code = "changed_meanwhile"
    message = gettext_lazy("Something changed since this was shown. Look at it again before you confirm.")


@dataclass(frozen=True, slots=True)
class PostedLine:
    account: str
    debit: Decimal
    credit: Decimal
    subject: UUID | None


@dataclass(frozen=True, slots=True)
class PostedEntry:
    """An entry of the books. New papers have no numbers yet: they are called new."""

    words: str
    lines: list[PostedLine]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """``seal`` stands for exactly these debits and credits; whoever confirms hands it in again."""

    entries: list[PostedEntry]
    seal: str


def rehearse(correct: Callable[[], Correction], *, at: datetime) -> Rehearsal:
    """Do it, see what it posts, take it all back. Raises what the correction refuses."""
    with transaction.atomic():
        correct()
        posted = _posted(at)
        transaction.set_rollback(True)
    return posted


@transaction.atomic
def confirm(correct: Callable[[], Correction], *, seal: str, at: datetime) -> Correction:
    """Do what was shown, or nothing. Without a seal nothing was shown. Raises ChangedMeanwhile."""
    done = correct()
    if seal and _posted(at).seal != seal:
        raise ChangedMeanwhile
    return done


def _posted(at: datetime) -> Rehearsal:
    entries = _entries(at)
    new = _new_numbers(entries)
    told = [PostedEntry(_words(entry, new), [_line(line) for line in entry.lines.all()]) for entry in entries]
    exact = repr([
        (entry.source, [(line.account, line.debit, line.credit, line.subject) for line in shown.lines])
        for entry, shown in zip(entries, told, strict=True)
    ])  # fmt: skip
    return Rehearsal(told, hashlib.sha256(exact.encode()).hexdigest())


def _entries(at: datetime) -> list[JournalEntry]:
    """What this transaction has posted at this moment, in order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        [mine] = cursor.fetchone() or [0]
    made = JournalEntry.objects.filter(recorded_at=at, made_in=mine)
    return list(made.prefetch_related("lines__account").order_by("number"))


def _new_numbers(entries: list[JournalEntry]) -> list[str]:
    """Of the papers that these entries were made from: as new as the entries, and perhaps called otherwise then."""
    papers: dict[str, Any] = {
        posting.INVOICE_ISSUED: Invoice,
        posting.PAYMENT_RECEIVED: Payment,
        posting.PAYMENT_REFUNDED: Refund,
    }
    numbers: list[str] = []
    for source, model in papers.items():
        ids = [entry.source_id for entry in entries if entry.source == source]
        numbers += model.objects.filter(pk__in=ids).values_list("number", flat=True)
    return numbers


def _words(entry: JournalEntry, new: list[str]) -> str:
    words = entry.description
    for number in new:
        words = words.replace(number, _("(new)"))
    return words


def _line(line: Any) -> PostedLine:
    return PostedLine(line.account.name, line.debit, line.credit, line.subject)
