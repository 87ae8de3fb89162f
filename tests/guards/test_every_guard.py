"""Removing any one guard of the schedule lets an attack through: each is named with an attack that only it refuses.

On a database of its own a superuser takes the guard down, the clinic's own role attacks, and all is rolled back. A
guard that stands in front of the one under test (the trigger before the exclusion behind it) is taken down as well.
"""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from apps.clinic.models import Site
from apps.patients import merging
from apps.scheduling import resources
from apps.scheduling.calendars import hours
from tests.guards.siege import WALLS, Attack, Siege, attack, insert
from tests.scheduling.scene import MONDAY, make_scene, weekdays

DAY = "(date_trunc('day', now()) + interval '10 days')"  # holds and offers stand by the server's own clock
APPOINTMENT, USE, OFFER = "scheduling_appointment", "scheduling_resourceuse", "scheduling_waitlistoffer"
SAYS = {"not_for_merged": "was merged into"}  # by name or by its words


def booking(number: str, start: str, end: str, **more: str) -> str:
    """An appointment in SQL; names in braces are ids of the scene."""
    values = {
        "id": "gen_random_uuid()",
        "number": f"'{number}'",
        "patient_id": "{asha}",
        "provider_id": "{rao}",
        "appointment_type_id": "{visit}",
        "status": "'scheduled'",
        "channel": "'desk'",
        "capacity": "1",
        "starts_at": f"{DAY} + time '{start}'",
        "ends_at": f"{DAY} + time '{end}'",
        "busy_from": "now()",
        "busy_until": "now()",
        "buffer_before": "0",
        "buffer_after": "0",
        "lane": "0",
        "is_override": "false",
        "override_reason": "''",
        "reason": "''",
        "notes": "''",
        "booked_by_id": "{dora}",
        "booked_at": "now()",
        **more,
    }
    return insert(APPOINTMENT, values)


def use(appointment: str, **more: str) -> str:
    busy = {"busy_from": f"{DAY} + time '10:00'", "busy_until": f"{DAY} + time '10:30'"}
    values = {"id": "gen_random_uuid()", "appointment_id": appointment, "resource_id": "{scan}", "is_active": "true"}
    return insert(USE, {**values, **busy, "is_override": "false", **more})


def offer(start: str, end: str, **more: str) -> str:
    span = {"starts_at": f"{DAY} + time '{start}'", "ends_at": f"{DAY} + time '{end}'"}
    busy = {"busy_from": span["starts_at"], "busy_until": span["ends_at"], "capacity": "1", "resources": "'{{}}'"}
    rest = {"id": "gen_random_uuid()", "entry_id": "{entry}", "provider_id": "{rao}", "status": "'open'"}
    when = {"expires_at": "now() + interval '1 hour'", "offered_at": "now()"}
    return insert(OFFER, {**rest, **span, **busy, **when, **more})


