"""UC-01: the desk books a patient into a provider's time; FR-S01: nobody is booked over, except knowingly."""

from datetime import timedelta

import pytest

from apps.accounts.models import User
from apps.core.refusals import Conflict
from apps.patients import registration
from apps.scheduling import booking
from apps.scheduling.booking import NotBookable, ReasonMissing, book, cancel, reschedule
from apps.scheduling.calendars import hours, time_off
from apps.scheduling.fitting import (
    BadTime,
    OnLeaveThen,
    OutsideHours,
    OverrideNotPermitted,
    PatientElsewhere,
    ProviderIsBusy,
)
from apps.scheduling.models import Appointment, AppointmentTransition, AppointmentType, Status
from tests.scheduling.scene import MONDAY, Scene, patient, weekdays


def booked(scene: Scene, start: str, end: str | None = None, **more: object) -> Appointment:
    details = {
        "patient": scene.asha,
        "provider": scene.dr_rao,
        "appointment_type": scene.visit,
        "starts_at": scene.when(start),
        "ends_at": scene.when(end) if end else None,
        "by": scene.dora,
        "at": scene.at,
    }
    return book(**{**details, **more})


def test_booking_takes_the_length_of_the_type_and_leaves_a_row(scene: Scene) -> None:
    appointment = booked(scene, "10:00", reason="Fever since Friday")

    appointment.refresh_from_db()
    assert appointment.number == "APT-2026-00001"
    assert appointment.ends_at - appointment.starts_at == timedelta(minutes=30)
    assert (appointment.status, appointment.lane, appointment.is_override) == (Status.SCHEDULED, 0, False)
    assert appointment.reason == "Fever since Friday"
    [move] = appointment.transitions.all()
    assert (move.from_status, move.to_status, move.by, move.at) == ("", "scheduled", scene.dora, scene.at)


def test_back_to_back_is_fine_and_one_minute_of_overlap_is_not(scene: Scene) -> None:
    booked(scene, "10:00")
    booked(scene, "10:30", patient=scene.ben)
    booked(scene, "09:30", patient=scene.chitra)
    with pytest.raises(ProviderIsBusy):
        booked(scene, "10:59", patient=scene.chitra)


def test_refusal_names_who_is_in_the_way_and_offers_three_times(scene: Scene) -> None:
    first = booked(scene, "10:00")
    booked(scene, "10:30", patient=scene.ben)

    with pytest.raises(ProviderIsBusy) as refused:
        booked(scene, "10:00", patient=scene.chitra)

    refusal = refused.value
    assert refusal.in_the_way == [first]
    assert "Asha Patel" in str(refusal.message)
    assert "Asha" not in str(refusal) and "Asha" not in repr(refusal)
    assert first.number in str(refusal)
    assert [slot.starts_at for slot in refusal.free_times] == [scene.when(t) for t in ("11:00", "11:30", "12:00")]
    assert [row["number"] for row in refusal.details["in_the_way"]] == [first.number]
    assert "Asha" not in str(refusal.details)


def test_patients_name_is_kept_from_those_who_may_not_see_patients(scene: Scene) -> None:
    booked(scene, "10:00")
    stranger = User.objects.create_user("nobody@scene.example", full_name="Without Role")

    with pytest.raises(ProviderIsBusy) as refused:
        booked(scene, "10:00", patient=scene.ben, by=stranger)

    assert "Asha" not in str(refused.value.message)


def test_buffers_count(scene: Scene) -> None:
    tidy = AppointmentType.objects.create(
        name="Dressing", duration_minutes=20, rate=0, buffer_before=5, buffer_after=10
    )
    booked(scene, "10:00", appointment_type=tidy)
    for start in ("10:25", "09:26"):
        with pytest.raises(ProviderIsBusy):
            booked(scene, start, patient=scene.ben)
    booked(scene, "10:30", patient=scene.ben)
    with pytest.raises(ProviderIsBusy):
        booked(scene, "11:00", appointment_type=tidy, patient=scene.ben)


def test_nobody_slips_in_beside_an_override(scene: Scene) -> None:
    first = booked(scene, "10:00", "10:30")
    over = booked(scene, "10:15", "10:50", patient=scene.ben, by=scene.ada, override_reason="Chest pain")
    assert (over.lane, over.is_override, over.overridden_by) == (1, True, scene.ada)

    with pytest.raises(ProviderIsBusy) as refused:
        booked(scene, "10:30", "11:00", patient=scene.chitra)
    assert refused.value.in_the_way == [over]

    cancel(first, by=scene.dora, at=scene.at, reason="Patient called")
    with pytest.raises(ProviderIsBusy):
        booked(scene, "10:10", "10:20", patient=scene.chitra)
    assert booked(scene, "10:00", "10:15", patient=scene.chitra).lane == 0


