"""URL × role × status. The format of the table: README.md beside this file."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts import tokens
from apps.accounts.models import User
from apps.core.connection import connection
from apps.core.models import PLATFORM_ID
from apps.tenants.models import Clinic
from tests.kept import undone

TABLES = sorted(path.stem for path in (Path(__file__).parent / "table").glob("[!_]*.py"))
ROLES = ["clinic_admin", "provider", "front_desk", "billing_manager", "cashier", "nurse", "compliance_officer"]
SYSTEM_ADMIN = "pat@hpms.example"
ADMIN = "admin:"  # guarded as a whole: test_admin_site.py


def rows() -> Iterator[tuple[str, str, str, dict[str, int]]]:
    """Table, method, name and expected statuses of every row."""
    for table in TABLES:
        for key, statuses in import_module(f"tests.permissions.table.{table}").ROWS.items():
            method, _, name = key.rpartition(" ")
            yield table, method or "GET", name, statuses


def named(urlconf: str) -> dict[str, URLPattern]:
    """Every named address of a urlconf."""
    found: dict[str, URLPattern] = {}

    def walk(patterns: list[Any], namespace: str) -> None:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
                walk(pattern.url_patterns, inner)
            elif pattern.name:
                found[f"{namespace}{pattern.name}"] = pattern
            else:
                found[f"{namespace}{pattern.pattern}"] = pattern

    walk(get_resolver(urlconf).url_patterns, "")
    return {name: pattern for name, pattern in found.items() if not name.startswith(ADMIN)}


PAGES, API = Client().handler, APIClient().handler  # middleware is set up once for all who ask: it keeps nothing
CLINIC, PLATFORM = named(settings.ROOT_URLCONF), named(settings.PUBLIC_SCHEMA_URLCONF)
IN_TABLE = {(method, name) for _, method, name, _ in rows()}


@dataclass
class Doors:
    """Everybody's session and token, signed in once for all rows: clinic and person → cookie, and → token."""

    people: list[tuple[str, Any, Any]]
    sessions: dict[tuple[Any, Any], str] = field(default_factory=dict)
    tokens: dict[tuple[Any, Any], str] = field(default_factory=dict)
    tokens_of: datetime | None = None

    def __post_init__(self) -> None:
        for schema, clinic_id, person in self.people:
            with connection.inside(schema, clinic=clinic_id, actor="test"):
                browser = Client()
                browser.force_login(person)
                self.sessions[clinic_id, person.pk] = browser.cookies[settings.SESSION_COOKIE_NAME].value

    def renew_tokens(self) -> None:
        """They hold for minutes only."""
        at = timezone.now()
        if self.tokens_of is None or at - self.tokens_of > tokens.ACCESS_LIFETIME / 10:
            self.tokens_of = at
            for schema, clinic_id, person in self.people:
                if clinic_id != PLATFORM_ID:
                    with connection.inside(schema, clinic=clinic_id, actor="test"):
                        person.act()
                        self.tokens[clinic_id, person.pk] = tokens.begin(person, at=at).access


@pytest.fixture(scope="module")
def doors(modules_own: str, collected_static: None) -> Doors:
    with connection.inside("public", clinic=PLATFORM_ID, actor="test"):
        User.objects.create_superuser(SYSTEM_ADMIN, full_name="Pat Quist")
        clinics = [(clinic.schema_name, clinic.id) for clinic in Clinic.objects.all()]
    people = []
    for schema, clinic_id in [("public", PLATFORM_ID), *clinics]:
        with connection.inside(schema, clinic=clinic_id, actor="test"):
            people += [(schema, clinic_id, person) for person in User.objects.all()]
    return Doors(people)


@pytest.fixture
def nothing_stays(doors: Doors) -> Iterator[None]:
    """Every row finds what the row before found."""
    doors.renew_tokens()
    with undone():
        yield


def test_every_address_is_in_the_table() -> None:
    missing = (CLINIC.keys() | PLATFORM.keys()) - {name for _, name in IN_TABLE}
    assert not missing, f"without a row in tests/permissions/table/: {sorted(missing)}"


def test_every_method_of_the_api_is_in_the_table() -> None:
    views = {name: url.callback for name, url in CLINIC.items() if hasattr(url.callback, "cls")}
    missing = {(method, name) for name, view in views.items() for method in _methods(view)} - IN_TABLE
    assert not missing, f"without a row in tests/permissions/table/: {sorted(missing)}"


def test_every_row_is_an_address() -> None:
    unknown = {name for _, name in IN_TABLE} - (CLINIC.keys() | PLATFORM.keys())
    assert not unknown, f"in the table, but not in the house: {sorted(unknown)}"