ID = "00000000-0000-4000-8000-0000000000"
A, ARRIVED, MOVED, REMINDED, BENS, GONE = (f"'{ID}{n:02d}'::uuid" for n in range(1, 7))
ENTRY, SERIES, LEAVE, BESIDE = (f"'{ID}{n:02d}'::uuid" for n in range(11, 15))
SET_UP = (
    booking("A", "10:00", "10:30", id=A),
    use(A),
    booking("BESIDE", "10:00", "10:30", id=BESIDE, provider_id="{sen}", patient_id="{ben}"),
    booking("ARRIVED", "09:00", "09:30", id=ARRIVED),
    f"UPDATE {APPOINTMENT} SET status = 'arrived', arrived_at = now() WHERE id = {ARRIVED}",
    "INSERT INTO scheduling_tokencounter (id, day, prefix, last) VALUES (gen_random_uuid(), current_date, 'A', 1)",
    insert(
        "scheduling_queueticket",
        {
            "id": "gen_random_uuid()",
            "appointment_id": ARRIVED,
            "day": "current_date",
            "prefix": "'A'",
            "number": "1",
            "status": "'waiting'",
            "priority": "30",
            "issued_at": "now()",
            "queued_at": "now()",
        },
    ),
    booking("MOVED", "15:00", "15:30", id=MOVED),
    use(MOVED),
    booking("REMINDED", "16:00", "16:30", id=REMINDED),
    insert(
        "scheduling_reminder",
        {
            "id": "gen_random_uuid()",
            "appointment_id": REMINDED,
            "channel": "'email'",
            "hours_before": "24",
            "due_at": f"{DAY} - interval '1 day'",
            "starts_at": f"{DAY} + time '16:00'",
            "status": "'open'",
            "why_not": "''",
        },
    ),
    booking("BENS", "08:00", "08:30", id=BENS, patient_id="{ben}"),
    booking("GONE", "08:30", "09:00", id=GONE),
    f"UPDATE {APPOINTMENT} SET status = 'cancelled' WHERE id = {GONE}",
    insert(
        "scheduling_waitlistentry",
        {
            "id": ENTRY,
            "patient_id": "{asha}",
            "appointment_type_id": "{visit}",
            "any_provider": "true",
            "earliest_day": "current_date",
            "latest_day": "current_date + 20",
            "priority": "3",
            "note": "''",
            "status": "'waiting'",
            "created_by_id": "{dora}",
            "created_at": "now()",
        },
    ),
    offer("14:00", "14:30", id=f"'{ID}21'", resources="ARRAY[{scan}]"),
    insert(
        "scheduling_hold",
        {
            "id": "gen_random_uuid()",
            "provider_id": "{rao}",
            "by_id": "{ada}",
            "form_key": "gen_random_uuid()",
            "starts_at": f"{DAY} + time '12:00'",
            "ends_at": f"{DAY} + time '12:30'",
            "resources": "ARRAY[{scan}]",
            "busy_from": f"{DAY} + time '12:00'",
            "busy_until": f"{DAY} + time '12:30'",
            "taken_at": "now()",
            "expires_at": "now() + interval '5 minutes'",
        },
    ),
    insert(
        "scheduling_appointmentseries",
        {
            "id": SERIES,
            "patient_id": "{ben}",
            "provider_id": "{rao}",
            "appointment_type_id": "{visit}",
            "every": "1",
            "unit": "'week'",
            "weekdays": "'{{}}'",
            "first_day": "current_date",
            "starts": "'10:00'",
            "times": "3",
            "created_by_id": "{dora}",
            "created_at": "now()",
        },
    ),
    insert(
        "scheduling_leaverequest",
        {
            "id": LEAVE,
            "provider_id": "{rao}",
            "starts_at": f"{DAY}",
            "ends_at": f"{DAY} + interval '1 day'",
            "reason": "''",
            "status": "'requested'",
            "asked_by_id": "{rao_user}",
            "asked_at": "now()",
        },
    ),
)
SPARE = "'00000000-0000-4000-8000-000000000099'::uuid"
GUARD, ROOM = (APPOINTMENT, "appointment_guard"), (USE, "resource_guard")
ATTACKS: dict[tuple[str, str], Attack] = {
    GUARD: attack(booking("X", "10:15", "10:45", lane="1")),
    (APPOINTMENT, "appointment_lane"): attack(
        booking("X", "10:15", "10:45", busy_from=f"{DAY} + time '10:15'", busy_until=f"{DAY} + time '10:45'"),
        behind=(GUARD,),
    ),
    (APPOINTMENT, "appointment_held"): attack(booking("X", "12:15", "12:45")),
    (APPOINTMENT, "appointment_offer_guard"): attack(booking("X", "14:15", "14:45")),
    (APPOINTMENT, "appointment_moves"): attack(f"UPDATE {APPOINTMENT} SET status = 'completed' WHERE id = {A}"),
    (APPOINTMENT, "appointment_replaces"): attack(booking("X", "17:00", "17:30", reschedule_of_id=A)),
    (APPOINTMENT, "appointment_links"): attack(booking("X", "17:00", "17:30", follow_up_for_id=BENS)),
    (APPOINTMENT, "appointment_series_of_same_patient"): attack(booking("X", "17:00", "17:30", series_id=SERIES)),
    (APPOINTMENT, "queue_agrees"): attack(f"UPDATE {APPOINTMENT} SET status = 'in_session' WHERE id = {ARRIVED}"),
    (APPOINTMENT, "reminders_withdrawn"): attack(
        f"UPDATE {APPOINTMENT} SET status = 'cancelled' WHERE id = {REMINDED}",
        harm="SELECT EXISTS (SELECT FROM scheduling_reminder WHERE status = 'open')",
    ),
    (APPOINTMENT, "resource_follows"): attack(
        f"UPDATE {APPOINTMENT} SET starts_at = {DAY} + time '17:00', ends_at = {DAY} + time '17:30' WHERE id = {MOVED}",
        harm=f"SELECT EXISTS (SELECT FROM {USE} u JOIN {APPOINTMENT} a ON a.id = u.appointment_id"
        " WHERE u.busy_from <> a.busy_from)",
    ),
    (APPOINTMENT, "not_for_merged"): attack(booking("X", "17:00", "17:30", patient_id="{chitra}")),
    (APPOINTMENT, "appointment_override_reason"): attack(
        booking("X", "17:00", "17:30", is_override="true", overridden_by_id="{ada}")
    ),
    ROOM: attack(use(BESIDE, is_override="true")),
    (USE, "resource_single_file"): attack(use(BESIDE), behind=(ROOM,)),
    (USE, "resource_held"): attack(booking("X", "12:00", "12:30", id=SPARE, provider_id="{sen}"), use(SPARE)),
    (USE, "resource_offered"): attack(booking("X", "14:00", "14:30", id=SPARE, provider_id="{sen}"), use(SPARE)),
    (OFFER, "offer_guard"): attack(offer("15:00", "15:30", status="'open'", entry_id="{other_entry}")),
    (OFFER, "offer_rooms"): attack(
        offer("15:00", "15:30", entry_id="{other_entry}", provider_id="{sen}", resources="ARRAY[{scan}]")
    ),
    ("scheduling_queueticket", "queue_ticket_moves"): attack("UPDATE scheduling_queueticket SET number = 7"),
    ("scheduling_queueticket", "queue_agrees"): attack("UPDATE scheduling_queueticket SET status = 'left'"),
    ("scheduling_tokencounter", "token_counter"): attack("UPDATE scheduling_tokencounter SET last = 3"),
    ("scheduling_reminder", "reminder_stays"): attack("DELETE FROM scheduling_reminder"),
    ("scheduling_leaverequest", "leave_request_moves"): attack("UPDATE scheduling_leaverequest SET reason = 'Rest'"),
    ("scheduling_waitlistentry", "not_for_merged"): attack(
        f"UPDATE scheduling_waitlistentry SET patient_id = {{chitra}} WHERE id = {ENTRY}"
    ),
    ("scheduling_appointmentseries", "not_for_merged"): attack(
        "UPDATE scheduling_appointmentseries SET patient_id = {chitra}"
    ),
    ("scheduling_contactwish", "not_for_merged"): attack(
        "INSERT INTO scheduling_contactwish (id, patient_id, channel, agreed, by_id, at)"
        " VALUES (gen_random_uuid(), {chitra}, 'email', true, {dora}, now())"
    ),
    ("scheduling_overriderequest", "not_for_merged"): attack(
        insert(
            "scheduling_overriderequest",
            {
                "id": "gen_random_uuid()",
                "patient_id": "{chitra}",
                "provider_id": "{rao}",
                "state": "'open'",
                "appointment_type_id": "{visit}",
                "starts_at": f"{DAY}",
                "ends_at": f"{DAY} + interval '1 hour'",
                "channel": "'desk'",
                "resources": "'{{}}'",
                "why": "''",
                "visit_reason": "''",
                "answer": "''",
                "requested_by_id": "{dora}",
                "requested_at": "now()",
            },
        )
    ),
    ("scheduling_weeklyhours", "weekly_hours_overlap"): attack(
        "UPDATE scheduling_weeklyhours SET weekday = 0 WHERE provider_id = {rao}"
    ),
    ("scheduling_fee", "one_fee_a_day"): attack(
        *(
            "INSERT INTO scheduling_fee (id, provider_id, appointment_type_id, rate, effective_from, set_by_id, set_at)"
            f" VALUES (gen_random_uuid(), {{rao}}, {{visit}}, 1, current_date + {n}, {{ada}}, now())"
            for n in (0, 1)
        )
    ),
    ("scheduling_oneoffopening", "one_site_at_a_time"): attack(
        *(
            "INSERT INTO scheduling_oneoffopening (id, provider_id, starts_at, ends_at, capacity, site_id, reason,"
            f" opened_by_id, opened_at) VALUES (gen_random_uuid(), {{rao}}, {DAY}, {DAY} + interval '1 hour', 1,"
            f" {{site_{n}}}, '', {{ada}}, now())"
            for n in (0, 1)
        )
    ),
    (APPOINTMENT, "as_committed"): attack(),  # its own test below: the level is set before the first statement
    (USE, "as_committed"): attack(),
    (OFFER, "as_committed"): attack(),
    ("patients_patient", "links_hold_together"): attack(),  # tests/scheduling/test_merged.py, and below
}


