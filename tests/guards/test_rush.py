"""Many hands at once, on a database of their own: one slot has one winner, a visit is completed once."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from apps.core.refusals import Conflict
from apps.scheduling import attendance
from apps.scheduling.booking import book, reschedule
from apps.scheduling.models import Appointment
from apps.scheduling.signals import appointment_completed
from tests.scheduling.scene import Scene, make_scene, patient


@pytest.fixture
def rush(throw_away: str, riverside: Any) -> tuple[Any, Scene]:
    with riverside.inside():
        scene = make_scene(ZoneInfo("Asia/Kolkata"))
    return riverside, scene


def at_once(clinic: Any, tasks: list[Callable[[], object]], *, threads: int = 16) -> Counter[str]:
    """Each task in a transaction of its own, as many as possible at the same time; counts how they ended."""
    gate = threading.Barrier(min(threads, len(tasks)), timeout=60)
    waited = threading.local()

    def run(task: Callable[[], object]) -> str:
        if not getattr(waited, "done", False):
            waited.done = True
            gate.wait()
        try:
            with clinic.inside():
                task()
        except Conflict as refusal:
            return refusal.code
        except Exception as error:
            return repr(error)
        finally:
            connection.close()  # back to the pool, as at the end of a request
        return "done"

    with ThreadPoolExecutor(threads) as pool:
        return Counter(pool.map(run, tasks))


def test_a_hundred_bookings_of_one_slot_have_one_winner(rush: tuple[Any, Scene]) -> None:
    clinic, scene = rush
    with clinic.inside():
        people = [
            patient(name, "Rush", by=scene.dora, at=scene.at) for name in ("Asha", "Ben", "Chitra", "Dev", "Esha")
        ]

    def one(number: int) -> Callable[[], object]:
        return lambda: book(
            patient=people[number % 5],
            provider=scene.dr_rao,
            appointment_type=scene.visit,
            starts_at=scene.when("10:00"),
            by=scene.dora,
            at=scene.at,
        )

    ended = at_once(clinic, [one(number) for number in range(100)])

    assert ended == {"done": 1, "provider_is_busy": 99}
    with clinic.inside():
        assert Appointment.objects.count() == 1


def test_overlapping_times_and_patients_never_deadlock(rush: tuple[Any, Scene]) -> None:
    """Two providers, overlapping times, the same patients, and moves between the providers in both directions."""
    clinic, scene = rush
    with clinic.inside():
        there = [
            book(
                patient=scene.chitra,
                provider=provider,
                appointment_type=scene.visit,
                starts_at=scene.when(start),
                by=scene.dora,
                at=scene.at,
            )
            for provider, start in ((scene.dr_rao, "14:00"), (scene.dr_sen, "15:00"))
        ]

    def one(number: int) -> Callable[[], object]:
        provider, other = (scene.dr_rao, scene.dr_sen) if number % 2 else (scene.dr_sen, scene.dr_rao)
        if number % 5 == 0:
            return lambda: reschedule(
                there[number % 2],
                starts_at=scene.when(f"1{number % 4 + 1}:{number % 2 * 3}0"),
                provider=other,
                by=scene.dora,
                at=scene.at,
            )
        return lambda: book(
            patient=scene.asha if number % 3 else scene.ben,
            provider=provider,
            appointment_type=scene.visit,
            starts_at=scene.when(f"{9 + number % 7:02d}:{number % 6}0"),
            by=scene.dora,
            at=scene.at,
        )

    ended = at_once(clinic, [one(number) for number in range(120)])

    known = {"done", "provider_is_busy", "patient_elsewhere", "moved_meanwhile"}
    assert set(ended) <= known, ended
    with clinic.inside():
        for provider in (scene.dr_rao, scene.dr_sen):
            rows = Appointment.objects.of_provider(provider).active().order_by("busy_from")
            spans = list(rows.values_list("busy_from", "busy_until"))
            assert all(one[1] <= two[0] for one, two in pairwise(spans))


def test_two_completions_at_once_are_announced_once(rush: tuple[Any, Scene]) -> None:
    clinic, scene = rush
    with clinic.inside():
        appointment = book(
            patient=scene.asha,
            provider=scene.dr_rao,
            appointment_type=scene.visit,
            starts_at=scene.when("10:00"),
            by=scene.dora,
            at=scene.at,
        )
        attendance.arrive(appointment, by=scene.dora, at=scene.at)
        attendance.start(appointment, by=scene.rao, at=scene.at)
    heard: list[object] = []

    def listen(sender: object, **kwargs: object) -> None:
        heard.append(kwargs["appointment"])

    appointment_completed.connect(listen)
    try:
        ended = at_once(clinic, [lambda: attendance.complete(appointment, by=scene.rao, at=scene.at)] * 8, threads=8)
    finally:
        appointment_completed.disconnect(listen)
    assert ended == {"done": 1, "wrong_status": 7}
    assert heard == [appointment]
