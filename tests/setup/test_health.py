"""What supervisors and the TLS proxy are told, on any host name."""

from collections.abc import Callable
from typing import Any, NoReturn

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client

from apps.core.root_key import RootKeyError
from hpms import health

ALL_OK = {"database": "ok", "migrations": "ok", "keys": "ok", "broker": "ok"}


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_answer", (0.0, {}))


@pytest.fixture
def with_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test machine has none; every other question is asked for real."""
    monkeypatch.setitem(health.QUESTIONS, "broker", lambda: None)


def failing(problem: Exception) -> Callable[[], NoReturn]:
    def question() -> NoReturn:
        raise problem

    return question


def test_alive_touches_nothing(client: Client) -> None:
    """Without a database fixture any query would fail the test."""
    response = client.get("/healthz", HTTP_HOST="whatever.example")
    assert (response.status_code, response.content) == (200, b"alive\n")


@pytest.mark.usefixtures("db", "with_broker")
def test_ready_on_any_host_when_every_part_is_there(client: Client) -> None:
    response = client.get("/readyz", HTTP_HOST="10.0.0.7")
    assert (response.status_code, response.json()) == (200, ALL_OK)


@pytest.mark.usefixtures("db", "with_broker")
@pytest.mark.parametrize(
    ("part", "problem"),
    [
        ("keys", RootKeyError("This clinic's keys were wrapped with another root key")),
        ("broker", ConnectionRefusedError("redis://:secret@redis")),
    ],
)
def test_a_missing_part_is_named_and_nothing_else_told(
    client: Client, monkeypatch: pytest.MonkeyPatch, part: str, problem: Exception
) -> None:
    monkeypatch.setitem(health.QUESTIONS, part, failing(problem))
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (503, ALL_OK | {part: "missing"})


@pytest.mark.usefixtures("with_broker")
def test_without_a_database_nobody_waits_for_what_is_in_it(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a database fixture any query would fail the test."""
    away = OperationalError("connection to server at 10.1.2.3 failed: password of hpms_app")
    asked: list[str] = []
    for part in ("migrations", "keys"):
        monkeypatch.setitem(health.QUESTIONS, part, lambda part=part: asked.append(part))
    monkeypatch.setitem(health.QUESTIONS, "database", failing(away))
    response = client.get("/readyz")
    missing = dict.fromkeys(("database", "migrations", "keys"), "missing")
    assert (response.status_code, response.json(), asked) == (503, ALL_OK | missing, [])


@pytest.mark.usefixtures("db", "with_broker")
def test_not_ready_before_a_releases_migrations(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    released = health.released_migrations(settings.SHARED_APPS) | {("accounts", "0999_of_tomorrow")}
    monkeypatch.setattr(health, "released_migrations", lambda names: released)
    assert client.get("/readyz").json() == ALL_OK | {"migrations": "missing"}


def test_a_broker_that_is_not_there_is_noticed_soon(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr(health.workers.conf, "broker_url", "redis://127.0.0.1:1/0")
    assert health._ask("broker", health._broker) == "missing"


@pytest.mark.usefixtures("db", "with_broker")
def test_impatient_strangers_get_the_last_answer(client: Client, django_assert_num_queries: Any) -> None:
    client.get("/readyz")
    with django_assert_num_queries(0):
        assert client.get("/readyz").json() == ALL_OK


def test_certificates_are_fetched_for_known_hosts_only(client: Client, riverside: Any) -> None:
    assert client.get("/known-host", {"domain": riverside.host}).status_code == 200
    assert client.get("/known-host", {"domain": "localhost"}).status_code == 200
    assert client.get("/known-host", {"domain": "nobody.localhost"}).status_code == 404
    assert client.get("/known-host").status_code == 404
