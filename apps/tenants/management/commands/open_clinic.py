"""Open a clinic from the command line."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.core.connection import connection
from apps.core.models import PLATFORM_ID
from apps.core.refusals import Refusal
from apps.tenants import provisioning
from apps.tenants.models import Clinic


class Command(BaseCommand):
    help = "Open a clinic: its schema, role, keys and first clinic admin, who is invited by e-mail."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="The first part of its address: <slug>.<domain>.")
        parser.add_argument("--name", required=True)
        parser.add_argument("--admin-email", required=True)
        parser.add_argument("--timezone", default="UTC", help="IANA name, such as Asia/Kolkata.")
        parser.add_argument("--currency", default="USD", help="ISO 4217 code.")
        parser.add_argument("--locale", default="en")
        parser.add_argument("--plan", default=Clinic.Plan.TRIAL)

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        details = {
            key: options[key] for key in ("slug", "name", "admin_email", "timezone", "currency", "locale", "plan")
        }
        try:
            with connection.inside("public", clinic=PLATFORM_ID, actor="command:open_clinic"):
                half_opened = Clinic.objects.filter(slug=options["slug"], state=Clinic.State.OPENING).first()
                clinic = half_opened or provisioning.register_clinic(**details, at=now)
            if half_opened:
                self.stdout.write(f"Finishing the interrupted opening of {clinic.slug} …")
            provisioning.open_registered(clinic, at=now)
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(f"{clinic.name} is open at {clinic.slug}.{settings.HPMS_DOMAIN}.")
