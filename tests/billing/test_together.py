"""Several people at once: nobody is paid back twice, no number is skipped, nothing deadlocks."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from apps.billing import invoicing
from apps.billing.models import Invoice, Payment, Refund
from apps.billing.paying import refunds
from apps.core.refusals import Refusal
from apps.scheduling import attendance
from tests.billing.cast import AT, Cast, D, balances, in_session, make_cast

pytestmark = pytest.mark.usefixtures("throw_away")


def together(clinic: Any, *works: Callable[[], Any]) -> list[str]:
    """Each work in a transaction and a thread of its own, let loose at once; what each came to, sorted."""
    start, outcomes = threading.Barrier(len(works)), ["crashed"] * len(works)

    def run(place: int, work: Callable[[], Any]) -> None:
        try:
            start.wait()
            with clinic.inside():
                work()
            outcomes[place] = "done"
        except Refusal as refusal:
            outcomes[place] = refusal.code
        finally:
            connections["default"].close()

    threads = [threading.Thread(target=run, args=job) for job in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


@pytest.fixture
def cast(throw_away: str, riverside: Any) -> Cast:
    with riverside.inside():
        return make_cast()


def test_two_who_complete_a_visit_make_one_draft(cast: Cast, riverside: Any) -> None:
    with riverside.inside():
        visit = in_session(cast)

    def complete() -> None:
        attendance.complete(visit, by=visit.provider.user, at=AT)

    assert together(riverside, complete, complete, complete) == ["done", "wrong_status", "wrong_status"]
    with riverside.inside():
        assert Invoice.objects.get().appointment_id == visit.pk


def test_a_completion_announced_by_two_makes_one_draft(cast: Cast, riverside: Any) -> None:
    """Even without the visit's own lock: the unique constraint decides, and the slower one is told."""
    with riverside.inside():
        visit = in_session(cast)
    outcome = together(riverside, *[lambda: invoicing.draft_for_visit(visit, by=cast.bela, at=AT)] * 4)
    assert set(outcome) <= {"done", "invoice_already_made"}
    with riverside.inside():
        assert Invoice.objects.count() == 1


def test_of_two_refunds_at_once_one_succeeds(cast: Cast, riverside: Any) -> None:
    with riverside.inside():
        payment = cast.pay("300.00", cast.issued("300.00"), method="card")

    def refund() -> None:
        refunds.refund(payment, amount="180.00", reason="Once", by=cast.bela, at=AT)

    assert together(riverside, refund, refund) == ["done", "refund_too_large"]
    with riverside.inside():
        assert Refund.objects.get().amount == D("180")
        assert Payment.objects.get().refunded == D("180")


def test_of_two_payments_of_the_whole_one_succeeds(cast: Cast, riverside: Any) -> None:
    with riverside.inside():
        invoice = cast.issued("90.00")
    outcome = together(riverside, *[lambda: cast.pay("90.00", invoice)] * 4)
    assert outcome == ["credit_consent_needed"] * 3 + ["done"]


def test_of_two_who_issue_one_draft_one_succeeds(cast: Cast, riverside: Any) -> None:
    with riverside.inside():
        draft = cast.draft({"unit_price": 10})
    issue = lambda: invoicing.issue(draft, by=cast.bela, at=AT)  # noqa: E731 - two of the same
    assert together(riverside, issue, issue) == ["done", "not_a_draft"]


def test_numbers_have_no_gaps_and_nothing_deadlocks(cast: Cast, riverside: Any) -> None:
    """Issue and pay in one transaction, refunds, voids and failures, all let loose at once."""

    def sell(patient: Any) -> Callable[[], None]:
        def work() -> None:
            cast.pay("20.00", cast.issued("20.00", patient=patient), patient=patient)

        return work

    def sell_and_void() -> None:
        invoice = cast.issued("30.00")
        cast.pay("10.00", invoice)
        invoicing.void(invoice, reason="Wrong", disposition="refund", by=cast.bela, at=AT)

    def fail() -> None:
        cast.pay("20.00", cast.issued("20.00"))
        raise Refusal(code="given up")

    works = [sell(cast.asha), sell(cast.ben), sell_and_void, fail] * 3
    assert together(riverside, *works) == ["done"] * 9 + ["given up"] * 3
    with riverside.inside():
        issued = sorted(Invoice.objects.values_list("number", flat=True))
        receipts = sorted(Payment.objects.values_list("number", flat=True))
        assert issued == [f"INV-2026-{n:05}" for n in range(1, 10)]
        assert receipts == [f"RCT-2026-{n:05}" for n in range(1, 10)]
        assert balances() == {"cash": D("120"), "revenue": D("120")}