def _methods(view: Any) -> set[str]:
    actions = getattr(view, "actions", None)
    methods = {name.upper() for name in actions or view.cls.http_method_names if actions or hasattr(view.cls, name)}
    return methods - {"OPTIONS", "HEAD"}


@pytest.mark.usefixtures("nothing_stays")
@pytest.mark.parametrize(
    ("table", "method", "name", "statuses"),
    [row for row in rows() if row[2] in CLINIC],
    ids=[f"{row[1]} {row[2]}" for row in rows() if row[2] in CLINIC],
)
def test_clinic(
    table: str, method: str, name: str, statuses: dict[str, int], doors: Doors, riverside: Any, lakeside: Any, cast: Any
) -> None:
    module = import_module(f"tests.permissions.table.{table}")
    with riverside.inside(by=cast.ada):
        if hasattr(module, "prepare"):
            module.prepare(name, cast)
        parts = module.kwargs(name, cast) if _has_parts(CLINIC[name]) else {}
        body = module.data(name, cast) if method != "GET" and hasattr(module, "data") else {}
    path = reverse(name, settings.ROOT_URLCONF, kwargs=parts)
    ask = _api_asker(doors, path, method, body) if path.startswith("/api/") else _page_asker(doors, path, method, body)
    people: dict[str, tuple[Any, User | None]] = {"anonymous": (riverside, None)}
    people |= {role: (riverside, person) for role, person in cast.by_role().items()}
    seen = {
        column: _in_a_savepoint(lambda c=clinic, p=person: ask(c, p)) for column, (clinic, person) in people.items()
    }
    assert seen == {column: _expected(statuses, column) for column in people}, f"{method} {path}"
    if parts:
        outside = _in_a_savepoint(lambda: ask(lakeside, cast.lena))
        assert outside == statuses.get("outsider", 404), "the outsider asked her own clinic for Riverside's thing"
    smuggled = _in_a_savepoint(lambda: ask(riverside, cast.lena, keys_from=lakeside))
    assert smuggled == seen["anonymous"], "the outsider's session or token is worth something at Riverside"


@pytest.mark.usefixtures("nothing_stays")
@pytest.mark.parametrize(
    ("table", "method", "name", "statuses"),
    [row for row in rows() if row[2] not in CLINIC],
    ids=[f"{row[1]} {row[2]}" for row in rows() if row[2] not in CLINIC],
)
def test_platform(
    table: str, method: str, name: str, statuses: dict[str, int], doors: Doors, platform: Any, riverside: Any, cast: Any
) -> None:
    module = import_module(f"tests.permissions.table.{table}")
    with platform.inside():
        system_admin = User.objects.get(email=SYSTEM_ADMIN)
        parts = module.kwargs(name, cast) if _has_parts(PLATFORM[name]) else {}
        body = module.data(name, cast) if method != "GET" and hasattr(module, "data") else {}
    ask = _page_asker(doors, reverse(name, settings.PUBLIC_SCHEMA_URLCONF, kwargs=parts), method, body)
    seen = {
        "anonymous": _in_a_savepoint(lambda: ask(platform, None)),
        "system_admin": _in_a_savepoint(lambda: ask(platform, system_admin)),
    }
    assert seen == {column: _expected(statuses, column) for column in seen}
    smuggled = _in_a_savepoint(lambda: ask(platform, cast.ada, keys_from=riverside))
    assert smuggled == seen["anonymous"], "a clinic's session is worth something on the platform"


def _page_asker(doors: Doors, path: str, method: str, body: Any) -> Callable[..., int]:
    def ask(clinic: Any, person: User | None, *, keys_from: Any = None) -> int:
        browser = Client()
        browser.handler = PAGES
        if person is not None:
            browser.cookies[settings.SESSION_COOKIE_NAME] = doors.sessions[(keys_from or clinic).id, person.pk]
        return int(browser.generic(method, path, **_form(body), headers={"host": clinic.host}).status_code)

    return ask


def _form(body: Any) -> dict[str, Any]:
    return {"data": encode_multipart(BOUNDARY, body), "content_type": MULTIPART_CONTENT}


def _api_asker(doors: Doors, path: str, method: str, body: Any) -> Callable[..., int]:
    def ask(clinic: Any, person: User | None, *, keys_from: Any = None) -> int:
        caller = APIClient(headers={"host": clinic.host})
        caller.handler = API
        if person is not None:
            access = doors.tokens[(keys_from or clinic).id, person.pk]
            caller.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
        return int(getattr(caller, method.lower())(path, body if method != "GET" else None, format="json").status_code)

    return ask


def _expected(statuses: dict[str, int], column: str) -> int:
    return statuses[column] if column in statuses else statuses["*"]


def _has_parts(pattern: URLPattern) -> bool:
    return bool(pattern.pattern.regex.groups)


def _in_a_savepoint(ask: Callable[[], int]) -> int:
    with undone():
        return ask()
