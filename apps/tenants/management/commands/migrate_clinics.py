"""Bring the platform and every clinic up to date; one clinic's failure does not stop the others."""

from argparse import ArgumentParser
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
        self.stdout.write("Platform …")
        provisioning.migrate_platform()
        with connection.inside("public", clinic=PLATFORM_ID, actor="provisioning"):
            clinics = list(Clinic.objects.all())
        opened = [clinic for clinic in clinics if clinic.state in (Clinic.State.OPEN, Clinic.State.SUSPENDED)]
        failed = []
        for clinic in opened if options["all"] else provisioning.lagging(opened):
            self.stdout.write(f"{clinic.slug} …")
            try:
                provisioning.migrate_clinic(clinic)
            except Exception as error:  # the other clinics must not wait for this one; the command still fails
                self.stderr.write(f"{clinic.slug}: {type(error).__name__}: {error}")
                failed.append(clinic.slug)
        for clinic in clinics:
            if clinic.state == Clinic.State.OPENING:
                self.stdout.write(f"{clinic.slug}: finishing what was interrupted …")
                provisioning.open_registered(clinic, at=timezone.now())
            elif clinic.state == Clinic.State.ERASING:
                self.stdout.write(f"{clinic.slug}: erasing what is left …")
                provisioning.erase(clinic)
        if failed:
            raise CommandError(f"Not migrated: {', '.join(failed)}. The others are up to date.")
        self.stdout.write("Everything is up to date.")
