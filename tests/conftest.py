"""Two clinics, migrated once per run; every test works as the app's role and rolls back.

The template database is kept per fingerprint of models, migrations and SQL, so a second run starts in seconds.
Each worker works in its own copy, made in a fraction of a second.
"""

import gc
import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import hypothesis
import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from apps.core import encryption
from apps.tenants import bootstrap, provisioning
from apps.tenants.models import Clinic
from tests.kept import kept_by, stage

ROOT = Path(__file__).resolve().parent.parent
hypothesis.settings.register_profile("house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("house")  # no test is timed
# Each test client makes its own chain of middleware, in which whitenoise would read every static file's head again.
settings.WHITENOISE_AUTOREFRESH = True
ADMIN_URL = os.environ["HPMS_TEST_ADMIN_URL"]  # set by tests/server.py, which is loaded before Django
CLINICS = {
    "riverside": {"name": "Riverside Clinic", "timezone": "Asia/Kolkata", "currency": "INR", "locale": "en-in"},
    "lakeside": {"name": "Lakeside Practice", "timezone": "America/New_York", "currency": "USD", "locale": "en-us"},
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes minutes begins first, so that no worker ends alone with it."""
    items.sort(key=lambda item: item.get_closest_marker("longest") is None)


def pytest_collection_finish() -> None:
    """What is loaded now stays: the collector of garbage need not walk through all of Django again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Who does not ask for the scene that stands finds an empty stage."""
    if kept_by(getattr(item, "fixturenames", [])) is None:
        stage.strike()


@dataclass(frozen=True)
class ClinicUnderTest:
    """One of the two clinics; `inside` enters it as somebody."""

    id: Any
    schema: str
    slug: str
    name: str

    @property
    def host(self) -> str:
        return f"{self.slug}.{settings.HPMS_DOMAIN}".lstrip(".")

    @contextmanager
    def inside(self, by: Any = None, *, actor: str = "test") -> Iterator[Any]:
        with connection.inside(self.schema, clinic=self.id, actor=actor, slug=self.slug, name=self.name):
            if by is not None:
                by.act()
            yield connection


def fingerprint() -> str:
    """Of everything that shapes a fresh database."""
    digest = hashlib.sha256()
    patterns = ("apps/*/migrations/**/*.py", "apps/**/*.sql", "apps/*/permissions.py", "apps/*/receivers.py")
    files = {path for pattern in patterns for path in ROOT.glob(pattern)}
    files |= {
        ROOT / "apps/tenants/provisioning.py",
        ROOT / "apps/tenants/blueprint.py",
        ROOT / "apps/tenants/bootstrap.py",
        Path(__file__),
    }
    files |= {ROOT / "apps/core/encryption.py", ROOT / "apps/accounts/roles.py", ROOT / "tests/cast.py"}
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


@pytest.fixture(scope="session")
def template_database(django_db_blocker: Any) -> str:
    """The name of the migrated template. Made by whichever worker comes first; the others wait for it."""
    template = f"hpms_template_{fingerprint()}"
    with django_db_blocker.unblock(), server() as admin:
        admin.execute("SELECT pg_advisory_lock(hashtext('hpms.tests.template'))")
        bootstrap.prepare(ADMIN_URL, database="hpms_roles")
        ready = "SELECT 1 FROM pg_database WHERE datname = %s AND datistemplate"
        if not admin.execute(ready, [template]).fetchone():
            drop_what_old_runs_left(admin)
            admin.execute(f'DROP DATABASE IF EXISTS "{template}"')
            admin.execute(f'CREATE DATABASE "{template}" OWNER hpms_owner')
            build_template(template)
            admin.execute(f'ALTER DATABASE "{template}" IS_TEMPLATE true')
    return template


@pytest.fixture(scope="session")
def django_db_setup(template_database: str, django_db_blocker: Any) -> Iterator[None]:
    name = f"hpms_test_{secrets.token_hex(4)}"
    copy_of(template_database, name)
    with django_db_blocker.unblock():
        point_at(name)
    yield
    with django_db_blocker.unblock():
        point_at(name)
    with server() as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def own_database(template: str, blocker: Any) -> Iterator[str]:
    """A copy of the template that takes the place of the run's database for a while. Yields its name."""
    before = connections["default"].settings_dict["NAME"]
    name = f"hpms_test_{secrets.token_hex(4)}"
    copy_of(template, name)
    with blocker.unblock():
        point_at(name)
        encryption._cached.clear()  # its clinics have the names of the run's, but may come to have other keys
        try:
            yield name
        finally:
            point_at(before)
            encryption._cached.clear()
    with server() as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture
def throw_away(template_database: str, django_db_blocker: Any) -> Iterator[str]:
    """A whole database of its own, for tests that commit: threads, live servers, killed processes. Yields its name."""
    with own_database(template_database, django_db_blocker) as name:
        yield name


@pytest.fixture(scope="module")
def modules_own(template_database: str, django_db_blocker: Any) -> Iterator[str]:
    """The same for a whole module: what its tests write stays until the module ends."""
    with own_database(template_database, django_db_blocker) as name:
        yield name


@cache
def clinic_of(slug: str) -> ClinicUnderTest:
    with connection.inside("public", clinic=provisioning.PLATFORM_ID, actor="test"):
        clinic = Clinic.objects.get(slug=slug)
    return ClinicUnderTest(clinic.id, clinic.schema_name, clinic.slug, clinic.name)


@pytest.fixture
def riverside(request: pytest.FixtureRequest) -> ClinicUnderTest:
    _need_database(request)
    return clinic_of("riverside")


@pytest.fixture
def lakeside(request: pytest.FixtureRequest) -> ClinicUnderTest:
    _need_database(request)
    return clinic_of("lakeside")


@pytest.fixture
def platform(request: pytest.FixtureRequest) -> ClinicUnderTest:
    """The public schema, where the console is."""
    _need_database(request)
    return ClinicUnderTest(provisioning.PLATFORM_ID, "public", "", "HPMS")


@pytest.fixture
def inside_riverside(riverside: ClinicUnderTest) -> Iterator[Any]:
    """The whole test happens inside Riverside."""
    with riverside.inside() as entered:
        yield entered


@pytest.fixture
def as_superuser(request: pytest.FixtureRequest) -> Callable[[], AbstractContextManager[psycopg.Connection[Any]]]:
    """A connection of the server's superuser to the database under test: what a stolen server could do."""
    return lambda: psycopg.connect(named(connections["default"].settings_dict["NAME"]), autocommit=True)


def _need_database(request: pytest.FixtureRequest) -> None:
    """Committing tests name a database of their own; all others run in a transaction that is rolled back."""
    own = next((name for name in ("house", "modules_own", "throw_away") if name in request.fixturenames), "db")
    request.getfixturevalue(kept_by(request.fixturenames) or own)


@pytest.fixture
def web(collected_static: None) -> Callable[..., Client]:
    """`web(riverside, sara)` is Sara's browser at Riverside, signed in; without a person, a stranger's."""

    def open_browser(clinic: ClinicUnderTest, person: Any = None, **options: Any) -> Client:
        client = Client(headers={"host": clinic.host}, **options)
        if person is not None:
            with clinic.inside(by=person):
                client.force_login(person)
        return client

    return open_browser


pytest_plugins = ["tests.cast", "tests.scheduling.scene", "tests.billing.cast"]
