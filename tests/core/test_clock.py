from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from apps.core.clock import NoSuchTime, at_wall_time, day_of, local_day
from apps.core.ids import new_id

BERLIN, KOLKATA, BEIRUT = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata"), ZoneInfo("Asia/Beirut")


def test_a_day_is_23_24_or_25_hours_long() -> None:
    def hours(day: date) -> float:
        start, end = local_day(day, BERLIN)
        return (end - start) / timedelta(hours=1)

    assert [hours(day) for day in (date(2026, 3, 29), date(2026, 7, 1), date(2026, 10, 25))] == [23, 24, 25]


def test_a_day_in_kolkata_begins_at_half_past_six_in_the_evening_utc() -> None:
    assert local_day(date(2026, 11, 20), KOLKATA) == (
        datetime(2026, 11, 19, 18, 30, tzinfo=UTC),
        datetime(2026, 11, 20, 18, 30, tzinfo=UTC),
    )


def test_a_skipped_midnight_begins_the_day_at_one() -> None:
    start, _end = local_day(date(2024, 3, 31), BEIRUT)
    assert start.astimezone(BEIRUT) == datetime(2024, 3, 31, 1, tzinfo=BEIRUT)
    assert day_of(start, BEIRUT) == date(2024, 3, 31)
    assert day_of(start - timedelta(microseconds=1), BEIRUT) == date(2024, 3, 30)


def test_a_skipped_time_is_refused() -> None:
    with pytest.raises(NoSuchTime):
        at_wall_time(date(2026, 3, 29), time(2, 30), BERLIN)


def test_a_repeated_time_is_the_first_unless_the_second_is_asked_for() -> None:
    first = at_wall_time(date(2026, 10, 25), time(2, 30), BERLIN)
    second = at_wall_time(date(2026, 10, 25), time(2, 30), BERLIN, fold=1)
    assert (first, second - first) == (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), timedelta(hours=1))


def test_ids_are_version_7_and_in_the_order_of_their_making() -> None:
    before = int(datetime.now(UTC).timestamp() * 1000)
    ids = [new_id() for _ in range(200)]
    assert {identifier.version for identifier in ids} == {7}
    assert len(set(ids)) == 200
    assert before - 5 <= ids[0].int >> 80 <= before + 5000
    stamps = [identifier.int >> 64 for identifier in ids]
    assert stamps == sorted(stamps)
