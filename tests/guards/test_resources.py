"""Attacks on rooms and equipment, past every rule: one patient at a time, whoever writes."""

from typing import Any

import pytest

from apps.scheduling import resources
from apps.scheduling.booking import cancel
from apps.scheduling.models import Appointment, Resource, ResourceUse
from tests.guards.test_appointments import refused, row, sql
from tests.scheduling.scene import Scene
from tests.scheduling.test_booking import booked


@pytest.fixture
def scan(scene: Scene) -> Resource:
    return resources.add_resource(name="Ultrasound 1", **scene.admin)


def use(appointment: Appointment, resource: Resource, **more: Any) -> ResourceUse:
    """A use as somebody would write it who knows no rules: the time is wrong, too."""
    span = {
        "busy_from": appointment.busy_from.replace(year=2001),
        "busy_until": appointment.busy_from.replace(year=2002),
    }
    return ResourceUse(**{"appointment": appointment, "resource": resource, **span, **more})


def test_save_bulk_create_and_raw_insert_cannot_take_what_is_taken(scene: Scene, scan: Resource) -> None:
    booked(scene, "10:00", resources=[scan])
    beside = booked(scene, "10:29", patient=scene.ben, provider=scene.dr_sen)
    after = booked(scene, "11:00", patient=scene.ben, provider=scene.dr_sen)
    refused(lambda: use(beside, scan).save(force_insert=True), match="taken")
    refused(lambda: use(beside, scan, is_active=False).save(force_insert=True), match="taken")
    refused(lambda: use(beside, scan, is_override=True).save(force_insert=True), match="taken")
    refused(lambda: ResourceUse.objects.bulk_create([use(after, scan), use(beside, scan)]), match="taken")
    copy = (
        "INSERT INTO scheduling_resourceuse"
        " (id, appointment_id, resource_id, busy_from, busy_until, is_active, is_override)"
        " VALUES (gen_random_uuid(), %s, %s, now(), now(), false, true)"
    )
    refused(lambda: sql(copy, beside.pk, scan.pk), match="taken")
    use(after, scan).save(force_insert=True)
    assert ResourceUse.objects.get(appointment=after).busy_from == after.busy_from


def test_update_cannot_bring_two_together(scene: Scene, scan: Resource) -> None:
    other = resources.add_resource(name="Ultrasound 2", **scene.admin)
    first = booked(scene, "10:00", resources=[scan])
    second = booked(scene, "10:00", patient=scene.ben, provider=scene.dr_sen, resources=[other])
    later = booked(scene, "12:00", patient=scene.ben, provider=scene.dr_sen, resources=[scan])
    theirs = ResourceUse.objects.filter(appointment=second)
    refused(lambda: theirs.update(resource=scan), match="taken")
    refused(lambda: theirs.update(resource=scan, is_override=True), match="taken")
    refused(lambda: ResourceUse.objects.filter(appointment=later).update(appointment=second), match="taken")
    mine = Appointment.objects.filter(pk=later.pk)
    refused(lambda: mine.update(starts_at=scene.when("10:29"), provider=scene.dr_sen), match="taken|overlaps")
    refused(lambda: mine.update(buffer_before=91), match="taken|overlaps")
    ResourceUse.objects.filter(appointment=later).update(busy_from=first.busy_from, busy_until=first.busy_until)
    assert ResourceUse.objects.get(appointment=later).busy_from == later.busy_from


def test_sql_cannot_move_or_bring_back_an_appointment_into_a_taken_room(scene: Scene, scan: Resource) -> None:
    first = booked(scene, "10:00", resources=[scan])
    later = booked(scene, "12:00", patient=scene.ben, provider=scene.dr_sen, resources=[scan])
    move = "UPDATE scheduling_appointment SET starts_at = %s, ends_at = %s WHERE id = %s"
    refused(lambda: sql(move, scene.when("10:29"), scene.when("10:59"), later.pk), match="taken")
    sql(move, scene.when("10:30"), scene.when("11:00"), later.pk)  # back to back
    cancel(first, by=scene.dora, at=scene.at, reason="Ill")
    sql(move, scene.when("10:15"), scene.when("10:45"), later.pk)
    asked = row(scene, "10:00", "10:30", status="requested")
    asked.save(force_insert=True)
    use(asked, scan).save(force_insert=True)
    refused(lambda: Appointment.objects.filter(pk=asked.pk).update(status="scheduled"), match="taken")


def test_the_exclusion_holds_when_the_guard_is_gone(scene: Scene, scan: Resource, as_superuser: Any) -> None:
    with as_superuser() as server:
        [definition] = server.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'resource_single_file'"
            " AND connamespace = 't_riverside'::regnamespace"
        ).fetchone()
    assert "resource_id WITH =, tstzrange(busy_from, busy_until) WITH &&" in definition


def test_a_block_is_of_a_provider_or_a_resource_with_a_reason(scene: Scene, scan: Resource) -> None:
    insert = (
        "INSERT INTO scheduling_block"
        " (id, provider_id, resource_id, starts_at, ends_at, reason, entered_by_id, entered_at)"
        " VALUES (gen_random_uuid(), %s, %s, now(), now() + %s::interval, %s, %s, now())"
    )
    for provider, resource, length, reason in (
        (scene.dr_rao.pk, scan.pk, "1 hour", "Both"),
        (None, None, "1 hour", "Nobody"),
        (scene.dr_rao.pk, None, "1 hour", ""),
        (scene.dr_rao.pk, None, "-1 hour", "Backwards"),
    ):
        refused(lambda v=(provider, resource, length, reason): sql(insert, *v, scene.ada.pk))
    sql(insert, None, scan.pk, "1 hour", "Repair", scene.ada.pk)
