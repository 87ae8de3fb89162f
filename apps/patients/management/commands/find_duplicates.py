"""Compare the whole register of a clinic with itself, now and here, instead of leaving it to a worker."""

import time
from argparse import ArgumentParser
from contextlib import AbstractContextManager
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core.clock import now
from apps.core.connection import connection
from apps.core.models import PLATFORM_ID
from apps.patients import review
from apps.patients.models import DuplicatePair, DuplicateSearch
from apps.tenants.models import Clinic


class Command(BaseCommand):
    help = "Find likely duplicates among all patients of a clinic. Goes on where an earlier search was stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("clinic", help="The slug of the clinic.")

    def handle(self, *args: Any, **options: Any) -> None:
        with connection.inside("public", clinic=PLATFORM_ID, actor="command:find_duplicates"):
            clinic = Clinic.objects.filter(slug=options["clinic"]).first()
        if clinic is None:
            raise CommandError(f"There is no clinic “{options['clinic']}”.")
        began = time.monotonic()
        with _inside(clinic):
            review.ask_for_all(at=now())
        is_last = False
        while not is_last:  # each step is a transaction of its own
            with _inside(clinic):
                is_last = review.compare_step(at=now())
        with _inside(clinic):
            compared = DuplicateSearch.objects.get().compared
            waiting = DuplicatePair.objects.to_review().count()
        self.stdout.write(f"{compared:,} patients compared in {time.monotonic() - began:.1f} s; {waiting:,} to review.")


def _inside(clinic: Clinic) -> AbstractContextManager[Any]:
    who = {"actor": "command:find_duplicates", "slug": clinic.slug, "name": clinic.name}
    return connection.inside(clinic.schema_name, clinic=clinic.pk, **who)
