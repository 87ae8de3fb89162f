"""Numbers without gaps and without doubles."""

import threading
from datetime import date

import pytest
from django.db import connections, transaction

from apps.core.numbering import next_number

DAY = date(2026, 11, 20)


def test_each_series_counts_by_itself_and_anew_each_year(inside_riverside):
    assert [next_number("TRY", on=DAY), next_number("TRY", on=DAY)] == ["TRY-2026-00001", "TRY-2026-00002"]
    assert next_number("TRY", on=date(2027, 1, 1)) == "TRY-2027-00001"
    assert next_number("CRN", on=DAY) == "CRN-2026-00001"


def test_a_rollback_gives_the_number_back(inside_riverside):
    for series in ("TRY", "CRN"):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            next_number(series, on=DAY)
            raise ZeroDivisionError
        assert next_number(series, on=DAY).endswith("00001")


def test_eight_at_once_get_numbers_without_gaps_or_doubles(throw_away, riverside):
    taken, failures = [], []

    def work():
        try:
            for attempt in range(12):
                try:
                    with riverside.inside():
                        number = next_number("TRY", on=DAY)
                        if attempt % 4 == 3:
                            raise ZeroDivisionError
                    taken.append(number)
                except ZeroDivisionError:
                    pass
        except Exception as failure:
            failures.append(failure)
        finally:
            connections.close_all()

    clerks = [threading.Thread(target=work) for _ in range(8)]
    for clerk in clerks:
        clerk.start()
    for clerk in clerks:
        clerk.join()
    assert failures == []
    assert sorted(taken) == [f"TRY-2026-{number:05d}" for number in range(1, 8 * 9 + 1)]
