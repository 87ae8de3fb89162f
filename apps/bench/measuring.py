"""How long a page takes, and how long it would take if the house were made of nothing but its SQL and its bytes.

The floor of a request: the same statements with the same parameters by bare psycopg in one transaction that is rolled
back, and the same number of bytes through a socket. What is left above it is ours.
"""

import socket
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from django.conf import settings
from django.db import connections
from django.http import HttpResponse

from apps.core.connection import connection

Request = Callable[[int], HttpResponse]
WARM_UP = 5
FLOOR_ROUNDS = 30
NOT_ASKED = ("SAVEPOINT", "RELEASE", "ROLLBACK")


@dataclass(frozen=True)
class Figures:
    """Milliseconds unless the name says otherwise."""

    requests: int
    per_second: float
    p50: float
    p95: float
    cpu: float
    queries: int | None  # None, as the floor is, of several requests that are measured as one
    size: int
    floor: float | None


def measure(request: Request, *, seconds: float, most: int | None = None, has_floor: bool = True) -> Figures:
    """Ask for `seconds` (at most `most` times) after a warm-up, then work out the floor of one more request.

    Raises RuntimeError when an answer is not a success: a fast error is no figure.
    """
    for number in range(WARM_UP):
        _asked(request, number)
    walls: list[float] = []
    cpu_before, number = time.process_time(), WARM_UP
    end = time.perf_counter() + seconds
    while time.perf_counter() < end and (most is None or number < most - 1):
        start = time.perf_counter()
        size = _asked(request, number)
        walls.append((time.perf_counter() - start) * 1000)
        number += 1
    cpu = (time.process_time() - cpu_before) * 1000 / len(walls)
    statements = _recorded(request, number) if has_floor else None
    return Figures(
        requests=len(walls),
        per_second=1000 * len(walls) / sum(walls),
        p50=statistics.median(walls),
        p95=sorted(walls)[int(len(walls) * 0.95)],
        cpu=cpu,
        queries=sum(not query.startswith(NOT_ASKED) for query, _ in statements.queries) if statements else None,
        size=size,
        floor=_floor(statements, size) if statements else None,
    )


@dataclass
class Recording:
    """What one request asked the database, and as whom."""

    setting: Any
    queries: list[tuple[str, Any]]


def _asked(request: Request, number: int) -> int:
    answer = request(number)
    if answer.status_code not in {200, 201, 204, 302}:
        raise RuntimeError(f"The bench was refused with status {answer.status_code}.")
    return len(answer.content)


def _recorded(request: Request, number: int) -> Recording:
    recording = Recording(None, [])

    def note(execute: Callable[..., Any], query: Any, params: Any, many: bool, context: Any) -> Any:
        here: Any = connection.context
        if here is not None:
            recording.setting = here.statement
            recording.queries.append((str(query), params))
        return execute(query, params, many, context)

    with _nothing_kept(), connection.execute_wrapper(note):
        _asked(request, number)
    return recording


@contextmanager
def _nothing_kept() -> Iterator[None]:
    """What is to be played again must not be there already: meanwhile every COMMIT is a ROLLBACK."""
    wrapper: Any = connections["default"]
    wrapper._commit = wrapper._rollback
    try:
        yield
    finally:
        del wrapper._commit


def _floor(recording: Recording, size: int) -> float:
    """The median of some rounds, each of which is rolled back."""
    here, there = socket.socketpair()
    login = settings.DATABASES["default"]
    options = {key: value for key, value in login["OPTIONS"].items() if key not in {"pool", "server_side_binding"}}
    queries = [(query, params) for query, params in recording.queries if not query.startswith(NOT_ASKED)]
    walls = []
    with psycopg.connect(
        host=login["HOST"],
        port=login["PORT"] or None,
        dbname=connections["default"].settings_dict["NAME"],
        user=login["USER"],
        password=login["PASSWORD"],
        autocommit=True,
        **options,
    ) as bare:
        for _ in range(FLOOR_ROUNDS):
            start = time.perf_counter()
            with bare.transaction(force_rollback=True):
                bare.execute(recording.setting)
                for query, params in queries:
                    cursor = bare.execute(query, params)
                    if cursor.description:
                        cursor.fetchall()
            _send(here, there, size)
            walls.append((time.perf_counter() - start) * 1000)
    here.close()
    there.close()
    return statistics.median(walls)


def _send(here: socket.socket, there: socket.socket, size: int) -> None:
    left = size
    while left > 0:
        part = min(left, 65_536)
        here.sendall(bytes(part))
        received = 0
        while received < part:
            received += len(there.recv(part - received))
        left -= part
