"""The test server does not fill the disk over the weeks."""

from typing import Any

from tests.template import drop_what_old_runs_left, server


def test_databases_of_old_runs_go_and_fresh_ones_stay(template_database: str) -> None:
    with server() as admin:
        for name in ("hpms_test_ofold", "hpms_test_fresh"):
            admin.execute(f'DROP DATABASE IF EXISTS "{name}"')
            admin.execute(f'CREATE DATABASE "{name}"')
        age(admin, "hpms_test_ofold")
        drop_what_old_runs_left(admin)
        left = {row[0] for row in admin.execute("SELECT datname FROM pg_database").fetchall()}
        admin.execute('DROP DATABASE "hpms_test_fresh"')
    assert "hpms_test_ofold" not in left
    assert {"hpms_test_fresh", template_database} <= left


def age(admin: Any, database: str) -> None:
    """Let the server believe that the database was made in the year 2001."""
    [oid] = admin.execute("SELECT oid FROM pg_database WHERE datname = %s", [database]).fetchone()
    # The server itself does it, in its folder: it may run as somebody else, or on another machine.
    admin.execute(f"COPY (SELECT) TO PROGRAM 'touch -t 200109090146 base/{oid}/PG_VERSION'")
