"""Replace a clinic's keys while it works."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.core import encryption, rotation
from apps.core.encryption import Purpose
from apps.tenants.called import clinic_called, inside
from apps.tenants.models import Clinic

ACTOR = "command:rotate_keys"

SIGNING_KEYS_KEPT = 2  # tokens that were signed a moment ago stay valid until they end


class Command(BaseCommand):
    help = "Give a clinic a new data key and seal its data anew; may be stopped anywhere and run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--clinic", required=True, metavar="SLUG")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--signing", action="store_true", help="A new key for API tokens instead.")
        what.add_argument(
            "--root",
            action="store_true",
            help="Wrap the clinic's key with the first root key of HPMS_ROOT_KEY instead.",
        )
        parser.add_argument(
            "--no-wait",
            action="store_true",
            help="Do not wait until every process has taken up the new key; run again later to finish.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        clinic = clinic_called(options["clinic"], actor=ACTOR)
        if options["root"]:
            with inside(clinic, actor=ACTOR):
                self.stdout.write(f"{encryption.rewrap()} key(s) of {clinic.slug} are wrapped with the first root key.")
        elif options["signing"]:
            with inside(clinic, actor=ACTOR):
                version = encryption.add_version(Purpose.SIGNING)
                retired = rotation.retire_older(Purpose.SIGNING, at=timezone.now(), but=SIGNING_KEYS_KEPT)
            self.stdout.write(f"{clinic.slug} signs with key {version}; {retired} older one(s) retired.")
        else:
            self._rotate(clinic, wait=not options["no_wait"])

    def _rotate(self, clinic: Clinic, *, wait: bool) -> None:
        with inside(clinic, actor=ACTOR):
            version = rotation.begin()
            settles_at = rotation.settles_at()
        self.stdout.write(f"{clinic.slug} seals with key {version}. Sealing anew what older keys have sealed …")
        self._pass(clinic)
        left = (settles_at - timezone.now()).total_seconds()
        if left > 0 and not wait:
            self.stdout.write(
                f"Run this again in {left:.0f} seconds to finish: until then others may use the older key."
            )
            return
        if left > 0:
            self.stdout.write(f"Waiting {left:.0f} seconds until every process has taken up the new key …")
            time.sleep(left)
        kept = self._pass(clinic)
        with inside(clinic, actor=ACTOR):
            retired = rotation.retire_older(Purpose.DATA, at=timezone.now())
        self.stdout.write(f"Finished: {retired} older key(s) retired; they still open the trail" + _besides(kept) + ".")

    def _pass(self, clinic: Clinic) -> int:
        """Once over all tables, a stretch a transaction. Answers how many rows their guards have kept."""
        kept_of_all = 0
        for model in rotation.sealed_models():
            resealed = kept = 0
            last: Any = None
            while True:
                with inside(clinic, actor=ACTOR):
                    step = rotation.reseal(model, after=last)
                resealed, kept, last = resealed + step.resealed, kept + step.kept, step.last
                if last is None:
                    break
            if resealed or kept:
                self.stdout.write(f"  {model._meta.db_table}: {resealed} sealed anew" + _besides(kept))
            kept_of_all += kept
        return kept_of_all


def _besides(kept: int) -> str:
    return f", and {kept} row(s) that may not change" if kept else ""
