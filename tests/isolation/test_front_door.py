"""A request meets the walls before it meets anything else."""

import http.client

import pytest
from django.db import OperationalError
from django.test import Client
from psycopg_pool import PoolTimeout

from apps.tenants import hosts


def ask(house, host, path="/"):
    connection = http.client.HTTPConnection("127.0.0.1", house.port, timeout=10)
    connection.request("GET", path, headers={"Host": host})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def test_an_unknown_host_is_a_plain_404(house):
    status, body = ask(house, "nowhere.localhost")
    assert status == 404
    assert "No clinic lives at this address" in body


def test_a_host_that_is_no_host_is_a_plain_404(house):
    assert ask(house, "river side.localhost")[0] == 404
    assert ask(house, "riverside.localhost.evil.example")[0] == 404


def test_the_demo_lists_its_clinics_on_the_front_page(house, riverside):
    status, body = ask(house, "localhost")
    assert status == 200
    assert riverside.name in body


def test_a_real_installation_does_not_tell_strangers_who_its_clinics_are(platform, riverside, web, settings):
    settings.HPMS_CLINIC_PICKER = False
    body = web(platform).get("/").content.decode()
    assert "address of its own" in body
    assert riverside.name not in body


@pytest.mark.parametrize("host", ["riverside.localhost", "localhost"])
def test_a_house_without_a_free_connection_says_so_after_one_wait(riverside, monkeypatch, host):
    """All are in use, or the server is away. Who waited once shall not wait again, and is not told of a mistake."""
    waits = []

    def no_connection(*_args, **_kwargs):
        waits.append(1)
        raise OperationalError("couldn't get a connection") from PoolTimeout()

    monkeypatch.setattr(hosts, "_ask", no_connection)
    monkeypatch.setattr("apps.tenants.middleware.connection.inside", no_connection, raising=False)
    caller = Client(headers={"host": host}, raise_request_exception=False)
    page = caller.get("/")
    assert (page.status_code, page["Retry-After"], len(waits)) == (503, "10", 1)
    assert "One moment, please" in page.content.decode()
    answer = caller.get("/api/v1/patients/")
    assert (answer.status_code, answer.json()["code"], len(waits)) == (503, "busy", 2)
