"""The books through the rules: what is posted, what is refused, what is taken back."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection, transaction

from apps.core.models import NumberSeries
from apps.ledger import accounts, journal
from apps.ledger.journal import Line
from apps.ledger.models import Account, JournalEntry, JournalLine

Role = Account.Role
DAY = date(2026, 11, 20)
AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("inside_riverside")


def post(*lines, on=DAY, at=AT, **details):
    details = {"description": "A drill", "source": "drill", "source_id": uuid4(), "by": None, **details}
    return journal.post(effective_on=on, at=at, lines=lines, **details)


def sale(amount="236.00", **details):
    return post(
        Line(Role.ACCOUNTS_RECEIVABLE, debit=Decimal(amount)), Line(Role.REVENUE, credit=Decimal(amount)), **details
    )


def reverse(entry, on=DAY, **details):
    details = {"description": "Taken back", "source": "undrill", "source_id": uuid4(), "by": None, **details}
    return journal.reverse(entry, effective_on=on, at=AT, **details)


def check_now():
    """What COMMIT does: prove the deferred constraints."""
    with connection.plumbing(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def test_a_new_clinic_has_an_account_for_each_role():
    assert set(Account.objects.values_list("role", flat=True)) == set(Role.values)
    assert accounts.open_chart() == []


def test_an_entry_is_numbered_without_gaps_and_its_lines_carry_its_day():
    first, second = sale(), sale()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        sale()
        raise ZeroDivisionError
    third = sale()
    check_now()
    numbers = [int(entry.number.rpartition("-")[2]) for entry in (first, second, third)]
    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]
    assert first.number.startswith("JRN-2026-0")
    assert NumberSeries.objects.get(series="JRN", year=2026).last == numbers[-1]
    assert set(first.lines.values_list("effective_on", "recorded_at")) == {(DAY, AT)}


def test_what_was_posted_once_is_refused_a_second_time():
    invoice = uuid4()
    sale(source="invoice_issued", source_id=invoice)
    with pytest.raises(journal.PostedAlready):
        sale(source="invoice_issued", source_id=invoice)
    sale(source="payment_received", source_id=invoice)
    sale(source_id=None)
    sale(source_id=None)


@pytest.mark.parametrize(
    ("lines", "refusal"),
    [
        ([], journal.DoesNotBalance),
        ([Line(Role.CASH, debit=Decimal(1))], journal.DoesNotBalance),
        ([Line(Role.CASH, debit=Decimal(2)), Line(Role.REVENUE, credit=Decimal(1))], journal.DoesNotBalance),
        ([Line(Role.CASH, debit=Decimal(-1)), Line(Role.REVENUE, credit=Decimal(-1))], journal.BadLine),
        ([Line(Role.CASH), Line(Role.REVENUE)], journal.BadLine),
        ([Line(Role.CASH, debit=Decimal(1), credit=Decimal(1)), Line(Role.REVENUE)], journal.BadLine),
        ([Line(Role.CASH, debit=Decimal("NaN")), Line(Role.REVENUE, credit=Decimal("NaN"))], journal.BadLine),
        ([Line(Role.CASH, debit=Decimal("Infinity")), Line(Role.REVENUE, credit=Decimal(1))], journal.BadLine),
        ([Line(Role.CASH, debit=Decimal("1e15")), Line(Role.REVENUE, credit=Decimal("1e15"))], journal.BadLine),
        ([Line(Role.CASH, debit=Decimal(".0005")), Line(Role.REVENUE, credit=Decimal(".0005"))], journal.BadLine),
    ],
)
def test_an_entry_that_cannot_be_is_refused_in_words(lines, refusal):
    with pytest.raises(refusal):
        post(*lines)
    assert not JournalEntry.objects.exists()


def test_a_reversal_is_the_exact_mirror_and_names_what_it_reverses():
    patient, invoice = uuid4(), uuid4()
    entry = post(
        Line(Role.ACCOUNTS_RECEIVABLE, debit=Decimal("236.00"), subject=patient, document=invoice),
        Line(Role.DEFERRED_REVENUE, credit=Decimal("200.00"), subject=patient, document=invoice),
        Line(Role.TAX_PAYABLE, credit=Decimal("36.00"), subject=patient, document=invoice),
    )
    mirror = reverse(entry, on=DAY + timedelta(days=3))
    check_now()
    assert mirror.reverses == entry
    assert entry.reversed_by == mirror

    def sides(of, debit, credit):
        return set(of.lines.values_list("account__role", debit, credit, "subject", "document"))

    assert sides(mirror, "debit", "credit") == sides(entry, "credit", "debit")


def test_an_entry_is_reversed_once_not_again_and_not_back():
    entry = sale()
    mirror = reverse(entry)
    with pytest.raises(journal.ReversedAlready):
        reverse(entry)
    with pytest.raises(journal.CannotBeReversed):
        reverse(mirror)
    with pytest.raises(journal.ReversedBeforeItsDay):
        reverse(sale(), on=DAY - timedelta(days=1))


def test_an_account_may_be_renamed_within_reason():
    cash = Account.objects.get(role=Role.CASH)
    assert accounts.rename(cash, name=" Front till ", by=None, at=AT).name == "Front till"
    for name in ("", "   ", "x" * 81):
        with pytest.raises(accounts.BadAccountName):
            accounts.rename(cash, name=name, by=None, at=AT)


def test_posting_asks_the_database_a_constant_number_of_questions(django_assert_num_queries):
    sale()
    pairs = [
        line for _ in range(20) for line in (Line(Role.CASH, debit=Decimal(1)), Line(Role.REVENUE, credit=Decimal(1)))
    ]
    with django_assert_num_queries(3):  # posted already?, entry with its number, lines; the day is known to be open
        post(*pairs)
    assert JournalLine.objects.count() == 42
