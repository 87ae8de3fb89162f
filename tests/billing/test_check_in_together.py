"""Two desks and an impatient finger: the copay is taken once."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from apps.billing.models import CheckIn, Payment
from apps.billing.paying.check_in import check_in
from apps.scheduling.models import QueueTicket
from tests.guards.test_rush import at_once
from tests.scheduling.scene import Scene, make_scene
from tests.scheduling.test_booking import booked


@pytest.fixture
def rush(throw_away: str, riverside: Any) -> tuple[Any, Scene, Any]:
    with riverside.inside():
        scene = make_scene(ZoneInfo("Asia/Kolkata"))
        visit = booked(scene, "10:00")
    return riverside, scene, visit


def test_a_double_click_and_another_desk(rush: tuple[Any, Scene, Any]) -> None:
    clinic, scene, visit = rush

    def send(key: str) -> Any:
        return lambda: check_in(
            visit, amount="500", method="cash", source_reference=f"check-in:{key}", by=scene.dora, at=scene.at
        )

    ended = at_once(clinic, [send("one")] * 4 + [send("two")] * 4)
    assert ended == {"done": 4, "wrong_status": 4}
    with clinic.inside():
        assert (Payment.objects.count(), CheckIn.objects.count(), QueueTicket.objects.count()) == (1, 1, 1)
