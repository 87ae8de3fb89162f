"""Numbers without gaps, and without anybody waiting for somebody who waits for them."""

import random
import threading
from datetime import date

import pytest
from django.db import connections, transaction

from apps.core.models import NumberSeries
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


def test_numbers_of_money_are_taken_in_any_order_without_a_deadlock(throw_away, riverside):
    """Issue and receive (INV, JRN, RCT) beside receive (RCT, JRN), void (JRN, RFD) and refund (RFD, JRN)."""
    failures = []

    def work(seed):
        chance = random.Random(seed)
        try:
            for _ in range(12):
                with riverside.inside():
                    for series in chance.sample(["INV", "JRN", "RCT", "RFD"], 3):
                        next_number(series, on=DAY)
        except Exception as failure:
            failures.append(failure)
        finally:
            connections.close_all()

    clerks = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for clerk in clerks:
        clerk.start()
    for clerk in clerks:
        clerk.join()
    assert failures == []
    with riverside.inside():
        assert sum(NumberSeries.objects.filter(year=2026).values_list("last", flat=True)) == 8 * 12 * 3
