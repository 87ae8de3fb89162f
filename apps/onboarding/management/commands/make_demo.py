"""Make the demo's clinics, or bring them up to today."""

import signal
import subprocess
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.core import clock
from apps.onboarding.demo.make import logins, make, open_all
from apps.onboarding.demo.plan import PLANS
from hpms.embedded import places


class Command(BaseCommand):
    help = "Two clinics to walk through, with their staff's logins. Safe to repeat: adds only what has come since."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--only", choices=[plan.slug for plan in PLANS], help="bring one open clinic up to today")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The demo's passwords are known to everybody: there is none in production.")
        plans = {plan.slug: plan for plan in PLANS}
        if options["only"]:
            make(plans[options["only"]], now=clock.now(), tell=self._tell)
            return
        open_all(now=clock.now(), tell=self._tell)
        self._fill_side_by_side(list(plans))
        for line in logins(port=settings.HPMS_PORT):
            self.stdout.write(line)

    def _fill_side_by_side(self, slugs: list[str]) -> None:
        """Each clinic in a process of its own: they share nothing but the server, and a machine has two cores."""
        fill = [sys.executable, "manage.py", "make_demo", "--only"]
        ends_with_us = places.dies_with_parent(signal.SIGTERM)
        works = {
            slug: subprocess.Popen([*fill, slug], cwd=settings.BASE_DIR, preexec_fn=ends_with_us)  # noqa: S603
            for slug in slugs
        }
        failed = [slug for slug, work in works.items() if work.wait()]
        if failed:
            raise CommandError(f"Could not fill {', '.join(failed)} (see above).")

    def _tell(self, words: str) -> None:
        self.stderr.write(words)
        self.stderr.flush()
