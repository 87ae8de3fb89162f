"""The demo: database, keys, clinics, then the web server with its worker. Runs inside .venv."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import IO, NoReturn

import psycopg

from apps.core.root_key import make_demo_key
from apps.tenants import bootstrap
from hpms.embedded import broker, places
from hpms.embedded.places import LOCAL, ROOT, CannotStart
from hpms.embedded.postgres import Cluster
from hpms.environment import VARIABLES, env
from hpms.launch.children import House
from hpms.launch.telling import Step, tell

DATABASE = "hpms"
OWNER_LOGIN = "HPMS_OWNER_DATABASE_URL"
LOGINS = LOCAL / "logins.txt"  # written by prepare.py
START_PATIENCE = 60.0
PORT_PATIENCE = 8.0
ROOM_NEEDED = 300_000_000  # bytes, for the demo's data


def main(words: list[str]) -> None:
    """demo, or manage COMMAND …"""
    for ending in (signal.SIGINT, signal.SIGTERM):  # also where a shell in the background told us to ignore the first
        signal.signal(ending, _as_if_interrupted)
    os.chdir(ROOT)
    if words[0] == "manage":
        environment = furnish()
        if words[1:2] == ["bench"]:  # opens a clinic of its own
            prepare_clinics(environment, "tables")
        elif not LOGINS.exists():  # never opened yet
            prepare_clinics(environment)
        sys.exit(subprocess.run([sys.executable, "manage.py", *words[1:]], env=environment, check=False).returncode)
    demo()


def demo() -> None:
    """Two clinics at http://<clinic>.localhost:PORT until Ctrl-C."""
    port = _port()
    with _only_demo_here(port):
        _refuse_busy(port)
        environment = furnish()
        prepare_clinics(environment)
        house = House(LOCAL / "log")
        try:
            _start(house, environment, port)
            _show_the_way(port)
            house.watch()
        except KeyboardInterrupt:
            tell("\nClosing …")
        finally:
            house.end()


def furnish() -> dict[str, str]:
    """A database and a key for this checkout. Returns the environment of processes that may migrate."""
    free = os.statvfs(ROOT)
    if free.f_bavail * free.f_frsize < ROOM_NEEDED:
        raise CannotStart(f"The disk is nearly full; the demo needs {ROOM_NEEDED / 1e6:.0f} MB for its data.")
    LOCAL.mkdir(exist_ok=True)
    environment = {"HPMS_MODE": "demo", "HPMS_PORT": str(_port()), **os.environ, "PYTHONUNBUFFERED": "1"}
    with Step("Starting PostgreSQL" if not os.environ.get("HPMS_DATABASE_URL") else "Preparing the database"):
        environment |= _database()
    if not (environment.get("HPMS_ROOT_KEY") or environment.get("HPMS_ROOT_KEY_FILE")):
        environment["HPMS_ROOT_KEY_FILE"] = str(_demo_key())
    return environment


