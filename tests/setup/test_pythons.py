"""The launcher lives in the quickest Python of the machine, unless somebody names one. Scripts stand for Pythons."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hpms.embedded.places import ROOT, CannotStart
from hpms.launch import install, pythons


class Machine:
    """A PATH with nothing on it but Pythons, each with what it says of itself."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def has(self, name: str, seconds: float = 0.02, version: tuple[int, ...] = (3, 11, 2), makes: str = "true") -> str:
        path = self.root / name
        told = json.dumps({"path": str(path), "version": version, "seconds": seconds})
        return self.program(name, f"[ \"$2\" = venv ] && {{ {makes}; exit; }}\necho '{told}'")

    def program(self, name: str, does: str) -> str:
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{does}\n")
        path.chmod(0o755)
        return str(path)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setenv("PATH", f"{tmp_path / 'first'}:{tmp_path / 'second'}:{tmp_path / 'nowhere'}:")
    monkeypatch.setattr(install, "VENV", tmp_path / "venv")
    monkeypatch.setenv("HPMS_PYTHON_FROM", "file")
    return Machine(tmp_path)


def test_a_clearly_quicker_python_is_taken_and_said(machine: Machine) -> None:
    own = machine.has("first/python3", 0.042)
    machine.has("second/python3", 0.030, (3, 12, 1))
    quick = machine.has("second/python3.11", 0.020)
    taken, why = pythons.to_live_in(own)
    assert taken == quick
    assert why == f"Using {quick} (3.11.2): 2.1 times as quick as {own} (3.11.2)."


def test_a_little_quicker_is_no_reason(machine: Machine) -> None:
    own = machine.has("first/python3", 0.0259)
    machine.has("second/python3", 0.02)
    assert pythons.to_live_in(own) == (own, "")


def test_a_moment_in_which_the_machine_was_busy_does_not_choose(machine: Machine) -> None:
    told = json.dumps({"path": str(machine.root / "first/python3"), "version": (3, 11, 2), "seconds": "S"})
    slow, quick = told.replace('"S"', "0.1"), told.replace('"S"', "0.025")
    own = machine.program("first/python3", f"[ -e $0.met ] && echo '{quick}' || echo '{slow}'\n> $0.met")
    machine.has("second/python3", 0.02)
    assert pythons.to_live_in(own) == (own, "")


@pytest.mark.parametrize("version", [(3, 10, 13), (2, 7, 18), (3, 15, 0)])
def test_a_python_that_the_lock_does_not_know_is_left_out(machine: Machine, version: tuple[int, ...]) -> None:
    own = machine.has("first/python3", 0.04)
    machine.has("second/python3", 0.01, version)
    assert pythons.to_live_in(own) == (own, "")


@pytest.mark.parametrize(
    "does", ["exit 1", "echo python3.12: command not found; exit 127", "echo '[1, 2]'", "echo '{}'", "exec nothing"]
)
def test_a_broken_python_is_left_out(machine: Machine, does: str) -> None:
    own = machine.has("first/python3", 0.04)
    machine.program("second/python3", does)
    assert pythons.to_live_in(own) == (own, "")


def test_a_python_that_hangs_is_given_up(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = machine.program("second/python3", f"exec {sys.executable} -c 'import time; time.sleep(60)'")
    assert pythons._ask(machine.has("first/python3"))
    monkeypatch.setattr(pythons, "PATIENCE", 0.5)
    assert pythons._ask(hanging) is None


def test_another_name_of_our_own_is_no_other_python(machine: Machine) -> None:
    """A version manager's scripts lead to the Python that asks; a second look at it may measure anything."""
    own = machine.has("first/python3", 0.04)
    machine.program("second/python3", f'echo \'{{"path": "{own}", "version": [3, 11, 2], "seconds": 0.01}}\'')
    (machine.root / "second" / "python3.11").symlink_to(own)
    assert pythons.to_live_in(own) == (own, "")


def test_one_that_can_make_an_environment_replaces_one_that_cannot(machine: Machine) -> None:
    own = machine.program("first/python3", "exit 1")
    other = machine.has("second/python3", 0.04)
    taken, why = pythons.to_live_in(own)
    assert (taken, why) == (other, f"Using {other} (3.11.2), because {own} cannot make an environment.")


def test_a_real_python_says_what_it_is() -> None:
    me = pythons._ask(sys.executable)
    assert me
    assert me.version == sys.version_info[:3]
    assert os.path.realpath(me.path) == os.path.realpath(sys.executable)
    assert me.seconds > 0


def test_the_environment_is_made_by_the_quick_one(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "executable", machine.has("first/python3", 0.04, makes='echo slow > "$3"'))
    quick = machine.has("second/python3", 0.02, makes='echo quick > "$3"')
    install._make_environment()
    assert install.VENV.read_text() == "quick\n"
    assert capsys.readouterr().out.startswith(f"  Using {quick} (3.11.2): 2.0 times as quick")


def test_our_own_makes_it_when_the_quick_one_fails(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own = machine.has("first/python3", 0.04, makes='echo slow > "$3"')
    monkeypatch.setattr(sys, "executable", own)
    machine.has("second/python3", 0.02, makes="exit 1")
    install._make_environment()
    assert install.VENV.read_text() == "slow\n"
    assert f"It could not make the environment; {own} does." in capsys.readouterr().out


def test_what_nobody_can_make_is_said(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", machine.program("first/python3", "echo No module named ensurepip; exit 1"))
    with pytest.raises(CannotStart, match="without venv"):
        install._make_environment()


@pytest.mark.parametrize("source", ["command line", "environment", ""])
def test_a_python_that_was_named_is_taken_as_it_is(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    monkeypatch.setenv("HPMS_PYTHON_FROM", source)
    monkeypatch.setattr(sys, "executable", machine.has("first/python3", 0.04, makes='echo named > "$3"'))
    machine.has("second/python3", 0.01, makes='echo quick > "$3"')
    install._make_environment()
    assert install.VENV.read_text() == "named\n"


@pytest.mark.parametrize(
    ("words", "environment", "source"),
    [
        ([], {}, "file"),
        (["PYTHON=python3.12"], {}, "command line"),
        ([], {"PYTHON": "python3.12"}, "environment"),
    ],
)
def test_make_says_who_named_the_python(words: list[str], environment: dict[str, str], source: str) -> None:
    surroundings = {k: v for k, v in os.environ.items() if k not in ("PYTHON", "MAKEFLAGS")} | environment
    command = ["make", "-n", "install", *words]
    told = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=True).stdout
    assert f'HPMS_PYTHON_FROM="{source}" ' in told
