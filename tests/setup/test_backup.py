"""What the README backs up is a whole house again on another server: roles and walls, keys, patients and books."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.db.utils import ProgrammingError

from apps.core import encryption
from apps.patients.models import Patient
from apps.patients.search import find
from hpms.embedded.postgres import Cluster
from tests.conftest import ClinicUnderTest
from tests.patients.factories import PatientFactory
from tests.template import named, point_at

ALIASES = ("default", "owner")


@pytest.fixture
def other_server(tmp_path: Path) -> Iterator[Cluster]:
    other = Cluster(tmp_path / "pg", durable=False)
    other.hold()
    yield other
    other.release()
    for folder in (other.data, other.run):  # as root they do not lie below tmp_path
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def moved(other_server: Cluster, throw_away: str) -> Iterator[Any]:
    """Call it, and the house works on the other server."""
    before = {alias: connections[alias].settings_dict["HOST"] for alias in ALIASES}

    def move(hosts: dict[str, str]) -> None:
        for alias, host in hosts.items():
            connections[alias].settings_dict["HOST"] = host
        point_at(throw_away)
        encryption._cached.clear()

    yield lambda: move(dict.fromkeys(ALIASES, str(other_server.run)))
    move(before)


def test_a_backup_is_restored_on_another_server(
    riverside: ClinicUnderTest, cast: Any, throw_away: str, other_server: Cluster, moved: Any, tmp_path: Path
) -> None:
    with riverside.inside(by=cast.ada):
        patient = PatientFactory(given_name="Zephyrine")
    programs, _version = other_server.programs()
    roles, dump = tmp_path / "roles.sql", tmp_path / "hpms.dump"

    def run(program: str, *words: object) -> None:
        subprocess.run([programs / program, *map(str, words)], check=True, capture_output=True)

    run("pg_dumpall", "--roles-only", "-d", named("postgres"), "-f", roles)
    run("pg_dump", "-Fc", "-d", named(throw_away), "-f", dump)
    run("psql", "-d", other_server.url(), "-f", roles)
    run("pg_restore", "--create", "--exit-on-error", "-d", other_server.url(), dump)

    moved()
    with riverside.inside(by=cast.ada):
        assert Patient.objects.get(pk=patient.pk).given_name == "Zephyrine"
        assert connection.connection.info.host == str(other_server.run)
        assert find("zeph") == [patient]
        with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM t_lakeside.patients_patient")
    call_command("check_books")
    with riverside.inside(by=cast.ada):
        assert PatientFactory(given_name="Next").number > patient.number
