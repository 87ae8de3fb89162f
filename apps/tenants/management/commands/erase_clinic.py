"""Erase a clinic for ever."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core.connection import connection
from apps.core.models import PLATFORM_ID
from apps.tenants import provisioning
from apps.tenants.models import Clinic


class Command(BaseCommand):
    help = "Erase a suspended clinic for ever: its data, its keys, its address. There is no way back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--again", required=True, metavar="SLUG", help="The address once more, against slips.")

    def handle(self, *args: Any, **options: Any) -> None:
        slug = options["slug"]
        with connection.inside("public", clinic=PLATFORM_ID, actor="command:erase_clinic"):
            clinic = Clinic.objects.filter(slug=slug).first()
        if clinic is None:
            raise CommandError(f"There is no clinic “{slug}”.")
        if options["again"] != slug:
            raise CommandError(f"Nothing is erased: --again says “{options['again']}”, not “{slug}”.")
        if clinic.state not in (Clinic.State.SUSPENDED, Clinic.State.ERASING):
            raise CommandError(f"“{slug}” is {clinic.state}. Suspend it first: people may be at work in it.")
        provisioning.erase(clinic)
        self.stdout.write(
            f"{clinic.name} is erased. Its documents (folder {clinic.pk}) can be read by nobody any more: delete them"
            " when it suits. Backups of before still hold the clinic and its keys until they are thrown away."
        )
