"""Make the demo's clinics, or bring them up to today."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.core import clock
from apps.onboarding.demo.make import logins, make


class Command(BaseCommand):
    help = "Two clinics to walk through, with their staff's logins. Safe to repeat: adds only what has come since."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The demo's passwords are known to everybody: there is none in production.")
        make(now=clock.now(), tell=self._tell)
        for line in logins(port=settings.HPMS_PORT):
            self.stdout.write(line)

    def _tell(self, words: str) -> None:
        self.stderr.write(words)
        self.stderr.flush()
