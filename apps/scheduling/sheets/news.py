"""What open pages show although no move tells of it: names, reasons, colours, hours, leave, blocks.

Counted in the trail, which misses no writer and is indexed by time. What a transaction of minutes commits late is found
when the page compares everything (static/js/live.js).
"""

from collections.abc import Iterable

from django.db.models import Model

from apps.clinic.models import Department, Provider, Room
from apps.patients.models import Patient
from apps.scheduling.models import (
    Appointment,
    AppointmentType,
    Block,
    OneOffOpening,
    Resource,
    TimeOff,
    WeeklyBreak,
    WeeklyHours,
)
from apps.scheduling.sheets.live import also_count

WHOLE: tuple[type[Model], ...] = (
    *(Department, Provider, Room),
    *(AppointmentType, Block, OneOffOpening, Resource, TimeOff, WeeklyBreak, WeeklyHours),
)
# Of these only some columns matter: the rest is written all day, or is a move and told as such.
PARTS: dict[type[Model], tuple[str, ...]] = {
    Patient: ("given_name", "middle_name", "family_name", "is_vip"),
    Appointment: ("reason",),
}
# Hours and names belong to every day: the span does not matter.
WRITTEN_LATELY = """
    (SELECT coalesce(max(id), 0) * 1000 + count(*) %% 1000 FROM audit_event
      WHERE at > statement_timestamp() - interval '3 minutes' AND action <> 'read' AND table_name = ANY ('{tables}')
        AND ({shown}))
"""


def written_lately() -> str:
    """An expression whose value differs when something of this kind is written."""
    shown = [f"table_name = ANY ('{_array(model._meta.db_table for model in WHOLE)}')"]
    for model, columns in PARTS.items():
        shown.append(f"table_name = '{model._meta.db_table}' AND action = 'update' AND changed && '{_array(columns)}'")
    tables = _array(model._meta.db_table for model in (*WHOLE, *PARTS))
    return WRITTEN_LATELY.format(tables=tables, shown=" OR ".join(shown))


def _array(words: Iterable[str]) -> str:
    return "{" + ",".join(words) + "}"


def hang_up() -> None:
    """Let open pages look again. Called when the app is loaded."""
    also_count("words", written_lately())
