"""The test server does not fill the disk over the weeks."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import drop_what_old_runs_left, server


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
    folder, oid = admin.execute(
        "SELECT current_setting('data_directory'), oid FROM pg_database WHERE datname = %s", [database]
    ).fetchone()
    try:
        os.utime(Path(folder) / "base" / str(oid) / "PG_VERSION", (1e9, 1e9))
    except OSError:
        pytest.skip("the files of the server under test cannot be reached from here")
