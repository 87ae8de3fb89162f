"""The migrated database of two clinics that tests work in copies of, kept per fingerprint of what shapes it.

Whoever needs it first makes it; a run on several processes has that done while they gather the tests.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from django.db import connection, connections
from django.utils import timezone

from apps.tenants import bootstrap, provisioning
from tests.kept import stage

ROOT = Path(__file__).resolve().parent.parent
ADMIN_URL = os.environ["HPMS_TEST_ADMIN_URL"]  # set by tests/server.py, which is loaded before Django
CLINICS = {
    "riverside": {"name": "Riverside Clinic", "timezone": "Asia/Kolkata", "currency": "INR", "locale": "en-in"},
    "lakeside": {"name": "Lakeside Practice", "timezone": "America/New_York", "currency": "USD", "locale": "en-us"},
}


def fingerprint() -> str:
    """Of everything that shapes a fresh database."""
    digest = hashlib.sha256()
    patterns = ("apps/*/migrations/**/*.py", "apps/**/*.sql", "apps/*/permissions.py", "apps/*/receivers.py")
    files = {path for pattern in patterns for path in ROOT.glob(pattern)}
    files |= {
        ROOT / "apps/tenants/provisioning.py",
        ROOT / "apps/tenants/blueprint.py",
        ROOT / "apps/tenants/bootstrap.py",
        ROOT / "apps/core/encryption.py",
        ROOT / "apps/accounts/roles.py",
        ROOT / "tests/cast.py",
        Path(__file__),
    }
    files |= {ROOT / "apps/accounts/hashers.py", ROOT / "hpms/settings.py"}  # the cast's passwords
    for path in sorted(file for file in files if file.exists()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def named(database: str) -> str:
    parts = urlsplit(ADMIN_URL)
    return urlunsplit((parts.scheme, parts.netloc, f"/{quote(database)}", parts.query, ""))


def point_at(database: str) -> None:
    stage.strike()
    for alias in ("default", "owner"):
        connections[alias].close()
        if hasattr(connections[alias], "close_pool"):
            connections[alias].close_pool()
        connections[alias].settings_dict["NAME"] = database


def server() -> psycopg.Connection[Any]:
    return psycopg.connect(named("postgres"), autocommit=True)


def build_template(template: str) -> None:
    """Migrate the platform and both clinics once, in a database that is then only copied."""
    from tests import cast  # which pytest loads as a plugin

    bootstrap.prepare_database(named(template))
    point_at(template)
    provisioning.migrate_platform()
    for slug, details in CLINICS.items():
        with connection.inside("public", clinic=provisioning.PLATFORM_ID, actor="provisioning"):
            clinic = provisioning.register_clinic(
                slug=slug,
                admin_email=f"ada@{slug}.example",
                at=timezone.now(),
                schema_name=f"t_{slug}",
                **details,
            )
        provisioning.open_registered(clinic, at=timezone.now())
        with connection.inside(clinic.schema_name, clinic=clinic.id, actor="cast"):
            cast.settle(slug)
    for alias in ("default", "owner"):
        connections[alias].close()
    connections["default"].close_pool()


def copy_of(template: str, name: str) -> None:
    with server() as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER hpms_owner STRATEGY file_copy')


def drop_what_old_runs_left(admin: psycopg.Connection[Any]) -> None:
    """Templates of older code, and the databases of killed runs, go after a week."""
    old = admin.execute(
        "SELECT datname, datistemplate FROM pg_database WHERE datname ~ '^hpms_(template|test)_'"
        " AND (pg_stat_file('base/' || oid || '/PG_VERSION', true)).modification < now() - interval '7 days'"
    ).fetchall()
    for name, is_template in old:
        if is_template:
            admin.execute(f'ALTER DATABASE "{name}" IS_TEMPLATE false')
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def its_name() -> str:
    return f"hpms_template_{fingerprint()}"


def is_there(admin: psycopg.Connection[Any]) -> bool:
    ready = "SELECT 1 FROM pg_database WHERE datname = %s AND datistemplate"
    return admin.execute(ready, [its_name()]).fetchone() is not None


def prepare() -> str:
    """Make the template unless it is there. Returns its name."""
    template = its_name()
    with server() as admin:
        admin.execute("SELECT pg_advisory_lock(hashtext('hpms.tests.template'))")
        bootstrap.prepare(ADMIN_URL, database="hpms_roles")
        if not is_there(admin):
            drop_what_old_runs_left(admin)
            admin.execute(f'DROP DATABASE IF EXISTS "{template}"')
            admin.execute(f'CREATE DATABASE "{template}" OWNER hpms_owner')
            build_template(template)
            admin.execute(f'ALTER DATABASE "{template}" IS_TEMPLATE true')
    return template


def prepare_ahead() -> "subprocess.Popen[bytes] | None":
    """The same in a process of its own, if there is anything to do."""
    with server() as admin:
        if is_there(admin):
            return None
    code = "import django; django.setup(); from tests import template; template.prepare()"
    return subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
