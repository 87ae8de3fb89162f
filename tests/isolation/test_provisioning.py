"""Opening, suspending and migrating clinics, also when somebody pulls the plug."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, InternalError, connection, connections
from django.utils import timezone

from apps.core.models import PLATFORM_ID, ClinicKey
from apps.core.refusals import Refusal
from apps.tenants import provisioning
from apps.tenants.models import Blueprint, Clinic
from apps.tenants.tasks import open_waiting_clinics
from tests.house import pointing_at
from tests.isolation.test_front_door import ask

ROOT = Path(__file__).resolve().parents[2]
DETAILS = {"name": "Hill Clinic", "admin_email": "hana@hill.example", "timezone": "Europe/Berlin", "currency": "EUR"}


def clinic(slug):
    with connection.inside("public", clinic=PLATFORM_ID, actor="test"):
        return Clinic.objects.filter(slug=slug).first()


def register(slug="hill", **changes):
    with connection.inside("public", clinic=PLATFORM_ID, actor="test"):
        return provisioning.register_clinic(slug=slug, at=timezone.now(), **{**DETAILS, **changes})


def command_line(database, *words):
    urls = {key: pointing_at(os.environ[key], database) for key in ("HPMS_DATABASE_URL", "HPMS_OWNER_DATABASE_URL")}
    return subprocess.Popen(
        [sys.executable, "manage.py", *words], cwd=ROOT, env={**os.environ, **urls}, stdout=subprocess.PIPE, text=True
    )


def test_a_clinic_is_opened_listed_suspended_and_resumed_from_the_command_line(throw_away, capsys):
    call_command("open_clinic", "hill", name="Hill Clinic", admin_email="hana@hill.example", currency="EUR")
    assert clinic("hill").state == "open"
    call_command("list_clinics")
    assert "hill" in capsys.readouterr().out
    call_command("suspend_clinic", "hill", reason="Unpaid for a year")
    assert (clinic("hill").state, clinic("hill").suspended_reason) == ("suspended", "Unpaid for a year")
    call_command("suspend_clinic", "hill", resume=True)
    assert clinic("hill").state == "open"


@pytest.mark.parametrize("name", ["t__", "t_hill_", "t_hill_clinic", "t_Hill", "t_", "t_hill\n", "hill", "public"])
def test_a_schema_is_called_by_letters_and_digits_alone(platform, name):
    with platform.inside(actor="test"), pytest.raises(IntegrityError, match="clinic_schema_name"):
        Clinic.objects.create(slug="hill", name="Hill Clinic", schema_name=name, created_at=timezone.now())


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"slug": "Hill Clinic"}, "slug"),
        ({"slug": "console"}, "slug"),
        ({"slug": "a; DROP SCHEMA public"}, "slug"),
        ({"slug": "riverside"}, "slug"),
        ({"name": " "}, "name"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"currency": "XXZ"}, "currency"),
        ({"plan": "gold"}, "plan"),
        ({"admin_email": "hana"}, "admin_email"),
        ({"admin_email": f"{'h' * 250}@hill.example"}, "admin_email"),
        ({"locale": ""}, "locale"),
        ({"locale": "the language of the hill"}, "locale"),
    ],
)
def test_bad_details_are_refused_beside_their_field(riverside, changes, field):
    with pytest.raises(Refusal) as refused:
        register(**changes)
    assert refused.value.field == field


def test_commands_say_a_sentence_instead_of_a_traceback(throw_away):
    with pytest.raises(CommandError, match="exists already"):
        call_command("open_clinic", "riverside", name="Again", admin_email="ada@riverside.example")
    with pytest.raises(CommandError, match="Say why"):
        call_command("suspend_clinic", "riverside")
    with pytest.raises(CommandError, match="no clinic"):
        call_command("suspend_clinic", "nobody", reason="x")


@pytest.mark.parametrize("after", [0, 0.3, 0.9])  # seconds since it is in the list, with everything still to be made
def test_a_kill_during_opening_leaves_no_half_clinic_and_opening_again_finishes_it(throw_away, after):
    words = ["open_clinic", "hill", "--name", "Hill Clinic", "--admin-email", "hana@hill.example"]
    opening = command_line(throw_away, *words)
    while clinic("hill") is None:
        assert opening.poll() is None
        time.sleep(0.05)
    time.sleep(after)
    opening.send_signal(signal.SIGKILL)
    opening.wait()
    assert clinic("hill").state in {"opening", "open"}
    if clinic("hill").state == "opening":
        call_command(*words)
    hill = clinic("hill")
    assert hill.state == "open"
    with connection.inside(hill.schema_name, clinic=hill.id, actor="test"), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM core_clinickey")
        assert cursor.fetchone()[0] >= 4


def test_a_clinic_that_others_have_opened_meanwhile_keeps_what_it_holds(throw_away):
    hill, seen_before = register(), clinic("hill")
    gate = threading.Barrier(2, timeout=60)

    def opened(waiting):
        gate.wait()
        try:
            return provisioning.open_registered(waiting, at=timezone.now()).state
        except provisioning.NotOpen as refusal:
            return refusal.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(opened, [hill, seen_before])) == [provisioning.NotOpen.code, "open"]
    with connection.inside(hill.schema_name, clinic=hill.id, actor="test"):
        keys = set(ClinicKey.objects.values_list("pk", flat=True))
    with pytest.raises(provisioning.NotOpen):
        provisioning.open_registered(seen_before, at=timezone.now())
    with connection.inside(hill.schema_name, clinic=hill.id, actor="test"):
        assert set(ClinicKey.objects.values_list("pk", flat=True)) == keys != set()


@pytest.mark.parametrize("finish", [partial(call_command, "migrate_clinics"), open_waiting_clinics])
def test_a_clinic_that_cannot_be_opened_does_not_keep_others_waiting(throw_away, as_superuser, finish):
    aspen = register("aspen")
    register("hill")
    with as_superuser() as server:  # a role of its name, which the owner may not give away
        server.execute(f"CREATE ROLE {aspen.schema_name}")
    try:
        with pytest.raises(Exception, match="aspen"):
            finish()
        assert (clinic("aspen").state, clinic("hill").state) == ("opening", "open")
    finally:
        with as_superuser() as server:
            server.execute(f"DROP ROLE {aspen.schema_name}")


def test_a_clinic_is_erased_from_the_command_line_once_it_is_suspended_and_named_twice(throw_away, as_superuser):
    hill = provisioning.open_registered(register(), at=timezone.now())
    with pytest.raises(CommandError, match="Suspend it first"):
        call_command("erase_clinic", "hill", again="hill")
    call_command("suspend_clinic", "hill", reason="Closed for good")
    with pytest.raises(CommandError, match="hill"):
        call_command("erase_clinic", "hill", again="hall")
    with pytest.raises(CommandError, match="no clinic"):
        call_command("erase_clinic", "hall", again="hall")
    call_command("erase_clinic", "hill", again="hill")
    assert clinic("hill") is None
    with as_superuser() as server:
        found = "SELECT to_regnamespace(%s), to_regrole(%s)"
        assert server.execute(found, [hill.schema_name] * 2).fetchone() == (None, None)


def test_a_clinic_that_was_never_opened_can_be_erased_and_is_in_nobodys_way(throw_away, capsys):
    register()
    for words in (["rotate_keys", "--clinic", "hill"], ["invite", "a@hill.example", "Ann", "--clinic", "hill"]):
        with pytest.raises(CommandError, match="“hill” is opening"):
            call_command(*words)
    call_command("check_books")
    call_command("erase_clinic", "hill", again="hill")
    assert clinic("hill") is None


def test_a_clinic_that_is_being_erased_keeps_no_command_from_the_others(throw_away, as_superuser, capsys):
    hill = provisioning.open_registered(register(), at=timezone.now())
    with connection.inside("public", clinic=PLATFORM_ID, actor="test"):
        Clinic.objects.filter(pk=hill.pk).update(state="erasing")
    with as_superuser() as server:  # as far as a killed erasure may have come
        server.execute(f"DROP SCHEMA {hill.schema_name} CASCADE")
    call_command("check_books")
    call_command("tidy_documents")
    assert "riverside" in capsys.readouterr().out


def test_the_first_admins_name_is_never_too_long(throw_away):
    long = register(admin_email=f"{'h' * 160}@hill.example")
    assert provisioning.open_registered(long, at=timezone.now()).state == "open"


def test_a_clinic_that_is_still_being_opened_has_no_door(house):
    hill = register()
    assert ask(house, f"{hill.slug}.localhost")[0] == 404


def test_a_suspended_clinic_says_so_and_the_api_says_so_in_json(house, riverside):
    with connection.inside("public", clinic=PLATFORM_ID, actor="test"):
        provisioning.suspend(Clinic.objects.get(slug="lakeside"), at=timezone.now(), reason="drill")
    status, body = ask(house, "lakeside.localhost")
    assert (status, "closed for now" in body) == (503, True)
    status, body = ask(house, "lakeside.localhost", "/api/v1/patients/")
    assert (status, '"status": 503' in body) == (503, True)
    assert ask(house, "riverside.localhost")[0] != 503


def test_only_clinics_that_lack_a_migration_are_migrated(throw_away, riverside, as_superuser):
    clinics = [clinic("riverside"), clinic("lakeside")]
    assert provisioning.lagging(clinics) == []
    with as_superuser() as server:
        server.execute(f"DELETE FROM {riverside.schema}.django_migrations WHERE app = 'core'")
    assert [lagging.slug for lagging in provisioning.lagging(clinics)] == ["riverside"]


def test_a_clinic_that_is_migrated_has_its_trail_keep_no_more_than_a_new_one(throw_away, riverside, as_superuser):
    table = f"{riverside.schema}.outbox_message"
    trail = f"pg_trigger WHERE tgrelid = '{table}'::regclass AND tgname = 'record_change'"
    told = f"SELECT pg_get_triggerdef(oid) FROM {trail}"
    with as_superuser() as server:
        ((new,),) = server.execute(told).fetchall()
        assert "'payload'" in new
        server.execute(f"DROP TRIGGER record_change ON {table}")
        server.execute(
            f"CREATE TRIGGER record_change AFTER UPDATE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION {riverside.schema}.record_change()"
        )
        server.execute(f"DELETE FROM {riverside.schema}.django_migrations WHERE app = 'outbox' AND name LIKE '0003%'")
    call_command("migrate_clinics")
    with as_superuser() as server:
        assert server.execute(told).fetchall() == [(new,)]


def test_one_clinics_failure_does_not_stop_the_others(throw_away, riverside, lakeside, as_superuser, capsys):
    with as_superuser() as server:
        for schema in (riverside.schema, lakeside.schema):
            server.execute(f"DELETE FROM {schema}.django_migrations WHERE app = 'core'")
        server.execute(f"DROP TABLE {lakeside.schema}.core_numberseries, {lakeside.schema}.core_clinickey CASCADE")
        server.execute(f"DROP TABLE {lakeside.schema}.core_idempotencyrecord CASCADE")
    with pytest.raises(CommandError, match="riverside"):  # its tables exist already
        call_command("migrate_clinics")
    assert "riverside" in capsys.readouterr().err
    with as_superuser() as server:
        assert server.execute(f"SELECT to_regclass('{lakeside.schema}.core_numberseries')").fetchone() != (None,)


def test_a_clinic_that_could_not_be_erased_has_no_door_and_is_gone_with_the_next_migration(house, as_superuser):
    dale = provisioning.open_registered(register("dale"), at=timezone.now())
    with as_superuser() as server:  # something that the role owns elsewhere keeps it from being dropped
        server.execute(f"CREATE TABLE public.left_over (); ALTER TABLE public.left_over OWNER TO {dale.schema_name}")
    with pytest.raises(InternalError):
        provisioning.erase(dale, although_open=True)
    assert ask(house, "dale.localhost")[0] == 404
    with as_superuser() as server:
        server.execute("DROP TABLE public.left_over")
        server.execute(f"DROP SCHEMA {dale.schema_name} CASCADE")  # as far as a killed attempt may have come
    call_command("migrate_clinics")
    assert clinic("dale") is None


def test_without_a_blueprint_the_migrations_are_the_fallback(throw_away):
    Blueprint.objects.using("owner").all().delete()
    provisioning.open_registered(register(), at=timezone.now())
    assert clinic("hill").state == "open"
    assert Blueprint.objects.using("owner").count() == 1
