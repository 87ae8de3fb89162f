"""How long the register's long work takes: comparing everybody with everybody, importing and exporting a file."""

import csv
import io
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.bench.asking import positive
from apps.bench.stage import FAMILY, GIVEN, Stage, staged
from apps.core.clock import now
from apps.patients import review
from apps.patients.files import exporting, importing, steps
from apps.patients.files.columns import DETAILS
from apps.patients.models import DuplicatePair, Patient


class Command(BaseCommand):
    help = "Measure the search for duplicates, an import and an export in a clinic made for it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--patients", type=positive, default=10_000, help="who are registered already")
        parser.add_argument("--rows", type=positive, default=10_000, help="of the file that is imported")

    def handle(self, *args: Any, **options: Any) -> None:
        if "owner" not in settings.DATABASES:
            raise CommandError("The bench opens a clinic of its own: it needs HPMS_OWNER_DATABASE_URL (make bench).")
        with staged(providers=1, appointments=1, days=1, patients=options["patients"], tell=self.stdout.write) as stage:
            self._compare(stage)
            self._import(stage, options["rows"])
            self._export(stage)

    def _compare(self, stage: Stage) -> None:
        began = time.perf_counter()
        with stage.inside():
            review.ask_for_all(at=now())
        is_last = False
        while not is_last:
            with stage.inside():
                is_last = review.compare_step(at=now())
        took = time.perf_counter() - began
        with stage.inside():
            found = DuplicatePair.objects.count()
        self._say("whole register compared", len(stage.patients), took, f"{found:,} pairs")

    def _import(self, stage: Stage, rows: int) -> None:
        data = _file(rows)
        began = time.perf_counter()
        with stage.inside():
            file = importing.upload(data, file_name="bench.csv", by=stage.admin, at=now())
        self._say("file read", rows, time.perf_counter() - began, f"{len(data) / 1e6:.1f} MB")
        began = time.perf_counter()
        with stage.inside():
            file = importing.check(file, mapping=file.mapping, date_order="ymd", on_duplicate="create", at=now())
        while file.state == "checking":
            with stage.inside():
                file = steps.step(file, at=now())
        self._say("rows checked", rows, time.perf_counter() - began, f"{file.duplicates:,} likely duplicates")
        began = time.perf_counter()
        with stage.inside():
            file = importing.confirm(file, by=stage.admin, at=now())
        while file.state == "importing":
            with stage.inside():
                file = steps.step(file, at=now())
        self._say("rows imported", rows, time.perf_counter() - began, f"{file.refused:,} refused")

    def _export(self, stage: Stage) -> None:
        began = time.perf_counter()
        with stage.inside():
            fields = ("number", *DETAILS)
            pieces = exporting.export(Patient.objects.unmerged(), fields=fields, chosen={}, by=stage.admin, at=now())
            count = Patient.objects.count()
        size = sum(len(piece) for piece in pieces)
        self._say("patients exported", count, time.perf_counter() - began, f"{size / 1e6:.1f} MB")

    def _say(self, what: str, count: int, took: float, more: str) -> None:
        self.stdout.write(f"{what:<26}{count:>9,} in {took:7.1f} s {count / took:>9,.0f} a second   {more}")


def _file(rows: int) -> bytes:
    """People whom the clinic does not know, each with the usual details."""
    text = io.StringIO()
    write = csv.writer(text)
    write.writerow(["First name", "Last name", "DOB", "Sex", "Mobile", "Email", "Address", "City", "Remarks"])
    for n in range(rows):
        given, family = (
            f"{GIVEN[n % 13]}{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}",
            f"{FAMILY[n // 13 % 12]}{n % 97:02}",
        )
        born = f"{1930 + n % 90}-{1 + n % 12:02}-{1 + n % 28:02}"
        mail, street = f"{n}@mail.example", f"{n} Lake Road"
        write.writerow([given, family, born, "mf"[n % 2], f"+44 77{n:08}", mail, street, "Pune", "From the old system"])
    return text.getvalue().encode()
