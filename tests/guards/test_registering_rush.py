"""Many desks that register one person at the same moment, on a database of their own."""

from collections.abc import Callable
from datetime import date
from typing import Any

from apps.patients.models import Patient
from apps.patients.registration import register
from tests.guards.test_rush import at_once
from tests.patients.factories import REGISTERED


def test_of_many_who_register_the_same_person_one_does_and_the_others_are_shown_whom(
    throw_away: str, riverside: Any, cast: Any
) -> None:
    def one() -> Callable[[], object]:
        details = {"given_name": "Asha", "family_name": "Sharma", "birth_date": date(1984, 3, 12)}
        return lambda: register(by=cast.sara, at=REGISTERED, refuse_duplicates=True, **details)

    ended = at_once(riverside, [one() for _desk in range(12)], threads=6)
    assert ended == {"done": 1, "likely_duplicate": 11}
    with riverside.inside():
        assert list(Patient.objects.values_list("number", flat=True)) == ["PAT-2026-00001"]
