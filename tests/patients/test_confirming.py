"""Contact details are confirmed at the desk, and asked for again after some months."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import ProgrammingError, transaction

from apps.patients.confirming import confirm_details, is_due, last_confirmation
from apps.patients.models import DetailsConfirmation
from tests.scheduling.scene import Scene

KOLKATA = ZoneInfo("Asia/Kolkata")


def asked_on(day: date) -> DetailsConfirmation:
    return DetailsConfirmation(at=datetime(day.year, day.month, day.day, 6, tzinfo=UTC))


def due(asked: date, today: date, months: int) -> bool:
    at = datetime(today.year, today.month, today.day, 6, tzinfo=UTC)
    return is_due(asked_on(asked), after_months=months, at=at, zone=KOLKATA)


def test_who_was_asked_is_asked_again_after_so_many_months() -> None:
    assert not due(date(2026, 1, 15), date(2026, 7, 14), 6)
    assert due(date(2026, 1, 15), date(2026, 7, 15), 6)
    assert not due(date(2025, 8, 31), date(2026, 2, 28), 6)
    assert due(date(2025, 8, 31), date(2026, 3, 1), 6)
    assert due(date(2025, 12, 31), date(2026, 1, 31), 1)


def test_with_no_months_everybody_is_asked_once_a_day() -> None:
    assert not due(date(2026, 1, 15), date(2026, 1, 15), 0)
    assert due(date(2026, 1, 15), date(2026, 1, 16), 0)


def test_it_is_kept_who_confirmed_when(scene: Scene) -> None:
    assert is_due(last_confirmation(scene.asha), after_months=6, at=scene.at, zone=KOLKATA)
    made = confirm_details(scene.asha, by=scene.dora, at=scene.at)
    assert confirm_details(scene.asha, by=scene.dora, at=scene.at + timedelta(minutes=1)) == made  # sent twice
    last = last_confirmation(scene.asha)
    assert last is not None
    assert (last.by, last.at) == (scene.dora, scene.at)
    assert not is_due(last, after_months=6, at=scene.at, zone=KOLKATA)
    with pytest.raises(ProgrammingError), transaction.atomic():
        DetailsConfirmation.objects.all().delete()
