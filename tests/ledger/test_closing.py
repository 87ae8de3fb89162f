"""Closed days take nothing more; what is wrong is put right on the first open day, and two people re-open."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from apps.accounts.models import User
from apps.billing import invoicing
from apps.billing.lowering import crediting, write_offs
from apps.billing.paying import credit, payments, refunds
from apps.core.connection import here
from apps.ledger import balances, closing, journal
from apps.ledger.closing import (
    Answered,
    AskedAlready,
    ClosedAlready,
    ClosedInTheFuture,
    DayIsClosed,
    NeedsAnother,
    NotClosed,
    ReasonMissing,
)
from apps.ledger.models import BookClosing, ClosedDay, JournalEntry, ReopeningRefusal, ReopeningRequest
from tests.billing.cast import AT, DAY, Cast, D, found_wrong, person

NEXT_DAY = AT + timedelta(days=1)


@pytest.fixture
def cast(kept_cast: Cast, inside_riverside: Any) -> Cast:
    return kept_cast


def admins() -> tuple[User, User]:
    ada, adam = (person(f"{name}@cast.example", name.title(), "clinic_admin") for name in ("ada", "adam"))
    return ada, adam


def closed(cast: Cast, until: date = DAY, *, at: datetime = AT) -> BookClosing:
    return closing.close(until, by=cast.bela, at=at)


def trial(day: date | None, known_at: datetime | None = None) -> dict[str, Decimal]:
    """What stands on each account as effective on a day, without the empty ones."""
    rows = balances.trial_balance(effective_on=day, known_at=known_at).rows
    return {row.account.role: row.balance for row in rows if row.balance}


def test_what_somebody_else_closed_meanwhile_counts_once_the_books_are_held(cast: Cast) -> None:
    closed(cast)
    here().memo[closing.MEMO] = None  # as it was read a moment before
    closing.hold_open()
    assert closing.closed_until() == DAY


def test_what_was_closed_and_rolled_back_is_not_remembered(cast: Cast) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        closed(cast)
        assert closing.closed_until() == DAY
        raise ZeroDivisionError
    assert closing.closed_until() is None


def test_the_closed_day_stays_and_both_truths_are_told(cast: Cast) -> None:
    """150.00 issued, 60.00 paid, day closed; next day the invoice is void."""
    invoice = cast.issued("150.00")
    cast.pay("60.00", invoice)
    before = trial(DAY)
    assert before == {
        "accounts_receivable": D("90"),
        "cash": D("60"),
        "deferred_revenue": D("90"),
        "revenue": D("60"),
    }
    closed(cast)
    with pytest.raises(invoicing.VoidNeedsDisposition):
        invoicing.void(invoice, reason="Wrong", by=cast.bela, at=NEXT_DAY)
    invoicing.void(invoice, reason="Wrong", disposition="credit", by=cast.bela, at=NEXT_DAY)
    assert trial(DAY) == before
    assert trial(None) == {"cash": D("60"), "patient_credit": D("60")}
    assert trial(None, known_at=AT + timedelta(hours=1)) == before
    assert not found_wrong()


def test_nothing_more_counts_on_a_closed_day(cast: Cast) -> None:
    draft = cast.draft({"unit_price": "100.00"})
    closed(cast)
    with pytest.raises(DayIsClosed, match="12 May 2026") as refused:
        invoicing.issue(draft, issue_date=DAY, by=cast.bela, at=NEXT_DAY)
    assert refused.value.field == "issue_date"
    assert refused.value.details == {"first_open_day": "2026-05-12"}
    invoice = invoicing.issue(draft, by=cast.bela, at=NEXT_DAY)
    with pytest.raises(DayIsClosed) as refused:
        cast.pay("10.00", invoice, at=NEXT_DAY, received_on=DAY)
    assert refused.value.field == "received_on"
    cast.pay("10.00", invoice, at=NEXT_DAY)
    with pytest.raises(DayIsClosed):
        post(DAY)
    assert not found_wrong()


def test_what_is_done_on_a_closed_today_counts_on_the_first_open_day(cast: Cast) -> None:
    """The books are closed in the evening; who still pays is in the next day."""
    paid, waits, wrong = cast.issued("100.00"), cast.issued("80.00"), cast.issued("70.00")
    payment = cast.pay("100.00", paid)
    noted = payments.expect(cast.ben, method="bank", amount="5.00", by=cast.carl, at=AT)
    fact = write_offs.write_off(waits, amount="10.00", category="courtesy", reason="Wait", by=cast.bela, at=AT)
    closed(cast)
    before = trial(DAY)
    by = {"by": cast.bela, "at": AT}
    taken = cast.pay("30.00", waits)
    cast.pay("9.00", credit_consent=True)
    credit.use_credit(waits, amount="5.00", **by)
    payments.capture(noted, **by)
    refund = refunds.refund(payment, amount="10.00", reason="Asked", **by)
    back = write_offs.take_back(fact, reason="Paid", **by)
    note = crediting.credit(waits, amount="5.00", reason="Wrong", **by)
    void = invoicing.void(wrong, reason="Wrong", **by)
    more = invoicing.issue(cast.draft({"unit_price": "1.00"}), **by)
    next_day = DAY + timedelta(days=1)
    days = (taken.received_on, refund.refunded_on, note.credited_on, back.written_off_on, more.issued_on)
    assert {*days, void.void.voided_on} == {next_day}
    assert trial(DAY) == before
    assert not found_wrong()


def test_what_follows_counts_on_no_earlier_day_than_what_it_follows(cast: Cast) -> None:
    """Today was closed, and opened again: what was done meanwhile counts tomorrow, and so does what comes of it."""
    ada, adam = admins()
    by = {"by": cast.bela, "at": AT}
    early = cast.issued("30.00")
    closing.close(DAY, by=ada, at=AT)
    payment, late = cast.pay("100.00", credit_consent=True), cast.issued("50.00")
    closing.approve(closing.ask_to_reopen(DAY, reason="Too early", by=ada, at=AT), by=adam, at=AT)
    refund = refunds.refund(payment, amount="40.00", reason="Asked", **by)
    credit.use_credit(early, **by)
    cast.pay("20.00", late)
    invoicing.void(early, reason="Wrong", disposition="credit", **by)
    assert refund.refunded_on == late.issued_on == payment.received_on == DAY + timedelta(days=1)
    assert trial(DAY) == {"cash": D("20"), "patient_credit": D("20")}
    assert not found_wrong()


def test_closing_goes_forward_and_not_into_the_future(cast: Cast) -> None:
    first = closed(cast)
    assert (first.place, first.kind, closing.closed_until()) == (1, "closed", DAY)
    with pytest.raises(ClosedAlready, match="11 May 2026"):
        closed(cast, DAY - timedelta(days=3))
    with pytest.raises(ClosedInTheFuture):
        closed(cast, DAY + timedelta(days=1))
    assert closed(cast, DAY + timedelta(days=1), at=NEXT_DAY).place == 2


def test_each_day_is_sealed_once_closed(cast: Cast) -> None:
    cast.issued("150.00")
    invoicing.issue(cast.draft({"unit_price": "20.00"}), issue_date=date(2026, 5, 4), by=cast.bela, at=AT)
    first = closed(cast, DAY - timedelta(days=1))
    assert list(first.days.values_list("day", "entries", "debits")) == [(date(2026, 5, 4), 1, D("20"))]
    second = closed(cast)
    assert list(second.days.values_list("day", "entries", "debits")) == [(DAY, 1, D("150"))]


def test_two_people_open_the_books_again(cast: Cast) -> None:
    cast.issued("150.00")
    closed(cast)
    ada, adam = admins()
    asked = closing.ask_to_reopen(DAY, reason="A bill was forgotten", by=ada, at=NEXT_DAY)
    assert closing.closed_until() == DAY
    with pytest.raises(AskedAlready):
        closing.ask_to_reopen(DAY, reason="Again", by=adam, at=NEXT_DAY)
    with pytest.raises(NeedsAnother):
        closing.approve(asked, by=ada, at=NEXT_DAY)
    opened = closing.approve(asked, by=adam, at=NEXT_DAY)
    assert (opened.place, opened.kind, closing.closed_until()) == (2, "reopened", DAY - timedelta(days=1))
    invoicing.issue(cast.draft({"unit_price": "20.00"}), issue_date=DAY, by=cast.bela, at=NEXT_DAY)
    assert not found_wrong()
    again = closed(cast, at=NEXT_DAY)
    assert list(again.days.values_list("entries", "debits")) == [(2, D("170"))]
    for answer in (lambda: closing.approve(asked, by=adam, at=NEXT_DAY), lambda: refused(asked, adam)):
        with pytest.raises(Answered):
            answer()
    assert not found_wrong()


def refused(asked: ReopeningRequest, by: Any, reason: str = "No need") -> ReopeningRefusal:
    return closing.refuse(asked, reason=reason, by=by, at=NEXT_DAY)


def test_a_request_may_be_refused(cast: Cast) -> None:
    ada, adam = admins()
    with pytest.raises(NotClosed):
        closing.ask_to_reopen(DAY, reason="Why not", by=ada, at=AT)
    closed(cast)
    with pytest.raises(ReasonMissing):
        closing.ask_to_reopen(DAY, reason=" ", by=ada, at=AT)
    asked = closing.ask_to_reopen(DAY, reason="A bill was forgotten", by=ada, at=AT)
    with pytest.raises(ReasonMissing):
        refused(asked, adam, reason="")
    refused(asked, ada)
    with pytest.raises(Answered):
        closing.approve(asked, by=adam, at=AT)
    assert (closing.closed_until(), closing.waiting()) == (DAY, None)
    closing.ask_to_reopen(DAY, reason="Once more", by=ada, at=AT)


def post(day: date) -> JournalEntry:
    return journal.post(
        effective_on=day,
        description="By hand",
        source="test",
        source_id=None,
        lines=[journal.Line("cash", debit=D("1")), journal.Line("revenue", credit=D("1"))],
        by=None,
        at=AT,
    )


def attack(match: str, row: Any) -> None:
    with pytest.raises(DatabaseError, match=match), transaction.atomic():
        type(row).objects.bulk_create([row])


def test_no_writer_gets_into_a_closed_day(cast: Cast) -> None:
    closed(cast)
    entry = {"recorded_at": AT, "source": "attack", "description": "Late"}
    attack("closed up to", JournalEntry(number="X-1", effective_on=DAY, **entry))
    attack("closed up to", JournalEntry(number="X-1", effective_on=DAY - timedelta(days=400), **entry))


def test_closings_are_not_forged(cast: Cast) -> None:
    closed(cast)
    ada, adam = admins()
    row = {"place": 9, "at": AT, "by": adam}
    earlier, later = DAY - timedelta(days=1), DAY + timedelta(days=1)
    attack("closed forward", BookClosing(kind="closed", closed_until=earlier, **row))
    attack("closed forward", BookClosing(kind="closed", closed_until=DAY + timedelta(days=9), **row))
    asked = closing.ask_to_reopen(DAY, reason="A bill was forgotten", by=ada, at=AT)
    attack("by_request_only|as it was asked", BookClosing(kind="reopened", closed_until=earlier, **row))
    attack("by_request_only", BookClosing(kind="closed", closed_until=later, request=asked, **row))
    attack("two people", BookClosing(kind="reopened", closed_until=earlier, request=asked, **{**row, "by": ada}))
    attack("as it was asked", BookClosing(kind="reopened", closed_until=date(2026, 1, 1), request=asked, **row))
    attack("closing alone", ClosedDay(closing=BookClosing.objects.get(), day=DAY, entries=1, debits=1, digest="x"))
    closing.approve(asked, by=adam, at=AT)
    attack("was approved", ReopeningRefusal(request=asked, reason="No", at=AT, by=ada))
    attack("as it was asked", BookClosing(kind="reopened", closed_until=earlier, request=asked, **row))


@pytest.mark.parametrize("model", [BookClosing, ClosedDay, ReopeningRequest, ReopeningRefusal])
@pytest.mark.parametrize("statement", ["UPDATE {t} SET id = id", "DELETE FROM {t}", "TRUNCATE {t} CASCADE"])
def test_what_was_closed_stays(cast: Cast, model: Any, statement: str) -> None:
    cast.issued("150.00")
    closed(cast)
    asked = closing.ask_to_reopen(DAY, reason="A bill was forgotten", by=admins()[0], at=AT)
    refused(asked, cast.bela)
    with pytest.raises(DatabaseError) as refusal, transaction.atomic(), transaction.get_connection().cursor() as cursor:
        cursor.execute(statement.format(t=model._meta.db_table))
    assert refusal.value.__cause__.sqlstate == "42501"  # type: ignore[union-attr]
