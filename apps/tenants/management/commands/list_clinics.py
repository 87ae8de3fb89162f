"""List the clinics of this installation."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.core.connection import connection
from apps.core.models import PLATFORM_ID
from apps.tenants.models import Clinic


class Command(BaseCommand):
    help = "List the clinics of this installation: address, state, plan, name."

    def handle(self, *args: Any, **options: Any) -> None:
        with connection.inside("public", clinic=PLATFORM_ID, actor="command:list_clinics"):
            clinics = list(Clinic.objects.all())
        for clinic in clinics:
            self.stdout.write(f"{clinic.slug:<24} {clinic.state:<10} {clinic.plan:<10} {clinic.name}")
        if not clinics:
            self.stdout.write("No clinic yet: open one with open_clinic.")
