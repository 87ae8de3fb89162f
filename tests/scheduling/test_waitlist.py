"""Whoever waits is offered what becomes free, in turn; an offered time is kept until it is answered or runs out."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.clinic.models import Department
from apps.scheduling import undo
from apps.scheduling.arrival import reception
from apps.scheduling.booking import book, cancel, reschedule
from apps.scheduling.calendars import blocking, hours, time_off
from apps.scheduling.fitting import ProviderIsBusy
from apps.scheduling.models import Appointment, WaitlistEntry, WaitlistOffer
from apps.scheduling.models.waitlist import OfferStatus, Priority, Waiting
from apps.scheduling.offered import OfferedThen
from apps.scheduling.slots import free_slots
from apps.scheduling.waitlist import answers, offering
from apps.scheduling.waitlist.answers import OfferRanOut, accept, decline, move_on
from apps.scheduling.waitlist.joining import BadWish, join
from apps.scheduling.waitlist.moves import NotWaiting, OfferGone
from apps.scheduling.waitlist.offering import offer
from tests.conftest import clinic_of
from tests.kept import keep
from tests.scheduling.crowd import gather
from tests.scheduling.scene import MONDAY, Scene, make_scene, patient, weekdays

TWO_HOURS = timedelta(hours=2)


@keep
def kept_scene() -> Scene:
    """With hours that hold now, whenever that is: the database's own clock decides which offers stand."""
    with clinic_of("riverside").inside():
        scene = make_scene(ZoneInfo("Asia/Kolkata"))
        first = min(datetime.now(UTC).date(), MONDAY) - timedelta(days=2)
        for provider in (scene.dr_rao, scene.dr_sen):
            hours.set_weekly_hours(provider, sessions=weekdays(), effective_from=first, **scene.admin)
        return scene


@pytest.fixture
def day(scene: Scene) -> date:
    """A Wednesday at least a week from now, on which both providers see patients."""
    today = datetime.now(UTC).astimezone(scene.zone).date()
    return today + timedelta(days=(2 - today.weekday()) % 7 + 7)


@pytest.fixture
def at() -> datetime:
    return datetime.now(UTC)


def waits(scene: Scene, day: date, at: datetime, **more: Any) -> WaitlistEntry:
    details = {"patient": scene.ben, "appointment_type": scene.visit, "earliest_day": day, "latest_day": day}
    return join(**{**details, "by": scene.dora, "at": at, **more})


def booked(scene: Scene, day: date, at: datetime, start: str = "10:00", **more: Any) -> Appointment:
    details = {"patient": scene.asha, "provider": scene.dr_rao, "appointment_type": scene.visit}
    details |= {"starts_at": scene.when(start, day), "by": scene.dora, "at": at}
    return book(**{**details, **more})


def gone(scene: Scene, one: Appointment, at: datetime) -> None:
    cancel(one, by=scene.dora, at=at, reason="Travels")


def standing() -> list[WaitlistOffer]:
    return list(WaitlistOffer.objects.filter(status=OfferStatus.OPEN).select_related("entry", "provider"))


# --- who is offered what -------------------------------------------------------------------------------------------


def test_a_cancelled_time_is_offered_to_whoever_waits_for_it(scene: Scene, day: date, at: datetime) -> None:
    entry = waits(scene, day, at)
    one = booked(scene, day, at)
    gone(scene, one, at)
    [made] = standing()
    assert (made.entry, made.provider, made.starts_at) == (entry, scene.dr_rao, one.starts_at)
    assert (made.expires_at, made.freed_by) == (at + TWO_HOURS, one)
    entry.refresh_from_db()
    assert entry.status == Waiting.OFFERED


