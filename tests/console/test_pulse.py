"""Every clinic is asked how it is; one that cannot answer does not stop the others."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.console import pulse
from apps.console.models import Pulse


def pulses(platform: Any) -> dict[str, Pulse]:
    with platform.inside():
        return {each.clinic.slug: each for each in Pulse.objects.select_related("clinic")}


@pytest.fixture
def lagging(throw_away: str, lakeside: Any, as_superuser: Any) -> Any:
    """Lakeside, which is asked first, lacks the last migration of the books and the column that it brings."""
    with as_superuser() as server:
        server.execute(f"ALTER TABLE {lakeside.schema}.ledger_bookcheck DROP COLUMN ended_at CASCADE")
        server.execute(
            f"DELETE FROM {lakeside.schema}.django_migrations WHERE app = 'ledger'"
            f" AND id = (SELECT max(id) FROM {lakeside.schema}.django_migrations WHERE app = 'ledger')"
        )
    return lakeside


def test_a_clinic_that_lags_behind_tells_what_it_can_and_does_not_stop_the_others(
    lagging: Any, platform: Any, riverside: Any, web: Any, caplog: Any
) -> None:
    at = timezone.now()
    assert pulse.take_pulses(at=at) == 1
    kept = pulses(platform)
    assert (kept["lakeside"].taken_at, kept["lakeside"].failure) == (at, "ProgrammingError")
    assert kept["lakeside"].missing_migrations == 1
    assert kept["lakeside"].size_bytes > 0
    assert (kept["riverside"].taken_at, kept["riverside"].failure, kept["riverside"].missing_migrations) == (at, "", 0)
    assert "Lakeside" not in caplog.text
    assert "lakeside could not be asked (ProgrammingError)" in caplog.text

    with platform.inside():
        root = User.objects.create_superuser("root@hpms.example", None, full_name="Rut System")
    console = web(platform, root)
    listed = console.get("/console/").content.decode()
    assert (listed.count("Does not answer"), listed.count("Migrations missing")) == (1, 1)
    page = console.get(reverse("console:clinic", "hpms.urls_public", [lagging.id])).content.decode()
    assert "Does not answer" in page
    assert "Visits today" not in page  # nothing that nobody counted


def test_a_clinic_without_a_schema_keeps_nobody_waiting(
    throw_away: str, platform: Any, lakeside: Any, as_superuser: Any
) -> None:
    before = timezone.now() - timedelta(minutes=5)
    assert pulse.take_pulses(at=before) == 2
    with as_superuser() as server:
        server.execute(f"DROP SCHEMA {lakeside.schema} CASCADE")
    at = timezone.now()
    assert pulse.take_pulses(at=at) == 1
    kept = pulses(platform)
    assert (kept["lakeside"].failure != "", kept["riverside"].failure, kept["riverside"].taken_at) == (True, "", at)


def test_a_clinic_that_is_well_again_says_so(platform: Any, lakeside: Any) -> None:
    pulse.take_pulses(at=timezone.now())
    with platform.inside():
        Pulse.objects.filter(clinic_id=lakeside.id).update(failure="ProgrammingError")
    pulse.take_pulses(at=timezone.now())
    assert pulses(platform)["lakeside"].failure == ""


def test_migrations_are_loaded_once(platform: Any, monkeypatch: Any) -> None:
    pulse.take_pulses(at=timezone.now())
    monkeypatch.setattr("django.db.migrations.loader.MigrationLoader.build_graph", None)
    assert pulse.take_pulses(at=timezone.now()) == 2
