"""Compare the whole register of a clinic with itself, now and here, instead of leaving it to a worker."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from apps.core.clock import now
from apps.patients import review
from apps.patients.models import DuplicatePair, DuplicateSearch
from apps.tenants.called import clinic_called, inside

ACTOR = "command:find_duplicates"


class Command(BaseCommand):
    help = "Find likely duplicates among all patients of a clinic. Goes on where an earlier search was stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("clinic", help="The slug of the clinic.")

    def handle(self, *args: Any, **options: Any) -> None:
        clinic = clinic_called(options["clinic"], actor=ACTOR)
        began = time.monotonic()
        with inside(clinic, actor=ACTOR):
            review.ask_for_all(at=now())
        is_last = False
        while not is_last:  # each step is a transaction of its own
            with inside(clinic, actor=ACTOR):
                is_last = review.compare_step(at=now())
        with inside(clinic, actor=ACTOR):
            compared = DuplicateSearch.objects.get().compared
            waiting = DuplicatePair.objects.to_review().count()
        self.stdout.write(f"{compared:,} patients compared in {time.monotonic() - began:.1f} s; {waiting:,} to review.")
