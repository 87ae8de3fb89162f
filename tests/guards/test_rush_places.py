"""Many hands on one room, one piece of equipment, one hold, one request to book over: never more than there is."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from apps.clinic.models import Provider
from apps.scheduling import overrides, resources
from apps.scheduling.booking import book
from apps.scheduling.calendars import hours
from apps.scheduling.holding import hold
from apps.scheduling.models import Appointment, Hold, Resource, ResourceUse
from tests.guards.test_rush import at_once
from tests.scheduling.scene import MONDAY, Scene, make_scene, person, weekdays

Task = Callable[[], object]


@pytest.fixture
def rush(throw_away: str, riverside: Any) -> tuple[Any, Scene]:
    with riverside.inside():
        scene = make_scene(ZoneInfo("Asia/Kolkata"))
    return riverside, scene


def providers(scene: Scene, count: int) -> list[Provider]:
    made = [Provider.objects.create(name=f"Dr {number}") for number in range(count)]
    for one in made:
        hours.set_weekly_hours(one, sessions=weekdays(), effective_from=MONDAY, by=scene.ada, at=scene.at)
    return made


def booking(scene: Scene, provider: Provider, **more: Any) -> Task:
    details = {"patient": scene.asha, "appointment_type": scene.visit, "starts_at": scene.when("10:00")}
    details |= {"patient_sees_both": True, "by": scene.dora, "at": scene.at}
    return lambda: book(**{**details, "provider": provider, **more})


def test_fifty_providers_who_want_one_room_at_overlapping_times(rush: tuple[Any, Scene]) -> None:
    clinic, scene = rush
    with clinic.inside():
        room = resources.add_resource(name="Treatment 1", **scene.admin)
        wanted = [(scene.when("10:00") + timedelta(minutes=n % 29), one) for n, one in enumerate(providers(scene, 50))]
    ended = at_once(clinic, [booking(scene, one, starts_at=start, resources=[room]) for start, one in wanted])
    assert ended == {"done": 1, "resource_taken": 49}
    with clinic.inside():
        assert ResourceUse.objects.filter(is_active=True).count() == Appointment.objects.count() == 1


def test_fifty_providers_whose_visit_needs_one_of_two_machines(rush: tuple[Any, Scene]) -> None:
    clinic, scene = rush
    with clinic.inside():
        for number in (1, 2):
            resources.add_resource(name=f"Scan {number}", kind="Scan", sort="equipment", **scene.admin)
        resources.set_needs(scene.visit, required=["Scan"], **scene.admin)
        doctors = providers(scene, 50)
    ended = at_once(clinic, [booking(scene, one) for one in doctors])
    assert ended == {"done": 2, "resource_taken": 48}
    with clinic.inside():
        assert ResourceUse.objects.values("resource").distinct().count() == Resource.objects.count() == 2


def test_fifty_desks_hold_one_slot(rush: tuple[Any, Scene]) -> None:
    clinic, scene = rush
    with clinic.inside():
        desks = [person(f"desk{number}@scene.example", f"Desk {number}", "front_desk") for number in range(50)]
    ended = at_once(clinic, [holding(scene, by=one) for one in desks])
    assert ended == {"done": 1, "being_booked": 49}


def test_holds_against_bookings_of_one_slot(rush: tuple[Any, Scene]) -> None:
    clinic, scene = rush
    with clinic.inside():
        desks = [person(f"desk{number}@scene.example", f"Desk {number}", "front_desk") for number in range(40)]
    tasks = [holding(scene, by=one) for one in desks[:20]]
    tasks += [booking(scene, scene.dr_rao, by=one) for one in desks[20:]]
    ended = at_once(clinic, [task for pair in zip(tasks[:20], tasks[20:], strict=True) for task in pair])
    assert ended["done"] == 1
    assert ended["being_booked"] + ended["provider_is_busy"] == 39
    with clinic.inside():
        assert Hold.objects.count() + Appointment.objects.count() == 1


def test_one_form_dragged_quickly_from_provider_to_provider_holds_one_place(rush: tuple[Any, Scene]) -> None:
    clinic, scene = rush
    with clinic.inside():
        doctors = providers(scene, 12)
    key = uuid4()
    ended = at_once(clinic, [holding(scene, by=scene.dora, provider=one, form_key=key) for one in doctors], threads=12)
    assert ended == {"done": 12}
    with clinic.inside():
        assert Hold.objects.get().provider in doctors


def test_one_request_approved_by_many_is_booked_once(rush: tuple[Any, Scene]) -> None:
    clinic, scene = rush
    with clinic.inside():
        booking(scene, scene.dr_rao)()
        request = asked(scene, scene.ben)
    ended = at_once(clinic, [lambda: overrides.approve(request, **scene.admin)] * 12, threads=12)
    assert ended == {"done": 1, "already_answered": 11}
    with clinic.inside():
        assert Appointment.objects.filter(is_override=True).count() == 1


def test_requests_for_one_time_approved_at_once_get_a_lane_each(rush: tuple[Any, Scene]) -> None:
    clinic, scene = rush
    with clinic.inside():
        booking(scene, scene.dr_rao)()
        requests = [asked(scene, one) for one in (scene.ben, scene.chitra)]
    answers: list[Task] = [lambda one=one: overrides.approve(one, **scene.admin) for one in requests]
    answers += [lambda one=one: overrides.decline(one, **scene.admin, answer="No") for one in requests]
    ended = at_once(clinic, answers * 2, threads=8)
    assert ended == {"done": 2, "already_answered": 6}
    with clinic.inside():
        booked = Appointment.objects.active()
        assert len(set(booked.values_list("lane", flat=True))) == booked.count()


def holding(scene: Scene, **more: Any) -> Task:
    details = {"provider": scene.dr_rao, "appointment_type": scene.visit, "starts_at": scene.when("10:00")}
    details |= {"form_key": uuid4(), "at": scene.at}
    return lambda: hold(**{**details, **more})


def asked(scene: Scene, patient: Any) -> Any:
    return overrides.ask(
        patient=patient,
        provider=scene.dr_rao,
        appointment_type=scene.visit,
        starts_at=scene.when("10:15"),
        why="Chest pain",
        by=scene.dora,
        at=scene.at,
    )
