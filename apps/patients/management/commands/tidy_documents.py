"""Remove stored files that no document names, and tell which documents have lost theirs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core import clock
from apps.core.connection import connection
from apps.core.models import PLATFORM_ID
from apps.patients.documents import tidying
from apps.tenants.models import Clinic


class Command(BaseCommand):
    help = "Remove stored files older than a day that no document names; fails if a document has lost its file."

    def handle(self, *args: Any, **options: Any) -> None:
        actor = "command:tidy_documents"
        with connection.inside("public", clinic=PLATFORM_ID, actor=actor):
            clinics = list(Clinic.objects.exclude(state=Clinic.State.OPENING))
        lost = 0
        for clinic in clinics:
            who = {"actor": actor, "slug": clinic.slug, "name": clinic.name}
            with connection.inside(clinic.schema_name, clinic=clinic.pk, **who):
                done = tidying.tidy(at=clock.now())
            self.stdout.write(f"{clinic.slug}: {done.removed} removed, {len(done.missing)} missing")
            for version in done.missing:
                self.stdout.write(f"  document {version} has no file any more")
            lost += len(done.missing)
        if lost:
            raise CommandError(f"{lost} file(s) are missing: bring them back from the backup.")