def test_front_desk_cannot_override_double_booking(scene: Scene) -> None:
    booked(scene, "10:00")
    with pytest.raises(OverrideNotPermitted):
        booked(scene, "10:00", patient=scene.ben, override_reason="Please")
    assert Appointment.objects.count() == 1


def test_reason_for_an_override_that_was_not_needed_is_not_kept(scene: Scene) -> None:
    appointment = booked(scene, "10:00", by=scene.ada, override_reason="Just in case")
    assert (appointment.is_override, appointment.override_reason, appointment.overridden_by) == (False, "", None)


def test_outside_hours_is_refused_unless_overridden_or_opened(scene: Scene) -> None:
    with pytest.raises(OutsideHours) as refused:
        booked(scene, "16:45")
    assert refused.value.free_times[0].starts_at == scene.when("09:00", MONDAY + timedelta(days=1))

    admin = booked(scene, "17:30", by=scene.ada, override_reason="Came from far")
    assert (admin.is_override, admin.lane, admin.override_reason) == (False, 0, "Came from far")

    hours.open_one_off(
        scene.dr_rao,
        starts_at=scene.when("19:00"),
        ends_at=scene.when("20:00"),
        by=scene.ada,
        at=scene.at,
        reason="Late",
    )
    assert booked(scene, "19:30", patient=scene.ben).is_override is False


def test_leave_and_closed_days_are_refused_with_their_name(scene: Scene) -> None:
    time_off.take_leave(
        scene.dr_rao, starts_at=scene.when("12:00"), ends_at=scene.when("14:00"), by=scene.ada, at=scene.at
    )
    with pytest.raises(OnLeaveThen) as refused:
        booked(scene, "13:00")
    assert "on leave" in str(refused.value.message)

    leave = time_off.take_leave(
        None, starts_at=scene.when("15:00"), ends_at=scene.when("16:00"), by=scene.ada, at=scene.at
    )
    with pytest.raises(OnLeaveThen) as closed:
        booked(scene, "15:00", provider=scene.dr_sen)
    assert "clinic is closed" in str(closed.value.message)
    time_off.withdraw_leave(leave, by=scene.ada, at=scene.at)
    booked(scene, "15:00", provider=scene.dr_sen)


def test_patient_with_two_providers_at_once_only_knowingly(scene: Scene) -> None:
    booked(scene, "10:00")
    with pytest.raises(PatientElsewhere):
        booked(scene, "10:15", provider=scene.dr_sen)
    both = booked(scene, "10:15", provider=scene.dr_sen, patient_sees_both=True)
    assert both.is_override is False


def test_capacity_lets_as_many_in_as_were_opened(scene: Scene) -> None:
    hours.set_weekly_hours(
        scene.dr_sen, sessions=weekdays(capacity=2), effective_from=MONDAY, by=scene.ada, at=scene.at
    )
    lanes = [
        booked(scene, start, patient=who, provider=scene.dr_sen).lane
        for start, who in (("10:00", scene.asha), ("10:15", scene.ben))
    ]
    assert lanes == [0, 1]
    with pytest.raises(ProviderIsBusy):
        booked(scene, "10:15", patient=scene.chitra, provider=scene.dr_sen)
    over = booked(scene, "10:15", patient=scene.chitra, provider=scene.dr_sen, by=scene.ada, override_reason="Urgent")
    assert (over.lane, over.is_override) == (2, True)


def test_capacity_is_used_though_lanes_are_fragmented(scene: Scene) -> None:
    """Two short ones in different lanes one after the other leave room for a long one that meets both."""
    hours.set_weekly_hours(
        scene.dr_sen, sessions=weekdays(capacity=2), effective_from=MONDAY, by=scene.ada, at=scene.at
    )
    more = [patient(name, "Iyer", by=scene.dora, at=scene.at) for name in ("Dev", "Esha")]
    blocker = booked(scene, "10:30", "11:00", provider=scene.dr_sen, patient=more[0])
    booked(scene, "10:30", "11:00", provider=scene.dr_sen, patient=more[1])
    booked(scene, "10:00", "10:30", provider=scene.dr_sen, patient=scene.asha)
    cancel(blocker, by=scene.dora, at=scene.at, reason="Moved away")
    assert booked(scene, "10:15", "10:45", provider=scene.dr_sen, patient=scene.ben).is_override is False
    with pytest.raises(ProviderIsBusy):
        booked(scene, "10:20", "10:25", provider=scene.dr_sen, patient=scene.chitra)


