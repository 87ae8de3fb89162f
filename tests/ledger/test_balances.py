"""What the books say, as effective on a day and as known at a moment."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.ledger import balances, journal
from apps.ledger.journal import Line
from apps.ledger.models import Account, JournalEntry
from tests.ledger.test_journal import AT, DAY, Role, check_now, post, reverse

pytestmark = pytest.mark.usefixtures("inside_riverside")
NEXT_DAY, NEXT_AT = DAY + timedelta(days=1), AT + timedelta(days=1)


def figures(**when):
    return {row.account.role: row.balance for row in balances.trial_balance(**when).rows if row.balance}


def worked_case(patient, invoice):
    """200.00 and 18 % tax; 100.00 in cash on the day, 136.00 by card the day after."""
    about = {"subject": patient, "document": invoice}
    post(
        Line(Role.ACCOUNTS_RECEIVABLE, debit=Decimal("236.00"), **about),
        Line(Role.DEFERRED_REVENUE, credit=Decimal("200.00"), **about),
        Line(Role.TAX_PAYABLE, credit=Decimal("36.00"), **about),
    )
    for role, amount, earned, on, at in (
        (Role.CASH, "100.00", "84.75", DAY, AT),
        (Role.CARD, "136.00", "115.25", NEXT_DAY, NEXT_AT),
    ):
        post(
            Line(role, debit=Decimal(amount), subject=patient),
            Line(Role.ACCOUNTS_RECEIVABLE, credit=Decimal(amount), **about),
            Line(Role.DEFERRED_REVENUE, debit=Decimal(earned), **about),
            Line(Role.REVENUE, credit=Decimal(earned), **about),
            on=on,
            at=at,
        )


def test_the_worked_case_as_effective_on_each_day_and_as_known_at_each_moment():
    patient, invoice = uuid4(), uuid4()
    worked_case(patient, invoice)
    first_day = {
        "cash": Decimal("100.00"),
        "accounts_receivable": Decimal("136.00"),
        "deferred_revenue": Decimal("115.25"),
        "tax_payable": Decimal("36.00"),
        "revenue": Decimal("84.75"),
    }
    assert figures(effective_on=DAY) == first_day
    assert figures(known_at=AT) == first_day
    assert figures(effective_on=DAY - timedelta(days=1)) == {}
    assert figures() == {
        "cash": Decimal("100.00"),
        "card": Decimal("136.00"),
        "tax_payable": Decimal("36.00"),
        "revenue": Decimal("200.00"),
    }
    assert balances.balance(Role.ACCOUNTS_RECEIVABLE, subject=patient, effective_on=DAY) == Decimal("136.00")
    assert balances.balance(Role.ACCOUNTS_RECEIVABLE, document=invoice, effective_on=DAY) == Decimal("136.00")
    assert balances.balance(Role.ACCOUNTS_RECEIVABLE, subject=patient) == 0
    assert balances.balance(Role.REVENUE, document=invoice) == Decimal("200.00")
    assert balances.balance(Role.REVENUE, document=uuid4()) == 0


def test_a_late_correction_changes_the_day_but_not_what_was_known_then():
    entry = post(Line(Role.ACCOUNTS_RECEIVABLE, debit=Decimal(150)), Line(Role.REVENUE, credit=Decimal(150)))
    journal.reverse(
        entry, effective_on=DAY, description="Wrong patient", source="x", source_id=None, by=None, at=NEXT_AT
    )
    assert figures(effective_on=DAY) == {}
    assert figures(effective_on=DAY, known_at=AT) == {
        "accounts_receivable": Decimal(150),
        "revenue": Decimal(150),
    }


def test_day_sums_name_only_days_on_which_something_moved():
    worked_case(uuid4(), uuid4())
    sums = balances.day_sums([Role.ACCOUNTS_RECEIVABLE, Role.CARD], first=DAY, last=NEXT_DAY + timedelta(days=9))
    assert {(row.day, row.role, row.debits, row.credits) for row in sums} == {
        (DAY, "accounts_receivable", Decimal(236), Decimal(100)),
        (NEXT_DAY, "accounts_receivable", Decimal(0), Decimal(136)),
        (NEXT_DAY, "card", Decimal(136), Decimal(0)),
    }
    assert balances.day_sums([Role.CARD], first=DAY, last=DAY) == []


def test_reading_takes_two_questions_however_many_lines(django_assert_num_queries):
    for _ in range(3):
        worked_case(uuid4(), uuid4())
        with django_assert_num_queries(2):
            assert balances.trial_balance().is_balanced


POSTING = st.lists(
    st.tuples(
        st.sampled_from(Role.values),
        st.sampled_from(Role.values),
        st.decimals("0.001", 10**9, places=3, allow_nan=False),
        st.integers(0, 3),  # whose
        st.integers(0, 5),  # days later
        st.booleans(),  # taken back afterwards
    ),
    max_size=12,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(POSTING)
def test_the_books_equal_plain_arithmetic_and_balance_on_every_day(postings):
    class Undone(Exception):
        pass

    expected: dict[str, Decimal] = {}
    owed: dict[UUID, Decimal] = {}
    with pytest.raises(Undone), transaction.atomic():
        for debit, credit, amount, who, later, taken_back in postings:
            patient = UUID(int=who + 1)
            entry = post(
                Line(debit, debit=amount, subject=patient),
                Line(credit, credit=amount, subject=patient),
                on=DAY + timedelta(days=later),
            )
            if taken_back:
                reverse(entry, on=DAY + timedelta(days=5))
                continue
            expected[debit] = expected.get(debit, Decimal(0)) + amount
            expected[credit] = expected.get(credit, Decimal(0)) - amount
            if Role.ACCOUNTS_RECEIVABLE in (debit, credit):
                sign = (debit == Role.ACCOUNTS_RECEIVABLE) - (credit == Role.ACCOUNTS_RECEIVABLE)
                owed[patient] = owed.get(patient, Decimal(0)) + sign * amount
        check_now()
        trial = balances.trial_balance()
        assert {row.account.role: row.debits - row.credits for row in trial.rows if row.balance} == {
            role: amount for role, amount in expected.items() if amount
        }
        for later in range(6):
            assert balances.trial_balance(effective_on=DAY + timedelta(days=later)).is_balanced
        for patient, sum_ in owed.items():
            assert balances.balance(Role.ACCOUNTS_RECEIVABLE, subject=patient) == sum_
        numbers = sorted(int(n.rpartition("-")[2]) for n in JournalEntry.objects.values_list("number", flat=True))
        assert numbers == list(range(1, len(numbers) + 1))
        raise Undone


def test_every_account_stands_in_the_trial_balance():
    assert [row.account.code for row in balances.trial_balance().rows] == sorted(
        Account.objects.values_list("code", flat=True)
    )
