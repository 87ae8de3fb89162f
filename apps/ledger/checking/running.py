"""Proving the books of a clinic: now, when somebody asks, and every night."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from datetime import time as wall_time
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from apps.core import clock
from apps.core.connection import ClinicContext, connection, here
from apps.core.ids import new_id
from apps.ledger.checking import checks
from apps.ledger.checking.checks import Check
from apps.ledger.models import BookCheck, BookCheckResult
from apps.outbox.models import Message
from apps.outbox.outbox import put

if TYPE_CHECKING:
    from apps.accounts.models import User

KIND = "book_check"
MEMORY = "64MB"  # for each sum over all lines, as long as the check lasts: years of them do not go through the disk
NIGHT = wall_time(4)  # on the clinic's own clock, which skips no four o'clock when it goes forward


def check_books(*, by: "User | None", at: datetime, pk: UUID | None = None) -> BookCheck:
    """Make every check there is and keep what was found. ``pk``: of the request that it answers; asked for the same one
    again (a message delivered twice), it answers with what was found the first time."""
    with transaction.atomic():
        if pk is not None and (made := BookCheck.objects.filter(pk=pk).first()):
            return made
        run = BookCheck(pk=pk or new_id(), begun_at=at, by=by)
        results = _results(run)
        run.ended_at = max(clock.now(), at)
        run.save(force_insert=True)
        BookCheckResult.objects.bulk_create(results)
    return run


def ask(*, by: "User", at: datetime) -> Message:
    """Have the books checked by a worker: with years in them it takes longer than anybody waits for a page. Asked again
    meanwhile, it answers with the request that waits already."""
    with transaction.atomic():
        return waiting() or put(KIND, {"by": str(by.pk)})


def waiting() -> Message | None:
    """The request for a check that no worker has answered yet."""
    return Message.objects.waiting().filter(kind=KIND).order_by("created_at").first()


def check_tonight(*, at: datetime) -> BookCheck | None:
    """The nightly check of one clinic, if this night's has not been made: later, where the house was off."""
    zone = clock.clinic_zone()
    night = clock.at_wall_time(clock.day_of(at, zone), NIGHT, zone)
    if at < night or BookCheck.objects.begun_since(night).exists():
        return None
    return check_books(by=None, at=at)


def last() -> BookCheck | None:
    """The last check of the books with its results; None before the first one."""
    return BookCheck.objects.newest_first().select_related("by").prefetch_related("results").first()


def _results(run: BookCheck) -> list[BookCheckResult]:
    """Of every check, in their order. Where this transaction has written nothing, whatever it sees is seen by others
    too: half of them are then made on a second connection, by another of the database's processors."""
    todo = iter(enumerate(checks.all_checks(), start=1))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id_if_assigned() IS NULL")
        (is_seen_by_all,) = cursor.fetchone()
    if not is_seen_by_all:
        return _made(todo, run)
    with ThreadPoolExecutor(1) as beside:
        others = beside.submit(_made_beside, here(), todo, run)
        made = _made(todo, run)
        return sorted(made + others.result(), key=lambda result: result.place)


def _made_beside(context: ClinicContext, todo: Iterator[tuple[int, Check]], run: BookCheck) -> list[BookCheckResult]:
    try:
        with connection.inside(context.schema, clinic=context.clinic, actor=context.actor):
            return _made(todo, run)
    finally:
        connection.close()


def _made(todo: Iterator[tuple[int, Check]], run: BookCheck) -> list[BookCheckResult]:
    """Whoever is ready takes the next one."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL work_mem TO '{MEMORY}'")
    return [_result_of(check, run, place) for place, check in todo]


def _result_of(check: Check, run: BookCheck, place: int) -> BookCheckResult:
    begun = time.monotonic()
    with connection.cursor() as cursor:
        outcome = checks.examine(check, cursor)
    return BookCheckResult(
        run=run,
        place=place,
        code=check.code,
        examined=outcome.examined,
        found=outcome.found,
        milliseconds=round((time.monotonic() - begun) * 1000),
        findings=[finding.as_json() for finding in outcome.findings],
    )
