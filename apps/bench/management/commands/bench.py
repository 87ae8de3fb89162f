"""How fast the house is on this machine, and how far that is from the floor.

In process, through the whole stack (middleware, session or token, trail, encryption), one client: the figures are
server time without the network, so that they compare between machines and with bare SQL. The web server adds its
threads on top.
"""

import time
from argparse import ArgumentParser
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.bench.asking import Scenario, positive
from apps.bench.books import fill_books
from apps.bench.measuring import Figures, measure
from apps.bench.money import MONEY
from apps.bench.rush import RUSH, rush
from apps.bench.scenarios import SCENARIOS
from apps.bench.stage import Stage, staged
from apps.core.clock import now
from apps.ledger.checking.running import check_books
from apps.ledger.models import JournalLine
from hpms.memory import keep_what_is_loaded

HEAD = ("", "req/s", "p50 ms", "p95 ms", "SQL", "CPU ms", "floor ms", "× floor", "KB", "target")
ROW = "{:<24}{:>8}{:>9}{:>9}{:>5}{:>8}{:>10}{:>9}{:>7}  {}"

CHECK_TARGET = 60.0  # seconds


class Command(BaseCommand):
    help = "Measure the desk (day sheet, booking, search …), or with --books the money, in a clinic made for it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--providers", type=positive, default=20)
        parser.add_argument("--appointments", type=positive, default=25, help="of each provider on each day")
        parser.add_argument("--days", type=positive, default=1, help="that are full, from today on")
        parser.add_argument("--patients", type=positive, help="2,000 if left out, with --books 50,000")
        parser.add_argument(
            "--large", action="store_true", help="100,000 patients; 20 providers × 50 appointments × 30 days"
        )
        parser.add_argument("--books", action="store_true", help="the money instead, with years of bills in the books")
        parser.add_argument("--book-days", type=positive, default=730, help="of the books")
        parser.add_argument("--invoices", type=positive, default=1_000, help="on each of these days, in twenties")
        parser.add_argument("--seconds", type=positive, default=5, help="for each row of the table")
        parser.add_argument("--only", choices=[*(one.name for one in (*SCENARIOS, *MONEY)), RUSH], action="append")

    def handle(self, *args: Any, **options: Any) -> None:
        if "owner" not in settings.DATABASES:
            raise CommandError("The bench opens a clinic of its own: it needs HPMS_OWNER_DATABASE_URL (make bench).")
        if options["appointments"] > 60:
            raise CommandError("A day has room for 60 appointments of each provider at most.")
        size = {name: options[name] for name in ("providers", "appointments", "days")}
        size["patients"] = options["patients"] or (50_000 if options["books"] else 2_000)
        if options["large"]:
            size = {"providers": 20, "appointments": 50, "days": 30, "patients": 100_000}
        if options["books"]:
            size |= {"providers": 1, "appointments": 1, "days": 1}
        with staged(**size, tell=self.stdout.write) as stage:
            if options["books"]:
                self._measure_books(stage, **options)
            else:
                self._measure(stage, SCENARIOS, **options)
                if not options["only"] or RUSH in options["only"]:
                    self.stdout.write(rush(stage))

    def _measure(self, stage: Stage, scenarios: Sequence[Scenario], **options: Any) -> None:
        import_module("hpms.wsgi")  # every page and address, as the web server
        keep_what_is_loaded()
        self.stdout.write(ROW.format(*HEAD))
        for scenario in scenarios:
            if options["only"] and scenario.name not in options["only"]:
                continue
            request = scenario.prepare(stage)
            figures = measure(
                request, seconds=options["seconds"], most=scenario.most(stage), has_floor=scenario.has_floor
            )
            self.stdout.write(_row(scenario, figures))
        self.stdout.write("floor: the same SQL by bare psycopg and the same bytes through a socket.")

    def _measure_books(self, stage: Stage, **options: Any) -> None:
        began = time.perf_counter()
        fill_books(stage, days=options["book_days"], invoices_a_day=options["invoices"], tell=self.stdout.write)
        with stage.inside():
            lines = JournalLine.objects.count()
        self.stdout.write(f"{lines:,} lines in the ledger, loaded in {time.perf_counter() - began:.0f} s")
        self._measure(stage, MONEY, **options)
        began = time.perf_counter()
        with stage.inside():
            run = check_books(by=None, at=now())
            wrong = sum(result.found for result in run.results.all())
        took = time.perf_counter() - began
        kept = not wrong and took <= CHECK_TARGET
        self.stdout.write(
            f"check_books: {took:.1f} s, {wrong} findings  ≤ {CHECK_TARGET:g} s {'kept' if kept else 'MISSED'}"
        )


def _row(scenario: Scenario, figures: Figures) -> str:
    return ROW.format(
        scenario.words,
        f"{figures.per_second:.0f}",
        f"{figures.p50:.1f}",
        f"{figures.p95:.1f}",
        "–" if figures.queries is None else figures.queries,
        f"{figures.cpu:.1f}",
        "–" if figures.floor is None else f"{figures.floor:.2f}",
        "–" if figures.floor is None else f"{figures.p50 / figures.floor:.1f}",
        f"{figures.size / 1024:.0f}",
        _verdict(scenario, figures),
    )


def _verdict(scenario: Scenario, figures: Figures) -> str:
    if scenario.target is None:
        return ""
    kept = figures.p95 <= scenario.target and (scenario.queries is None or (figures.queries or 0) <= scenario.queries)
    wanted = f"p95 ≤ {scenario.target:g} ms" + (f", ≤ {scenario.queries} SQL" if scenario.queries else "")
    return f"{wanted} {'kept' if kept else 'MISSED'}"
