"""NFR-02: nobody of one clinic can see or touch anything of another, whatever the code above does wrong."""

import threading

import pytest
from django.core.management import call_command
from django.db import DatabaseError, ProgrammingError, connection, connections, transaction

from apps.audit.models import AuditEvent
from apps.core.models import NumberSeries
from apps.tenants.backend.base import OutsideClinicError
from apps.tenants.checks import app_role_is_bare
from tests.kept import undone


def count_series():
    return NumberSeries.objects.filter(series="WALL").count()


def add_series():
    return NumberSeries.objects.create(series="WALL", year=2026)


def sqlstate(error):
    return error.__cause__.sqlstate


def test_each_clinic_sees_its_own_rows(riverside, lakeside):
    with riverside.inside():
        add_series()
    with lakeside.inside():
        assert count_series() == 0
    with riverside.inside():
        assert count_series() == 1


def test_a_query_outside_a_clinic_is_refused(riverside):
    with pytest.raises(OutsideClinicError):
        count_series()


def test_a_clinic_cannot_be_entered_inside_another(riverside, lakeside):
    with riverside.inside(), pytest.raises(RuntimeError, match="Already inside"), lakeside.inside():
        pass


def test_a_clinic_notes_readings_in_its_own_trail_only(riverside, lakeside):
    for schema in (lakeside.schema, "public"):
        with (
            riverside.inside(),
            pytest.raises(ProgrammingError) as denied,
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"SELECT {schema}.record_reads(ARRAY[NULL::uuid], 'attack')")
        assert sqlstate(denied.value) == "42501"


OFTEN = 12  # times: after some, the server keeps a statement's plan


def kept_ready(words):
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE strpos(statement, %s) > 0", [words])
        return cursor.fetchone()[0]


def test_a_plan_that_is_kept_ready_reads_the_clinic_that_asks(riverside, lakeside):
    with riverside.inside():
        add_series()
    for _ in range(OFTEN):
        with riverside.inside():
            assert count_series() == 1
        with lakeside.inside():
            assert count_series() == 0
    with lakeside.inside():
        assert kept_ready('FROM "core_numberseries"')


