"""Closing the books up to a day, and opening them again: asked for by one clinic admin, approved by another.

A closed day takes no entry any more; the database refuses it from any writer. What is found to be wrong later is put
right on the first open day. Who closes holds the books alone: everybody who posts is through, or waits.
"""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core import clock
from apps.core.connection import here
from apps.core.prepared import prepared
from apps.core.refusals import Conflict, Refusal
from apps.ledger.accounts import hold_receivable
from apps.ledger.models import Account, BookClosing, ReopeningRefusal, ReopeningRequest

if TYPE_CHECKING:
    from apps.accounts.models import User

Kind = BookClosing.Kind
MEMO, WRITTEN = "ledger.closed_until", "ledger.closing_written"
ONE_DAY = timedelta(days=1)
RECEIVABLE = Account.Role.ACCOUNTS_RECEIVABLE


class DayIsClosed(Conflict):
    """Raised for whatever would count on a closed day; ``details`` has the first open one."""

    code = "day_is_closed"


class ClosedAlready(Conflict):
    code = "closed_already"
    field = "closed_until"


class ClosedInTheFuture(Refusal):
    code = "closed_in_the_future"
    field = "closed_until"
    message = _("Days to come cannot be closed.")


class NotClosed(Conflict):
    code = "not_closed"
    field = "reopen_from"
    message = _("This day is open.")


class AskedAlready(Conflict):
    code = "reopening_asked_already"
    message = _("Somebody asks for the books to be opened already. Approve or refuse that first.")


class ReasonMissing(Refusal):
    code = "reason_missing"
    field = "reason"
    message = _("Say why.")


class NeedsAnother(Conflict):
    code = "needs_another_person"
    message = _("You asked for it yourself: another clinic admin has to approve it.")


class Answered(Conflict):
    code = "reopening_answered"
    message = _("This request was approved or refused already.")


@prepared
def _last_closing() -> QuerySet[BookClosing, date]:
    return BookClosing.objects.order_by("-place").values_list("closed_until", flat=True)[:1]


def closed_until() -> date | None:
    """The last closed day; None while no day is closed. Read once a transaction, and again once the books are held;
    each time in one that closes or opens them, because it may take that back."""
    memo: dict[Any, Any] = here().memo
    if MEMO not in memo or WRITTEN in memo:
        memo[MEMO] = _last_closing.first()
    day: date | None = memo[MEMO]
    return day


def hold_open() -> None:
    """Nobody closes the books, or opens them again, before this transaction ends; nor does anybody else who holds them
    so write in them meanwhile."""
    hold_receivable()
    here().memo.pop(MEMO, None)


def first_open_day(day: date) -> date:
    """``day`` itself where it is open, else the first day on which something may count."""
    until = closed_until()
    return day if until is None or day > until else until + ONE_DAY


def refuse_closed(day: date, *, field: str | None = None) -> None:
    """Raises DayIsClosed, beside ``field``, where nothing may count on this day any more."""
    first = first_open_day(day)
    if first != day:
        raise DayIsClosed(
            gettext(
                "The books are closed up to %(until)s. Choose %(first)s or a later day, or ask the clinic admins to "
                "re-open them."
            )
            % {"until": date_format(first - ONE_DAY, "j M Y"), "first": date_format(first, "j M Y")},
            field=field,
            details={"first_open_day": first.isoformat()},
        )


@transaction.atomic
def close(until: date, *, by: "User", at: datetime) -> BookClosing:
    """Close every day up to ``until``, with it. What the books say of each is sealed by the database."""
    _hold_alone()
    closed = closed_until()
    if closed is not None and until <= closed:
        raise ClosedAlready(
            gettext("The books are closed up to %(until)s already.") % {"until": date_format(closed, "j M Y")}
        )
    if until > clock.day_of(at, clock.clinic_zone()):
        raise ClosedInTheFuture
    return _record(Kind.CLOSED, until, None, by=by, at=at)


@transaction.atomic
def ask_to_reopen(reopen_from: date, *, reason: str, by: "User", at: datetime) -> ReopeningRequest:
    """Ask for this day and all after it to be opened again. Nothing changes until another clinic admin approves it."""
    _hold_alone()
    closed = closed_until()
    if closed is None or reopen_from > closed:
        raise NotClosed
    if not reason.strip():
        raise ReasonMissing
    if waiting() is not None:
        raise AskedAlready
    return ReopeningRequest.objects.create(reopen_from=reopen_from, reason=reason.strip(), at=at, by=by)


@transaction.atomic
def approve(request: ReopeningRequest, *, by: "User", at: datetime) -> BookClosing:
    """Open the books as somebody else asked for."""
    _hold_alone()
    _refuse_answered(request)
    if request.by_id == by.pk:
        raise NeedsAnother
    return _record(Kind.REOPENED, request.reopen_from - ONE_DAY, request, by=by, at=at)


@transaction.atomic
def refuse(request: ReopeningRequest, *, reason: str, by: "User", at: datetime) -> ReopeningRefusal:
    """Leave the books closed; who asked takes the request back so."""
    _hold_alone()
    _refuse_answered(request)
    if not reason.strip():
        raise ReasonMissing
    return ReopeningRefusal.objects.create(request=request, reason=reason.strip(), at=at, by=by)


def waiting() -> ReopeningRequest | None:
    """The request that nobody has answered yet."""
    return ReopeningRequest.objects.filter(approval=None, refusal=None).select_related("by").first()


def _hold_alone() -> None:
    """Everybody who posts holds this row, shared or not; the database takes it so as well."""
    list(Account.objects.select_for_update().filter(role=RECEIVABLE).order_by().values_list("pk"))
    here().memo.pop(MEMO, None)


def _refuse_answered(request: ReopeningRequest) -> None:
    if not ReopeningRequest.objects.filter(pk=request.pk, approval=None, refusal=None).exists():
        raise Answered


def _record(kind: str, until: date, request: ReopeningRequest | None, *, by: "User", at: datetime) -> BookClosing:
    made = BookClosing(place=0, kind=kind, closed_until=until, request=request, at=at, by=by)
    made.save(force_insert=True)
    made.refresh_from_db(fields=["place"])  # the database counts
    here().memo[WRITTEN] = True
    return made
