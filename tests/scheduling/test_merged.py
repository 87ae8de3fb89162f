"""A person with two records: what stood on the merged one goes on being theirs, and new links and offers follow."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from apps.patients import confirming, merging
from apps.patients.models import Patient, PatientMerge
from apps.scheduling import overrides, reminders
from apps.scheduling.booking import book, cancel
from apps.scheduling.calendars import hours
from apps.scheduling.earlier import AnotherPatient
from apps.scheduling.models import Appointment, WaitlistOffer
from apps.scheduling.repeating.recurrence import Rule
from apps.scheduling.repeating.series import book_series
from apps.scheduling.waitlist import answers, joining
from tests.scheduling.scene import MONDAY, Scene, make_scene, weekdays
from tests.scheduling.test_booking import booked


@pytest.fixture
def scene(inside_riverside: Any) -> Scene:
    scene = make_scene(ZoneInfo("Asia/Kolkata"))
    first = min(datetime.now(UTC).date(), MONDAY) - timedelta(days=2)
    hours.set_weekly_hours(scene.dr_rao, sessions=weekdays(), effective_from=first, **scene.admin)
    return scene


def merge(scene: Scene, survivor: Patient, duplicate: Patient) -> PatientMerge:
    return merging.merge(survivor, duplicate, by=scene.ada, at=scene.at, reason="Twice")


def ahead() -> tuple[date, datetime]:
    """A Wednesday at least a week from now: the database's own clock decides which offers stand."""
    at = datetime.now(UTC)
    today = at.astimezone(ZoneInfo("Asia/Kolkata")).date()
    return today + timedelta(days=(2 - today.weekday()) % 7 + 7), at


def test_links_reach_what_stands_on_the_merged_record(scene: Scene) -> None:
    first = booked(scene, "09:00", patient=scene.ben)
    gone = cancel(booked(scene, "10:00", patient=scene.ben), by=scene.dora, at=scene.at, reason="Ill")
    merge(scene, scene.asha, scene.ben)
    made = booked(scene, "11:00", patient=scene.asha, follow_up_for=first, reschedule_of=gone)
    made.refresh_from_db()
    assert (made.follow_up_for, made.reschedule_of) == (first, gone)
    with pytest.raises(AnotherPatient):
        booked(scene, "12:00", patient=scene.chitra, follow_up_for=first)


def test_records_whose_visits_refer_to_each_other_are_not_taken_apart(scene: Scene) -> None:
    first = booked(scene, "09:00", patient=scene.ben)
    fact = merge(scene, scene.asha, scene.ben)
    made = booked(scene, "11:00", patient=scene.asha, follow_up_for=first)
    with pytest.raises(Exception, match=f"{made.number} .* {first.number}"):
        merging.separate(fact, by=scene.ada, at=scene.at, reason="Two people")
    assert Patient.objects.get(pk=scene.ben.pk).merged_into == scene.asha


def test_who_waits_on_the_merged_record_is_offered_and_booked_on_the_one_in_use(scene: Scene) -> None:
    day, at = ahead()
    wish = {"appointment_type": scene.visit, "earliest_day": day, "latest_day": day, "by": scene.dora, "at": at}
    entry = joining.join(patient=scene.ben, **wish)
    merge(scene, scene.asha, scene.ben)
    place = {"starts_at": scene.when("10:00", day), "patient": scene.chitra, "at": at}
    cancel(booked(scene, "10:00", **place), by=scene.dora, at=at, reason="Travels")
    [made] = WaitlistOffer.objects.all()
    assert made.entry == entry
    assert answers.accept(made, by=scene.dora, at=at).patient == scene.asha
    assert joining.join(patient=scene.ben, **wish).patient == scene.asha
    assert len(joining.entries_of(scene.ben)) == len(joining.entries_of(scene.asha)) == 1


def test_what_was_asked_for_the_merged_record_is_booked_on_the_one_in_use(scene: Scene) -> None:
    booked(scene, "10:00", patient=scene.chitra)
    request = overrides.ask(
        patient=scene.ben,
        provider=scene.dr_rao,
        appointment_type=scene.visit,
        starts_at=scene.when("10:00"),
        why="Chest pain",
        by=scene.dora,
        at=scene.at,
    )
    merge(scene, scene.asha, scene.ben)
    made = overrides.approve(request, **scene.admin).appointment
    assert made is not None and made.patient == scene.asha


def test_what_is_noted_for_the_merged_record_stands_on_the_one_in_use(scene: Scene) -> None:
    merge(scene, scene.asha, scene.ben)
    assert confirming.confirm_details(scene.ben, by=scene.dora, at=scene.at).patient == scene.asha
    wish = reminders.note_wish(scene.ben, channel="email", agreed=True, by=scene.dora, at=scene.at)
    assert wish.patient == scene.asha


def test_visits_of_both_are_on_the_chart_of_either(scene: Scene) -> None:
    ours = {booked(scene, "09:00", patient=scene.ben).pk, booked(scene, "10:00").pk}
    merge(scene, scene.asha, scene.ben)
    for record in (scene.asha, scene.ben):
        assert set(Appointment.objects.of_patient(record).values_list("pk", flat=True)) == ours


def test_the_api_finds_what_stands_on_any_record_of_a_person(riverside: Any, cast: Any, api: Any) -> None:
    with riverside.inside(by=cast.ada):
        scene = make_scene(ZoneInfo("Asia/Kolkata"))
        day, at = ahead()
        who = {"by": cast.ada, "at": at}
        hours.set_weekly_hours(scene.dr_rao, sessions=weekdays(), effective_from=day, **who)
        days = {"earliest_day": day, "latest_day": day}
        joining.join(patient=scene.ben, appointment_type=scene.visit, **days, **who)
        starts = scene.when("10:00", day)
        place = {"patient": scene.ben, "provider": scene.dr_rao, "appointment_type": scene.visit}
        book(**{**place, "patient": scene.chitra}, starts_at=starts, **who)
        overrides.ask(**place, starts_at=starts, why="Fever", **who)
        rule = Rule(first_day=day, starts=time(14), times=2)
        book_series(rule, **place, **who)
        merge(scene, scene.asha, scene.ben)
    program = api(riverside, cast.ada)
    for path in ("appointments", "waitlist", "override-requests", "appointment-series"):
        found = program.get(f"/api/v1/{path}/", {"patient": str(scene.asha.pk)}).json()
        assert found["count" if "count" in found else "results"], path
