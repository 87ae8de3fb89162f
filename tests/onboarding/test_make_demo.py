"""The command fills the clinics side by side. It forks, so it runs in a process of its own, as `make demo` runs it."""

import os
import subprocess
import sys
from pathlib import Path

from apps.billing.models import Invoice
from apps.patients.models import Document, Patient
from apps.scheduling.models import Appointment
from tests.house import pointing_at

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 600  # seconds: a fork that waits for a thread which it has not inherited waits for ever
MAKE = """
from dataclasses import replace
from datetime import UTC, datetime
import django
django.setup()
from django.core.management import call_command
from apps.onboarding.demo import days
from apps.onboarding.demo.plan import LAKESIDE
from apps.onboarding.management.commands import make_demo

days.HISTORY, days.AHEAD = 1, 0
small = replace(LAKESIDE, patients=8, past=0.3, today=0.2)
plans = (small, replace(small, slug="riverside", name="Riverside"))
make_demo.PLANS = make_demo.open_all.__kwdefaults__["plans"] = plans
make_demo.clock.now = lambda: datetime(2026, 11, 20, 16, 30, tzinfo=UTC)  # a Friday's morning in New York
"""
RUN = 'call_command("make_demo")'
RUN_WITHOUT_RIVERSIDE = """
def make(plan, **how):
    if plan.slug == "riverside":
        raise SystemExit("The river is too high.")
make_demo.make = make
call_command("make_demo")
"""


def run(database: str, script: str) -> subprocess.CompletedProcess[str]:
    logins = {
        name: pointing_at(os.environ[name], database) for name in ("HPMS_DATABASE_URL", "HPMS_OWNER_DATABASE_URL")
    }
    return subprocess.run(
        [sys.executable, "-c", MAKE + script],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "hpms.settings", **logins},
        capture_output=True,
        text=True,
        timeout=LONGEST,
    )


def test_both_clinics_are_filled_side_by_side(throw_away, riverside, lakeside):
    told = run(throw_away, RUN)

    assert told.returncode == 0, told.stderr
    assert "Riverside: day 2 of 2" in told.stderr
    assert "Lakeside Practice: day 2 of 2" in told.stderr
    assert "Everybody's password is" in told.stdout
    for clinic in (riverside, lakeside):
        with clinic.inside():
            assert Patient.objects.count() >= 8
            for kind in (Appointment, Invoice, Document):  # a document is typeset: in the fork
                assert kind.objects.exists()


def test_a_clinic_that_could_not_be_filled_is_named(throw_away, riverside):
    told = run(throw_away, RUN_WITHOUT_RIVERSIDE)

    assert told.returncode == 1
    assert "The river is too high." in told.stderr
    assert "Could not fill riverside (see above)." in told.stderr