def test_no_time_is_suggested_at_which_the_patient_is_with_somebody_else(scene: Scene, day: date, at: datetime) -> None:
    entry = waits(scene, day, at, providers=[scene.dr_sen])
    assert scene.when("10:00", day) in [slot.starts_at for slot in offering.times_for(entry, at=at, count=100)]
    here = booked(scene, day, at, "10:00", patient=scene.ben)
    suggested = offering.times_for(entry, at=at, count=100)
    assert suggested and all(here.ends_at <= slot.starts_at or slot.ends_at <= here.starts_at for slot in suggested)
    offer(entry, provider=suggested[0].provider, starts_at=suggested[0].starts_at, by=scene.dora, at=at)


def test_the_more_urgent_comes_first_then_whoever_has_waited_longer(scene: Scene, day: date, at: datetime) -> None:
    waits(scene, day, at - timedelta(days=3))
    longer = waits(scene, day, at - timedelta(days=2), patient=scene.chitra, priority=Priority.SOON)
    waits(scene, day, at - timedelta(days=1), patient=patient("D", "E", by=scene.dora, at=at), priority=Priority.SOON)
    gone(scene, booked(scene, day, at), at)
    assert standing()[0].entry == longer


@pytest.mark.parametrize(
    "wish",
    [
        {"earliest_day": timedelta(days=1), "latest_day": timedelta(days=1)},
        {"from_time": time(10, 30)},
        {"until_time": time(10)},
        {"providers": "dr_sen"},
        {"department": True},
        {"patient": "asha"},
    ],
)
def test_what_does_not_suit_is_not_offered(scene: Scene, day: date, at: datetime, wish: dict[str, Any]) -> None:
    if isinstance(wish.get("earliest_day"), timedelta):
        wish = {name: day + shift for name, shift in wish.items()}
    if "providers" in wish:
        wish = {"providers": [scene.dr_sen]}
    if "department" in wish:
        wish = {"department": Department.objects.create(name="Elsewhere")}
    if "patient" in wish:
        wish = {"patient": scene.asha}
    waits(scene, day, at, **wish)
    gone(scene, booked(scene, day, at), at)
    assert standing() == []


def test_a_department_or_a_named_provider_suits(scene: Scene, day: date, at: datetime) -> None:
    scene.dr_rao.department = Department.objects.create(name="General")
    scene.dr_rao.save()
    waits(scene, day, at, department=scene.dr_rao.department)
    waits(scene, day, at, patient=scene.chitra, providers=[scene.dr_rao])
    first, second = booked(scene, day, at), booked(scene, day, at, "14:00")
    gone(scene, first, at)
    gone(scene, second, at)
    assert {one.entry.patient for one in standing()} == {scene.ben, scene.chitra}


def test_a_longer_visit_is_not_offered_a_shorter_gap(scene: Scene, day: date, at: datetime) -> None:
    waits(scene, day, at)
    booked(scene, day, at, "09:45", patient=scene.chitra, appointment_type=scene.quick)
    booked(scene, day, at, "10:15", patient=scene.chitra, appointment_type=scene.quick)
    gone(scene, booked(scene, day, at, appointment_type=scene.quick), at)
    assert standing() == []


def test_a_time_left_by_moving_away_is_offered(scene: Scene, day: date, at: datetime) -> None:
    waits(scene, day, at)
    one = booked(scene, day, at)
    reschedule(one, starts_at=scene.when("15:00", day), by=scene.dora, at=at)
    assert [made.starts_at for made in standing()] == [scene.when("10:00", day)]


def test_withdrawn_leave_and_an_extra_session_are_offered(scene: Scene, day: date, at: datetime) -> None:
    saturday = day + timedelta(days=3)
    waits(scene, saturday, at)
    span = {"starts_at": scene.when("10:00", saturday), "ends_at": scene.when("12:00", saturday)}
    hours.open_one_off(scene.dr_sen, **span, by=scene.ada, at=at)
    assert [made.provider for made in standing()] == [scene.dr_sen]
    waits(scene, day, at, patient=scene.chitra)
    away = {"starts_at": scene.when("00:00", day), "ends_at": scene.when("23:00", day)}
    leave = time_off.take_leave(scene.dr_rao, **away, by=scene.ada, at=at)
    time_off.withdraw_leave(leave, by=scene.ada, at=at)
    assert {made.entry.patient for made in standing()} == {scene.ben, scene.chitra}


