"""Remove stored files that no document names, and tell which documents have lost theirs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core import clock
from apps.patients.documents import tidying
from apps.tenants.called import clinics_standing, inside

ACTOR = "command:tidy_documents"


class Command(BaseCommand):
    help = "Remove stored files older than a day that no document names; fails if a document has lost its file."

    def handle(self, *args: Any, **options: Any) -> None:
        lost = 0
        for clinic in clinics_standing(actor=ACTOR):
            with inside(clinic, actor=ACTOR):
                done = tidying.tidy(at=clock.now())
            self.stdout.write(f"{clinic.slug}: {done.removed} removed, {len(done.missing)} missing")
            for version in done.missing:
                self.stdout.write(f"  document {version} has no file any more")
            lost += len(done.missing)
        if lost:
            raise CommandError(f"{lost} file(s) are missing: bring them back from the backup.")
