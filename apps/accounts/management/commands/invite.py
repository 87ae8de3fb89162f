"""Invite somebody from the command line: the first system admin, or a clinic admin where nobody is left."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.accounts import roles, staff
from apps.core.connection import connection
from apps.core.models import PLATFORM_ID
from apps.core.refusals import Refusal
from apps.tenants.called import clinic_called

PLATFORM = ("public", PLATFORM_ID, "", "HPMS")


class Command(BaseCommand):
    help = "Invite a system admin (or, with --clinic, a clinic's staff). Prints the link, which is also sent by e-mail."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("full_name")
        parser.add_argument("--clinic", help="The slug of the clinic; without it, the platform.")
        parser.add_argument("--role", action="append", help="May be given several times. Default: the admin's.")

    def handle(self, *args: Any, **options: Any) -> None:
        schema, clinic_id, slug, name = _clinic(options["clinic"]) if options["clinic"] else PLATFORM
        wanted = options["role"] or [roles.CLINIC_ADMIN if options["clinic"] else roles.SYSTEM_ADMIN]
        with connection.inside(schema, clinic=clinic_id, actor="command:invite", slug=slug, name=name):
            try:
                person = staff.invite(
                    email=options["email"], full_name=options["full_name"], roles=wanted, by=None, at=timezone.now()
                )
            except Refusal as refusal:
                raise CommandError(str(refusal)) from refusal
            link = staff.invitation_link(person)
        self.stdout.write(f"{person} may choose a password at\n{link}")


def _clinic(slug: str) -> tuple[str, Any, str, str]:
    clinic = clinic_called(slug, actor="command:invite")
    return clinic.schema_name, clinic.pk, clinic.slug, clinic.name