def test_a_lifted_block_is_offered(scene: Scene, day: date, at: datetime) -> None:
    span = {"starts_at": scene.when("10:00", day), "ends_at": scene.when("11:00", day)}
    meeting = blocking.block(scene.dr_rao, **span, reason="Meeting", by=scene.ada, at=at)
    waits(scene, day, at, providers=[scene.dr_rao])
    blocking.lift(meeting, by=scene.ada, at=at)
    assert [made.starts_at for made in standing()] == [scene.when("10:00", day)]


def test_nobody_is_offered_a_time_that_they_could_hardly_reach(scene: Scene, at: datetime) -> None:
    today = at.astimezone(scene.zone).date()
    start = at + timedelta(minutes=20)
    hours.open_one_off(scene.dr_rao, starts_at=at, ends_at=at + timedelta(hours=1), by=scene.ada, at=at)
    one = booked(scene, today, at, starts_at=start)
    waits(scene, today, at, latest_day=today + timedelta(days=1))
    gone(scene, one, at)
    assert all(made.starts_at >= at + offering.LEAST_NOTICE for made in standing())


def test_without_anybody_waiting_a_cancellation_asks_little_more(scene: Scene, day: date, at: datetime) -> None:
    one = booked(scene, day, at)
    with CaptureQueriesContext(connection) as queries:
        gone(scene, one, at)
    assert len([q for q in queries if "waitlist" in q["sql"]]) <= 2


# --- the time is kept ----------------------------------------------------------------------------------------------


def test_nobody_is_booked_over_an_offer(scene: Scene, day: date, at: datetime) -> None:
    waits(scene, day, at)
    gone(scene, booked(scene, day, at), at)
    for start in ("10:00", "09:45", "10:15"):
        with pytest.raises(OfferedThen) as refused:
            booked(scene, day, at, start, patient=scene.chitra)
    assert refused.value.free_times and "Ben" not in str(refused.value.message)
    booked(scene, day, at, "10:30", patient=scene.chitra)
    other = booked(scene, day, at, "16:00")
    with pytest.raises(OfferedThen):
        reschedule(other, starts_at=scene.when("10:00", day), by=scene.dora, at=at)


def test_a_clinic_admin_may_override_it_like_anything_else(scene: Scene, day: date, at: datetime) -> None:
    waits(scene, day, at)
    gone(scene, booked(scene, day, at), at)
    over = booked(scene, day, at, patient=scene.chitra, by=scene.ada, override_reason="Chest pain")
    assert over.is_active


def test_an_offered_time_is_not_shown_as_free(scene: Scene, day: date, at: datetime) -> None:
    waits(scene, day, at)
    one = booked(scene, day, at)
    asked = {"providers": [scene.dr_rao], "appointment_type": scene.visit, "first_day": day, "last_day": day}
    gone(scene, one, at)
    assert one.starts_at not in [slot.starts_at for slot in free_slots(**asked)]


def test_an_offer_that_ran_out_is_in_nobodys_way(scene: Scene, day: date, at: datetime) -> None:
    waits(scene, day, at)
    gone(scene, booked(scene, day, at), at)
    [made] = standing()
    WaitlistOffer.objects.filter(pk=made.pk).update(expires_at=at - timedelta(seconds=1))
    booked(scene, day, at, patient=scene.chitra)
    with pytest.raises(OfferRanOut):
        accept(made, by=scene.dora, at=at)


def test_one_offer_at_a_time_for_a_patient(scene: Scene, day: date, at: datetime) -> None:
    entry = waits(scene, day, at)
    offer(entry, provider=scene.dr_rao, starts_at=scene.when("11:00", day), by=scene.dora, at=at)
    with pytest.raises(NotWaiting):
        offer(entry, provider=scene.dr_rao, starts_at=scene.when("12:00", day), by=scene.dora, at=at)