@pytest.fixture
def siege(throw_away: str, riverside: Any, as_superuser: Any) -> Iterator[Siege]:
    with riverside.inside():
        scene = make_scene(ZoneInfo("Asia/Kolkata"))
        hours.set_weekly_hours(
            scene.dr_rao, sessions=weekdays(days=range(2)), effective_from=MONDAY, by=scene.ada, at=scene.at
        )
        scan = resources.add_resource(name="Scan", **scene.admin)
        sites = [Site.objects.create(name=f"Site {number}") for number in (0, 1)]
        merging.merge(scene.asha, scene.chitra, by=scene.ada, at=scene.at, reason="Twice")
    people = {"asha": scene.asha, "ben": scene.ben, "chitra": scene.chitra, "rao": scene.dr_rao, "sen": scene.dr_sen}
    people |= {"dora": scene.dora, "ada": scene.ada, "rao_user": scene.rao, "visit": scene.visit, "scan": scan}
    people |= {f"site_{number}": site for number, site in enumerate(sites)}
    ids = {name: f"'{one.pk}'::uuid" for name, one in people.items()}
    ids |= {"entry": ENTRY, "other_entry": f"'{ID}31'::uuid"}
    with as_superuser() as server:
        server.autocommit = False
        made = Siege(server, riverside.schema, str(riverside.id), ids)
        made.as_clinic()
        for statement in SET_UP:
            server.execute(made.told(statement))
        copy = "(jsonb_populate_record(e, jsonb_build_object('id', {other_entry}))).*"
        server.execute(made.told(f"INSERT INTO scheduling_waitlistentry SELECT {copy} FROM scheduling_waitlistentry e"))
        server.execute("SET CONSTRAINTS ALL IMMEDIATE")
        server.execute("RESET ROLE")
        yield made
        server.rollback()


def test_each_guard_refuses_its_attack_and_is_the_only_one_to_do_so(siege: Siege) -> None:
    wrong = siege.not_refused(ATTACKS, says=SAYS)
    assert wrong == [], "\n".join(map(str, wrong))


def test_every_guard_of_the_schedule_is_attacked(siege: Siege) -> None:
    """Triggers, exclusions, foreign keys of two columns and checks that stand in the SQL files."""
    found = siege.server.execute(
        "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT t.tgisinternal AND c.relnamespace = %(s)s::regnamespace"
        "  AND (c.relname LIKE 'scheduling%%' OR p.proname LIKE 'scheduling%%')"
        " UNION SELECT c.relname, k.conname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid"
        " WHERE c.relnamespace = %(s)s::regnamespace AND c.relname LIKE 'scheduling%%'"
        "  AND (k.contype = 'x' OR k.contype = 'f' AND cardinality(k.conkey) > 1)",
        {"s": siege.schema},
    ).fetchall()
    named = {key for key in ATTACKS if key != (APPOINTMENT, "appointment_override_reason")}
    assert {(table, guard) for table, guard in found if guard not in WALLS} == named
