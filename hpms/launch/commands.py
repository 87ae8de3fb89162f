"""The commands behind the Makefile's targets."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from hpms.embedded import places
from hpms.embedded.places import LOCAL, ROOT, CannotStart
from hpms.embedded.postgres import Cluster
from hpms.environment import VARIABLES
from hpms.launch import install
from hpms.launch.telling import tell

TO_RUN = ("runtime", "embedded")
TO_DEVELOP = ("runtime", "embedded", "dev")
SOAK = "100000"
STOP_PATIENCE = 8.0
LOCK_OPTIONS = ("--universal", "--python-version=3.11", "--generate-hashes", "--no-annotate", "--no-header")
NO_ADDRESSES = ("--no-emit-index-url", "--no-emit-find-links")


def run(arguments: list[str]) -> None:
    """Carry out one command with its arguments."""
    name, rest = (arguments[0] if arguments else ""), arguments[1:]
    known = {
        "demo": demo,
        "manage": manage,
        "test": test,
        "soak": soak,
        "install": get_ready,
        "lint": lint,
        "format": format_code,
        "settings": settings,
        "lock": lock,
        "clean": clean,
    }
    if name not in known:
        raise CannotStart(f"Say one of: {', '.join(known)}.")
    os.chdir(ROOT)
    known[name](rest)


def demo(rest: list[str]) -> None:
    """Two clinics, ready to walk through, at http://localhost:8000."""
    _go_on_inside("hpms.launch.house", "demo", *rest)


def manage(rest: list[str]) -> None:
    """One manage.py command in the demo's house."""
    _go_on_inside("hpms.launch.house", "manage", *rest)


def test(rest: list[str]) -> None:
    """The test suite, on two processes unless told otherwise."""
    python = install.everything(TO_DEVELOP)
    alone = any(word.startswith(("-n", "-p")) or word == "--pdb" for word in rest)
    parallel = [] if alone else ["-n", "2", "--dist", "worksteal"]
    _become(python, "-m", "pytest", *parallel, *rest, HPMS_MODE="test")


def soak(rest: list[str]) -> None:
    """The books against a plain model of them, for 100,000 operations in random order, or for as many as are named."""
    operations = rest[0] if rest else SOAK
    if not operations.isdecimal() or not int(operations):
        raise CannotStart(f"Say how many operations, like: make soak ARGS={SOAK}")
    python = install.everything(TO_DEVELOP)
    books = "tests/properties/test_books_balance.py"
    _become(python, "-m", "pytest", "-n", "2", books, HPMS_MODE="test", HPMS_OPERATIONS=operations)


def get_ready(_: list[str]) -> None:
    """Only fetch what the other commands need."""
    install.everything(TO_DEVELOP)


def lint(_: list[str]) -> None:
    """Everything that judges the code without running it."""
    python = install.everything(TO_DEVELOP)
    tools = python.parent
    checks: dict[str, list[str | Path]] = {
        "ruff": [tools / "ruff", "check", "."],
        "ruff format": [tools / "ruff", "format", "--check", "."],
        "layers": [tools / "lint-imports"],
        "mypy": [tools / "mypy"],
        "migrations": [python, "manage.py", "makemigrations", "--check", "--dry-run"],
    }
    # None of these asks the database; the settings want its name all the same.
    environment = {"HPMS_DATABASE_URL": "postgresql://nobody@/nowhere", **os.environ, "HPMS_MODE": "test"}
    failed = []
    for name, command in checks.items():
        tell(f"{name} …")
        if subprocess.run(command, env=environment, check=False).returncode:
            failed.append(name)
    if failed:
        raise CannotStart(f"Not clean: {', '.join(failed)}.")
    tell("Clean.")


def format_code(_: list[str]) -> None:
    """Put the code into the house's shape."""
    ruff = install.everything(TO_DEVELOP).parent / "ruff"
    subprocess.run([ruff, "check", "--fix-only", "-q", "."], check=False)
    _become(ruff, "format", ".")


def settings(_: list[str]) -> None:
    """Every variable that HPMS reads, with its meaning and default."""
    width = max(map(len, VARIABLES))
    for name, variable in VARIABLES.items():
        tell(f"{name:<{width}}  {variable.meaning}")
        if variable.default:
            tell(f"{'':<{width}}  (default: {variable.default})")


def lock(rest: list[str]) -> None:
    """Resolve every dependency anew and write it down with hashes, without addresses. `--upgrade` takes newer ones."""
    uv = install.everything(TO_DEVELOP).parent / "uv"
    for group in TO_DEVELOP:
        what = ["pyproject.toml"] if group == "runtime" else ["--group", group, "-c", "requirements/runtime.txt"]
        tell(f"requirements/{group}.txt")
        options = [*LOCK_OPTIONS, *NO_ADDRESSES, *rest, "-o", f"requirements/{group}.txt"]
        subprocess.run([uv, "pip", "compile", "-q", *what, *options], check=True)
    install.lock_browser_files()


def clean(_: list[str]) -> None:
    """Remove everything that the tools made: environment, browser files, and the demo with its data."""
    for name, words in (("demo", "The demo is running"), ("install", "Another make is installing here")):
        lock = LOCAL / f"{name}.lock"
        if lock.exists() and install.is_locked(lock):
            raise CannotStart(f"{words}; stop it first (Ctrl-C where it was started).")
    for data in (LOCAL / "pg", LOCAL / "pg-test", places.in_memory() / "pg-test"):
        cluster = Cluster(data, durable=False)
        _wait_until_stopped(cluster)
        for folder in (cluster.data, cluster.half, cluster.run):  # as root they may lie elsewhere
            shutil.rmtree(folder, ignore_errors=True)
    caches = (ROOT / f".{name}_cache" for name in ("mypy", "ruff", "pytest"))
    for made in (LOCAL, places.in_memory(), places.socket_folder(LOCAL / "broker"), ROOT / "node_modules", *caches):
        shutil.rmtree(made, ignore_errors=True)
    if not install.VENV.is_symlink():
        places.forget_programs(install.VENV)
        shutil.rmtree(install.VENV, ignore_errors=True)
    tell("Clean.")


def _wait_until_stopped(cluster: Cluster) -> None:
    """Who used it a moment ago has let go of it, and its keeper is about to stop it."""
    end = time.monotonic() + STOP_PATIENCE
    while cluster.pid() is not None:
        if time.monotonic() > end:
            raise CannotStart("The tests, or a manage command, are still at work here; stop them first.")
        time.sleep(0.1)


def _go_on_inside(module: str, *words: str) -> None:
    python = install.everything(TO_RUN)
    _become(python, "-m", module, *words)


def _become(program: Path, *words: str, **environment: str) -> None:
    sys.stdout.flush()
    environment = {**os.environ, **environment}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # a house is some eight processes: what one compiles, all load
    os.execve(program, [str(program), *words], environment)  # noqa: S606 - same terminal, same process
