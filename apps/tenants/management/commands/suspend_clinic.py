"""Suspend a clinic, or open a suspended one again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.core.connection import connection
from apps.core.models import PLATFORM_ID
from apps.core.refusals import Refusal
from apps.tenants import provisioning
from apps.tenants.called import clinic_called
from apps.tenants.models import Clinic

ACTOR = "command:suspend_clinic"


class Command(BaseCommand):
    help = "Close a clinic's door with a reason; --resume opens it again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--reason", default="")
        parser.add_argument("--resume", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            clinic = clinic_called(options["slug"], actor=ACTOR, states=Clinic.State.values)
            with connection.inside("public", clinic=PLATFORM_ID, actor=ACTOR):
                if options["resume"]:
                    provisioning.resume(clinic)
                else:
                    provisioning.suspend(clinic, at=timezone.now(), reason=options["reason"])
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(f"{clinic.name} is {'open again' if options['resume'] else 'suspended'}.")
