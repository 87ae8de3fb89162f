"""An offer from the waitlist keeps the room that the visit needs as well, for as long as the clinic has chosen."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from apps.scheduling import resources
from apps.scheduling.arrival import reception
from apps.scheduling.arrival.reception import BadSettings
from apps.scheduling.booking import cancel
from apps.scheduling.fitting import ResourceIsTaken
from apps.scheduling.models import ArrivalSettings, Resource, ResourceUse, WaitlistOffer
from apps.scheduling.slots import free_slots
from apps.scheduling.waitlist import answers, offering
from tests.scheduling.scene import Scene
from tests.scheduling.test_waitlist import at, booked, day, gone, kept_scene, waits

__all__ = ["at", "day", "kept_scene"]


@pytest.fixture
def scan(scene: Scene) -> Resource:
    """The only ultrasound; half hours need it."""
    made = resources.add_resource(name="Ultrasound 1", kind="Ultrasound", sort="equipment", **scene.admin)
    resources.set_needs(scene.visit, required=["Ultrasound"], **scene.admin)
    return made


def offered(scene: Scene, day: date, at: datetime) -> WaitlistOffer:
    waits(scene, day, at)
    gone(scene, booked(scene, day, at), at)
    return WaitlistOffer.objects.get()


def test_nobody_else_gets_the_room_while_the_offer_stands(
    scene: Scene, scan: Resource, day: date, at: datetime
) -> None:
    made = offered(scene, day, at)
    assert made.resources == [scan.pk]
    beside = {"patient": scene.chitra, "provider": scene.dr_sen}
    with pytest.raises(ResourceIsTaken, match="offered to somebody on the waitlist"):
        booked(scene, day, at, "10:15", **beside)
    found = free_slots(providers=[scene.dr_sen], appointment_type=scene.visit, first_day=day, last_day=day, at=at)
    assert scene.when("10:00", day) not in {slot.starts_at for slot in found}
    over = booked(scene, day, at, "10:15", **beside, by=scene.ada, override_reason="Bleeding")
    assert ResourceUse.objects.get(appointment=over).is_override
    cancel(over, by=scene.ada, at=at, reason="Ill")
    accepted = answers.accept(made, by=scene.dora, at=at)
    assert ResourceUse.objects.get(appointment=accepted).resource == scan


def test_a_declined_offer_lets_the_room_go(scene: Scene, scan: Resource, day: date, at: datetime) -> None:
    answers.decline(offered(scene, day, at), by=scene.dora, at=at)
    booked(scene, day, at, "10:15", patient=scene.chitra, provider=scene.dr_sen)


def test_a_time_without_its_room_is_not_offered(scene: Scene, scan: Resource, day: date, at: datetime) -> None:
    entry = waits(scene, day, at)
    booked(scene, day, at, "10:00", patient=scene.chitra, provider=scene.dr_sen)
    with pytest.raises(ResourceIsTaken):
        offering.offer(entry, provider=scene.dr_rao, starts_at=scene.when("10:00", day), by=scene.dora, at=at)


def test_the_clinic_says_how_long_an_offer_stands(scene: Scene, day: date, at: datetime) -> None:
    entry = waits(scene, day, at)
    chosen = {"ask_again_after": 6, "token_shows": "nothing"}
    for wrong in (4, 0, -1, 10_081):
        with pytest.raises(BadSettings):
            reception.choose(**chosen, offers_stand_for=wrong, **scene.admin)
    reception.choose(**chosen, offers_stand_for=45, **scene.admin)
    made = offering.offer(entry, provider=scene.dr_rao, starts_at=scene.when("10:00", day), by=scene.dora, at=at)
    assert made.expires_at == at + timedelta(minutes=45)
    reception.choose(**chosen, offers_stand_for=300, **scene.admin)
    made.refresh_from_db()
    assert made.expires_at == at + timedelta(minutes=45)  # as it was promised


def test_a_clinic_admin_chooses_it_on_the_page(riverside: Any, cast: Any, web: Any) -> None:
    ada = web(riverside, cast.ada)
    assert 'name="offers_stand_for" value="120"' in ada.get("/waiting-room/set-up/").content.decode()
    typed = {"ask_again_after": "6", "token_shows": "nothing", "offers_stand_for": "2"}
    refused = ada.post("/waiting-room/set-up/reception/", typed)
    page = refused.content.decode()
    assert refused.status_code == 400 and 'id="id_offers_stand_for_error"' in page and "equal to 5" in page
    assert ada.post("/waiting-room/set-up/reception/", {**typed, "offers_stand_for": "30"}).status_code == 302
    with riverside.inside():
        assert ArrivalSettings.objects.get().offers_stand_for == 30
