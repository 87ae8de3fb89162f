"""What is undone and what stays, though the server is told late that a savepoint is done with."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections, transaction

from apps.core.models import NumberSeries


class Undone(Exception):
    """Raised to leave a block by the back door."""


@pytest.fixture(autouse=True)
def here(inside_riverside: Any) -> Iterator[None]:
    yield


def add(name: str) -> None:
    NumberSeries.objects.create(series=name, year=2026)


def standing() -> set[str]:
    return set(NumberSeries.objects.filter(series__startswith="SP").values_list("series", flat=True))


def test_a_block_that_failed_is_undone_and_the_one_before_it_stays() -> None:
    with transaction.atomic():
        add("SP1")
    with pytest.raises(Undone), transaction.atomic():
        add("SP2")
        raise Undone
    with transaction.atomic():
        add("SP3")
    assert standing() == {"SP1", "SP3"}


def test_a_block_that_went_well_goes_with_the_one_around_it() -> None:
    with pytest.raises(Undone), transaction.atomic():
        with transaction.atomic():
            add("SP1")
        with transaction.atomic():
            add("SP2")
        raise Undone
    assert standing() == set()


def test_what_comes_after_a_block_and_is_refused_leaves_what_is_around_usable() -> None:
    add("SP0")
    with pytest.raises(DatabaseError), transaction.atomic():
        with transaction.atomic():
            add("SP1")
        with connection.cursor() as cursor:  # the server still stands inside that block's savepoint
            cursor.execute("SELECT 1 / 0")
    with transaction.atomic():
        add("SP2")
    assert standing() == {"SP0", "SP2"}


def test_blocks_one_after_another_do_not_pile_up_on_the_server() -> None:
    with transaction.atomic():
        first = connection.savepoint_ids[-1]
        add("SP1")
    with transaction.atomic():
        add("SP2")
    with pytest.raises(DatabaseError, match="does not exist"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f'RELEASE SAVEPOINT "{first}"')
    assert standing() == {"SP1", "SP2"}


def test_who_acts_is_known_again_after_a_block_is_undone() -> None:
    connection.act_as("user:first")
    add("SP0")
    with pytest.raises(Undone), transaction.atomic():
        connection.act_as("user:second")
        add("SP1")
        raise Undone
    connection.act_as("user:first")
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('hpms.actor')")
        assert cursor.fetchone() == ("user:first",)


def test_who_acts_and_a_savepoint_are_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    wrapper = connections["default"]
    plain = wrapper._send
    monkeypatch.setattr(wrapper, "_send", lambda *words: (sent.append(len(words)), plain(*words)))
    connection.act_as("user:third")
    with transaction.atomic():
        add("SP1")
    assert sent == [2]