def test_what_is_booked_is_not_offered(scene: Scene, day: date, at: datetime) -> None:
    booked(scene, day, at)
    with pytest.raises(ProviderIsBusy):
        offer(waits(scene, day, at), provider=scene.dr_rao, starts_at=scene.when("10:00", day), by=scene.dora, at=at)


# --- answers -------------------------------------------------------------------------------------------------------


def test_accepting_books_it(scene: Scene, day: date, at: datetime) -> None:
    entry = waits(scene, day, at)
    gone(scene, booked(scene, day, at), at)
    appointment = accept(standing()[0], by=scene.dora, at=at)
    entry.refresh_from_db()
    assert (appointment.patient, appointment.starts_at) == (scene.ben, scene.when("10:00", day))
    assert (entry.status, entry.appointment) == (Waiting.BOOKED, appointment)
    steps = [(move.from_status, move.to_status) for move in entry.moves.all()]
    assert steps == [("", "waiting"), ("waiting", "offered"), ("offered", "booked")]


def test_declining_passes_it_on_and_they_wait_on(scene: Scene, day: date, at: datetime) -> None:
    first = waits(scene, day, at - timedelta(days=1))
    second = waits(scene, day, at, patient=scene.chitra)
    gone(scene, booked(scene, day, at), at)
    decline(standing()[0], by=scene.dora, at=at)
    assert [made.entry for made in standing()] == [second]
    decline(standing()[0], by=scene.dora, at=at)
    assert standing() == []  # nobody is asked twice for the same time
    first.refresh_from_db()
    assert first.status == Waiting.WAITING


def test_no_answer_passes_it_on(scene: Scene, day: date, at: datetime) -> None:
    waits(scene, day, at - timedelta(days=1))
    second = waits(scene, day, at, patient=scene.chitra)
    gone(scene, booked(scene, day, at), at)
    assert move_on(at=at + TWO_HOURS - timedelta(seconds=1)) == 0
    WaitlistOffer.objects.update(expires_at=at - timedelta(seconds=1))
    assert move_on(at=at) == 1
    assert [made.entry for made in standing()] == [second]


def test_whoever_waits_past_the_last_day_leaves_the_list(scene: Scene, day: date, at: datetime) -> None:
    entry = waits(scene, day, at)
    assert move_on(at=at + timedelta(days=30)) == 1
    entry.refresh_from_db()
    assert entry.status == Waiting.EXPIRED


def test_taking_somebody_off_passes_their_offer_on(scene: Scene, day: date, at: datetime) -> None:
    first = waits(scene, day, at - timedelta(days=1))
    second = waits(scene, day, at, patient=scene.chitra)
    gone(scene, booked(scene, day, at), at)
    answers.take_off(first, by=scene.dora, at=at, reason="Feels well")
    assert [made.entry for made in standing()] == [second]
    with pytest.raises(NotWaiting):
        answers.take_off(first, by=scene.dora, at=at)


def test_undoing_the_cancellation_takes_the_offer_back(scene: Scene, day: date, at: datetime) -> None:
    entry = waits(scene, day, at)
    one = booked(scene, day, at)
    gone(scene, one, at)
    undo.take_back(one, by=scene.dora, at=at)
    entry.refresh_from_db()
    assert (standing(), entry.status) == ([], Waiting.WAITING)


def test_undoing_a_move_takes_its_offer_back(scene: Scene, day: date, at: datetime) -> None:
    entry = waits(scene, day, at)
    one = booked(scene, day, at)
    back = {"provider": one.provider, "starts_at": one.starts_at, "by": scene.dora}
    reschedule(one, starts_at=scene.when("15:00", day), by=scene.dora, at=at)
    undo.move_back(one, **back, at=at)
    one.refresh_from_db()
    entry.refresh_from_db()
    assert (one.starts_at, standing()[0].starts_at) == (scene.when("10:00", day), scene.when("15:00", day))

    decline(standing()[0], by=scene.dora, at=at)
    gone(scene, booked(scene, day, at, "11:00"), at)
    with pytest.raises(OfferedThen):  # what another had left
        undo.move_back(one, **{**back, "starts_at": scene.when("11:00", day)}, at=at)


