"""How fast the house is on this machine, and how far that is from the floor.

In process, through the whole stack (middleware, session or token, trail, encryption), one client: the figures are
server time without the network, so that they compare between machines and with bare SQL. The web server adds its
threads on top.
"""

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.bench.measuring import Figures, measure
from apps.bench.rush import RUSH, rush
from apps.bench.scenarios import SCENARIOS, Scenario
from apps.bench.stage import staged

HEAD = ("", "req/s", "p50 ms", "p95 ms", "SQL", "CPU ms", "floor ms", "× floor", "KB", "target")
ROW = "{:<24}{:>8}{:>9}{:>9}{:>5}{:>8}{:>10}{:>9}{:>7}  {}"


def _positive(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= 1_000_000:
        raise ArgumentTypeError("a whole number from 1 to 1,000,000")
    return int(text)


class Command(BaseCommand):
    help = "Measure day sheet, booking, patient search, free times and dashboard in a clinic made for it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--providers", type=_positive, default=20)
        parser.add_argument("--appointments", type=_positive, default=25, help="of each provider on each day")
        parser.add_argument("--days", type=_positive, default=1, help="that are full, from today on")
        parser.add_argument("--patients", type=_positive, default=2_000)
        parser.add_argument(
            "--large", action="store_true", help="100,000 patients; 20 providers × 50 appointments × 30 days"
        )
        parser.add_argument("--seconds", type=_positive, default=5, help="for each row of the table")
        parser.add_argument("--only", choices=[*(scenario.name for scenario in SCENARIOS), RUSH], action="append")

    def handle(self, *args: Any, **options: Any) -> None:
        if "owner" not in settings.DATABASES:
            raise CommandError("The bench opens a clinic of its own: it needs HPMS_OWNER_DATABASE_URL (make bench).")
        if options["appointments"] > 60:
            raise CommandError("A day has room for 60 appointments of each provider at most.")
        size = {name: options[name] for name in ("providers", "appointments", "days", "patients")}
        if options["large"]:
            size = {"providers": 20, "appointments": 50, "days": 30, "patients": 100_000}
        with staged(**size, tell=self.stdout.write) as stage:
            self.stdout.write(ROW.format(*HEAD))
            for scenario in SCENARIOS:
                if options["only"] and scenario.name not in options["only"]:
                    continue
                request = scenario.prepare(stage)
                figures = measure(request, seconds=options["seconds"], most=scenario.most(stage))
                self.stdout.write(_row(scenario, figures))
            self.stdout.write("floor: the same SQL by bare psycopg and the same bytes through a socket.")
            if not options["only"] or RUSH in options["only"]:
                self.stdout.write(rush(stage))


def _row(scenario: Scenario, figures: Figures) -> str:
    kept = figures.p95 <= scenario.target and (scenario.queries is None or figures.queries <= scenario.queries)
    wanted = f"p95 ≤ {scenario.target:g} ms" + (f", ≤ {scenario.queries} SQL" if scenario.queries else "")
    return ROW.format(
        scenario.words,
        f"{figures.per_second:.0f}",
        f"{figures.p50:.1f}",
        f"{figures.p95:.1f}",
        figures.queries,
        f"{figures.cpu:.1f}",
        f"{figures.floor:.2f}",
        f"{figures.p50 / figures.floor:.1f}",
        f"{figures.size / 1024:.0f}",
        f"{wanted} {'kept' if kept else 'MISSED'}",
    )