def test_a_plan_that_is_kept_ready_asks_anew_whether_one_may(riverside, lakeside):
    statement = f"SELECT count(*) FROM {lakeside.schema}.core_numberseries"
    with lakeside.inside(), connection.cursor() as cursor:
        for _ in range(OFTEN):
            cursor.execute(statement)
        assert kept_ready(statement)
    with (
        riverside.inside(),
        pytest.raises(ProgrammingError) as denied,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        assert kept_ready(statement)
        cursor.execute(statement)
    assert sqlstate(denied.value) == "42501"


def test_what_is_kept_ready_stays_so_when_work_is_taken_back(riverside):
    with riverside.inside():
        for _ in range(OFTEN):
            count_series()
            with undone():
                add_series()
        assert kept_ready('FROM "core_numberseries"')
        assert count_series() == 0


def test_what_is_kept_ready_goes_when_a_table_changes(riverside):
    with riverside.inside(), undone(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE made (a int) ON COMMIT DROP")
        for _ in range(OFTEN):
            cursor.execute("SELECT * FROM made")
        assert kept_ready("SELECT * FROM made")
        cursor.execute("ALTER TABLE made ADD b int")
        cursor.execute("SELECT * FROM made")
        assert [column.name for column in cursor.description] == ["a", "b"]


@pytest.mark.parametrize("verb", ["SELECT * FROM {t}", "DELETE FROM {t}", "UPDATE {t} SET year = 1"])
def test_sql_against_another_clinic_is_denied_by_the_server(riverside, lakeside, verb):
    statement = verb.format(t=f"{lakeside.schema}.core_numberseries")
    with (
        riverside.inside(),
        pytest.raises(ProgrammingError) as denied,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert sqlstate(denied.value) == "42501"


def test_an_injected_select_cannot_change_the_role(riverside, lakeside):
    with (
        riverside.inside(),
        pytest.raises(ProgrammingError) as denied,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"SELECT set_config('role', '{lakeside.schema}', true)")
    assert sqlstate(denied.value) == "42501"


@pytest.mark.parametrize("params", [None, []])
def test_an_injected_second_statement_is_a_syntax_error(riverside, lakeside, params):
    with (
        riverside.inside(),
        pytest.raises(ProgrammingError) as refused,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"SELECT 1; SET LOCAL ROLE {lakeside.schema}", params)
    assert sqlstate(refused.value) == "42601"


def test_an_injected_union_cannot_read_the_directory_of_clinics(riverside):
    with (
        riverside.inside(),
        pytest.raises(ProgrammingError) as denied,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT series FROM core_numberseries WHERE false UNION SELECT name FROM public.tenants_clinic")
    assert sqlstate(denied.value) == "42501"


def test_the_directory_answers_only_for_a_host_and_not_from_inside_a_clinic(riverside):
    with (
        riverside.inside(),
        pytest.raises(ProgrammingError) as denied,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT * FROM tenancy.clinic_for_host('lakeside.localhost')")
    assert sqlstate(denied.value) == "42501"


def test_rows_of_another_clinic_trip_the_wire(riverside, lakeside):
    with (
        riverside.inside(),
        pytest.raises(DatabaseError) as tripped,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "INSERT INTO core_numberseries (id, tenant_id, series, year, last)"
            " VALUES (gen_random_uuid(), %s, 'X', 1, 0)",
            [lakeside.id],
        )
    assert sqlstate(tripped.value) == "23514"


def test_every_table_of_a_clinic_has_tripwire_and_trail(riverside, as_superuser):
    with as_superuser() as server:
        bare = server.execute(
            """SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname = %s AND c.relkind = 'r'
                  AND (NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.conname = 'tripwire')
                       OR NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'record_change'
                                      AND t.tgenabled = 'A'))""",
            [riverside.schema],
        ).fetchall()
    assert {name for (name,) in bare} == {
        "audit_event",  # is the trail itself
        "auditlog_logentry",
        "django_content_type",
        "django_migrations",
        "django_session",
        "ledger_accountday",  # sums of lines, which are in the trail
    }


def test_a_write_without_an_actor_is_refused(riverside):
    with pytest.raises(DatabaseError, match="without an actor"), riverside.inside(actor=""):
        add_series()


def test_whatever_way_a_row_is_written_the_trail_has_it(inside_riverside):
    NumberSeries.objects.bulk_create([NumberSeries(series="WALL", year=year) for year in (2001, 2002)])
    NumberSeries.objects.filter(series="WALL").update(last=5)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_numberseries SET last = 6 WHERE series = 'WALL' AND year = 2001")
    NumberSeries.objects.filter(series="WALL").delete()
    actions = AuditEvent.objects.filter(table_name="core_numberseries").order_by("id").values_list("action", "changed")
    assert list(actions) == [("create", [])] * 2 + [("update", ["last"])] * 3 + [("delete", [])] * 2


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE audit_event SET actor = 'somebody else'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
        "INSERT INTO audit_event (at, actor, txid, action, table_name) VALUES (now(), 'forged', 1, 'read', 'x')",
        "ALTER TABLE audit_event DISABLE TRIGGER ALL",
        "DROP TABLE audit_event",
    ],
)
def test_the_trail_cannot_be_changed_by_the_clinic(inside_riverside, attack):
    add_series()
    with pytest.raises(ProgrammingError) as denied, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attack)
    assert sqlstate(denied.value) == "42501"


@pytest.mark.parametrize("attack", ["UPDATE {t} SET actor = 'x'", "DELETE FROM {t}", "TRUNCATE {t}"])
def test_the_trail_is_refused_even_to_a_superuser(throw_away, riverside, as_superuser, attack):
    with as_superuser() as server:
        server.execute(
            f"INSERT INTO {riverside.schema}.audit_event"
            " (at, actor, roles, request_id, txid, action, table_name, row_id, changed)"
            " VALUES (now(), 'drill', '', '', 1, 'read', 'x', '', '{}')"
        )
        with pytest.raises(Exception, match="append-only") as refused:
            server.execute(attack.format(t=f"{riverside.schema}.audit_event"))
    assert refused.value.sqlstate == "42501"


def test_nothing_of_a_clinic_stays_on_the_connection(throw_away, riverside, lakeside):
    crossed = []

    def work(clinic, other, year):
        try:
            for number in range(60):
                with clinic.inside():
                    if number == 0:
                        NumberSeries.objects.create(series=clinic.slug[:8], year=year)
                    seen = set(NumberSeries.objects.values_list("series", flat=True))
                    if other.slug[:8] in seen:
                        crossed.append(seen)
        finally:
            connections.close_all()

    pairs = [(riverside, lakeside), (lakeside, riverside)]
    threads = [threading.Thread(target=work, args=(*pair, year)) for year in range(2001, 2005) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert crossed == []
    with riverside.inside():
        assert NumberSeries.objects.filter(series="riversid").exists()


def test_the_house_passes_its_own_checks(throw_away, riverside):
    call_command("check", databases=["default", "owner"], fail_level="WARNING")


def test_the_checks_refuse_a_missing_tripwire(throw_away, riverside, as_superuser):
    with as_superuser() as server:
        server.execute(f"ALTER TABLE {riverside.schema}.core_numberseries DROP CONSTRAINT tripwire")
    with pytest.raises(Exception, match="core_numberseries"):
        call_command("check", databases=["default", "owner"])


def test_the_checks_refuse_a_privileged_app_role(throw_away, as_superuser):
    with as_superuser() as server:
        server.execute("CREATE ROLE hpms_drill LOGIN SUPERUSER PASSWORD 'drill'")
    login = connections["default"].settings_dict
    before = login["USER"], login["PASSWORD"]
    try:
        login["USER"], login["PASSWORD"] = "hpms_drill", "drill"
        connections["default"].close_pool()
        assert [found.id for found in app_role_is_bare(databases=["default"])] == ["tenants.E003"]
    finally:
        login["USER"], login["PASSWORD"] = before
        connections["default"].close()
        connections["default"].close_pool()
        with as_superuser() as server:
            server.execute("DROP ROLE hpms_drill")


def test_a_host_that_no_clinic_has_is_a_plain_404(riverside, client):
    answer = client.get("/", headers={"host": "nowhere.localhost"})
    assert answer.status_code == 404
    assert "No clinic lives at this address" in answer.content.decode()
