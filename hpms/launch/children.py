"""The processes of a running house. All of them end with the launcher, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

from hpms.embedded import places
from hpms.embedded.places import ROOT, CannotStart

PATIENCE = 8.0
ENOUGH = 10_000_000  # bytes of a log, after which the next run begins a new one


class House:
    """Starts processes, shows what they say, ends them in reverse order."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self.children: dict[str, subprocess.Popen[str]] = {}
        self.said: dict[str, deque[str]] = {}
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, command: Sequence[Path | str], env: Mapping[str, str]) -> subprocess.Popen[str]:
        """Start one process. What it says goes to the terminal and into .local/log/<name>.log."""
        child = subprocess.Popen(
            [str(word) for word in command],
            cwd=ROOT,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C is for the launcher, which ends them in order
            preexec_fn=places.dies_with_parent(signal.SIGTERM),
        )
        self.children[name] = child
        self.said[name] = deque(maxlen=20)
        threading.Thread(target=self._repeat, args=(name, child), daemon=True).start()
        return child

    def check(self) -> None:
        """Raises CannotStart when a process has ended by itself."""
        for name, child in self.children.items():
            if child.poll() is not None:
                time.sleep(0.2)  # its last words are still being read
                said = "" if name != "broker" else "".join(self.said[name])
                raise CannotStart(f"The {name} process ended by itself; see above and {self.logs / name}.log. {said}")

    def watch(self) -> None:
        """Return on Ctrl-C; raise CannotStart when a process ends by itself."""
        while True:
            self.check()
            time.sleep(0.5)

    def end(self) -> None:
        """Ask every process to finish, last started first; insist after a while."""
        for child in reversed(self.children.values()):
            if child.poll() is None:
                child.terminate()
        end = time.monotonic() + PATIENCE
        for child in self.children.values():
            try:
                child.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)

    def _repeat(self, name: str, child: subprocess.Popen[str]) -> None:
        assert child.stdout is not None
        path = self.logs / f"{name}.log"
        if path.exists() and path.stat().st_size > ENOUGH:
            path.unlink()
        with path.open("a", encoding="utf-8") as log:
            for line in child.stdout:
                log.write(line)
                log.flush()
                self.said[name].append(line)
                if name != "broker":
                    sys.stdout.write(f"{name:>7} │ {line}")
                    sys.stdout.flush()
