"""Attacks on books that have been committed, in databases of their own."""

import threading
from decimal import Decimal

import pytest
from django.db import DatabaseError, connections
from django.db.backends.signals import connection_created
from django.utils import timezone

from apps.ledger.checking.checks import all_checks
from apps.ledger.checking.running import check_books
from apps.ledger.models import Account, JournalEntry, JournalLine
from tests.conftest import clinic_of
from tests.ledger.test_guards import bare_entry, bare_lines
from tests.ledger.test_journal import check_now, sale


@pytest.fixture(scope="module")
def a_committed_sale(modules_own):
    """For those who only look at it, or try to change it in vain."""
    with clinic_of("riverside").inside():
        sale()


def test_an_unbalanced_entry_does_not_survive_its_commit(throw_away, riverside):
    with pytest.raises(DatabaseError, match="does not balance"), riverside.inside():
        bare_lines(bare_entry(), "5", "-4")
    with riverside.inside():
        assert not JournalEntry.objects.exists()


def test_no_line_joins_a_committed_entry_even_if_it_balances(throw_away, riverside):
    with riverside.inside():
        entry = sale()
    with pytest.raises(DatabaseError, match="is complete") as refusal, riverside.inside():
        bare_lines(entry, "1", "-1")
    assert refusal.value.__cause__.diag.constraint_name == "entry_is_complete"
    with riverside.inside():
        assert JournalLine.objects.count() == 2


@pytest.mark.parametrize("table", ["ledger_journalentry", "ledger_journalline"])
@pytest.mark.parametrize("attack", ["UPDATE {t} SET tenant_id = tenant_id", "DELETE FROM {t}", "TRUNCATE {t} CASCADE"])
@pytest.mark.parametrize("replica", [False, True])
def test_even_a_superuser_meets_the_triggers(a_committed_sale, riverside, as_superuser, table, attack, replica):
    """ENABLE ALWAYS: switching replication's triggers off does not switch these off."""
    with as_superuser() as server:
        if replica:
            server.execute("SET session_replication_role = 'replica'")
        with pytest.raises(Exception, match="append-only"):
            server.execute(attack.format(t=f"{riverside.schema}.{table}"))


def test_committed_books_are_checked_on_two_connections(throw_away, riverside, as_superuser):
    with riverside.inside():
        sale()
    with as_superuser() as server:
        server.execute(f"ALTER TABLE {riverside.schema}.ledger_accountday DISABLE TRIGGER ALL")
        server.execute(f"UPDATE {riverside.schema}.ledger_accountday SET debit = debit + 1")
    opened = []

    def note(**_about):
        opened.append(threading.current_thread())

    with riverside.inside():
        connection_created.connect(note)
        made = list(check_books(by=None, at=timezone.now()).results.order_by("place"))
        connection_created.disconnect(note)
    assert [(one.place, one.code) for one in made] == [(n, c.code) for n, c in enumerate(all_checks(), start=1)]
    # The sale stands in the books alone, without an invoice that would say so.
    assert {one.code for one in made if one.found} == {"account_days", "receivable", "earned"}
    assert len(opened) == 1
    assert opened[0] is not threading.current_thread()


def test_what_is_not_committed_is_checked_where_it_is_seen(throw_away, riverside):
    with riverside.inside():
        sale()
        made = {one.code: one.examined for one in check_books(by=None, at=timezone.now()).results.all()}
    assert made["entries_balance"] == 1


def test_twenty_tills_at_once_leave_numbers_without_gaps(throw_away, riverside):
    failures = []

    def ring_up():
        try:
            for number in range(5):
                try:
                    with riverside.inside():
                        sale()
                        if number == 2:
                            raise ZeroDivisionError
                except ZeroDivisionError:
                    pass
        except Exception as failure:
            failures.append(failure)
        finally:
            connections.close_all()

    tills = [threading.Thread(target=ring_up) for _ in range(20)]
    for till in tills:
        till.start()
    for till in tills:
        till.join()
    assert failures == []
    with riverside.inside():
        numbers = sorted(int(n.rpartition("-")[2]) for n in JournalEntry.objects.values_list("number", flat=True))
        assert numbers == list(range(1, 81))
        assert sum((line.debit - line.credit for line in JournalLine.objects.all()), Decimal(0)) == 0


GUARDS = {
    "ledger_journalentry": {
        "entry_is_made",
        "entry_is_in_open_days",
        "entry_balances",
        "append_only",
        "append_only_whole",
        "record_change",
    },
    "ledger_journalline": {
        "line_joins_its_entry",
        "line_balances",
        "lines_are_summed",
        "append_only",
        "append_only_whole",
        "record_change",
    },
    "ledger_accountday": {"sums_follow_lines", "sums_stay_whole"},
    "ledger_account": {"account_keeps_its_meaning", "record_change"},
}


@pytest.mark.parametrize("table", GUARDS)
def test_every_guard_stands_always(a_committed_sale, riverside, as_superuser, table):
    with as_superuser() as server:
        standing = server.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal AND tgenabled = 'A'",
            [f"{riverside.schema}.{table}"],
        ).fetchall()
    assert {name for (name,) in standing} == GUARDS[table]


@pytest.mark.parametrize("privilege", ["UPDATE", "DELETE", "TRUNCATE", "TRIGGER"])
@pytest.mark.parametrize("table", ["ledger_journalentry", "ledger_journalline"])
def test_the_clinics_role_lacks_the_privilege(a_committed_sale, riverside, as_superuser, table, privilege):
    with as_superuser() as server:
        held = server.execute(
            "SELECT has_table_privilege(%s, %s, %s)", [riverside.schema, f"{riverside.schema}.{table}", privilege]
        ).fetchone()
    assert held == (False,)


@pytest.mark.parametrize(
    ("table", "guard", "attack"),
    [
        ("ledger_journalentry", "entry_balances", lambda: bare_entry()),
        ("ledger_journalline", "line_balances", lambda: _a_line_after_an_early_check()),
        ("ledger_journalline", "line_joins_its_entry", lambda: _two_more_lines()),
        (
            "ledger_account",
            "account_keeps_its_meaning",
            lambda: Account.objects.filter(role="cash").update(kind="income"),
        ),
    ],
)
def test_each_guard_is_what_stops_its_attack(throw_away, riverside, as_superuser, table, guard, attack):
    """Without the one guard the attack goes through: so no other test passes because of something else."""
    with riverside.inside():
        sale()
    with pytest.raises(DatabaseError), riverside.inside():
        attack()
    with as_superuser() as server:
        server.execute(f"ALTER TABLE {riverside.schema}.{table} DISABLE TRIGGER {guard}")
    with riverside.inside():
        attack()


def _a_line_after_an_early_check():
    entry = bare_entry()
    bare_lines(entry, "5", "-5")
    check_now()
    bare_lines(entry, "3")


def _two_more_lines():
    """Dated as their entry is, so that nothing but the guard can be in the way."""
    entry = JournalEntry.objects.get()
    dated = {"entry": entry, "effective_on": entry.effective_on, "recorded_at": entry.recorded_at}
    account = Account.objects.get(role="cash")
    JournalLine.objects.bulk_create(
        [JournalLine(account=account, debit=1, **dated), JournalLine(account=account, credit=1, **dated)]
    )
