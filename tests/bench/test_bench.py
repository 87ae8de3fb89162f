"""The bench measures and cleans up; what it measures is looked at by people, never by a test."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.tenants.models import Clinic


def test_the_bench_runs_at_tiny_size_and_leaves_nothing(throw_away, platform, as_superuser):
    with as_superuser() as server:
        roles_before = server.execute("SELECT count(*) FROM pg_roles").fetchone()
    said = StringIO()
    call_command("bench", providers=2, appointments=3, days=2, patients=30, seconds=1, stdout=said)
    for row in ("the day sheet", "a booking", "patient search", "free times", "own day", "dashboard"):
        assert row in said.getvalue()
    assert "(1 × 201, 99 × 409)" in said.getvalue()
    with platform.inside():
        assert not Clinic.objects.filter(slug__startswith="bench-").exists()
    with as_superuser() as server:
        assert server.execute("SELECT count(*) FROM pg_roles").fetchone() == roles_before


def test_the_bench_refuses_a_day_that_cannot_be(throw_away):
    with pytest.raises(CommandError, match="room for 60"):
        call_command("bench", appointments=61)