def test_an_offer_is_answered_once(scene: Scene, day: date, at: datetime) -> None:
    waits(scene, day, at)
    gone(scene, booked(scene, day, at), at)
    [made] = standing()
    accept(made, by=scene.dora, at=at)
    for again in (accept, decline):
        with pytest.raises(OfferGone):
            again(made, by=scene.dora, at=at)


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"latest_day": timedelta(days=-1)}, "latest_day"),
        ({"earliest_day": timedelta(days=-400), "latest_day": timedelta(days=-300)}, "latest_day"),
        ({"latest_day": timedelta(days=500)}, "latest_day"),
        ({"from_time": time(12), "until_time": time(11)}, "until_time"),
        ({"priority": 9}, "priority"),
        ({"note": "x" * 501}, "note"),
    ],
)
def test_what_makes_no_sense_is_refused(scene: Scene, day: date, at: datetime, wish: Any, field: str) -> None:
    wish = {name: day + value if isinstance(value, timedelta) else value for name, value in wish.items()}
    with pytest.raises(BadWish) as refused:
        waits(scene, day, at, **wish)
    assert refused.value.field == field


# --- whoever writes ------------------------------------------------------------------------------------------------


def refused(statement: str, *params: Any, match: str) -> None:
    with pytest.raises(DatabaseError, match=match), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, params)


def test_raw_sql_neither_books_over_an_offer_nor_offers_what_is_booked(scene: Scene, day: date, at: datetime) -> None:
    waits(scene, day, at)
    other = booked(scene, day, at, "14:00", patient=scene.chitra)
    gone(scene, booked(scene, day, at), at)
    [made] = standing()
    refused(
        "UPDATE scheduling_appointment SET starts_at = %s, ends_at = %s WHERE id = %s",
        *(made.starts_at, made.ends_at, other.pk),
        match="offered to somebody",
    )
    copy = (
        "INSERT INTO scheduling_waitlistoffer SELECT (jsonb_populate_record(o, jsonb_build_object('id',"
        " gen_random_uuid(), 'entry_id', %s::text))).* FROM scheduling_waitlistoffer o"
    )
    another = waits(scene, day, at, patient=scene.chitra)
    refused(copy, str(another.pk), match="this time is taken")
    refused(copy, str(made.entry_id), match="offer_one_open|this time is taken")
    refused("UPDATE scheduling_waitlistoffer SET starts_at = starts_at - interval '1 hour'", match="another offer")
    decline(made, by=scene.dora, at=at)
    refused("UPDATE scheduling_waitlistoffer SET status = 'open'", match="it is settled")
    refused("UPDATE scheduling_waitlistmove SET to_status = 'booked'", match="permission denied")


def test_the_page_says_how_long_an_offer_stands(riverside: Any, cast: Any, web: Any, at: datetime) -> None:
    with riverside.inside(by=cast.ada):
        crowd = gather(cast.ada, providers=1, each=1)
        reception.choose(ask_again_after=6, token_shows="nothing", offers_stand_for=90, by=cast.ada, at=at)
        days = {"earliest_day": crowd.day + timedelta(days=1), "latest_day": crowd.day + timedelta(days=2)}
        who = {"patient": crowd.patients[0], "appointment_type": crowd.types[0], "by": cast.ada, "at": at}
        entry = join(**days, **who)
    page = web(riverside, cast.sara).get(f"/waitlist/{entry.pk}/offer/").content.decode()
    assert "1 hour, 30 minutes" in page.replace("\xa0", " ") and "two hours" not in page
