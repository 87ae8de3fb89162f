"""The keeper of a brought-along PostgreSQL: starts it and stops it when nobody uses it any more.

A process of its own, so that the server outlives the one test run that happened to come first. If the keeper itself
is killed, the kernel tells the server to shut down.
"""

from __future__ import annotations

import fcntl
import signal
import subprocess
import sys
import time
from pathlib import Path

from hpms.embedded import places
from hpms.embedded.places import CannotStart
from hpms.embedded.postgres import Cluster, environment

LOOK_EVERY = 0.5
STOP_PATIENCE = 30.0


def main(name: str, safety: str) -> int:
    """Keep the server of that data folder until its users are gone."""
    cluster = Cluster(Path(name), durable=safety == "durable")
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        cluster.create()
        places.own_folder(cluster.run, cluster.account)
        cluster.forget_dead_server()
        server = _start(cluster)
    except (CannotStart, OSError) as problem:
        print(problem, file=sys.stderr)  # noqa: T201 - read by the process that asked
        return 1
    with cluster.users.open("a") as users:
        while server.poll() is None:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(LOOK_EVERY)
                continue
            _stop(server)  # holding the lock: who comes now waits until it has stopped, then starts it again
    return 0


def _start(cluster: Cluster) -> subprocess.Popen[bytes]:
    with cluster.log.open("ab") as log:
        before = log.tell()
        server = subprocess.Popen(
            cluster.command(),
            cwd="/",
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=places.dies_with_parent(signal.SIGINT),
            **places.run_as(cluster.account),
        )
    while not cluster.is_ready():
        if server.poll() is not None:
            with cluster.log.open("rb") as log:
                log.seek(before)
                said = log.read().decode(errors="replace")
            raise CannotStart(f"PostgreSQL ended while starting. It said:\n{said[-1500:]}")
        time.sleep(0.02)
    return server


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGINT)  # a fast shutdown: open transactions are rolled back
    try:
        server.wait(STOP_PATIENCE)
    except subprocess.TimeoutExpired:
        server.send_signal(signal.SIGQUIT)  # an immediate one; the journal repairs it at the next start
        server.wait()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
