"""A patient who is still expected cannot leave the lists."""

import pytest

from apps.patients import registration
from apps.scheduling import booking
from apps.scheduling.receivers import StillExpected
from tests.scheduling.scene import Scene


def test_a_booked_patient_is_not_deactivated_until_the_visit_is_cancelled(scene: Scene) -> None:
    booked = booking.book(
        patient=scene.asha,
        provider=scene.dr_rao,
        appointment_type=scene.visit,
        starts_at=scene.when("10:00"),
        by=scene.dora,
        at=scene.at,
    )
    with pytest.raises(StillExpected, match=booked.number):
        registration.deactivate(scene.asha, by=scene.ada, at=scene.at, reason="Moved away")
    scene.asha.refresh_from_db()
    assert scene.asha.is_active
    booking.cancel(booked, by=scene.dora, at=scene.at, reason="Moved away")
    assert not registration.deactivate(scene.asha, by=scene.ada, at=scene.at, reason="Moved away").is_active