def prepare_clinics(environment: Mapping[str, str], *only: str) -> None:
    """Bring tables, static files and the demo's clinics up to date: quick when there is nothing to do."""
    with Step("Preparing the tables" if only else "Preparing the clinics") as step:
        work = subprocess.Popen(
            [sys.executable, "-m", "hpms.launch.prepare", *only],
            env=dict(environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=places.dies_with_parent(signal.SIGTERM),
        )
        said = []
        assert work.stdout is not None
        for line in work.stdout:
            said.append(line)
            step.at(line.strip())
        if work.wait():
            raise CannotStart(f"The clinics could not be prepared:\n{''.join(said)[-3000:]}")


def _start(house: House, environment: Mapping[str, str], port: int) -> None:
    with Step("Starting the web server"):
        env = dict(environment)
        if not env.get("HPMS_REDIS_URL"):
            run = places.socket_folder(LOCAL / "broker")
            broker.wait_until_ready(run, house.start("broker", broker.command(run), env))
            env["HPMS_REDIS_URL"] = broker.url(run)
        binds = [part for host in _hosts() for part in ("--bind", f"{host}:{port}")]
        gunicorn = [sys.executable, "-m", "gunicorn", "hpms.wsgi", "-c", "python:hpms.gunicorn", *binds]
        house.start("web", gunicorn, {name: value for name, value in env.items() if name != OWNER_LOGIN})
        _wait_for_web(house, port)
    # The pages are there; who works in the background may take a moment longer.
    celery = [sys.executable, "-W", "ignore:You're running the worker", "-m", "celery", "-q", "-A", "hpms.celery"]
    queues = ["-Q", "celery,provisioning", "--pool", "threads", "-c", "2"]
    house.start("worker", [*celery, "worker", *queues, "-l", "WARNING"], env)
    del env[OWNER_LOGIN]  # of all processes only the worker opens clinics
    house.start("beat", [*celery, "beat", "-l", "WARNING", "--pidfile=", "-s", LOCAL / "beat"], env)


def _wait_for_web(house: House, port: int) -> None:
    end = time.monotonic() + START_PATIENCE
    answer = "nothing"
    while time.monotonic() < end:
        house.check()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                return
        except urllib.error.HTTPError as refusal:
            answer = refusal.read(500).decode(errors="replace")
        except OSError:
            pass
        time.sleep(0.1)
    raise CannotStart(f"The house did not become ready within {START_PATIENCE:.0f} seconds. It answered: {answer}")


def _show_the_way(port: int) -> None:
    tell(f"\nHPMS is open at http://localhost:{port}")
    tell(LOGINS.read_text(encoding="utf-8") if LOGINS.exists() else "")
    tell(f"\n  What it sends by e-mail is shown here and kept in {LOCAL / 'log'}. Stop with Ctrl-C.\n")


def _database() -> dict[str, str]:
    """The app's and the owner's login."""
    named = env("HPMS_DATABASE_URL")
    if not named:
        cluster = Cluster(LOCAL / "pg", durable=True)
        cluster.hold()
        urls = bootstrap.prepare(cluster.url(DATABASE))
        return {"HPMS_DATABASE_URL": urls.app, OWNER_LOGIN: urls.owner}
    try:
        if bootstrap.is_privileged(named):
            urls = bootstrap.prepare(named)
            return {"HPMS_DATABASE_URL": urls.app, OWNER_LOGIN: urls.owner}
    except psycopg.OperationalError as problem:
        if not os.environ.get(OWNER_LOGIN):
            raise CannotStart(f"The database named in HPMS_DATABASE_URL cannot be used: {problem}") from problem
    except bootstrap.NotPreparedError as problem:
        raise CannotStart(f"{problem} Name another in HPMS_DATABASE_URL, or none.") from problem
    if not os.environ.get(OWNER_LOGIN):
        raise CannotStart(
            "The login in HPMS_DATABASE_URL may not prepare a server. Give a superuser's login there, or name the "
            "owner's login in HPMS_OWNER_DATABASE_URL as well (role hpms_owner; README, Production)."
        )
    return {"HPMS_DATABASE_URL": named}


def _demo_key() -> Path:
    path = LOCAL / "demo-root-key"
    if not path.exists():
        if (LOCAL / "key-made").exists():
            raise CannotStart(
                f"The demo's key {path} is gone, and without it nobody can read the demo's patients. "
                "Put it back, or start afresh with: make clean"
            )
        make_demo_key(path)
        (LOCAL / "key-made").touch()
    return path


def _port() -> int:
    text = os.environ.get("PORT") or VARIABLES["PORT"].default
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise CannotStart(f"PORT must be a number from 1 to 65535, not “{text}”.")
    return int(text)


def _hosts() -> list[str]:
    """Where the demo listens: this machine only, by both of its addresses (browsers may try either for localhost)."""
    named = os.environ.get("HOST")
    if named:
        return [named]
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        return ["127.0.0.1", "[::1]"]
    return ["127.0.0.1"]


def _refuse_busy(port: int) -> None:
    """A server that was killed a moment ago may still be leaving: wait a little for the port."""
    end = time.monotonic() + PORT_PATIENCE
    while True:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except PermissionError as problem:
                raise CannotStart(
                    f"This account may not open port {port}. Choose one above 1023: make demo PORT=8001"
                ) from problem
            except OSError as problem:
                if time.monotonic() > end:
                    raise CannotStart(f"Port {port} is busy. Choose another: make demo PORT={port + 1}") from problem
            else:
                return
        time.sleep(0.2)


@contextlib.contextmanager
def _only_demo_here(port: int) -> Iterator[None]:
    LOCAL.mkdir(exist_ok=True)
    with (LOCAL / "demo.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            raise CannotStart(f"The demo of this checkout is running already: {_written_in(lock)}") from problem
        lock.truncate(0)
        lock.write(f"http://localhost:{port} (process {os.getpid()})")
        lock.flush()
        yield


def _written_in(file: IO[str]) -> str:
    file.seek(0)
    return file.read()


def _as_if_interrupted(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except CannotStart as problem:
        sys.exit(f"\n{problem}")
    except KeyboardInterrupt:
        sys.exit(130)
