"""Where the brought-along servers live, and as whom they run."""

from __future__ import annotations

import ctypes
import hashlib
import os
import pwd
import shutil
import signal
import stat
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"
SHARED = Path("/var/lib/hpms-embedded")  # only for root, and only where the checkout is closed to others
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own in it, see for_tests
ROOM = 4 * 1024**3  # bytes: for the data of a run of all tests, and for the browser and the processes beside it
LONGEST_SOCKET_FOLDER = 85  # a socket's whole path must fit 104 bytes on every system


class CannotStart(Exception):
    """A brought-along server cannot run here; the message says what the person at the keyboard can do."""


def account() -> pwd.struct_passwd | None:
    """The account that PostgreSQL runs as when we are root (it refuses to be root), else None: ourselves."""
    if os.geteuid() != 0:
        return None
    for name in (os.environ.get("HPMS_PG_OSUSER"), "postgres", "nobody"):
        if name:
            try:
                return pwd.getpwnam(name)
            except KeyError:
                continue
    raise CannotStart(
        "PostgreSQL refuses to run as root and this machine has neither a 'postgres' nor a 'nobody' account. "
        "Name one in HPMS_PG_OSUSER, or run as an ordinary user."
    )


def run_as(who: pwd.struct_passwd | None) -> dict[str, Any]:
    """What subprocess needs to become that account."""
    return {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []} if who else {}


def own_folder(path: Path, who: pwd.struct_passwd | None) -> Path:
    """A folder for that account alone. Refuses one that somebody else put there first."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.lstat()
    owner = who.pw_uid if who else os.geteuid()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (owner, os.geteuid()):
        raise CannotStart(f"{path} belongs to somebody else. Remove it and try again.")
    if who:
        os.chown(path, who.pw_uid, who.pw_gid)
    path.chmod(0o700)
    return path


def readable_by_all(path: Path) -> bool:
    """Whether any account may walk down to this path and read it."""
    return all(p.stat().st_mode & 0o001 for p in (path, *path.parents) if p.exists())


def place_for(data: Path) -> Path:
    """Where this data folder really lives: below a closed home folder, an unprivileged account cannot enter."""
    data = data.resolve()
    if account() is None or readable_by_all(_nearest(data.parent)):
        return data
    return _shared() / f"data-{_tag(data)}"


def for_tests() -> Path:
    """Where the tests' server has its data: in memory if there is room, where a database is copied twenty times faster.

    Two runs in one checkout must come to the same answer: what is in use already stays in use.
    """
    on_disk, quick = LOCAL / "pg-test", in_memory() / "pg-test"
    for data in (quick, on_disk):
        if (place_for(data) / "postmaster.pid").exists():
            return data
    if not MEMORY.is_dir() or min(shutil.disk_usage(MEMORY).free, memory_left()) < ROOM:
        return on_disk
    own_folder(in_memory(), None).chmod(0o711)  # PostgreSQL's account must come through
    return quick


def memory_left() -> int:
    """Bytes of memory that this machine has left, or this container may still take. Nothing where it does not say."""
    try:
        told = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
        left = int(told["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError):
        return 0
    group = Path("/sys/fs/cgroup")
    try:
        return min(left, int((group / "memory.max").read_text()) - int((group / "memory.current").read_text()))
    except (OSError, ValueError):  # no container, or one without a limit ("max")
        return left


def in_memory() -> Path:
    """This checkout's folder in memory, if it has one."""
    return MEMORY / f"hpms-{os.geteuid()}-{_tag(ROOT)}"


def programs_for(bindir: Path) -> Path:
    """The folder of programs, copied once to where the unprivileged account may read them, if it must be."""
    if account() is None or readable_by_all(bindir):
        return bindir
    package = bindir.parent.parent
    copy = _shared() / f"{_copies_of(package)}{int(package.stat().st_mtime)}"
    if not copy.exists():
        fresh = copy.with_name(f"{copy.name}.{os.getpid()}")
        # The programs find their libraries in the sibling folder <package>.libs.
        for folder in (package, package.with_name(package.name + ".libs")):
            if folder.exists():
                shutil.copytree(folder, fresh / folder.name, symlinks=True)
        for folder_name, _, files in os.walk(fresh):
            Path(folder_name).chmod(0o755)
            for name in files:  # installed under a umask like 077 they are their owner's alone
                file = Path(folder_name, name)
                if not file.is_symlink():
                    file.chmod(0o755 if file.stat().st_mode & 0o100 else 0o644)
        try:
            fresh.rename(copy)
        except OSError:  # another run was quicker
            shutil.rmtree(fresh, ignore_errors=True)
    return copy / package.name / bindir.parent.name / bindir.name


def forget_programs(venv: Path) -> None:
    """Remove the copies that were made of the programs of that environment."""
    for package in venv.resolve().glob("lib/python*/site-packages/*_postgres"):
        for copy in SHARED.glob(f"{_copies_of(package)}*"):
            shutil.rmtree(copy, ignore_errors=True)


def socket_folder(data: Path) -> Path:
    """Where the server's socket goes: beside the data, or below the temporary folder when that path is too long."""
    beside = data.with_name(f"{data.name}.run")
    if len(os.fsencode(beside)) <= LONGEST_SOCKET_FOLDER:
        return beside
    return Path(tempfile.gettempdir()) / f"hpms-{os.geteuid()}-{_tag(data)}"


def dies_with_parent(sign: signal.Signals) -> Callable[[], None] | None:
    """For Popen's preexec_fn: the kernel sends this signal when the parent is gone, however it went."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)  # loaded here: after the change of account the interpreter's files may be unreadable
    return lambda: libc.prctl(1, int(sign))


def is_alive(pid: int) -> bool:
    """Whether a process runs. One that ended but was never reaped does not, though it still has its number."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        if Path("/proc/self").exists():
            return False
        try:  # no /proc here (macOS)
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True
    return state not in "ZX"


def _copies_of(package: Path) -> str:
    return f"programs-{_tag(package)}-"


def _shared() -> Path:
    SHARED.mkdir(parents=True, exist_ok=True)
    SHARED.chmod(0o755)
    return SHARED


def _nearest(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path


def _tag(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
