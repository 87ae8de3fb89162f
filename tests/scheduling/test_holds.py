"""A place is kept for whoever has its booking form open, and for nobody longer than that."""

from datetime import timedelta
from uuid import uuid4

import pytest

from apps.scheduling import holding, resources
from apps.scheduling.booking import reschedule
from apps.scheduling.calendars import hours
from apps.scheduling.fitting import BeingBooked, DoesNotFit, OverrideNotPermitted, ProviderIsBusy, ResourceIsTaken
from apps.scheduling.holding import hold, release
from apps.scheduling.models import Hold
from apps.scheduling.waitlist.joining import join
from apps.scheduling.waitlist.offering import offer
from tests.scheduling.scene import MONDAY, Scene, person, weekdays
from tests.scheduling.test_booking import booked


def held(scene: Scene, start: str, **more: object) -> Hold:
    details = {
        "provider": scene.dr_rao,
        "appointment_type": scene.visit,
        "starts_at": scene.when(start),
        "form_key": uuid4(),
        "by": scene.dora,
        "at": scene.at,
    }
    return hold(**{**details, **more})


@pytest.fixture
def sara(scene: Scene) -> object:
    return person("sara@scene.example", "Sara Second", "front_desk")


def test_others_cannot_book_what_is_held_and_are_told_by_whom(scene: Scene, sara: object) -> None:
    held(scene, "10:00")
    with pytest.raises(BeingBooked, match="Dora Desk") as refusal:
        booked(scene, "10:15", by=sara)
    assert refusal.value.status == 409 and len(refusal.value.free_times) == 3
    booked(scene, "10:30", by=sara)


def test_the_owner_books_it_and_it_is_gone(scene: Scene, sara: object) -> None:
    mine = held(scene, "10:00")
    booked(scene, "10:00", form_key=mine.form_key)
    assert not Hold.objects.exists()
    with pytest.raises(ProviderIsBusy):
        held(scene, "10:00", by=sara)


def test_it_runs_out_after_five_minutes_without_anybody_cleaning_up(scene: Scene, sara: object) -> None:
    held(scene, "10:00")
    with pytest.raises(BeingBooked):
        booked(scene, "10:00", by=sara, at=scene.at + timedelta(minutes=4, seconds=59))
    booked(scene, "10:00", by=sara, at=scene.at + timedelta(minutes=5))


def test_work_on_the_form_extends_it_to_a_quarter_of_an_hour_at_most(scene: Scene) -> None:
    mine = held(scene, "10:00")
    for minutes in (4, 8, 12, 14):
        mine = held(scene, "10:00", form_key=mine.form_key, at=scene.at + timedelta(minutes=minutes))
    assert mine.expires_at == scene.at + timedelta(minutes=15)
    later = held(scene, "11:00", form_key=mine.form_key, at=scene.at + timedelta(minutes=14))
    assert later.pk == mine.pk and later.expires_at == scene.at + timedelta(minutes=19)
    assert Hold.objects.count() == 1


def test_two_people_cannot_hold_one_place_and_letting_go_frees_it(scene: Scene, sara: object) -> None:
    mine = held(scene, "10:00")
    with pytest.raises(BeingBooked):
        held(scene, "10:15", by=sara)
    assert not release(form_key=mine.form_key, by=sara)
    assert release(form_key=mine.form_key, by=scene.dora)
    assert not release(form_key=mine.form_key, by=scene.dora)
    held(scene, "10:15", by=sara)


def test_a_move_into_a_held_place_is_refused(scene: Scene, sara: object) -> None:
    there = booked(scene, "12:00")
    held(scene, "10:00", by=sara)
    with pytest.raises(BeingBooked):
        reschedule(there, starts_at=scene.when("10:00"), by=scene.dora, at=scene.at)
    reschedule(there, starts_at=scene.when("10:00"), by=sara, at=scene.at)


def test_what_is_held_and_what_is_offered_count_together(scene: Scene, sara: object) -> None:
    hours.set_weekly_hours(scene.dr_rao, sessions=weekdays(capacity=2), effective_from=MONDAY, **scene.admin)
    mine = held(scene, "10:00")
    wish = {"earliest_day": MONDAY, "latest_day": MONDAY, "by": scene.dora, "at": scene.at}
    entry = join(patient=scene.ben, appointment_type=scene.visit, **wish)
    offer(entry, provider=scene.dr_rao, starts_at=scene.when("10:00"), by=scene.dora, at=scene.at)
    with pytest.raises(DoesNotFit):
        booked(scene, "10:00", by=sara)
    booked(scene, "10:00", form_key=mine.form_key)


def test_only_a_clinic_admin_books_over_a_hold(scene: Scene, sara: object) -> None:
    held(scene, "10:00")
    with pytest.raises(OverrideNotPermitted):
        booked(scene, "10:00", by=sara, override_reason="Urgent")
    assert booked(scene, "10:00", by=scene.ada, override_reason="Urgent").is_override


def test_a_hold_keeps_the_room_too(scene: Scene, sara: object) -> None:
    resources.add_resource(name="Ultrasound 1", **scene.admin)
    resources.set_needs(scene.visit, required=["Ultrasound 1"], **scene.admin)
    held(scene, "10:00")
    with pytest.raises(ResourceIsTaken, match="Dora Desk"):
        booked(scene, "10:00", provider=scene.dr_sen, by=sara)
    booked(scene, "10:00", provider=scene.dr_sen)


def test_what_is_taken_cannot_be_held(scene: Scene) -> None:
    booked(scene, "10:00")
    with pytest.raises(ProviderIsBusy):
        held(scene, "10:00")


def test_old_holds_are_swept_up(scene: Scene) -> None:
    held(scene, "10:00")
    assert holding.tidy(at=scene.at + timedelta(minutes=30)) == 0
    assert holding.tidy(at=scene.at + timedelta(hours=2)) == 1