@pytest.mark.parametrize("out_of_use", ["patient", "blocked", "provider", "type"])
def test_what_is_out_of_use_cannot_be_booked(scene: Scene, out_of_use: str) -> None:
    if out_of_use == "patient":
        registration.deactivate(scene.asha, by=scene.ada, at=scene.at, reason="Moved away")
    elif out_of_use == "blocked":
        registration.amend(scene.asha, by=scene.ada, at=scene.at, is_blocked=True, blocked_reason="Three no-shows")
    elif out_of_use == "provider":
        scene.dr_rao.is_active = False
        scene.dr_rao.save()
    else:
        scene.visit.is_active = False
        scene.visit.save()
    with pytest.raises(NotBookable):
        booked(scene, "10:00")


def test_walk_ins_may_be_entered_late_but_not_on_a_past_day(scene: Scene) -> None:
    late = scene.when("16:00")
    booked(scene, "09:00", at=late)
    with pytest.raises(BadTime):
        booked(scene, "16:30", starts_at=scene.when("16:30", MONDAY - timedelta(days=3)), at=late)
    with pytest.raises(BadTime):
        booked(scene, "10:00", "09:00")
    with pytest.raises(BadTime):
        booked(scene, "10:00", starts_at=scene.when("10:00") + timedelta(days=365 * 10))


def test_reschedule_says_who_moved_it_from_where_to_where(scene: Scene) -> None:
    appointment = booked(scene, "10:00")
    moved = reschedule(
        appointment, starts_at=scene.when("11:00"), provider=scene.dr_sen, by=scene.ada, at=scene.when("08:30")
    )

    assert (moved.provider, moved.starts_at, moved.ends_at) == (scene.dr_sen, scene.when("11:00"), scene.when("11:30"))
    move = moved.transitions.last()
    assert move is not None and move.is_move
    assert (move.from_provider, move.to_provider, move.by) == (scene.dr_rao, scene.dr_sen, scene.ada)
    assert (move.from_starts_at, move.to_starts_at) == (scene.when("10:00"), scene.when("11:00"))
    booked(scene, "10:00", patient=scene.ben)  # its place is free again


def test_reschedule_into_a_taken_time_changes_nothing(scene: Scene) -> None:
    appointment = booked(scene, "10:00")
    booked(scene, "11:00", patient=scene.ben)
    with pytest.raises(ProviderIsBusy) as refused:
        reschedule(appointment, starts_at=scene.when("10:45"), by=scene.dora, at=scene.at)
    assert len(refused.value.free_times) == 3
    appointment.refresh_from_db()
    assert appointment.starts_at == scene.when("10:00")
    assert appointment.transitions.count() == 1
    # A little later, over its own old place, is no clash.
    assert reschedule(appointment, starts_at=scene.when("10:15"), by=scene.dora, at=scene.at).starts_at == scene.when(
        "10:15"
    )


def test_moving_it_to_where_it_is_leaves_no_row(scene: Scene) -> None:
    appointment = booked(scene, "10:00")
    reschedule(appointment, starts_at=scene.when("10:00"), by=scene.dora, at=scene.at)
    assert AppointmentTransition.objects.count() == 1


def test_cancelling_needs_a_reason_and_frees_the_time(scene: Scene) -> None:
    appointment = booked(scene, "10:00")
    with pytest.raises(ReasonMissing):
        cancel(appointment, by=scene.dora, at=scene.at, reason="  ")
    gone = cancel(appointment, by=scene.dora, at=scene.at, reason="Called off")
    assert gone.status == Status.CANCELLED
    assert gone.transitions.last().reason == "Called off"
    booked(scene, "10:00", patient=scene.ben)
    with pytest.raises(Conflict):
        cancel(gone, by=scene.dora, at=scene.at, reason="Again")
    with pytest.raises(Conflict):
        reschedule(gone, starts_at=scene.when("12:00"), by=scene.dora, at=scene.at)


def test_a_request_holds_no_place_until_it_is_confirmed(scene: Scene) -> None:
    wish = booked(scene, "10:00", requested=True)
    other = booked(scene, "10:00", patient=scene.ben)
    with pytest.raises(ProviderIsBusy):
        booking.confirm(wish, by=scene.dora, at=scene.at)
    cancel(other, by=scene.dora, at=scene.at, reason="Called off")
    assert booking.confirm(wish, by=scene.dora, at=scene.at).status == Status.SCHEDULED
    with pytest.raises(Conflict):
        booking.confirm(wish, by=scene.dora, at=scene.at)
