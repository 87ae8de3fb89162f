"""Rooms and equipment are booked with the provider: one patient at a time, offered only when free."""

from typing import Any

import pytest

from apps.scheduling import attendance, resources, undo
from apps.scheduling.booking import cancel, confirm, reschedule
from apps.scheduling.calendars import blocking
from apps.scheduling.calendars.time_off import AppointmentsInTheWay
from apps.scheduling.fitting import OverrideNotPermitted, ProviderIsBusy, ResourceIsTaken, TimeIsBlocked
from apps.scheduling.models import Resource, ResourceUse
from apps.scheduling.slots import free_slots, next_free
from apps.scheduling.taking import ResourceOutOfUse
from tests.scheduling.scene import MONDAY, Scene
from tests.scheduling.test_booking import booked


@pytest.fixture
def scan(scene: Scene) -> Resource:
    """The only ultrasound; half hours need it."""
    made = resources.add_resource(name="Ultrasound 1", kind="Ultrasound", sort="equipment", **scene.admin)
    resources.set_needs(scene.visit, required=["Ultrasound"], **scene.admin)
    return made


def second(scene: Scene) -> Resource:
    return resources.add_resource(name="Ultrasound 2", kind="ultrasound", sort="equipment", **scene.admin)


def had(appointment: Any) -> list[str]:
    return sorted(
        ResourceUse.objects.filter(appointment=appointment, is_active=True).values_list("resource__name", flat=True)
    )


def test_a_type_takes_what_it_needs_and_another_provider_is_refused_it(scene: Scene, scan: Resource) -> None:
    first = booked(scene, "10:00")
    assert had(first) == ["Ultrasound 1"]
    with pytest.raises(ResourceIsTaken, match=first.number) as refusal:
        booked(scene, "10:15", patient=scene.ben, provider=scene.dr_sen)
    assert refusal.value.in_the_way == [first]
    assert "Asha" not in str(refusal.value.message)
    assert [slot.starts_at for slot in refusal.value.free_times] == [scene.when(t) for t in ("10:30", "11:00", "11:30")]
    booked(scene, "10:30", patient=scene.ben, provider=scene.dr_sen)  # back to back


def test_buffers_count_for_the_room_too(scene: Scene, scan: Resource) -> None:
    scene.visit.buffer_after = 10
    scene.visit.save()
    booked(scene, "10:00")
    with pytest.raises(ResourceIsTaken):
        booked(scene, "10:35", patient=scene.ben, provider=scene.dr_sen)
    booked(scene, "10:40", patient=scene.ben, provider=scene.dr_sen)


def test_one_of_a_kind_stands_in_for_another(scene: Scene, scan: Resource) -> None:
    other = second(scene)
    assert other.kind == "Ultrasound"
    booked(scene, "10:00")
    beside = booked(scene, "10:00", patient=scene.ben, provider=scene.dr_sen)
    assert had(beside) == ["Ultrasound 2"]


def test_what_is_only_proposed_is_taken_when_free_and_missed_when_not(scene: Scene, scan: Resource) -> None:
    resources.set_needs(scene.visit, required=[], proposed=["Ultrasound"], **scene.admin)
    assert had(booked(scene, "10:00")) == ["Ultrasound 1"]
    assert had(booked(scene, "10:00", patient=scene.ben, provider=scene.dr_sen)) == []


def test_free_times_are_those_when_the_room_is_free(scene: Scene, scan: Resource) -> None:
    booked(scene, "10:00", patient=scene.ben, provider=scene.dr_sen)
    found = free_slots(
        providers=[scene.dr_rao], appointment_type=scene.visit, first_day=MONDAY, last_day=MONDAY, at=scene.at
    )
    times = [slot.starts_at for slot in found]
    assert scene.when("09:30") in times and scene.when("10:00") not in times and scene.when("10:30") in times
    quick = next_free(scene.dr_rao, scene.quick, after=scene.when("10:00"), count=1)
    assert quick[0].starts_at == scene.when("10:00")  # needs no ultrasound


def test_what_is_offered_instead_has_a_room_for_a_visit_that_has_one_by_name(scene: Scene, scan: Resource) -> None:
    for start in ("11:00", "11:30"):
        booked(scene, start, patient=scene.ben, provider=scene.dr_sen)  # in the only room
    quick = booked(scene, "10:00", appointment_type=scene.quick, resources=[scan])
    booked(scene, "10:30", appointment_type=scene.quick, patient=scene.chitra)
    with pytest.raises(ProviderIsBusy) as refused:
        reschedule(quick, starts_at=scene.when("10:30"), by=scene.dora, at=scene.at)
    times = [slot.starts_at for slot in refused.value.free_times]
    assert times == [scene.when(start) for start in ("10:45", "12:00", "12:15")]


def test_moving_takes_it_along_or_another_of_its_kind(scene: Scene, scan: Resource) -> None:
    second(scene)
    first = booked(scene, "10:00")
    booked(scene, "11:00", patient=scene.ben, provider=scene.dr_sen)  # Ultrasound 1 as well
    moved = reschedule(first, starts_at=scene.when("11:00"), by=scene.dora, at=scene.at)
    assert had(moved) == ["Ultrasound 2"]
    booked(scene, "10:00", patient=scene.chitra)  # the former place is free


