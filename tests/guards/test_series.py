"""Attacks on the rules of a series, past every rule function."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from apps.scheduling.models import Appointment, AppointmentSeries
from tests.scheduling.scene import Scene
from tests.scheduling.test_booking import booked
from tests.scheduling.test_series import made


def refused(attack: Callable[[], Any], match: str) -> None:
    with pytest.raises(IntegrityError, match=match), transaction.atomic():
        attack()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_nobodys_appointment_enters_another_patients_series(scene: Scene) -> None:
    one = made(scene)
    bens = booked(scene, "15:00", patient=scene.ben)
    refused(lambda: Appointment.objects.filter(pk=bens.pk).update(series=one), "appointment_series_of_same_patient")
    refused(
        lambda: AppointmentSeries.objects.filter(pk=one.pk).update(patient=scene.ben),
        "appointment_series_of_same_patient",
    )


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"times": 61}, "series_ends_somewhere"),
        ({"times": None}, "series_ends_somewhere"),
        ({"every": 0}, "series_every"),
        ({"unit": "year"}, "series_unit"),
        ({"weekdays": [8]}, "series_weekdays"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_not_stored(scene: Scene, change: dict[str, Any], constraint: str) -> None:
    one = made(scene)
    refused(lambda: AppointmentSeries.objects.filter(pk=one.pk).update(**change), constraint)
