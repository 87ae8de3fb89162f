"""Attacks on what ties two appointments together: always one patient, and nothing that stands is replaced."""

from typing import Any

import pytest

from apps.scheduling import undo
from apps.scheduling.booking import cancel
from apps.scheduling.models import Appointment
from tests.guards.test_appointments import refused, row, sql
from tests.scheduling.scene import Scene
from tests.scheduling.test_booking import booked


@pytest.mark.parametrize("link", ["follow_up_for", "reschedule_of"])
def test_links_stay_within_one_patient_for_any_writer(scene: Scene, link: str) -> None:
    gone = cancel(booked(scene, "10:00"), by=scene.dora, at=scene.at, reason="Ill")
    bens = row(scene, "11:00", "11:30", **{link: gone})
    refused(lambda: bens.save(force_insert=True), match="of patient")
    refused(lambda: Appointment.objects.bulk_create([bens]), match="of patient")
    other = booked(scene, "12:00", patient=scene.ben)
    refused(lambda: Appointment.objects.filter(pk=other.pk).update(**{link: gone}), match="of patient")
    mine = booked(scene, "13:00", **{link: gone})
    statement = "UPDATE scheduling_appointment SET patient_id = %s WHERE id = %s"
    refused(lambda: sql(statement, scene.ben.pk, mine.pk), match="of patient")
    refused(lambda: sql(statement, scene.ben.pk, gone.pk), match="of patient")
    refused(lambda: Appointment.objects.filter(pk=mine.pk).update(**{link: mine.pk}), match="own_past|what it replaces")


def test_sql_cannot_replace_what_stands_nor_twice(scene: Scene) -> None:
    stands = booked(scene, "10:00")
    refused(
        lambda: row(scene, "11:00", "11:30", patient=scene.asha, reschedule_of=stands).save(force_insert=True),
        match="replaces",
    )
    gone = cancel(stands, by=scene.dora, at=scene.at, reason="Ill")
    row(scene, "11:00", "11:30", patient=scene.asha, reschedule_of=gone).save(force_insert=True)
    refused(
        lambda: row(scene, "12:00", "12:30", patient=scene.asha, reschedule_of=gone).save(force_insert=True),
        match="unique",
    )


def test_sql_cannot_bring_back_what_has_been_replaced(scene: Scene, monkeypatch: Any) -> None:
    gone = cancel(booked(scene, "10:00"), by=scene.dora, at=scene.at, reason="Ill")
    booked(scene, "11:00", reschedule_of=gone)
    monkeypatch.setattr(undo, "_refuse_what_is_replaced", lambda _appointment: None)
    refused(lambda: undo.take_back(gone, by=scene.dora, at=scene.at), match="stands in its place")


def test_a_channel_is_one_that_there_is(scene: Scene) -> None:
    refused(lambda: row(scene, "10:00", "10:30", channel="pigeon").save(force_insert=True), match="channel")