def test_cancelling_and_missing_free_it_and_undo_takes_it_again(scene: Scene, scan: Resource) -> None:
    first = booked(scene, "10:00")
    cancel(first, by=scene.dora, at=scene.at, reason="Ill")
    assert had(first) == []
    undo.take_back(first, by=scene.dora, at=scene.at)
    assert had(first) == ["Ultrasound 1"]
    attendance.no_show(first, by=scene.dora, at=scene.when("10:30"))
    assert had(first) == []
    other = booked(scene, "10:00", patient=scene.ben, provider=scene.dr_sen)
    with pytest.raises(ResourceIsTaken, match=other.number):
        undo.take_back(first, by=scene.dora, at=scene.when("10:31"))


def test_a_request_takes_its_room_when_it_is_confirmed(scene: Scene, scan: Resource) -> None:
    asked = booked(scene, "10:00", requested=True, resources=[scan])
    assert had(asked) == []
    assert had(confirm(asked, by=scene.dora, at=scene.at)) == ["Ultrasound 1"]


def test_only_a_clinic_admin_books_over_a_room(scene: Scene, scan: Resource) -> None:
    booked(scene, "10:00")
    wanted = {"patient": scene.ben, "provider": scene.dr_sen, "override_reason": "Bleeding"}
    with pytest.raises(OverrideNotPermitted):
        booked(scene, "10:00", **wanted)
    over = booked(scene, "10:00", by=scene.ada, **wanted)
    assert had(over) == ["Ultrasound 1"] and over.overridden_by == scene.ada and not over.is_override


def test_nobody_slips_in_beside_an_override_of_a_room(scene: Scene, scan: Resource) -> None:
    first = booked(scene, "10:00")
    wanted = {"patient": scene.ben, "provider": scene.dr_sen, "override_reason": "Bleeding"}
    booked(scene, "10:15", "10:50", by=scene.ada, **wanted)
    with pytest.raises(ResourceIsTaken):
        booked(scene, "10:30", patient=scene.chitra)
    cancel(first, by=scene.dora, at=scene.at, reason="Ill")
    booked(scene, "10:00", "10:15", patient=scene.chitra)
    with pytest.raises(ResourceIsTaken):
        booked(scene, "10:20", "10:25")


def test_a_room_by_name_and_one_out_of_use(scene: Scene) -> None:
    room = resources.add_resource(name="Treatment 1", **scene.admin)
    assert room.kind == "Treatment 1"
    booked(scene, "10:00", resources=[room])
    with pytest.raises(ResourceIsTaken):
        booked(scene, "10:00", patient=scene.ben, provider=scene.dr_sen, resources=[room])
    resources.close_resource(room, **scene.admin)
    with pytest.raises(ResourceOutOfUse):
        booked(scene, "12:00", resources=[room])


def test_blocked_time_refuses_with_its_reason_until_lifted(scene: Scene) -> None:
    block = {"starts_at": scene.when("10:00"), "ends_at": scene.when("11:00"), "reason": "Team meeting"}
    meeting = blocking.block(scene.dr_rao, **block, **scene.admin)
    with pytest.raises(TimeIsBlocked, match="Team meeting"):
        booked(scene, "10:30")
    assert booked(scene, "10:30", by=scene.ada, override_reason="Emergency").overridden_by == scene.ada
    booked(scene, "11:00", patient=scene.ben)
    booked(scene, "09:30", patient=scene.ben)
    with pytest.raises(blocking.BadBlock):
        blocking.block(scene.dr_rao, **{**block, "reason": " "}, **scene.admin)
    blocking.lift(meeting, **scene.admin)
    booked(scene, "10:00", patient=scene.chitra)
    with pytest.raises(blocking.AlreadyLifted):
        blocking.lift(meeting, **scene.admin)


def test_blocking_asks_about_those_who_are_booked(scene: Scene, scan: Resource) -> None:
    there = booked(scene, "10:00")
    block = {"starts_at": scene.when("10:00"), "ends_at": scene.when("11:00"), "reason": "Repair"}
    for what in (scene.dr_rao, scan):
        with pytest.raises(AppointmentsInTheWay) as refusal:
            blocking.block(what, **block, **scene.admin)
        assert refusal.value.appointments == [there]
    blocking.block(scan, **block, keep_appointments=True, **scene.admin)
    with pytest.raises(ResourceIsTaken, match="Repair"):
        booked(scene, "10:30", patient=scene.ben, provider=scene.dr_sen)
    assert scene.when("10:30") not in [
        one.starts_at for one in next_free(scene.dr_sen, scene.visit, after=scene.when("10:00"))
    ]


def test_needs_are_kinds_that_there_are(scene: Scene) -> None:
    with pytest.raises(resources.NoSuchKind):
        resources.set_needs(scene.visit, required=["Helicopter"], **scene.admin)
    with pytest.raises(resources.BadResource):
        resources.add_resource(name=" ", **scene.admin)
    resources.add_resource(name="Laser", **scene.admin)
    with pytest.raises(resources.ResourceNameTaken):
        resources.add_resource(name="LASER", **scene.admin)
