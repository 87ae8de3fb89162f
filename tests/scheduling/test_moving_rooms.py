"""Rooms and equipment are chosen when an appointment is moved as well: on the page, through the API, by name."""

from datetime import timedelta

import pytest

from apps.scheduling import booking, resources
from apps.scheduling.fitting import OverrideNotPermitted, ResourceIsTaken
from apps.scheduling.models import Appointment, AppointmentTransition, ResourceUse
from tests.scheduling.crowd import gather
from tests.scheduling.test_pages_appointments import early


@pytest.fixture
def crowd(riverside, cast):
    with riverside.inside(by=cast.ada):
        made = gather(cast.ada, providers=2, each=1, at=early())
        office = {"by": cast.ada, "at": early()}
        made.rooms = [resources.add_resource(name=f"Treatment {number}", **office) for number in (1, 2)]
        return made


def rooms_of(riverside, one):
    with riverside.inside():
        uses = ResourceUse.objects.filter(appointment=one, is_active=True)
        return sorted(uses.values_list("resource__name", flat=True))


def test_other_rooms_are_ticked_and_a_busy_one_is_named(riverside, cast, web, crowd):
    desk = web(riverside, cast.sara)
    one, other = crowd.appointments
    first, second = (str(room.pk) for room in crowd.rooms)
    page = desk.get(f"/appointments/{one.pk}/move/").content.decode()
    assert "Treatment 1" in page and "checked" not in page.split("Treatment 1")[0][-200:]
    assert desk.post(f"/appointments/{one.pk}/move/", {"rooms": "1", "resources": [first]}).status_code == 302
    assert rooms_of(riverside, one) == ["Treatment 1"]
    with riverside.inside():
        last = AppointmentTransition.objects.filter(appointment=one).last()
        assert last.reason == "Rooms and equipment: Treatment 1" and last.from_starts_at == last.to_starts_at
    refused = desk.post(f"/appointments/{other.pk}/move/", {"rooms": "1", "resources": [first, second]})
    page = refused.content.decode()
    assert refused.status_code == 409
    assert "Treatment 1 is taken" in page and one.number in page
    assert rooms_of(riverside, other) == []
    later = {"day": f"{crowd.day + timedelta(days=1)}", "starts": "12:00", "provider": str(one.provider_id)}
    assert desk.post(f"/appointments/{one.pk}/move/", later).status_code == 302  # a drag says nothing about rooms
    assert rooms_of(riverside, one) == ["Treatment 1"]
    assert desk.post(f"/appointments/{one.pk}/move/", {"rooms": "1"}).status_code == 302
    assert rooms_of(riverside, one) == []


def test_through_the_api(riverside, cast, api, crowd):
    desk = api(riverside, cast.sara)
    one, other = crowd.appointments
    first, second = (str(room.pk) for room in crowd.rooms)
    assert desk.patch(f"/api/v1/appointments/{one.pk}/", {"resources": [first]}).json()["resources"] == [first]
    place = {"starts_at": other.starts_at.isoformat(), "resources": [first]}
    refused = desk.post(f"/api/v1/appointments/{other.pk}/reschedule/", place)
    assert (refused.status_code, refused.json()["code"]) == (409, "resource_taken")
    assert [there["id"] for there in refused.json()["in_the_way"]] == [str(one.pk)]
    assert "Treatment 1" in refused.json()["detail"]
    moved = desk.post(f"/api/v1/appointments/{other.pk}/reschedule/", {**place, "resources": [second]})
    assert moved.json()["resources"] == [second]
    with riverside.inside(by=cast.ada):
        resources.close_resource(crowd.rooms[0], by=cast.ada, at=early())
    closed = desk.patch(f"/api/v1/appointments/{other.pk}/", {"resources": [first]})
    assert (closed.status_code, closed.json()["code"]) == (409, "resource_out_of_use")
    assert rooms_of(riverside, other) == ["Treatment 2"]


def test_where_only_rooms_change_the_reason_of_an_override_stays(riverside, cast, web, crowd):
    one, other = crowd.appointments
    first, second = crowd.rooms
    with riverside.inside(by=cast.ada):
        over = booking.book(
            patient=crowd.patients[0],
            provider=one.provider,
            appointment_type=one.appointment_type,
            starts_at=one.starts_at,
            by=cast.ada,
            at=early(),
            override_reason="Chest pain",
            patient_sees_both=True,
        )
    desk = web(riverside, cast.sara)  # who may not override
    chosen = {"rooms": "1", "resources": [str(first.pk)]}
    assert desk.post(f"/appointments/{over.pk}/move/", chosen).status_code == 302
    with riverside.inside(by=cast.sara):
        now = Appointment.objects.get(pk=over.pk)
        assert (now.override_reason, now.overridden_by, now.lane) == ("Chest pain", cast.ada, over.lane)
        assert now.transitions.last().reason == "Rooms and equipment: Treatment 1"
    beside = desk.post(f"/appointments/{one.pk}/move/", {"rooms": "1", "resources": [str(second.pk)]})
    assert beside.status_code == 302  # nor is the one that it was booked over asked for its time again
    with riverside.inside(by=cast.ada):
        moved = booking.reschedule(
            one, starts_at=one.starts_at, resources=[first], by=cast.ada, at=early(), override_reason="Splint"
        )
        assert (moved.is_override, moved.lane, moved.override_reason) == (False, one.lane, "Splint")
        kept = booking.reschedule(moved, starts_at=one.starts_at, resources=[first, second], by=cast.ada, at=early())
        assert kept.override_reason == "Splint"
        with pytest.raises(ResourceIsTaken):
            booking.reschedule(other, starts_at=other.starts_at, resources=[first], by=cast.sara, at=early())
        with pytest.raises(OverrideNotPermitted):
            booking.reschedule(
                other, starts_at=other.starts_at, resources=[first], by=cast.sara, at=early(), override_reason="Mine"
            )
