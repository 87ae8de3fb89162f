"""Prove the books of the clinics, and say what is wrong with them."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core import clock
from apps.ledger.checking import running, wording
from apps.ledger.models import BookCheckResult
from apps.ledger.writing import Writer
from apps.tenants.called import clinic_called, clinics_standing, inside
from apps.tenants.models import Clinic

ACTOR = "command:check_books"


class Command(BaseCommand):
    help = "Prove the books of every clinic, or of one; names what is wrong and fails if anything is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--clinic", metavar="SLUG", help="Only this clinic.")

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = [clinic.slug for clinic in _clinics(options["clinic"]) if self._finds_something(clinic)]
        if wrong:
            raise CommandError(f"The books are wrong: {', '.join(wrong)}.")

    def _finds_something(self, clinic: Clinic) -> bool:
        with inside(clinic, actor=ACTOR):
            run = running.check_books(by=None, at=clock.now())
            results = list(run.results.all())
            write = Writer.of_clinic()
            self.stdout.write(f"{clinic.slug}: {clinic.name}")
            for result in results:
                self._tell(result, write)
        seconds = (run.ended_at - run.begun_at).total_seconds()
        found = sum(result.found for result in results)
        self.stdout.write(
            f"  {len(results)} checks in {seconds:.1f} s: {f'{found:,} wrong' if found else 'all is right'}"
        )
        return found > 0

    def _tell(self, result: BookCheckResult, write: Writer) -> None:
        verdict = f"{result.found:,} WRONG" if result.found else "ok"
        self.stdout.write(f"  {result.code:<22}{result.examined:>12,} examined {result.milliseconds:>8,} ms  {verdict}")
        for finding, words in wording.sentences(result, write):
            self.stdout.write(f"    {finding['number']}: {words}" if finding["number"] else f"    {words}")
        if result.found > len(result.findings):
            self.stdout.write(f"    … and {result.found - len(result.findings):,} more")


def _clinics(slug: str | None) -> list[Clinic]:
    return clinics_standing(actor=ACTOR) if slug is None else [clinic_called(slug, actor=ACTOR)]
