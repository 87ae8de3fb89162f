"""Have delivered after all what was given up, or be done with it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Count

from apps.core import clock
from apps.core.connection import connection
from apps.core.models import PLATFORM_ID
from apps.outbox import given_up
from apps.outbox.models import Message
from apps.tenants.called import clinic_called

ACTOR = "command:retry_outbox"
PLATFORM = ("public", PLATFORM_ID, "", "HPMS")


class Command(BaseCommand):
    help = "Try again what could not be delivered and was given up (the console counts it as failed jobs)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--clinic", metavar="SLUG", help="The slug of the clinic; without it, the platform.")
        parser.add_argument("--kind", default="", help="Only messages of this kind.")
        instead = parser.add_mutually_exclusive_group()
        instead.add_argument("--list", action="store_true", help="Only say what there is, and why it failed last.")
        instead.add_argument("--dismiss", action="store_true", help="Empty it instead: it is never delivered.")

    def handle(self, *args: Any, **options: Any) -> None:
        schema, clinic_id, slug, name = _clinic(options["clinic"]) if options["clinic"] else PLATFORM
        kind, at = options["kind"], clock.now()
        with connection.inside(schema, clinic=clinic_id, actor=ACTOR, slug=slug, name=name):
            if options["list"]:
                self._list(kind)
            elif options["dismiss"]:
                self.stdout.write(f"{slug or 'platform'}: {given_up.dismiss(at=at, kind=kind)} dismissed.")
            else:
                self.stdout.write(f"{slug or 'platform'}: {given_up.try_again(at=at, kind=kind)} to be tried again.")

    def _list(self, kind: str) -> None:
        found = Message.objects.given_up().filter(**({"kind": kind} if kind else {}))
        counted = found.values_list("kind", "last_error").annotate(Count("id")).order_by("kind", "last_error")
        for what, error, count in counted:
            self.stdout.write(f"{what:<28} {error:<28} {count:>8,}")


def _clinic(slug: str) -> tuple[str, Any, str, str]:
    clinic = clinic_called(slug, actor=ACTOR)
    return clinic.schema_name, clinic.pk, clinic.slug, clinic.name
