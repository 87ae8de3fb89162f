"""Two clinics, migrated once (template.py); every test works as the app's role and rolls back.

Each worker works in its own copy of the template, made in a fraction of a second.
"""

import gc
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import hypothesis
import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import Client

from apps.core import encryption
from apps.tenants import provisioning
from apps.tenants.backend import base as backend
from apps.tenants.models import Clinic
from tests.kept import kept_by, stage
from tests.template import copy_of, named, point_at, prepare, prepare_ahead, server

hypothesis.settings.register_profile("house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("house")  # no test is timed
# Each test client makes its own chain of middleware, in which whitenoise would read every static file's head again.
settings.WHITENOISE_AUTOREFRESH = True
backend.KEPT_READY = 2_000  # tests ask for more different things than a clinic does


def pytest_sessionstart(session: pytest.Session) -> None:
    """Where other processes run the tests, the template is made while they gather them."""
    if getattr(session.config.option, "numprocesses", None) and (ahead := prepare_ahead()):
        session.config.add_cleanup(ahead.wait)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs no clinic begins while the template is made; then what takes minutes, so that no worker ends alone
    with it."""
    items.sort(key=lambda item: (item.path.parent.name != "setup", item.get_closest_marker("longest") is None))


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


@pytest.fixture(autouse=True)
def keys_of_a_test_are_forgotten() -> Iterator[None]:
    """Those that it made are rolled back afterwards, which the process's own memory cannot know."""
    yield
    if any(ring.data_version > 1 or len(ring._signing) > 1 for ring in encryption._cached.values()):
        encryption._cached.clear()


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


@pytest.fixture(scope="session")
def template_database(django_db_blocker: Any) -> str:
    """The name of the migrated template. Made by whoever comes first; the others wait for it."""
    with django_db_blocker.unblock():
        return prepare()


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
