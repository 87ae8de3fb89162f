"""Erase a clinic for ever."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core.refusals import Refusal
from apps.tenants import provisioning
from apps.tenants.called import clinic_called
from apps.tenants.models import Clinic


class Command(BaseCommand):
    help = "Erase a suspended or half-opened clinic for ever: data, keys, address. There is no way back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--again", required=True, metavar="SLUG", help="The address once more, against slips.")

    def handle(self, *args: Any, **options: Any) -> None:
        slug = options["slug"]
        clinic = clinic_called(slug, actor="command:erase_clinic", states=Clinic.State.values)
        if options["again"] != slug:
            raise CommandError(f"Nothing is erased: --again says “{options['again']}”, not “{slug}”.")
        try:
            provisioning.erase(clinic)
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(
            f"{clinic.name} is erased. Its documents (folder {clinic.pk}) can be read by nobody any more: delete them"
            " when it suits. Backups of before still hold the clinic and its keys until they are thrown away."
        )
