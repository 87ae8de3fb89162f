"""The check of the books as a whole: what is kept of it, the command, and the night."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from apps.ledger.checking import checks, running
from apps.ledger.models import BookCheck, BookCheckResult
from apps.outbox import delivery
from tests.billing.cast import AT, make_cast


def checked(*slugs: str) -> tuple[str, str]:
    """What the command says, and with which words it fails ("" if it does not)."""
    out = StringIO()
    try:
        call_command("check_books", *(f"--clinic={slug}" for slug in slugs), stdout=out)
    except CommandError as error:
        return out.getvalue(), str(error)
    return out.getvalue(), ""


def cook(as_superuser: Any, schema: str) -> None:
    """An invoice that says more is due than the books do."""
    with as_superuser() as server:
        server.execute(f"ALTER TABLE {schema}.billing_invoice DISABLE TRIGGER ALL")
        server.execute(f"ALTER TABLE {schema}.billing_invoice DROP CONSTRAINT invoice_sums_add_up")
        server.execute(f"UPDATE {schema}.billing_invoice SET total = total + 1 WHERE number <> ''")


def test_a_run_keeps_a_result_of_each_check(riverside: Any) -> None:
    with riverside.inside():
        cast = make_cast()
        cast.pay("236.00", cast.issued({"unit_price": "200.00", "tax_rate": 18}))
        run = running.check_books(by=cast.bela, at=AT)
        results = list(run.results.all())
        assert [result.code for result in results] == [check.code for check in checks.all_checks()]
        assert (run.by, run.begun_at) == (cast.bela, AT)
        assert {result.code: result.examined for result in results if result.code in {"tills", "entries_balance"}} == {
            "tills": 1,
            "entries_balance": 2,
        }
        assert [result.code for result in results if result.found or result.findings] == []
        assert running.last() == run


def test_the_command_names_what_is_wrong_and_fails(throw_away: str, riverside: Any, as_superuser: Any) -> None:
    with riverside.inside():
        cast = make_cast()
        number = cast.issued("75.00").number
    said, failure = checked()
    assert failure == ""
    assert [line.split()[0] for line in said.splitlines() if "examined" in line] == 2 * [
        check.code for check in checks.all_checks()
    ]
    assert said.count("all is right") == 2
    cook(as_superuser, riverside.schema)
    said, failure = checked()
    assert failure == "The books are wrong: riverside."
    assert f"    {number}: The books say ₹75.00 is owed, the invoice says ₹76.00." in said.splitlines()
    assert "Patel" not in said
    assert checked("lakeside")[1] == ""
    with riverside.inside():
        receivable = running.last().results.get(code="receivable")  # type: ignore[union-attr]
        assert [finding["number"] for finding in receivable.findings] == [number]


def test_an_unknown_clinic_is_refused_with_those_there_are(riverside: Any, lakeside: Any) -> None:
    assert checked("hillside") == ("", "There is no clinic “hillside”. There are: lakeside, riverside.")


def test_who_asks_twice_is_answered_once(riverside: Any) -> None:
    with riverside.inside():
        cast = make_cast()
        asked = running.ask(by=cast.bela, at=AT)
        assert running.ask(by=cast.bela, at=AT) == asked
        assert delivery.deliver(asked.pk, at=asked.due_at)
        assert BookCheck.objects.get() == BookCheck.objects.get(pk=asked.pk, by=cast.bela)
        assert running.waiting() is None
        again = running.check_books(by=None, at=AT, pk=asked.pk)
        assert (again.by, BookCheck.objects.count()) == (cast.bela, 1)


NIGHT = datetime(2026, 5, 11, 22, 30, tzinfo=UTC)  # 4:00 on 12 May at Riverside


@pytest.mark.parametrize(
    ("last", "at", "is_made"),
    [
        (None, NIGHT, True),
        (None, NIGHT - timedelta(minutes=1), False),
        (NIGHT - timedelta(hours=3), NIGHT, True),
        (NIGHT, NIGHT + timedelta(hours=1), False),
        (NIGHT - timedelta(days=2), NIGHT + timedelta(hours=9), True),
    ],
)
def test_the_books_are_checked_once_a_night(riverside: Any, last: Any, at: datetime, is_made: bool) -> None:
    with riverside.inside():
        if last is not None:
            running.check_books(by=None, at=last)
        assert (running.check_tonight(at=at) is not None) is is_made


@pytest.mark.parametrize("table", ["ledger_bookcheck", "ledger_bookcheckresult"])
@pytest.mark.parametrize("attack", ["UPDATE {t} SET id = id", "DELETE FROM {t}", "TRUNCATE {t} CASCADE"])
def test_what_was_found_stays(riverside: Any, table: str, attack: str) -> None:
    with riverside.inside():
        running.check_books(by=None, at=AT)
        with pytest.raises(DatabaseError) as refusal, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(attack.format(t=table))
        assert refusal.value.__cause__.sqlstate == "42501"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"found": 1}, "book_check_names_what_it_found"),
        ({"findings": [{}]}, "book_check_names_what_it_found"),
        ({"code": "receivable", "place": 99}, "one_result_of_a_check"),
        ({"place": 1}, "one_result_at_a_place"),
    ],
)
def test_a_result_agrees_with_itself(riverside: Any, changes: dict[str, Any], constraint: str) -> None:
    values = {"place": 99, "code": "another", "examined": 1, "found": 0, "milliseconds": 1, "findings": []}
    with riverside.inside():
        run = running.check_books(by=None, at=AT)
        with pytest.raises(DatabaseError, match=constraint), transaction.atomic():
            BookCheckResult.objects.bulk_create([BookCheckResult(run=run, **{**values, **changes})])
        with pytest.raises(DatabaseError, match="book_check_ends_after_it_began"), transaction.atomic():
            BookCheck.objects.create(begun_at=AT, ended_at=AT - timedelta(seconds=1))
