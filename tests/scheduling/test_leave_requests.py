"""Leave: asked for, approved or declined with a word, withdrawn; only what is approved closes time."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.clinic.providers import add_provider
from apps.scheduling.calendars import leave, time_off
from apps.scheduling.calendars.hours import BadHours
from apps.scheduling.calendars.leave import AnsweredAlready, AskedAlready, NotYourLeave, WordMissing
from apps.scheduling.calendars.time_off import AppointmentsInTheWay
from apps.scheduling.models import LeaveRequest, LeaveStep, TimeOff
from apps.scheduling.slots import free_slots
from tests.scheduling.scene import MONDAY, Scene
from tests.scheduling.test_booking import booked

TUESDAY = MONDAY + timedelta(days=1)


def asked(scene: Scene, **more: Any) -> LeaveRequest:
    span = {"starts_at": scene.when("00:00", TUESDAY), "ends_at": scene.when("00:00", TUESDAY + timedelta(days=1))}
    return leave.ask_for_leave(scene.dr_rao, **{**span, "reason": "Wedding", "by": scene.rao, "at": scene.at, **more})


def is_open(scene: Scene) -> bool:
    found = free_slots(providers=[scene.dr_rao], appointment_type=scene.visit, first_day=TUESDAY, last_day=TUESDAY)
    return bool(found)


def test_only_approved_leave_closes_time(scene: Scene) -> None:
    request = asked(scene)
    assert is_open(scene)
    leave.approve_leave(request, words="Have fun", **scene.admin)
    assert not is_open(scene)
    leave.withdraw_request(request, by=scene.rao, at=scene.at)
    assert is_open(scene)
    steps = [(step.to_status, step.words, step.by) for step in LeaveStep.objects.all()]
    assert steps == [
        ("requested", "Wedding", scene.rao),
        ("approved", "Have fun", scene.ada),
        ("withdrawn", "", scene.rao),
    ]


def test_declined_with_a_word(scene: Scene) -> None:
    request = asked(scene)
    with pytest.raises(WordMissing):
        leave.decline_leave(request, words=" ", **scene.admin)
    leave.decline_leave(request, words="Too many are away", **scene.admin)
    assert is_open(scene) and not TimeOff.objects.exists()
    for answer in (leave.approve_leave, lambda r, **w: leave.decline_leave(r, words="No", **w)):
        with pytest.raises(AnsweredAlready):
            answer(request, **scene.admin)
    assert asked(scene).status == "requested"  # a declined wish may be asked again


def test_appointments_in_the_way_are_seen_and_kept_knowingly(scene: Scene) -> None:
    visit = booked(scene, "10:00", starts_at=scene.when("10:00", TUESDAY))
    request = asked(scene)
    assert leave.in_the_way([request]) == {request.pk: [visit]}
    with pytest.raises(AppointmentsInTheWay):
        leave.approve_leave(request, **scene.admin)
    request.refresh_from_db()
    assert request.status == "requested"
    leave.approve_leave(request, keep_appointments=True, **scene.admin)
    assert not is_open(scene)


def test_one_asks_for_oneself_once_and_ahead(scene: Scene) -> None:
    with pytest.raises(NotYourLeave):
        asked(scene, by=scene.dora)
    asked(scene)
    with pytest.raises(AskedAlready):
        asked(scene)
    with pytest.raises(BadHours):
        asked(scene, starts_at=scene.when("07:00"), ends_at=scene.when("06:00"))
    with pytest.raises(BadHours):
        asked(scene, starts_at=scene.when("06:00"), ends_at=scene.when("07:00"))


def test_withdrawn_on_the_hours_page_the_provider_sees_it_too(scene: Scene) -> None:
    request = asked(scene)
    leave.approve_leave(request, **scene.admin)
    leave.withdraw_time_off(TimeOff.objects.get(), **scene.admin)
    request.refresh_from_db()
    assert request.status == "withdrawn" and is_open(scene)


def test_a_request_is_answered_once_whoever_writes(scene: Scene) -> None:
    request = asked(scene)
    rows = LeaveRequest.objects.filter(pk=request.pk)
    other = time_off.take_leave(scene.dr_sen, starts_at=request.starts_at, ends_at=request.ends_at, **scene.admin)
    for change in (
        lambda: rows.update(status="approved"),
        lambda: rows.update(reason="Other"),
        lambda: rows.update(ends_at=request.ends_at + timedelta(days=1)),
        rows.delete,
        lambda: LeaveRequest.objects.create(
            provider=scene.dr_sen,
            starts_at=request.starts_at,
            ends_at=request.ends_at,
            status="approved",
            time_off=other,
            asked_by=scene.ada,
            asked_at=scene.at,
        ),
        LeaveStep.objects.all().delete,
        lambda: LeaveStep.objects.update(words="Other"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    leave.decline_leave(request, words="No", **scene.admin)
    for status in ("requested", "approved", "withdrawn"):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(status=status)


def test_asked_on_my_page_and_answered_in_the_set_up(riverside: Any, cast: Any, web: Any) -> None:
    with riverside.inside(by=cast.ada):
        add_provider(name="Dr Ravi Shah", user=cast.shah, by=cast.ada, at=timezone.now())
    shah, ada = web(riverside, cast.shah), web(riverside, cast.ada)
    day = timezone.now().date() + timedelta(days=20)
    assert shah.post("/my-leave/", {"first_day": day, "reason": "Wedding"}).status_code == 302
    again = shah.post("/my-leave/", {"first_day": day, "reason": "Once more"})
    assert again.status_code == 409 and "Once more" in again.content.decode()
    assert shah.post("/my-leave/", {"first_day": "2026-02-31"}).status_code == 400
    early = {
        "last_day": {"last_day": day - timedelta(days=1)},
        "until_time": {"from_time": "12:00", "until_time": "09:00"},
    }
    for field, end in early.items():
        answer = shah.post("/my-leave/", {"first_day": day, **end})
        assert (answer.status_code, list(answer.context["form"].errors)) == (400, [field])
    queue = ada.get("/set-up/leave-requests/").content.decode()
    assert "Wedding" in queue and "No appointment is in the way." in queue
    with riverside.inside(by=cast.ada):
        pk = LeaveRequest.objects.get().pk
    url = f"/set-up/leave-requests/{pk}/answer/"
    assert ada.post(url, {"answer": "decline"}).status_code == 400
    assert ada.post(url, {"answer": "decline", f"{pk}-words": "We are too few"}).status_code == 302
    assert ada.post(url, {"answer": "approve"}).status_code == 409
    assert "We are too few" in shah.get("/my-leave/").content.decode()


def test_the_queue_asks_as_much_for_three_as_for_one(riverside: Any, cast: Any, web: Any) -> None:
    ada = web(riverside, cast.ada)

    def queries(wanted: int) -> int:
        with riverside.inside(by=cast.ada):
            provider = add_provider(name=f"Dr {wanted}", user=None, by=cast.ada, at=timezone.now())
            for number in range(wanted):
                day = timezone.now() + timedelta(days=10 + number)
                one = LeaveRequest.objects.create(
                    provider=provider,
                    starts_at=day,
                    ends_at=day + timedelta(hours=5),
                    asked_by=cast.ada,
                    asked_at=timezone.now(),
                )
                LeaveStep.objects.create(request=one, to_status="requested", by=cast.ada, at=timezone.now())
        with CaptureQueriesContext(connection) as caught:
            assert ada.get("/set-up/leave-requests/").status_code == 200
        return len(caught)

    queries(1)  # what is asked once a process
    assert queries(1) == queries(3)
