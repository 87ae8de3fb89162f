"""FR-S01: the desk asks for an override, a clinic admin answers by one click; both see what became of it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.scheduling import resources
from apps.scheduling.booking import cancel
from apps.scheduling.earlier import AnotherPatient
from apps.scheduling.fitting import OverrideNotPermitted, ResourceIsTaken
from apps.scheduling.models import Appointment, OverrideRequest
from apps.scheduling.overrides import (
    AlreadyAnswered,
    NothingInTheWay,
    NotYours,
    TimeHasPassed,
    WhyMissing,
    approve,
    ask,
    decline,
    withdraw,
)
from tests.scheduling.crowd import gather
from tests.scheduling.scene import Scene
from tests.scheduling.test_booking import booked
from tests.scheduling.test_pages_appointments import early, wish


def asked(scene: Scene, start: str = "10:00", **more: object) -> OverrideRequest:
    details = {
        "patient": scene.ben,
        "provider": scene.dr_rao,
        "appointment_type": scene.visit,
        "starts_at": scene.when(start),
        "why": "Chest pain",
        "visit_reason": "Pain since noon",
        "by": scene.dora,
        "at": scene.at,
    }
    return ask(**{**details, **more})


def test_an_approved_request_is_booked_over_by_the_admin_with_the_desks_reason(scene: Scene) -> None:
    there = booked(scene, "10:00")
    answered = approve(asked(scene), by=scene.ada, at=scene.at)
    made = answered.appointment
    assert made is not None and made.is_override and made.lane == there.lane + 1
    assert (made.patient, made.starts_at, made.overridden_by) == (scene.ben, scene.when("10:00"), scene.ada)
    made.refresh_from_db()
    assert (made.override_reason, made.reason) == ("Chest pain", "Pain since noon")
    assert (answered.state, answered.answered_by) == ("approved", scene.ada)


def test_asking_twice_is_one_request(scene: Scene) -> None:
    booked(scene, "10:00")
    assert asked(scene) == asked(scene)


def test_what_is_free_is_booked_not_asked_for(scene: Scene) -> None:
    with pytest.raises(NothingInTheWay):
        asked(scene)
    with pytest.raises(WhyMissing):
        asked(scene, why="  ")


def test_a_room_that_is_taken_is_asked_for_and_booked_over(scene: Scene) -> None:
    room = resources.add_resource(name="Ultrasound 1", **scene.admin)
    booked(scene, "10:00", provider=scene.dr_sen, resources=[room])
    with pytest.raises(ResourceIsTaken):
        booked(scene, "10:00", patient=scene.ben, resources=[room])
    made = approve(asked(scene, resources=[room]), by=scene.ada, at=scene.at).appointment
    assert made is not None
    assert [(use.resource, use.is_override) for use in made.uses.all()] == [(room, True)]


def test_what_it_follows_and_replaces_goes_along(scene: Scene) -> None:
    first = booked(scene, "09:00", patient=scene.ben)
    gone = cancel(booked(scene, "09:30", patient=scene.ben), by=scene.dora, at=scene.at, reason="Ill")
    booked(scene, "10:00")
    with pytest.raises(AnotherPatient):
        asked(scene, patient=scene.chitra, follow_up_for=first)
    made = approve(asked(scene, follow_up_for=first, reschedule_of=gone), by=scene.ada, at=scene.at).appointment
    assert made is not None and (made.follow_up_for, made.reschedule_of) == (first, gone)


def test_the_booking_form_asks_with_its_links(riverside, cast, web, crowd):
    sara = web(riverside, cast.sara)
    mine = crowd.appointments[1]
    assert (
        sara.post("/schedule/booking/", wish(crowd, patient=str(crowd.patients[0].pk), starts="08:00")).status_code
        == 302
    )
    clash = wish(crowd, starts="08:00", follow_up_for=str(mine.pk), ask="1", why="High fever")
    assert sara.post("/schedule/booking/", clash).status_code == 302
    with riverside.inside():
        assert OverrideRequest.objects.get().follow_up_for_id == mine.pk


def test_only_a_clinic_admin_answers(scene: Scene) -> None:
    booked(scene, "10:00")
    request = asked(scene)
    for by in (scene.dora, scene.rao):
        with pytest.raises(OverrideNotPermitted):
            approve(request, by=by, at=scene.at)
        with pytest.raises(OverrideNotPermitted):
            decline(request, by=by, at=scene.at, answer="No")
    assert Appointment.objects.count() == 1


def test_an_answer_stands(scene: Scene) -> None:
    booked(scene, "10:00")
    request = asked(scene)
    with pytest.raises(WhyMissing):
        decline(request, by=scene.ada, at=scene.at, answer=" ")
    assert decline(request, by=scene.ada, at=scene.at, answer="Send to Dr Sen").answer == "Send to Dr Sen"
    for again in (
        lambda: approve(request, by=scene.ada, at=scene.at),
        lambda: withdraw(request, by=scene.dora, at=scene.at),
    ):
        with pytest.raises(AlreadyAnswered):
            again()
    assert asked(scene) != request  # a new wish


def test_it_expires_when_the_time_has_passed(scene: Scene) -> None:
    booked(scene, "10:00")
    request = asked(scene)
    assert OverrideRequest.objects.open(scene.when("10:29")).get() == request
    assert not OverrideRequest.objects.open(scene.when("10:30")).exists()
    assert request.has_expired(scene.when("10:30"))
    with pytest.raises(TimeHasPassed):
        approve(request, by=scene.ada, at=scene.when("10:30"))
    with pytest.raises(TimeHasPassed):
        asked(scene, at=scene.when("10:30") + timedelta(hours=1))


def test_who_asked_may_withdraw(scene: Scene) -> None:
    booked(scene, "10:00")
    request = asked(scene)
    with pytest.raises(NotYours):
        withdraw(request, by=scene.rao, at=scene.at)
    assert withdraw(request, by=scene.dora, at=scene.at).state == "withdrawn"


@pytest.fixture
def crowd(riverside, cast):
    with riverside.inside(by=cast.ada):
        return gather(cast.ada, providers=1, each=2, at=early(), signs_in=[cast.shah])


def test_through_the_pages_from_a_clash_to_the_sheet(riverside, cast, web, crowd):
    sara, ada = web(riverside, cast.sara), web(riverside, cast.ada)
    taken = crowd.when("08:00") + timedelta(days=1)
    with riverside.inside(by=cast.ada):
        booked_there = Appointment.objects.count()
    first = sara.post("/schedule/booking/", wish(crowd, patient=str(crowd.patients[0].pk), starts="08:00"))
    assert first.status_code == 302
    with riverside.inside(by=cast.ada):
        room = resources.add_resource(name="Ultrasound 1", by=cast.ada, at=timezone.now())
    clash = wish(crowd, starts="08:00", resources=[str(room.pk)])
    page = sara.post("/schedule/booking/", clash)
    assert page.status_code == 409 and 'name="ask"' in page.content.decode()
    assert sara.post("/schedule/booking/", {**clash, "ask": "1"}).status_code == 400  # says that a reason is missing
    assert sara.post("/schedule/booking/", {**clash, "ask": "1", "why": "High fever"}).status_code == 302
    asked_for = sara.get("/schedule/override-requests/").content.decode()
    assert "High fever" in asked_for and "Ultrasound 1" in asked_for
    assert ">1<" in ada.get("/schedule/override-requests/badge/").content.decode()
    with riverside.inside():
        request = OverrideRequest.objects.get()
    assert ada.post(f"/schedule/override-requests/{request.pk}/approval/").status_code == 302
    with riverside.inside():
        made = Appointment.objects.get(override_request=request)
        assert (made.starts_at, made.is_override, Appointment.objects.count()) == (taken, True, booked_there + 2)
        assert [use.resource_id for use in made.uses.all()] == [room.pk]
    assert made.number in sara.get("/schedule/override-requests/").content.decode()


def test_through_the_api(riverside, cast, api, crowd):
    with riverside.inside():
        there = Appointment.objects.order_by("starts_at").first()
    wanted = {
        "patient": str(crowd.patients[1].pk),
        "provider": str(crowd.providers[0].pk),
        "appointment_type": str(crowd.types[0].pk),
        "starts_at": (crowd.when("22:00") + timedelta(days=1)).isoformat(),
        "why": "Cannot come earlier",
    }
    assert there is not None
    made = api(riverside, cast.sara).post("/api/v1/override-requests/", wanted)
    assert made.status_code == 201, made.content
    address = f"/api/v1/override-requests/{made.json()['id']}/"
    assert api(riverside, cast.sara).post(f"{address}approval/", {}).status_code == 403
    declined = api(riverside, cast.ada).post(f"{address}decline/", {"answer": "Tomorrow at eight"})
    assert declined.json()["state"] == "declined"
    assert api(riverside, cast.ada).post(f"{address}approval/", {}).status_code == 409
    assert api(riverside, cast.sara).get(address).json()["answer"] == "Tomorrow at eight"


def test_an_answer_that_is_refused_is_said_beside_it_and_keeps_what_was_typed(riverside, cast, web, crowd):
    ada = web(riverside, cast.ada)
    with riverside.inside(by=cast.sara):
        made = ask(
            patient=crowd.patients[1],
            provider=crowd.providers[0],
            appointment_type=crowd.types[0],
            starts_at=crowd.when("22:00") + timedelta(days=1),
            why="High fever",
            by=cast.sara,
            at=early(),
        )
    address = f"/schedule/override-requests/{made.pk}/"
    for typed, shown in (("  ", "Say why not"), ("x" * 501, "x" * 501)):
        answer = ada.post(f"{address}decline/", {"answer": typed})
        page = answer.content.decode()
        assert answer.status_code == 400
        assert f'id="refused-{made.pk}"' in page and f'aria-describedby="refused-{made.pk}"' in page
        assert shown in page and "Say why not, in at most 500 letters." in page
    assert web(riverside, cast.shah).post(f"{address}withdrawal/").status_code == 403
    assert ada.post(f"{address}decline/", {"answer": "Tomorrow"}).status_code == 302
    again = ada.post(f"{address}approval/")
    assert again.status_code == 409 and "declined already, by Ada Mensah" in again.content.decode()
    with riverside.inside():
        assert OverrideRequest.objects.get().state == "declined"
