"""Preparing a server: safe to repeat, also by several at once."""

import os
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from apps.tenants import bootstrap

ADMIN_URL = os.environ["HPMS_TEST_ADMIN_URL"]


def test_several_may_prepare_one_server_at_once() -> None:
    with ThreadPoolExecutor(8) as crowd:
        urls = list(crowd.map(lambda _: bootstrap.prepare(ADMIN_URL, database="hpms_roles"), range(24)))
    assert len(set(urls)) == 1


def test_only_a_superusers_login_can_prepare() -> None:
    app = bootstrap.prepare(ADMIN_URL, database="hpms_roles").app
    assert not bootstrap.is_privileged(app)
    with pytest.raises(bootstrap.NotPreparedError, match="superuser"):
        bootstrap.prepare(app, database="hpms_roles")


def test_the_apps_login_is_bare() -> None:
    with psycopg.connect(bootstrap.prepare(ADMIN_URL, database="hpms_roles").app) as connection:
        powers = "rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls"
        row = connection.execute(f"SELECT {powers} FROM pg_roles WHERE rolname = current_user").fetchone()
    assert row == (False,) * 6


def test_a_server_that_is_too_old_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "OLDEST", 99)
    with pytest.raises(bootstrap.NotPreparedError, match="needs PostgreSQL 99 or later; this server is"):
        bootstrap.prepare(ADMIN_URL, database="hpms_roles")


def test_an_installation_whose_server_is_away_is_told_so_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, login in (("ADMIN_", "postgres"), ("", "hpms_app"), ("OWNER_", "hpms_owner")):
        monkeypatch.setenv(f"HPMS_{name}DATABASE_URL", f"postgresql://{login}:s3cret@127.0.0.1:1/hpms")
    with pytest.raises(SystemExit, match="could not be prepared") as told:
        bootstrap.main()
    assert "s3cret" not in str(told.value)
