"""Many hands on the same two records, on a database of their own."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from apps.patients import merging
from apps.patients.models import Patient, PatientMerge
from apps.scheduling.booking import book
from apps.scheduling.models import Appointment
from tests.guards.test_rush import at_once
from tests.scheduling.scene import Scene, make_scene


@pytest.fixture
def rush(throw_away: str, riverside: Any) -> tuple[Any, Scene]:
    with riverside.inside():
        scene = make_scene(ZoneInfo("Asia/Kolkata"))
    return riverside, scene


def test_of_many_who_merge_the_same_two_one_wins_whichever_way_round(rush: tuple[Any, Scene]) -> None:
    clinic, scene = rush

    def one(number: int) -> Callable[[], object]:
        pair = (scene.asha, scene.ben) if number % 2 else (scene.ben, scene.asha)
        return lambda: merging.merge(*pair, by=scene.ada, at=scene.at, reason="Twice")

    ended = at_once(clinic, [one(number) for number in range(12)], threads=6)
    assert ended == {"done": 1, "record_not_in_use": 11}
    with clinic.inside():
        assert PatientMerge.objects.count() == Patient.objects.merged().count() == 1


def test_chains_that_are_merged_at_once_never_become_circles(rush: tuple[Any, Scene]) -> None:
    clinic, scene = rush
    people = [scene.asha, scene.ben, scene.chitra]

    def one(number: int) -> Callable[[], object]:
        into, gone = people[number % 3], people[(number + 1) % 3]
        return lambda: merging.merge(into, gone, by=scene.ada, at=scene.at, reason="Twice")

    ended = at_once(clinic, [one(number) for number in range(9)], threads=6)
    assert set(ended) <= {"done", "record_not_in_use"}
    with clinic.inside():
        used = Patient.objects.unmerged().get()
        assert set(Patient.objects.merged().values_list("merged_into", flat=True)) == {used.pk}


def test_a_booking_and_a_merge_at_the_same_moment_leave_nothing_new_on_the_merged_record(
    rush: tuple[Any, Scene],
) -> None:
    clinic, scene = rush

    def booking(number: int) -> Callable[[], object]:
        return lambda: book(
            patient=scene.ben,
            provider=scene.dr_rao,
            appointment_type=scene.quick,
            starts_at=scene.when("09:00") + timedelta(minutes=15 * number),
            by=scene.dora,
            at=scene.at,
        )

    def merge() -> object:
        return merging.merge(scene.asha, scene.ben, by=scene.ada, at=scene.at, reason="Twice")

    tasks = [booking(number) for number in range(8)]
    ended = at_once(clinic, [*tasks[:3], merge, *tasks[3:]], threads=6)
    assert set(ended) <= {"done", "not_bookable"}
    with clinic.inside():
        merged_at = PatientMerge.objects.get()
        assert merged_at.duplicate_id == scene.ben.pk
        assert Appointment.objects.of_patient(scene.asha).count() == ended["done"] - 1
