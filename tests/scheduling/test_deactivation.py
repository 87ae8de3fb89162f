"""A patient who is still expected cannot leave the lists; what is booked outlives the offer of its type."""

from datetime import timedelta
from typing import Any

import pytest

from apps.patients import registration
from apps.scheduling import booking, catalogue, undo
from apps.scheduling.booking import NotBookable
from apps.scheduling.models import AppointmentType
from apps.scheduling.receivers import StillExpected
from tests.scheduling.crowd import gather
from tests.scheduling.scene import Scene
from tests.scheduling.test_booking import booked


def test_a_booked_patient_is_not_deactivated_until_the_visit_is_cancelled(scene: Scene) -> None:
    made = booked(scene, "10:00")
    with pytest.raises(StillExpected, match=made.number):
        registration.deactivate(scene.asha, by=scene.ada, at=scene.at, reason="Moved away")
    scene.asha.refresh_from_db()
    assert scene.asha.is_active
    booking.cancel(made, by=scene.dora, at=scene.at, reason="Moved away")
    assert not registration.deactivate(scene.asha, by=scene.ada, at=scene.at, reason="Moved away").is_active


def test_what_is_booked_can_be_moved_and_brought_back_when_its_type_is_no_longer_offered(scene: Scene) -> None:
    made = booked(scene, "10:00")
    catalogue.withdraw_type(scene.visit, **scene.admin)
    scene.visit.refresh_from_db()
    with pytest.raises(NotBookable, match="no longer offered"):
        booked(scene, "12:00", patient=scene.ben)
    made.refresh_from_db()
    moved = booking.reschedule(made, starts_at=scene.when("11:00"), by=scene.dora, at=scene.at)
    booking.cancel(moved, by=scene.dora, at=scene.at, reason="A slip")
    assert undo.take_back(moved, by=scene.dora, at=scene.at).status == "scheduled"


def test_no_free_times_are_told_for_what_is_no_longer_offered(riverside: Any, cast: Any, api: Any) -> None:
    with riverside.inside(by=cast.ada):
        crowd = gather(cast.ada, providers=1, each=1)
        kind = AppointmentType.objects.get(pk=crowd.types[0].pk)
    tomorrow = (crowd.day + timedelta(days=1)).isoformat()
    asked = {"type": str(kind.pk), "from": tomorrow, "to": tomorrow}
    assert api(riverside, cast.sara).get("/api/v1/free-times/", asked).json()["count"]
    with riverside.inside(by=cast.ada):
        catalogue.withdraw_type(kind, by=cast.ada, at=crowd.when("08:00"))
    assert not api(riverside, cast.sara).get("/api/v1/free-times/", asked).json()["count"]
