"""Bring the platform and every clinic up to date; one clinic's failure does not stop the others."""

from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.core.connection import connection
from apps.core.models import PLATFORM_ID
from apps.tenants import provisioning
from apps.tenants.models import Clinic


class Command(BaseCommand):
    help = "Migrate the public schema, then every clinic that lacks a migration; end half openings and erasures."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="Also go through clinics that lack nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        self.failed: list[str] = []
        self.stdout.write("Platform …")
        provisioning.migrate_platform()
        with connection.inside("public", clinic=PLATFORM_ID, actor="provisioning"):
            clinics = list(Clinic.objects.all())
        opened = [clinic for clinic in clinics if clinic.state in (Clinic.State.OPEN, Clinic.State.SUSPENDED)]
        for clinic in opened if options["all"] else provisioning.lagging(opened):
            self._apart(clinic, "", provisioning.migrate_clinic)
        for clinic in clinics:
            if clinic.state == Clinic.State.OPENING:
                self._apart(clinic, ": finishing what was interrupted", _open)
            elif clinic.state == Clinic.State.ERASING:
                self._apart(clinic, ": erasing what is left", provisioning.erase)
        if self.failed:
            raise CommandError(f"Not up to date: {', '.join(self.failed)}. The others are.")
        self.stdout.write("Everything is up to date.")

    def _apart(self, clinic: Clinic, words: str, work: Callable[[Clinic], object]) -> None:
        """The other clinics must not wait for this one; the command still fails."""
        self.stdout.write(f"{clinic.slug}{words} …")
        try:
            work(clinic)
        except Exception as error:
            self.stderr.write(f"{clinic.slug}: {type(error).__name__}: {error}")
            self.failed.append(clinic.slug)


def _open(clinic: Clinic) -> None:
    with suppress(provisioning.NotOpen):  # somebody else has finished it meanwhile
        provisioning.open_registered(clinic, at=timezone.now())
