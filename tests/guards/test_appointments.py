"""Attacks on the appointment guards, past every rule: raw SQL, bulk_create, update(). The database itself says no."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, transaction

from apps.scheduling import attendance
from apps.scheduling.booking import cancel
from apps.scheduling.calendars import hours
from apps.scheduling.models import Appointment, AppointmentTransition, AppointmentType, Status, WeeklyHours
from tests.scheduling.scene import MONDAY, Scene, weekdays
from tests.scheduling.test_booking import booked


def row(scene: Scene, start: str, end: str, **more: Any) -> Appointment:
    """An appointment as somebody would write it who knows no rules."""
    starts_at, ends_at = scene.when(start), scene.when(end)
    number = f"APT-RAW-{Appointment.objects.count()}-{start}"
    details = {"patient": scene.ben, "provider": scene.dr_rao, "appointment_type": scene.visit, "booked_by": scene.dora}
    times = {"starts_at": starts_at, "ends_at": ends_at, "busy_from": starts_at, "busy_until": ends_at}
    return Appointment(**{**details, **times, "booked_at": scene.at, "number": number, **more})


def refused(attack: Callable[[], Any], kind: type[DatabaseError] = IntegrityError, match: str = "") -> None:
    with pytest.raises(kind, match=match or None), transaction.atomic():
        attack()


def sql(statement: str, *params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)


def test_save_bulk_create_and_raw_insert_cannot_overlap(scene: Scene) -> None:
    booked(scene, "10:00")
    refused(lambda: row(scene, "10:29", "10:59").save(force_insert=True), match="overlaps")
    refused(lambda: row(scene, "10:15", "10:45", lane=1).save(force_insert=True), match="overlaps")
    refused(lambda: Appointment.objects.bulk_create([row(scene, "10:15", "10:45", lane=7)]), match="overlaps")
    refused(
        lambda: Appointment.objects.bulk_create([row(scene, "12:00", "12:30"), row(scene, "12:29", "13:00", lane=1)]),
        match="overlaps",
    )
    copy = (
        "INSERT INTO scheduling_appointment SELECT (jsonb_populate_record(a, jsonb_build_object("
        "'id', gen_random_uuid(), 'number', 'APT-COPY', 'lane', 3))).* FROM scheduling_appointment a"
    )
    refused(lambda: sql(copy), match="overlaps")
    Appointment.objects.bulk_create(
        [row(scene, "10:30", "11:00"), row(scene, "09:30", "10:00")]
    )  # back-to-back is fine


def test_update_cannot_move_one_over_another(scene: Scene) -> None:
    booked(scene, "10:00")
    other = booked(scene, "11:00", patient=scene.ben)
    elsewhere = booked(scene, "10:00", patient=scene.chitra, provider=scene.dr_sen)
    mine = Appointment.objects.filter(pk=other.pk)
    refused(lambda: mine.update(starts_at=scene.when("10:29"), ends_at=scene.when("10:59")), match="overlaps")
    refused(lambda: mine.update(starts_at=scene.when("10:29")), match="overlaps")
    refused(lambda: mine.update(starts_at=scene.when("10:15"), lane=1), match="overlaps")
    refused(lambda: mine.update(buffer_before=31), match="overlaps")
    refused(lambda: Appointment.objects.filter(pk=elsewhere.pk).update(provider=scene.dr_rao), match="overlaps")
    refused(
        lambda: sql(
            "UPDATE scheduling_appointment SET starts_at = starts_at - interval '31 min' WHERE id = %s", other.pk
        ),
        match="overlaps",
    )


def test_what_is_busy_follows_from_times_and_buffers_whatever_is_written(scene: Scene) -> None:
    appointment = booked(scene, "10:00")
    Appointment.objects.filter(pk=appointment.pk).update(busy_until=scene.when("10:01"))
    refused(lambda: row(scene, "10:05", "10:20", lane=1).save(force_insert=True), match="overlaps")
    appointment.refresh_from_db()
    assert appointment.busy_until == scene.when("10:30")


def test_a_cancelled_one_cannot_come_back_over_another(scene: Scene) -> None:
    gone = cancel(booked(scene, "10:00"), by=scene.dora, at=scene.at, reason="Called off")
    booked(scene, "10:00", patient=scene.ben)
    refused(lambda: Appointment.objects.filter(pk=gone.pk).update(status="scheduled"))


def test_nobody_slips_in_beside_an_override_by_sql_either(scene: Scene) -> None:
    first = booked(scene, "10:00", "10:30")
    booked(scene, "10:15", "10:50", patient=scene.ben, by=scene.ada, override_reason="Chest pain")
    refused(lambda: row(scene, "10:30", "11:00").save(force_insert=True), match="overlaps")
    cancel(first, by=scene.dora, at=scene.at, reason="Called off")
    refused(lambda: row(scene, "10:10", "10:20").save(force_insert=True), match="overlaps")
    row(scene, "10:00", "10:15").save(force_insert=True)


def test_an_override_needs_somebody_and_a_reason(scene: Scene) -> None:
    booked(scene, "10:00")
    over = {"is_override": True, "lane": 1}
    refused(lambda: row(scene, "10:00", "10:30", **over).save(force_insert=True))
    refused(lambda: row(scene, "10:00", "10:30", **over, overridden_by=scene.ada).save(force_insert=True))
    refused(lambda: row(scene, "10:00", "10:30", **over, override_reason="Why").save(force_insert=True))
    row(scene, "10:00", "10:30", **over, overridden_by=scene.ada, override_reason="Why").save(force_insert=True)


def test_capacity_cannot_be_invented_nor_exceeded(scene: Scene) -> None:
    booked(scene, "10:00", provider=scene.dr_sen)
    second = {"provider": scene.dr_sen, "lane": 1, "capacity": 2}
    refused(lambda: row(scene, "10:00", "10:30", **second).save(force_insert=True), match="no hours")
    hours.set_weekly_hours(
        scene.dr_sen, sessions=weekdays(capacity=2), effective_from=MONDAY, by=scene.ada, at=scene.at
    )
    row(scene, "10:00", "10:30", **second).save(force_insert=True)
    refused(lambda: row(scene, "10:15", "10:20", **{**second, "lane": 2}).save(force_insert=True), match="overlaps")


def test_each_lane_is_single_file_even_without_the_guard(scene: Scene, as_superuser: Any) -> None:
    with as_superuser() as server:
        [definition] = server.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'appointment_lane'"
            " AND connamespace = 't_riverside'::regnamespace"
        ).fetchone()
    assert "provider_id WITH =, lane WITH =, tstzrange(busy_from, busy_until) WITH &&" in definition


@pytest.mark.parametrize(
    ("through", "to"),
    [
        ([], "in_session"),
        ([], "completed"),
        ([], "requested"),
        (["arrived"], "scheduled"),
        (["arrived"], "completed"),
        (["arrived"], "no_show"),
        (["arrived", "in_session"], "arrived"),
        (["arrived", "in_session"], "cancelled"),
        (["arrived", "in_session", "completed"], "scheduled"),
        (["arrived", "in_session", "completed"], "cancelled"),
        (["no_show"], "scheduled"),
        (["cancelled"], "scheduled"),
        ([], "gone"),
    ],
)
def test_update_cannot_skip_or_go_back(scene: Scene, through: list[str], to: str) -> None:
    mine = Appointment.objects.filter(pk=booked(scene, "10:00").pk)
    for status in through:
        mine.update(status=status)
    refused(lambda: mine.update(status=to))
    refused(lambda: sql("UPDATE scheduling_appointment SET status = %s WHERE id = %s", to, mine.get().pk))


def test_nothing_begins_in_the_middle(scene: Scene) -> None:
    for status in set(Status.values) - {"requested", "scheduled"}:
        refused(
            lambda status=status: row(scene, "10:00", "10:30", status=status).save(force_insert=True), match="begins"
        )
    refused(lambda: Appointment.objects.bulk_create([row(scene, "10:00", "10:30", status="completed")]))


def test_a_visit_that_is_over_keeps_its_time_and_provider(scene: Scene) -> None:
    appointment = booked(scene, "10:00")
    attendance.arrive(appointment, by=scene.dora, at=scene.at)
    attendance.start(appointment, by=scene.rao, at=scene.at)
    attendance.complete(appointment, by=scene.rao, at=scene.at)
    mine = Appointment.objects.filter(pk=appointment.pk)
    refused(lambda: mine.update(provider=scene.dr_sen), match="keeps its time")
    refused(lambda: mine.update(ends_at=scene.when("11:00")), match="keeps its time")
    refused(lambda: row(scene, "10:00", "10:30", lane=4).save(force_insert=True), match="overlaps")


def test_the_status_cannot_be_assigned(scene: Scene) -> None:
    appointment = booked(scene, "10:00")
    with pytest.raises(AttributeError):
        appointment.status = Status.COMPLETED


def test_appointments_and_their_moves_are_never_deleted_nor_rewritten(scene: Scene) -> None:
    appointment = booked(scene, "10:00")
    moves = AppointmentTransition.objects.filter(appointment=appointment)
    refused(lambda: sql("DELETE FROM scheduling_appointment"), ProgrammingError)
    refused(lambda: sql("TRUNCATE scheduling_appointment CASCADE"), ProgrammingError)
    refused(lambda: moves.update(to_status="cancelled"), ProgrammingError)
    refused(lambda: sql("UPDATE scheduling_appointmenttransition SET at = now()"), ProgrammingError)
    refused(lambda: sql("DELETE FROM scheduling_appointmenttransition"), ProgrammingError)
    refused(lambda: sql("TRUNCATE scheduling_appointmenttransition"), ProgrammingError)


def test_weekly_hours_cannot_overlap(scene: Scene) -> None:
    def hours_of(start: str, end: str, *, first: datetime | None = None) -> WeeklyHours:
        return WeeklyHours(
            provider=scene.dr_rao, weekday=0, starts=start, ends=end, effective_from=(first or scene.at).date()
        )

    refused(lambda: WeeklyHours.objects.bulk_create([hours_of("16:59", "18:00")]))
    refused(lambda: hours_of("16:00", "00:00").save(force_insert=True))
    hours_of("17:00", "00:00").save(force_insert=True)
    mine = WeeklyHours.objects.filter(provider=scene.dr_rao, starts="17:00")
    refused(lambda: mine.update(starts="16:00"))
    refused(lambda: hours_of("23:00", "23:30", first=scene.at + timedelta(days=700)).save(force_insert=True))
    refused(lambda: mine.update(ends="16:30"))


def test_a_type_cannot_cost_less_than_nothing(scene: Scene) -> None:
    mine = AppointmentType.objects.filter(pk=scene.visit.pk)
    for change in (
        {"rate": -1},
        {"tax_rate": 101},
        {"duration_minutes": 0},
        {"buffer_after": 999},
        {"name": "QUARTER HOUR"},
    ):
        refused(lambda change=change: mine.update(**change))
