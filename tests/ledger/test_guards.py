"""What the database itself refuses, whatever the code above does (FR-B02)."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from apps.core.ids import new_id
from apps.ledger.journal import Line
from apps.ledger.models import Account, JournalEntry, JournalLine
from tests.ledger.test_journal import AT, DAY, Role, check_now, post, reverse, sale

pytestmark = pytest.mark.usefixtures("inside_riverside")


def run(statement, params=()):
    with connection.cursor() as cursor:
        cursor.execute(statement, params)


def refused(attack, *params, state="23514", constraint=None):
    """The attack fails at once or at COMMIT, with this state and this constraint's name."""
    with pytest.raises(DatabaseError) as refusal, transaction.atomic():
        attack(*params) if callable(attack) else run(attack, params)
        check_now()
    error = refusal.value.__cause__
    assert (error.sqlstate, error.diag.constraint_name) == (state, constraint or error.diag.constraint_name)


def bare_entry(**details):
    return JournalEntry.objects.create(
        **{"number": f"X-{new_id().hex[-12:]}", "effective_on": DAY, "recorded_at": AT, "source": "attack",
           "description": "An attack", **details}
    )  # fmt: skip


def bare_lines(entry, *amounts):
    """Positive amounts are debits of cash, negative ones credits of revenue; bulk_create knows no rule."""
    cash, revenue = (Account.objects.get(role=role) for role in (Role.CASH, Role.REVENUE))
    JournalLine.objects.bulk_create(
        JournalLine(entry=entry, account=cash, debit=amount)
        if Decimal(amount) > 0
        else JournalLine(entry=entry, account=revenue, credit=-Decimal(amount))
        for amount in amounts
    )


@pytest.mark.parametrize("amounts", [(), ("5",), ("5", "-4"), ("5", "5"), ("5", "-5", "1")])
def test_an_entry_that_does_not_balance_is_refused_at_commit(amounts):
    refused(lambda: bare_lines(bare_entry(), *amounts), constraint="entry_balances")


def test_a_balanced_entry_passes():
    bare_lines(bare_entry(), "5", "2", "-7")
    check_now()


def test_checking_early_does_not_let_a_line_slip_in_afterwards():
    def attack():
        entry = bare_entry()
        bare_lines(entry, "5", "-5")
        check_now()
        bare_lines(entry, "3")

    refused(attack, constraint="entry_balances")


@pytest.mark.parametrize(
    ("debit", "credit"), [("0", "0"), ("-5", "0"), ("5", "5"), ("0", "-5"), ("NaN", "0"), ("0", "NaN")]
)
def test_a_line_has_one_positive_side(debit, credit):
    def attack():
        entry = bare_entry()
        run(
            "INSERT INTO ledger_journalline (entry_id, account_id, debit, credit)"
            " SELECT %s, id, %s::numeric, %s::numeric FROM ledger_account WHERE role = 'cash'",
            (entry.pk, debit, credit),
        )

    refused(attack, constraint="line_has_one_side")


@pytest.mark.parametrize("table", ["ledger_journalentry", "ledger_journalline"])
@pytest.mark.parametrize("verb", ["UPDATE {t} SET tenant_id = tenant_id", "DELETE FROM {t}", "TRUNCATE {t} CASCADE"])
def test_the_clinic_has_no_privilege_to_change_the_books(table, verb):
    sale()
    refused(verb.format(t=table), state="42501")


@pytest.mark.parametrize("attack", ["update", "delete"])
def test_the_orm_has_none_either(attack):
    entry = sale()
    if attack == "update":
        refused(lambda: JournalLine.objects.update(debit=1), state="42501")
        entry.description = "Rewritten"
        refused(lambda: entry.save(), state="42501")
    else:
        refused(lambda: JournalLine.objects.all().delete(), state="42501")


@pytest.mark.parametrize(
    "attack",
    [
        "ALTER TABLE ledger_journalline DISABLE TRIGGER ALL",
        "DROP TRIGGER line_balances ON ledger_journalline",
        "ALTER TABLE ledger_journalline DROP CONSTRAINT line_has_one_side",
        "SET LOCAL session_replication_role = 'replica'",
        "DROP TABLE ledger_journalline",
    ],
)
def test_the_clinic_cannot_take_the_guards_away(attack):
    refused(attack, state="42501")


def test_an_entry_cannot_pretend_to_be_made_by_another_transaction():
    entry = bare_entry(made_in=4711)
    bare_lines(entry, "5", "-5")
    entry.refresh_from_db()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        assert cursor.fetchone() == (entry.made_in,)


def test_a_line_cannot_be_dated_otherwise_than_its_entry():
    entry = bare_entry()
    account = Account.objects.get(role=Role.CASH)
    lines = [JournalLine(entry=entry, account=account, **side, effective_on=DAY - timedelta(days=400), recorded_at=AT)
             for side in ({"debit": 5}, {"credit": 5})]  # fmt: skip
    JournalLine.objects.bulk_create(lines)
    assert set(entry.lines.values_list("effective_on", flat=True)) == {DAY}


@pytest.mark.parametrize("amounts", [("6", "-6"), ("5", "-5", "1", "-1"), ("3", "2", "-5")])
def test_a_reversal_that_is_not_the_mirror_is_refused(amounts):
    original = bare_entry()
    bare_lines(original, "5", "-5")
    refused(lambda: bare_lines(bare_entry(reverses=original), *amounts), constraint="reversal_is_a_mirror")


def test_a_mirror_of_other_patients_or_documents_is_refused():
    patient = uuid.uuid4()
    original = post(
        Line(Role.CASH, debit=Decimal(5), subject=patient), Line(Role.REVENUE, credit=Decimal(5), subject=patient)
    )
    refused(
        lambda: post(
            Line(Role.CASH, credit=Decimal(5), subject=uuid.uuid4()),
            Line(Role.REVENUE, debit=Decimal(5), subject=patient),
            reverses=original,
        ),
        constraint="reversal_is_a_mirror",
    )


def test_a_second_reversal_is_refused():
    entry = sale()
    reverse(entry)
    refused(lambda: bare_entry(reverses=entry), state="23505")


def test_a_reversal_of_a_reversal_and_one_before_its_day_are_refused():
    entry = sale()
    mirror = reverse(entry)
    refused(lambda: bare_entry(reverses=mirror), constraint="reversal_is_final")
    other = sale()
    refused(lambda: bare_entry(reverses=other, effective_on=DAY - timedelta(days=1)), constraint="reversal_comes_later")


def test_the_same_event_cannot_be_posted_twice():
    event = uuid.uuid4()
    bare_lines(bare_entry(source_id=event), "5", "-5")
    refused(lambda: bare_entry(source_id=event), state="23505", constraint="posted_once")


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE ledger_account SET kind = 'income' WHERE role = 'cash'",
        "UPDATE ledger_account SET role = '' WHERE role = 'cash'",
        "UPDATE ledger_account SET code = '9999' WHERE role = 'cash'",
        "DELETE FROM ledger_account WHERE role = 'rounding'",
    ],
)
def test_an_account_keeps_its_meaning(attack):
    refused(attack, state="42501")


def test_there_is_one_account_for_each_role():
    refused(
        lambda: Account.objects.create(code="1001", name="Second till", kind="asset", role="cash"),
        state="23505",
        constraint="one_account_for_each_role",
    )
