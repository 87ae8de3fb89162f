"""Put in place what HPMS is made of: a private environment for Python, the browser's files. Safe to interrupt."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hpms.embedded.places import LOCAL, ROOT, CannotStart
from hpms.launch import pythons
from hpms.launch.telling import Step, tell

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".hpms-installed"
BROWSER_FILES = ROOT / "node_modules"
BROWSER_STAMP = BROWSER_FILES / ".hpms-installed"
ROOM_NEEDED = 1_500_000_000  # bytes, for a first installation
OLDEST_NODE = 18

REASONS = (
    (r"No space left", "The disk is full."),
    (
        r"THESE PACKAGES DO NOT MATCH THE HASHES|EINTEGRITY",
        "A downloaded file is not the one that was locked. Nothing of it was installed.",
    ),
    (
        r"Temporary failure in name resolution|NewConnectionError|ConnectTimeout|ReadTimeout|ProxyError"
        r"|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET",
        "The package index could not be reached. Is this machine online? (The first run needs the network.)",
    ),
    (
        r"No matching distribution|from versions: none",
        "The package index has no build of it for this Python. Name another: make PYTHON=python3.12 ...",
    ),
    (r"Permission denied|EACCES", "A file may not be written. Was an earlier run started as another user?"),
)


def everything(groups: Sequence[str]) -> Path:
    """Install what is missing of these groups and the browser's files. Returns the environment's Python."""
    LOCAL.mkdir(exist_ok=True)
    with _one_at_a_time(LOCAL / "install.lock"), ThreadPoolExecutor() as beside:
        missing = not (BROWSER_STAMP.exists() and BROWSER_STAMP.read_text() == _browser_files_mark())
        # The machine's own npm need not wait for the one that comes with the packages.
        fetching = beside.submit(_fetch_browser_files) if missing and _machines_npm() else None
        _install_packages(groups)
        if missing:
            with Step("Fetching the browser's files (npm ci)"):
                (fetching or beside.submit(_fetch_browser_files)).result()
    return PYTHON


def lock_browser_files() -> None:
    """Resolve package.json anew; the lock keeps hashes and no addresses."""
    tell("package-lock.json")
    subprocess.run([*_npm(), "install", "--package-lock-only"], cwd=ROOT, env=_npm_environment(), check=True)
    path = ROOT / "package-lock.json"
    locked = json.loads(path.read_text())
    for package in locked["packages"].values():
        package.pop("funding", None)
        package.pop("resolved", None)
    path.write_text(json.dumps(locked, indent=2) + "\n")


def is_locked(path: Path) -> bool:
    """Whether somebody holds that lock now."""
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _install_packages(groups: Sequence[str]) -> None:
    wanted = {group: _fingerprint(ROOT / "requirements" / f"{group}.txt") for group in groups}
    have = _installed()
    if all(have.get(group) == mark for group, mark in wanted.items()):
        return
    _refuse_full_disk()
    if not have and not (VENV.is_symlink() and PYTHON.exists()):
        _make_environment()
    files = [part for group in groups for part in ("-r", f"requirements/{group}.txt")]
    count = sum(line[:1].isalnum() for group in groups for line in (ROOT / "requirements" / f"{group}.txt").open())
    with Step(f"Installing {count} packages of Python") as step:
        fetched = 0

        def follow(line: str) -> None:
            nonlocal fetched
            found = re.match(r"(?:Collecting|Requirement already satisfied:) ([\w.-]+)", line)
            if found:
                fetched += 1
                step.at(f"{min(fetched, count)} of {count}  {found[1]}")
            elif line.startswith("Installing collected"):
                step.at("unpacking")

        # Everything is locked, so nothing has to be resolved, and only wheels: nothing is built or run. Of their
        # modules we load a third, which Python compiles as it meets them.
        options = [
            "--require-hashes",
            "--no-deps",
            "--only-binary=:all:",
            "--no-compile",
            "--no-input",
            "--progress-bar=off",
            "--retries=2",
        ]
        _work(
            [PYTHON, "-m", "pip", "--disable-pip-version-check", "install", *options, *files],
            "The packages of Python could not be installed.",
            follow,
        )
    STAMP.write_text(json.dumps({"home": str(VENV), **{k: v for k, v in have.items() if k != "home"}, **wanted}))


def _installed() -> dict[str, str]:
    """What the environment was last filled with; nothing when it was moved, half made, or its Python is gone."""
    try:
        stamp: dict[str, str] = json.loads(STAMP.read_text())
        works = subprocess.run([PYTHON, "-c", ""], check=False, capture_output=True).returncode == 0
    except (OSError, ValueError):
        return {}
    return stamp if works and stamp.get("home") == str(VENV) else {}


def _make_environment() -> None:
    python, why = sys.executable, ""
    if os.environ.get("HPMS_PYTHON_FROM") == "file":  # the Makefile's guess: nobody has named one
        python, why = pythons.to_live_in(sys.executable)
    if why:
        tell(f"  {why}")
        if not _made_by(python).returncode:
            return
        tell(f"  It could not make the environment; {sys.executable} does.")
    made = _made_by(sys.executable)
    if made.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        said = made.stdout + made.stderr
        if "ensurepip" in said:
            raise CannotStart(
                "This Python comes without venv. On Debian or Ubuntu: apt-get install python3-venv; then try again."
            )
        raise CannotStart(f"{_reason(said)}The private environment could not be made:\n{said[-800:]}")


def _made_by(python: str) -> subprocess.CompletedProcess[str]:
    with Step("Making a private environment (.venv)"):
        if VENV.exists() and not VENV.is_symlink():
            shutil.rmtree(VENV)
        return subprocess.run([python, "-m", "venv", VENV], capture_output=True, text=True, check=False)


def _fetch_browser_files() -> None:
    _refuse_full_disk()
    _work([*_npm(), "ci"], "The browser's files could not be fetched.", env=_npm_environment())
    BROWSER_STAMP.write_text(_browser_files_mark())


def _browser_files_mark() -> str:
    return "-".join(_fingerprint(ROOT / name) for name in ("package.json", "package-lock.json", ".npmrc"))


def _npm() -> list[Path | str]:
    """npm of the machine when it is recent, else the one in the environment."""
    return [_machines_npm() or VENV / "bin" / "npm"]


def _machines_npm() -> str | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
        found = re.match(r"v(\d+)", told)
        if found and int(found[1]) >= OLDEST_NODE:
            return npm
    return None


def _npm_environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{os.environ.get('PATH', '')}{os.pathsep}{VENV / 'bin'}"}


def _work(
    command: Sequence[Path | str],
    sorry: str,
    follow: Callable[[str], None] = lambda line: None,
    env: dict[str, str] | None = None,
) -> None:
    """Run a tool, follow what it says, and turn its failure into a sentence."""
    last: deque[str] = deque(maxlen=25)
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as tool:
        assert tool.stdout is not None
        for line in tool.stdout:
            last.append(line)
            follow(line.strip())
    if tool.returncode:
        said = "".join(last)
        raise CannotStart(f"{sorry} {_reason(said)}\nThe tool's last words:\n{said[-1500:]}")


def _reason(said: str) -> str:
    return next((f"{sentence} " for pattern, sentence in REASONS if re.search(pattern, said)), "")


def _refuse_full_disk() -> None:
    free = shutil.disk_usage(ROOT).free
    if free < ROOM_NEEDED:
        raise CannotStart(f"Only {free / 1e9:.1f} GB are free here; HPMS needs {ROOM_NEEDED / 1e9:.1f} GB to install.")


def _fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


@contextlib.contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell("  Another make is installing here; waiting for it …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
