"""The brought-along PostgreSQL: shared by whoever needs it, gone when nobody does, unharmed by a kill."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from hpms.embedded import places, postgres
from hpms.embedded.places import ROOT, CannotStart
from hpms.embedded.postgres import Cluster

USER = """
import sys
from pathlib import Path
from hpms.embedded.postgres import Cluster
cluster = Cluster(Path(sys.argv[1]), durable=True)
cluster.hold()
print(cluster.url(), flush=True)
sys.stdin.read()
"""

User = subprocess.Popen[str]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    made = Cluster(tmp_path / "pg", durable=True)
    yield made
    assert eventually(lambda: made.pid() is None)
    for folder in (made.data, made.run):  # as root they do not lie below tmp_path
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def user(cluster: Cluster) -> Iterator[Callable[[], User]]:
    """Another process that needs the same server; it has it when its first line can be read."""
    users: list[User] = []

    def start() -> User:
        process = subprocess.Popen(
            [sys.executable, "-c", USER, str(cluster.name)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        users.append(process)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("postgresql://")
        return process

    yield start
    for process in users:
        process.kill()
        process.wait()


def eventually(happened: Callable[[], bool], *, within: float = 15) -> bool:
    end = time.monotonic() + within
    while time.monotonic() < end:
        if happened():
            return True
        time.sleep(0.05)
    return False


def test_users_share_one_server_and_the_last_one_ends_it(cluster: Cluster, user: Callable[[], User]) -> None:
    first, second = user(), user()
    served_by = cluster.pid()
    first.kill()
    time.sleep(1)
    assert cluster.pid() == served_by
    second.kill()
    assert eventually(lambda: cluster.pid() is None)


def test_committed_rows_survive_a_killed_server(cluster: Cluster, user: Callable[[], User]) -> None:
    first = user()
    with psycopg.connect(cluster.url()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    served_by = cluster.pid()
    assert served_by
    os.kill(served_by, signal.SIGKILL)
    first.kill()
    user()
    with psycopg.connect(cluster.url()) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchall() == [(42,)]


def test_the_server_ends_when_its_keeper_is_killed(cluster: Cluster, user: Callable[[], User]) -> None:
    user()
    served_by = cluster.pid()
    assert served_by
    keeper = int(Path(f"/proc/{served_by}/stat").read_text().rsplit(")", 1)[1].split()[1])
    os.kill(keeper, signal.SIGKILL)
    assert eventually(lambda: cluster.pid() is None)


def test_a_half_made_data_folder_is_made_anew(cluster: Cluster, user: Callable[[], User]) -> None:
    half = cluster.data.with_name(f"{cluster.data.name}.half")
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18")
    user()
    assert cluster.is_ready()


def test_a_lock_file_of_a_stranger_does_not_stop_it(cluster: Cluster, user: Callable[[], User]) -> None:
    """After a reboot the number in the lock file may belong to any other process, such as this one."""
    user().kill()
    assert eventually(lambda: cluster.pid() is None)
    (cluster.data / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.data}\n0\n5432\n/tmp\n\n0 0\nready\n")
    user()
    with psycopg.connect(cluster.url()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_no_other_account_may_enter(cluster: Cluster, user: Callable[[], User]) -> None:
    user()
    assert cluster.run.stat().st_mode & 0o077 == 0
    assert cluster.data.stat().st_mode & 0o077 == 0
    with psycopg.connect(cluster.url()) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_data_of_another_version_is_told_apart(cluster: Cluster) -> None:
    cluster.data.mkdir(parents=True)
    (cluster.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(CannotStart, match="was made by PostgreSQL 9"):
        cluster.programs()


def test_no_server_programs_is_said_in_a_sentence(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "_candidates", lambda: iter(()))
    with pytest.raises(CannotStart, match="HPMS_DATABASE_URL"):
        cluster.programs()


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "run").mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(CannotStart, match="somebody else"):
        places.own_folder(tmp_path / "run", None)


def test_long_checkout_paths_do_not_make_long_sockets(tmp_path: Path) -> None:
    deep = tmp_path / ("a" * 90) / "pg"
    assert len(str(places.socket_folder(deep))) <= places.LONGEST_SOCKET_FOLDER


def test_another_account_may_read_and_run_the_copy_of_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root's checkout is closed to PostgreSQL's account, and so is whatever was installed under the umask 077."""
    monkeypatch.setattr(places, "SHARED", tmp_path / "shared")
    monkeypatch.setattr(places, "account", lambda: pwd.getpwuid(0))
    monkeypatch.setattr(places, "readable_by_all", lambda path: False)
    program, library = tmp_path / "wheel/pginstall/bin/postgres", tmp_path / "wheel.libs/libpq.so"
    for file, mode in ((program, 0o700), (library, 0o600)):
        file.parent.mkdir(parents=True, mode=0o700)
        file.touch(mode=mode)
    (library.parent / "libpq.so.5").symlink_to("libpq.so")
    bindir = places.programs_for(program.parent)
    copies = {path.name: path.lstat().st_mode & 0o777 for path in (tmp_path / "shared").rglob("*")}
    assert (bindir / "postgres").is_file()
    assert (copies["postgres"], copies["libpq.so"], copies["wheel.libs"]) == (0o755, 0o644, 0o755)


def test_a_named_server_replaces_it_in_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HPMS_DATABASE_URL", "postgresql://somebody@somewhere/db")
    assert postgres.ensure_running() == "postgresql://somebody@somewhere/db"


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that passes for the machine's memory and has room."""
    monkeypatch.setattr(places, "LOCAL", tmp_path / "local")
    monkeypatch.setattr(places, "place_for", lambda data: data)
    monkeypatch.setattr(places, "MEMORY", tmp_path)
    monkeypatch.setattr(places, "ROOM", 0)
    return places.in_memory() / "pg-test"


def runs_in(data: Path) -> None:
    data.mkdir(parents=True)
    (data / "postmaster.pid").write_text("1\n")


def test_tests_have_their_data_in_memory_where_there_is_room(
    tmp_path: Path, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert places.for_tests() == memory
    monkeypatch.setattr(places, "ROOM", shutil.disk_usage(tmp_path).total + 1)
    assert places.for_tests() == tmp_path / "local/pg-test"
    monkeypatch.setattr(places, "MEMORY", tmp_path / "none")
    assert places.for_tests() == tmp_path / "local/pg-test"


def test_a_server_in_memory_is_shared_though_the_room_is_gone(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs_in(memory)
    monkeypatch.setattr(places, "ROOM", shutil.disk_usage(memory).total + 1)
    assert places.for_tests() == memory


def test_a_server_on_the_disk_is_not_left_for_the_memory(tmp_path: Path, memory: Path) -> None:
    runs_in(tmp_path / "local/pg-test")
    assert places.for_tests() == tmp_path / "local/pg-test" != memory
