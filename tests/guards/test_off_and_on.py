"""What migrations put up comes down without a trace, and goes up again as it was."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.migrations import RunSQL
from django.db.migrations.loader import MigrationLoader

from apps.core.sql import guards, statements
from apps.tenants import provisioning
from apps.tenants.models import Clinic
from tests.isolation.test_blueprint import shape_of

HIGHEST_FIRST = ("billing", "scheduling", "patients", "ledger", "accounts")  # who has guards in a clinic's schema
OF_EVERY_TABLE = {"record_change", "append_only", "append_only_whole"}  # tenancy.guard
LOADER = MigrationLoader(None)


def guards_of(app: str) -> Iterator[RunSQL]:
    for key in sorted(key for key in LOADER.disk_migrations if key[0] == app):
        yield from (one for one in LOADER.disk_migrations[key].operations if isinstance(one, RunSQL))


def test_all_guards_come_down_and_go_up_again(riverside: Any, as_superuser: Any) -> None:
    with as_superuser() as server:
        server.autocommit = False
        server.execute("SET LOCAL lock_timeout TO '5s'")
        before = shape_of(server, riverside)
        for app in HIGHEST_FIRST:
            for guard in reversed(list(guards_of(app))):
                for statement in guard.reverse_sql:
                    server.execute(statement)
        bare = shape_of(server, riverside)
        for app in reversed(HIGHEST_FIRST):
            for guard in guards_of(app):
                for statement in guard.sql:
                    server.execute(statement)
        after = shape_of(server, riverside)
        server.rollback()
    assert {function.split("'")[1] for function in bare["functions"]} == {"record_change", "record_reads"}
    assert {trigger.split("', '")[1] for trigger in bare["triggers"]} == OF_EVERY_TABLE
    assert after == before


@pytest.mark.parametrize("app", [*HIGHEST_FIRST, "tenants"])
def test_every_file_of_guards_is_run_by_a_migration(app: str) -> None:
    run = {statement for guard in guards_of(app) for part in (guard.sql, guard.reverse_sql) for statement in part}
    for file in Path(apps.get_app_config(app).path, "migrations", "sql").iterdir():
        assert set(statements(file)) <= run, file.name


def test_subjects_come_down_in_the_opposite_order(tmp_path: Path) -> None:
    (tmp_path / "sql").mkdir()
    for name in ("one", "two", "no_one", "no_two"):
        (tmp_path / "sql" / f"{name}.sql").write_text(f"{name} a\n-- ;;\n{name} b\n")
    (guard,) = guards(str(tmp_path / "0002_guards.py"), "one", "two")
    assert guard.sql == ("one a", "one b", "two a", "two b")
    assert guard.reverse_sql == ("no_two a", "no_two b", "no_one a", "no_one b")


def test_tables_go_and_come_again(throw_away: str, riverside: Any, as_superuser: Any) -> None:
    """The books, on which no other table stands."""
    clinic = Clinic.objects.using("owner").get(slug="riverside")
    with as_superuser() as server:
        before = shape_of(server, riverside)
        call_command(
            "migrate_schemas",
            "ledger",
            "zero",
            tenant=True,
            schema_name=riverside.schema,
            database="owner",
            verbosity=0,
        )
        gone = shape_of(server, riverside)
        provisioning.migrate_clinic(clinic)
        after = shape_of(server, riverside)
    assert {column.split("'")[1] for column in before["columns"] - gone["columns"]} >= {"ledger_journalentry"}
    assert not [column for column in gone["columns"] if column.startswith("('ledger_")]
    assert {part: after[part] for part in after if part not in ("content types", "permissions")} == {
        part: before[part] for part in before if part not in ("content types", "permissions")
    }
