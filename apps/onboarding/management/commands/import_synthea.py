"""Bring a Synthea export into a clinic."""

import sys
import time
from argparse import ArgumentParser
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.accounts.models import User
from apps.accounts.roles import CLINIC_ADMIN
from apps.clinic import profile
from apps.core import clock
from apps.core.connection import connection
from apps.onboarding.synthea import export as exports
from apps.onboarding.synthea.arrivals import Run
from apps.onboarding.synthea.closed import InClosedDays
from apps.onboarding.synthea.files import UnusableExport
from apps.onboarding.synthea.replay import AnotherImport, Replay
from apps.onboarding.synthea.summary import in_the_books
from apps.tenants.called import clinic_called
from apps.tenants.models import Clinic

MOST_SHOWN = 30
EVERY = 2.0  # seconds between two words about the progress


class Command(BaseCommand):
    help = (
        "Replay a Synthea CSV export (patients, providers, encounters, claims, claims_transactions) in a clinic: "
        "people, visits, invoices and payments at their own dates. May be interrupted and run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="The folder with the CSV files, as Synthea writes it.")
        parser.add_argument("--clinic", required=True, metavar="SLUG", help="Which clinic: see list_clinics.")
        parser.add_argument("--by", metavar="EMAIL", help="The clinic admin who answers for it (default: the first).")
        parser.add_argument("--refused", type=Path, metavar="FILE", help="Write every refused row to this file.")

    def handle(self, *args: Any, **options: Any) -> None:
        clinic = _clinic(options["clinic"])
        _refuse_unwritable(options["refused"])
        progress = _Progress(self.stderr)
        at = clock.now()
        with _inside(clinic, "command:import_synthea"):
            by = _answering(options["by"])
            _refuse_currency()
            zone = profile.current().zone
        actor = f"command:import_synthea for user:{by.pk}"

        def enter() -> AbstractContextManager[Any]:
            return _inside(clinic, actor)

        try:
            export = exports.read(options["folder"], now=at.astimezone(zone), tell=progress.say)
            replay = Replay(Run(export, by, at), enter=enter, tell=progress.count)
            replay.everything()
        except (UnusableExport, InClosedDays) as problem:
            raise CommandError(str(problem)) from problem
        except AnotherImport as problem:
            raise CommandError(
                "Another import into this clinic is running. Nothing is lost: run it again."
            ) from problem
        progress.end()
        with enter():
            self.stdout.write(f"{clinic.name} now holds, of this and earlier imports:")
            for line in in_the_books():
                self.stdout.write(f"  {line}")
        if replay.visits.overlaps:
            self.stdout.write(
                f"{replay.visits.overlaps} visits overlap another one of their provider: booked by override."
            )
        self._tell("row was odd and is in", "rows were odd and are in", export.in_order(export.odd()))
        refused = export.in_order(export.refused)
        self._tell("row was refused", "rows were refused", refused)
        if options["refused"]:
            options["refused"].write_text("".join(f"{one}\n" for one in refused), encoding="utf-8")

    def _tell(self, one: str, many: str, rows: list[exports.Refused]) -> None:
        if not rows:
            return
        self.stdout.write(f"{len(rows)} {one if len(rows) == 1 else many}:")
        for row in rows[:MOST_SHOWN]:
            self.stdout.write(f"  {row}")
        if len(rows) > MOST_SHOWN:
            self.stdout.write(f"  … and {len(rows) - MOST_SHOWN} more (--refused FILE writes every refused row)")


class _Progress:
    """On a terminal one line that is written over; elsewhere a line now and then."""

    def __init__(self, out: Any) -> None:
        self.out, self.last = out, 0.0
        self.live = sys.stderr.isatty()

    def say(self, words: str) -> None:
        self.out.write(f"\r\033[K{words} …" if self.live else f"{words} …", ending="" if self.live else "\n")
        self.out.flush()

    def count(self, what: str, done: int, of: int) -> None:
        now = time.monotonic()
        if done == of or now - self.last >= (0.1 if self.live else EVERY):
            self.last = now
            self.say(f"{what}: {done} of {of}")

    def end(self) -> None:
        if self.live:
            self.out.write("\r\033[K", ending="")


def _refuse_unwritable(file: Path | None) -> None:
    """Before the import: afterwards the list would be lost."""
    try:
        if file is not None:
            file.open("a", encoding="utf-8").close()
    except OSError as problem:
        raise CommandError(f"{file} cannot be written: {problem.strerror}.") from problem


def _inside(clinic: Clinic, actor: str) -> AbstractContextManager[Any]:
    who = {"actor": actor, "slug": clinic.slug, "name": clinic.name}
    return connection.inside(clinic.schema_name, clinic=clinic.pk, **who)


def _clinic(slug: str) -> Clinic:
    clinic = clinic_called(slug, actor="command:import_synthea")
    if clinic.state != Clinic.State.OPEN:
        raise CommandError(f"{clinic.name} is not open ({clinic.state}).")
    return clinic


def _answering(email: str | None) -> User:
    """A clinic admin: only they may book over another visit and give what is taken off a bill."""
    admins = User.objects.filter(is_active=True, groups__role__code=CLINIC_ADMIN).order_by("created_at", "id")
    if email:
        admins = admins.filter(email=User.objects.normalize_email(email))
    admin = admins.first()
    if admin is None:
        raise CommandError(
            f"{email} is not an active clinic admin here." if email else "This clinic has no active clinic admin."
        )
    return admin


def _refuse_currency() -> None:
    currency = profile.current().currency_info
    if currency.decimals < 2:
        raise CommandError(f"Synthea counts in cents; this clinic's currency, {currency.code}, has none.")
