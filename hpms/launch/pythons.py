"""Which of this machine's Pythons to live in: one built without optimisation takes twice the time over everything."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

OLDEST, NEWEST = (3, 11), (3, 14)  # what requirements/*.txt are locked for
CLEARLY = 1.3  # times as quick: less is not worth leaving the Python that was asked for
ROUNDS = 6  # in turns: what else the machine does meanwhile shall not choose
PATIENCE = 10.0  # seconds

# What a Python says of itself: nothing when it lacks what an environment and pip need, or is not the kind of Python
# that the locked wheels are for.
ASK = """
import _ctypes, _ssl, json, sys, time, zlib
from importlib.util import find_spec
assert find_spec("venv") and find_spec("ensurepip")
assert sys.implementation.name == "cpython" and "t" not in sys.abiflags
class Thing:
    def __init__(self, number):
        self.number = number
    def known_to(self, others):
        return others.get(self.number % 7, 0) + len(str(self.number))
def work():
    others = dict.fromkeys(range(7), 1)
    began = time.process_time()
    for number in range(30000):
        Thing(number).known_to(others)
    return time.process_time() - began
path = getattr(sys, "_base_executable", sys.executable)
print(json.dumps({"path": path, "version": sys.version_info[:3], "seconds": min(work() for _ in range(3))}))
"""


@dataclass(frozen=True)
class Python:
    path: str
    version: tuple[int, ...]
    seconds: float  # of the processor, for a small piece of work: the best of three

    def is_the_same_as(self, other: Python | None) -> bool:
        return other is not None and os.path.realpath(self.path) == os.path.realpath(other.path)

    def __str__(self) -> str:
        return f"{self.path} ({'.'.join(map(str, self.version))})"


def to_live_in(own: str) -> tuple[str, str]:
    """The Python for the environment, and why it is not our own (else nothing)."""
    mine = _ask(own)
    others = [python for path in _on_the_path() if (python := _ask(path)) and not python.is_the_same_as(mine)]
    for _ in range(ROUNDS - 1):
        if mine and others:
            mine, *others = map(_asked_again, (mine, *others))
    best = min(others, key=lambda python: python.seconds, default=None)
    if best and not mine:
        return best.path, f"Using {best}, because {own} cannot make an environment."
    if best and mine and mine.seconds > CLEARLY * best.seconds:
        return best.path, f"Using {best}: {mine.seconds / best.seconds:.1f} times as quick as {mine}."
    return own, ""


def _asked_again(known: Python) -> Python:
    again = _ask(known.path)
    return again if again and again.seconds < known.seconds else known


def _on_the_path() -> Iterator[str]:
    names = ("python3", *(f"python3.{minor}" for minor in range(OLDEST[1], NEWEST[1] + 1)))
    folders = [folder for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    found = (Path(folder, name) for folder in folders for name in names)
    yield from dict.fromkeys(os.path.realpath(path) for path in found if os.access(path, os.X_OK))


def _ask(path: str) -> Python | None:
    try:
        asked = [path, "-I", "-S", "-c", ASK]
        said = subprocess.run(asked, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=PATIENCE)
        told = json.loads(said.stdout)
        python = Python(told["path"], tuple(told["version"]), told["seconds"])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
        return None
    return python if OLDEST <= python.version[:2] <= NEWEST else None
