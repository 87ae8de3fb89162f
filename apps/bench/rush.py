"""A hundred desks want one slot at the same moment, through the web server as it runs in production."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Barrier
from urllib.parse import quote, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connections

from apps.accounts import tokens
from apps.bench.stage import OPENS, Stage
from apps.core.clock import at_wall_time, now
from hpms.environment import env

RUSH = "rush"
DESKS = 100
PATIENCE = 60  # seconds
TARGET = 3.0  # seconds


def rush(stage: Stage) -> str:
    """One line: how long until all are answered, and what they were told. As in every other row, the server has been
    asked the like before: the slot before it was just fought for."""
    with stage.inside():
        stage.admin.act()
        access = tokens.begin(stage.admin, at=now()).access
    headers = {
        "Host": f"{stage.clinic.slug}.{settings.HPMS_DOMAIN}",
        "Authorization": f"Bearer {access}",
        "Content-Type": "application/json",
    }
    slot = at_wall_time(stage.day + timedelta(days=stage.full_days + 90), OPENS, ZoneInfo("UTC"))
    with _web_server() as port:
        for wanted in (slot, slot + stage.kind.duration):
            took, told = _all_at_once(stage, wanted, port, headers)
    words = ", ".join(f"{count} × {status}" for status, count in sorted(told.items()))
    kept = told[201] == 1 and told[409] == DESKS - 1 and took <= TARGET
    return (
        f"{DESKS} bookings of one slot at once: {took:.2f} s ({words})  ≤ {TARGET:g} s {'kept' if kept else 'MISSED'}"
    )


def _all_at_once(stage: Stage, slot: datetime, port: int, headers: dict[str, str]) -> tuple[float, Counter[int]]:
    together = Barrier(DESKS + 1)

    def book(number: int) -> int:
        wish = {
            "patient": str(stage.patients[number % len(stage.patients)].pk),
            "provider": str(stage.providers[0].pk),
            "appointment_type": str(stage.kind.pk),
            "starts_at": slot.isoformat(),
        }
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        together.wait()
        line.request("POST", "/api/v1/appointments/", json.dumps(wish), headers)
        return line.getresponse().status

    with ThreadPoolExecutor(DESKS) as desks:
        answers = [desks.submit(book, number) for number in range(DESKS)]
        together.wait()
        began = time.perf_counter()
        told = Counter(answer.result() for answer in answers)
        return time.perf_counter() - began, told


@contextmanager
def _web_server() -> Iterator[int]:
    """Two processes of threads, as in the demo, on the database that is measured. Yields the port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {key: value for key, value in os.environ.items() if key != "HPMS_OWNER_DATABASE_URL"}
    environment |= {"HPMS_DATABASE_URL": _login(), "HPMS_LOG_LEVEL": "ERROR"}  # the many refusals are what is wanted
    command = [sys.executable, "-m", "gunicorn", "-c", "python:hpms.gunicorn", "--bind", f"127.0.0.1:{port}"]
    server = subprocess.Popen(command, env=environment)  # noqa: S603 - our own server
    try:
        end = time.monotonic() + PATIENCE
        while not _answers(port):
            if server.poll() is not None or time.monotonic() > end:
                raise RuntimeError("The web server of the bench did not start.")
            time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait(PATIENCE)


def _answers(port: int) -> bool:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        line.request("GET", "/healthz")
        return line.getresponse().status == 200
    except OSError:
        return False


def _login() -> str:
    """The app's login to the very database that this process works in."""
    parts = urlsplit(env("HPMS_DATABASE_URL"))
    database = quote(connections["default"].settings_dict["NAME"])
    return urlunsplit((parts.scheme, parts.netloc, f"/{database}", parts.query, ""))
