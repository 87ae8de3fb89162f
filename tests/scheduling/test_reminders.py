"""Reminders follow their appointments and go out once, in waking hours, to those who agreed."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, connection, transaction

from apps.outbox.models import Message
from apps.scheduling import attendance, undo
from apps.scheduling.booking import book, cancel, confirm, reschedule
from apps.scheduling.models import Appointment, Status
from apps.scheduling.models.reminder import Reminder, ReminderChannel
from apps.scheduling.quiet_hours import due_at, is_quiet
from apps.scheduling.reminders import BadRules, Notice, note_wish, send_due, set_rules
from apps.scheduling.retyping import change_type
from tests.permissions.table.scheduling import kwargs
from tests.scheduling.scene import Scene, patient

KOLKATA = ZoneInfo("Asia/Kolkata")
NIGHT = time(21), time(8)
FRIDAY = date(2026, 5, 15)


@pytest.fixture
def rules(scene: Scene) -> Scene:
    """A day before by e-mail, two hours before by text message."""
    set_rules([Notice(24), Notice(2, ReminderChannel.SMS)], quiet_from=NIGHT[0], quiet_until=NIGHT[1], **scene.admin)
    return scene


def booked(scene: Scene, start: str = "10:00", **more: Any) -> Appointment:
    details = {"patient": scene.asha, "provider": scene.dr_rao, "appointment_type": scene.visit}
    details |= {"starts_at": scene.when(start, FRIDAY), "by": scene.dora, "at": scene.at}
    return book(**{**details, **more})


def stands(appointment: Appointment) -> list[tuple[str, str, str]]:
    rows = Reminder.objects.filter(appointment=appointment).order_by("due_at")
    return [(f"{one.due_at.astimezone(KOLKATA):%m-%d %H:%M}", one.channel, one.status) for one in rows]


# --- when ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("starts", "hours", "due"),
    [
        ("2026-05-15 10:00", 24, "05-14 10:00"),
        ("2026-05-15 10:00", 48, "05-13 10:00"),
        ("2026-05-15 10:00", 2, "05-15 08:00"),
        ("2026-05-15 09:30", 2, "05-15 08:00"),  # 07:30 is quiet: as soon as it is not
        ("2026-05-15 08:30", 2, "05-14 20:55"),  # that would be too late: the evening before
        ("2026-05-15 07:00", 24, "05-14 08:00"),
        ("2026-05-15 23:00", 2, "05-15 20:55"),
        ("2026-05-15 22:30", 24, "05-15 08:00"),
    ],
)
def test_nobody_is_disturbed_at_night(starts: str, hours: int, due: str) -> None:
    moment = datetime.fromisoformat(starts).replace(tzinfo=KOLKATA)
    found = due_at(moment, hours, NIGHT, KOLKATA)
    assert f"{found.astimezone(KOLKATA):%m-%d %H:%M}" == due
    assert not is_quiet(found, NIGHT, KOLKATA) and found < moment


def test_quiet_hours_by_day_or_never() -> None:
    noon = datetime(2026, 5, 15, 13, 0, tzinfo=KOLKATA)
    assert is_quiet(noon, (time(12), time(14)), KOLKATA)
    assert not is_quiet(noon, (time(8), time(8)), KOLKATA)


# --- with the appointment ------------------------------------------------------------------------------------------


def test_a_booking_plans_its_reminders(rules: Scene) -> None:
    assert stands(booked(rules)) == [("05-14 10:00", "email", "open"), ("05-15 08:00", "sms", "open")]


def test_without_rules_nothing_is_planned(scene: Scene) -> None:
    assert stands(booked(scene)) == []


def test_what_is_too_late_is_not_planned(rules: Scene) -> None:
    soon = booked(rules, starts_at=rules.when("12:00"))
    assert stands(soon) == [("05-11 10:00", "sms", "open")]


def test_a_wish_gets_its_reminders_when_it_is_confirmed(rules: Scene) -> None:
    wish = booked(rules, requested=True)
    assert stands(wish) == []
    confirm(wish, by=rules.dora, at=rules.at)
    assert len(stands(wish)) == 2


def test_they_move_along(rules: Scene) -> None:
    one = booked(rules)
    before = set(Reminder.objects.values_list("pk", flat=True))
    reschedule(one, starts_at=rules.when("15:00", FRIDAY), by=rules.dora, at=rules.at)
    assert stands(one) == [("05-14 15:00", "email", "open"), ("05-15 13:00", "sms", "open")]
    assert set(Reminder.objects.values_list("pk", flat=True)) == before


def test_cancelling_withdraws_them_and_undoing_brings_them_back(rules: Scene) -> None:
    one = booked(rules)
    cancel(one, by=rules.dora, at=rules.at, reason="Travels")
    assert {state for _due, _by, state in stands(one)} == {"withdrawn"}
    undo.take_back(one, by=rules.dora, at=rules.at)
    assert {state for _due, _by, state in stands(one)} == {"open"}


def test_an_arrival_and_a_no_show_withdraw_them(rules: Scene) -> None:
    set_rules([Notice(1)], quiet_from=NIGHT[0], quiet_until=NIGHT[1], **rules.admin)
    one, other = booked(rules, "10:00"), booked(rules, "11:00", patient=rules.ben)
    attendance.arrive(one, by=rules.dora, at=rules.when("08:30", FRIDAY))
    attendance.no_show(other, by=rules.dora, at=rules.when("11:20", FRIDAY))
    assert [row[2] for row in stands(one) + stands(other)] == ["withdrawn", "withdrawn"]


def test_a_type_with_rules_of_its_own_follows_only_those(rules: Scene) -> None:
    own = Notice(72, appointment_type=rules.quick.pk)
    set_rules([Notice(24), own], quiet_from=NIGHT[0], quiet_until=NIGHT[1], **rules.admin)
    one = booked(rules)
    assert stands(one) == [("05-14 10:00", "email", "open")]
    change_type(one, appointment_type=rules.quick, by=rules.dora, at=rules.at)
    assert [row for row in stands(one) if row[2] == "open"] == [("05-12 10:00", "email", "open")]


def test_new_rules_reach_appointments_that_are_booked_already(rules: Scene) -> None:
    one = booked(rules)
    set_rules([Notice(48)], quiet_from=NIGHT[0], quiet_until=NIGHT[1], **rules.admin)
    assert [row for row in stands(one) if row[2] == "open"] == [("05-13 10:00", "email", "open")]


@pytest.mark.parametrize("notices", [[Notice(0)], [Notice(721)], [Notice(24, "pigeon")], [Notice(24), Notice(24)]])
def test_rules_that_make_no_sense_are_refused(rules: Scene, notices: list[Notice]) -> None:
    with pytest.raises(BadRules):
        set_rules(notices, quiet_from=NIGHT[0], quiet_until=NIGHT[1], **rules.admin)


# --- going out -----------------------------------------------------------------------------------------------------


def mails() -> list[str]:
    """What the outbox holds of reminders."""
    return [row.payload for row in Message.objects.filter(kind="email") if "Your appointment" in row.payload]


def reachable(scene: Scene, **details: str) -> Any:
    who = patient("Devi", "Rao", by=scene.dora, at=scene.at, **{"email": "devi@example.org", **details})
    note_wish(who, channel="email", agreed=True, by=scene.dora, at=scene.at)
    return who


def test_a_due_reminder_goes_to_the_outbox_once_and_says_nothing_clinical(rules: Scene) -> None:
    one = booked(rules, patient=reachable(rules), reason="Depression")
    at = rules.when("10:00", date(2026, 5, 14))
    assert send_due(at=at - timedelta(seconds=1)) == 0
    assert send_due(at=at) == 1
    assert send_due(at=at) == 0
    [text] = mails()
    assert "devi@example.org" in text and "Friday 15 May 2026" in text and "10:00 IST" in text
    for secret in ("Depression", "Half hour", "Dr Anita Rao", "Devi Rao"):
        assert secret not in text
    assert stands(one)[0] == ("05-14 10:00", "email", "sent")


@pytest.mark.parametrize(
    ("details", "agrees", "why"),
    [({"email": ""}, True, "no_address"), ({}, None, "no_consent"), ({}, False, "no_consent")],
)
def test_who_cannot_be_reached_is_marked(rules: Scene, details: Any, agrees: bool | None, why: str) -> None:
    who = patient("Ed", "Roy", by=rules.dora, at=rules.at, **{"email": "ed@example.org", **details})
    if agrees is not None:
        note_wish(who, channel="email", agreed=True, by=rules.dora, at=rules.at)
        note_wish(who, channel="email", agreed=agrees, by=rules.dora, at=rules.at)
    one = booked(rules, patient=who)
    send_due(at=rules.when("08:00", FRIDAY))
    assert list(one.reminders.values_list("status", "why_not")) == [
        ("unreachable", why),
        ("unreachable", "no_service"),
    ]
    assert not mails()


def test_nothing_goes_out_once_the_visit_has_begun(rules: Scene) -> None:
    one = booked(rules, patient=reachable(rules))
    send_due(at=rules.when("10:00", FRIDAY))
    assert {row[2] for row in stands(one)} == {"withdrawn"}
    assert not mails()


def test_a_worker_that_comes_back_at_night_waits_for_the_morning(rules: Scene) -> None:
    one = booked(rules, patient=reachable(rules))
    send_due(at=rules.when("23:30", date(2026, 5, 14)))
    assert ("05-15 08:00", "email", "open") in stands(one)
    assert not mails()


def test_one_that_was_sent_is_not_sent_again_after_moving_there_and_back(rules: Scene) -> None:
    one = booked(rules, patient=reachable(rules))
    at = rules.when("10:00", date(2026, 5, 14))
    send_due(at=at)
    reschedule(one, starts_at=rules.when("15:00", date(2026, 5, 18)), by=rules.dora, at=at)
    reschedule(one, starts_at=rules.when("10:00", FRIDAY), by=rules.dora, at=at)
    assert sorted(row[2] for row in stands(one) if row[1] == "email") == ["sent", "withdrawn"]
    send_due(at=at)
    assert len(mails()) == 1


def test_sending_asks_as_little_for_ten_as_for_one(rules: Scene, django_assert_max_num_queries: Any) -> None:
    who = reachable(rules, email="")
    for number in range(10):
        booked(rules, patient=who, starts_at=rules.when("10:00", FRIDAY) + timedelta(minutes=30 * number))
    with django_assert_max_num_queries(20):
        assert send_due(at=rules.when("10:00", date(2026, 5, 14)), limit=1) == 1


# --- whoever writes ------------------------------------------------------------------------------------------------


def refused(statement: str, *params: Any, match: str) -> None:
    with pytest.raises(DatabaseError, match=match), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, params)


def test_the_database_keeps_what_was_sent_and_sends_nothing_late(rules: Scene) -> None:
    one = booked(rules, patient=reachable(rules))
    late = (
        "UPDATE scheduling_reminder SET status = 'sent', message = gen_random_uuid(), settled_at = starts_at"
        " WHERE appointment_id = %s"
    )
    refused(late, one.pk, match="reminder_sent_before_visit")
    refused("UPDATE scheduling_reminder SET due_at = starts_at", match="reminder_before_visit")
    send_due(at=rules.when("10:00", date(2026, 5, 14)))
    refused("UPDATE scheduling_reminder SET status = 'open', settled_at = NULL", match="it was sent")
    refused("DELETE FROM scheduling_reminder", match="never deleted")
    twice = (
        "INSERT INTO scheduling_reminder SELECT (jsonb_populate_record(r, jsonb_build_object('id',"
        " gen_random_uuid()))).* FROM scheduling_reminder r"
    )
    refused(twice, match="reminder_once")


def test_a_cancellation_by_raw_sql_withdraws_them_too(rules: Scene) -> None:
    one = booked(rules)
    Appointment.objects.filter(pk=one.pk).update(status=Status.CANCELLED)
    assert {row[2] for row in stands(one)} == {"withdrawn"}


# --- pages and API -------------------------------------------------------------------------------------------------


def test_set_up_and_panel_and_chart(riverside: Any, cast: Any, web: Any, api: Any) -> None:
    with riverside.inside(by=cast.ada):
        one = Appointment.objects.get(**kwargs("api-appointment", cast))
        who = str(one.patient_id)
    ada, sara = web(riverside, cast.ada), web(riverside, cast.sara)
    lines = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0", "quiet_from": "21:00", "quiet_until": "08:00"}
    line = {"form-0-hours_before": "24", "form-0-channel": "email", "form-0-appointment_type": ""}
    assert ada.post("/set-up/reminders/", lines | line).status_code == 302
    assert 'value="24"' in ada.get("/set-up/reminders/").content.decode()
    bad = ada.post("/set-up/reminders/", {**lines, **line, "form-0-hours_before": "9999"})
    assert bad.status_code == 400 and 'value="9999"' in bad.content.decode()

    assert "not asked yet" in sara.get(f"/patients/{who}/").content.decode()
    assert sara.post(f"/patients/{who}/reminders/", {"channel": "email", "agreed": "1"}).status_code == 302
    assert "agreed" in sara.get(f"/patients/{who}/").content.decode()

    caller = api(riverside, cast.ada)
    put = caller.put("/api/v1/reminder-rules/", {"rules": [{"hours_before": 3, "channel": "sms"}]})
    assert put.status_code == 200 and put.json()["rules"][0]["hours_before"] == 3
    assert caller.get(f"/api/v1/appointments/{one.pk}/reminders/").json()["results"] == []
    assert len(caller.get(f"/api/v1/patients/{who}/contact-wishes/").json()["results"]) == 1
