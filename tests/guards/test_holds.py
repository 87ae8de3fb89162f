"""Attacks on holds and override requests, past every rule."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from apps.scheduling import resources
from apps.scheduling.models import Appointment, Hold, OverrideRequest
from tests.guards.test_appointments import refused, row, sql
from tests.guards.test_resources import use
from tests.scheduling.scene import Scene, person
from tests.scheduling.test_booking import booked


def in_hand(scene: Scene, start: str, end: str, **more: Any) -> Hold:
    """Dora's hold, which stands by the server's clock."""
    now = timezone.now()
    span = {"starts_at": scene.when(start), "ends_at": scene.when(end)}
    busy = {"busy_from": scene.when(start), "busy_until": scene.when(end)}
    lasts = {"taken_at": now, "expires_at": now + timedelta(minutes=5)}
    whose = {"provider": scene.dr_rao, "by": scene.dora, "form_key": uuid4()}
    return Hold.objects.create(**{**whose, **span, **busy, **lasts, **more})


def test_what_is_held_is_booked_by_nobody_else_whoever_writes(scene: Scene) -> None:
    sara = person("sara@scene.example", "Sara Second", "front_desk")
    other = booked(scene, "12:00", by=sara)
    mine = in_hand(scene, "10:00", "10:30")
    refused(lambda: row(scene, "10:29", "10:59", booked_by=sara).save(force_insert=True), match="somebody else")
    refused(
        lambda: Appointment.objects.bulk_create([row(scene, "10:15", "10:45", booked_by=sara, lane=3)]),
        match="somebody else",
    )
    refused(
        lambda: Appointment.objects.filter(pk=other.pk).update(starts_at=scene.when("10:29")), match="somebody else"
    )
    row(scene, "10:30", "11:00", booked_by=sara).save(force_insert=True)  # back to back
    row(scene, "10:00", "10:15").save(force_insert=True)  # Dora's own
    Hold.objects.filter(pk=mine.pk).update(taken_at=timezone.now() - timedelta(hours=1), expires_at=timezone.now())
    row(scene, "10:15", "10:30", booked_by=sara).save(force_insert=True)  # it ran out


def test_a_held_room_is_taken_by_nobody_else(scene: Scene) -> None:
    room = resources.add_resource(name="Treatment 1", **scene.admin)
    elsewhere = booked(scene, "10:00", provider=scene.dr_sen)
    in_hand(scene, "10:00", "10:30", resources=[room.pk])
    refused(lambda: use(elsewhere, room).save(force_insert=True), match="somebody else")


def test_one_form_of_a_person_holds_one_place(scene: Scene) -> None:
    mine = in_hand(scene, "10:00", "10:30")
    refused(lambda: in_hand(scene, "11:00", "11:30", form_key=mine.form_key), match="hold_once")
    refused(lambda: in_hand(scene, "11:30", "11:00"), match="hold_order")
    refused(lambda: Hold.objects.update(expires_at=mine.taken_at), match="hold_lasts")


def test_a_request_is_answered_by_somebody_and_booked_only_when_approved(scene: Scene) -> None:
    request = OverrideRequest.objects.create(
        patient=scene.ben,
        provider=scene.dr_rao,
        appointment_type=scene.visit,
        starts_at=scene.when("10:00"),
        ends_at=scene.when("10:30"),
        why="Fever",
        requested_by=scene.dora,
        requested_at=scene.at,
    )
    rows = OverrideRequest.objects.filter(pk=request.pk)
    refused(lambda: rows.update(state="approved"))
    refused(lambda: rows.update(state="approved", answered_by=scene.ada, answered_at=scene.at))
    refused(lambda: rows.update(state="declined"))
    refused(lambda: rows.update(state="perhaps"))
    refused(lambda: rows.update(appointment=booked(scene, "10:00")))
    refused(
        lambda: sql(
            "INSERT INTO scheduling_overriderequest SELECT (jsonb_populate_record(a,"
            " jsonb_build_object('id', gen_random_uuid()))).* FROM scheduling_overriderequest a"
        ),
        match="asked_once",
    )
