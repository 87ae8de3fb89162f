"""Closed days: what would count on one keeps the whole export out, so that nothing comes in by half."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.formats import date_format

from apps.clinic import profile
from apps.core.clock import day_of
from apps.ledger import closing
from apps.onboarding.synthea.arrivals import Run
from apps.onboarding.synthea.files import Place


class InClosedDays(Exception):
    """Something that is not in yet lies in days on which the books are closed."""


def refuse_closed(run: Run) -> None:
    """Raises InClosedDays, naming the first row of them."""
    until, zone = closing.closed_until(), profile.current().zone
    if until is None:
        return
    for moment, place in _missing(run):
        if moment and day_of(moment, zone) <= until:
            last = date_format(until, "j M Y")
            raise InClosedDays(
                f"The books are closed up to {last}, and {place} lies in those days. Nothing was imported: open "
                "the books first, or take what lies in closed days out of the export."
            )


def _missing(run: Run) -> Iterator[tuple[datetime | None, Place]]:
    """What would be written in the books: when, and where it stands."""
    for encounter in run.export.encounters:
        if not (run.find("encounter", encounter.id) and all(map(run.has_all, encounter.claims))):
            yield encounter.starts_at, encounter.place
    loose = run.export.loose_claims
    for claim in (*loose, *(claim for encounter in run.export.encounters for claim in encounter.claims)):
        for one in claim.transactions:
            if one.amount and not run.has(one):
                yield one.moment or claim.began_at, one.place
