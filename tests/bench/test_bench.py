"""The bench measures and cleans up; what it measures is looked at by people, never by a test."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.tenants.models import Clinic


def test_the_bench_runs_at_tiny_size_and_leaves_nothing(throw_away, platform, as_superuser):
    said = StringIO()
    call_command("bench", providers=2, appointments=3, days=2, patients=30, seconds=0.2, stdout=said)
    for row in ("the day sheet", "a booking", "patient search", "free times", "own day", "dashboard"):
        assert row in said.getvalue()
    assert "(1 × 201, 99 × 409)" in said.getvalue()
    with platform.inside():
        assert not Clinic.objects.filter(slug__startswith="bench-").exists()
    with as_superuser() as server:  # whose roles are shared with the other workers' databases
        assert server.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE '%bench%'").fetchall() == []


def test_the_money_is_measured_and_its_books_checked(throw_away):
    said = StringIO()
    call_command("bench", books=True, book_days=3, invoices=100, patients=100, seconds=0.2, stdout=said)
    for row in (
        "a draft",
        "its issue",
        "both",
        "a payment",
        "an invoice's page",
        "receivables by age",
        "the trial balance",
    ):
        assert row in said.getvalue()
    assert "0 findings" in said.getvalue()


def test_the_bench_refuses_a_day_that_cannot_be(throw_away):
    with pytest.raises(CommandError, match="room for 60"):
        call_command("bench", appointments=61)
