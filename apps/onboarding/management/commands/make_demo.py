"""Make the demo's clinics, or bring them up to today."""

import multiprocessing
import signal
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from apps.core import clock
from apps.onboarding.demo.make import logins, make, open_all
from apps.onboarding.demo.plan import PLANS, Plan
from hpms.embedded import places


class Command(BaseCommand):
    help = "Two clinics to walk through, with their staff's logins. Safe to repeat: adds only what has come since."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The demo's passwords are known to everybody: there is none in production.")
        open_all(now=clock.now(), tell=self._tell)
        self._fill_side_by_side(PLANS)
        for line in logins(port=settings.HPMS_PORT):
            self.stdout.write(line)

    def _fill_side_by_side(self, plans: Sequence[Plan]) -> None:
        """Each clinic in a process of its own: they share nothing but the server, and a machine has two cores."""
        for connection in connections.all(initialized_only=True):  # a socket belongs to one process
            connection.close()
            connection.close_pool()  # type: ignore[attr-defined]
        fork = multiprocessing.get_context("fork")
        works = {plan.slug: fork.Process(target=self._fill, args=(plan,)) for plan in plans}
        for work in works.values():
            work.start()
        for work in works.values():
            work.join()
        failed = [slug for slug, work in works.items() if work.exitcode]
        if failed:
            raise CommandError(f"Could not fill {', '.join(failed)} (see above).")

    def _fill(self, plan: Plan) -> None:
        if end_with_parent := places.dies_with_parent(signal.SIGTERM):
            end_with_parent()
        make(plan, now=clock.now(), tell=self._tell)

    def _tell(self, words: str) -> None:
        self.stderr.write(words)
        self.stderr.flush()
