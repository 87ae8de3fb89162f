"""Attacks on books that have been committed, in databases of their own."""

import threading
from decimal import Decimal

import pytest
from django.db import DatabaseError, connections

from apps.ledger.models import JournalEntry, JournalLine
from tests.ledger.test_guards import bare_entry, bare_lines
from tests.ledger.test_journal import sale

pytestmark = pytest.mark.usefixtures("throw_away")


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
def test_even_a_superuser_meets_the_triggers(throw_away, riverside, as_superuser, table, attack, replica):
    """ENABLE ALWAYS: switching replication's triggers off does not switch these off."""
    with riverside.inside():
        sale()
    with as_superuser() as server:
        if replica:
            server.execute("SET session_replication_role = 'replica'")
        with pytest.raises(Exception, match="append-only"):
            server.execute(attack.format(t=f"{riverside.schema}.{table}"))


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
