"""The day sheet as it stood at a past minute, put together again from the moves that had been written down by then.

Every booking, move and change of status leaves a row that nobody can change (`AppointmentTransition`), so who stood
where is exact. Leave and blocked time are drawn as they were known then. Weekly hours and one-off openings are drawn as
they are today, names too, and what patients owed is left out: pages say so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from apps.accounts.models import User
from apps.clinic.models import Provider
from apps.core.clock import local_day
from apps.scheduling.calendars.open_times import Closure, openings
from apps.scheduling.models import AppointmentTransition, Block, TimeOff
from apps.scheduling.sheets.drawing import SHOWN, Column, Line, Sheet, draw
from apps.scheduling.sheets.face import Face
from apps.scheduling.sheets.sheet import by_column, name_fields

OVERNIGHT = timedelta(days=1)  # what began the day before may reach into this one


@dataclass(frozen=True, slots=True)
class Walk:
    """Where a moment stands among the changes of a day: the way to the one before and the one after."""

    before: datetime | None
    after: datetime | None
    number: int
    of: int


def sheet_as_of(
    day: date, moment: datetime, *, providers: Sequence[Provider], zone: ZoneInfo, reader: User, everyone: bool = False
) -> Sheet:
    """The columns as they stood at `moment`, that very moment included. Nothing on it can be moved."""
    face = Face.of([day], zone)
    lines = lines_as_of(day, moment, face=face, reader=reader)
    leave = _leave_known(day, moment, zone)
    open_times = openings(providers, first_day=day, last_day=day, zone=zone, leave=leave)
    here = [one for one in providers if everyone or open_times[one.pk] or lines.get((one.pk, day))] or list(providers)
    columns = [Column(one, day, one.name, one.specialty, lines=lines.get((one.pk, day), ())) for one in here]
    return draw(columns, face, open_times=open_times, leave=leave, is_fixed=True)


def lines_as_of(day: date, moment: datetime, *, face: Face, reader: User) -> dict[tuple[UUID, date], list[Line]]:
    """As `sheet.lines_between`, for the past: one query."""
    start, end = local_day(day, face.zone)
    concerned = AppointmentTransition.objects.touching(start - OVERNIGHT, end).order_by().values("appointment")
    last = (
        AppointmentTransition.objects.filter(appointment__in=concerned, at__lte=moment)
        .order_by("appointment", "-id")
        .distinct("appointment")
    )
    names = name_fields(reader)
    rows = last.values_list(
        *("to_starts_at", "to_ends_at", "is_override", "appointment", "to_provider", "to_status"),
        *("appointment__patient", "appointment__appointment_type", "appointment__appointment_type__name"),
        *("appointment__patient__is_vip", "appointment__channel", *(f"appointment__patient__{name}" for name in names)),
    )
    stood = [row for row in rows if row[5] in SHOWN and row[0] < end and row[1] > start]
    stood.sort(key=lambda row: (row[0], row[2], row[3]))  # as the sheet does, whatever their ends
    return by_column(stood, face=face, names=names, remarks={}, first_day=day)


def walk(day: date, moment: datetime, *, zone: ZoneInfo) -> Walk:
    """The changes that this day has seen, around a moment."""
    moves = AppointmentTransition.objects.touching(*local_day(day, zone)).order_by("at").values_list("at", flat=True)
    moments = list(moves.distinct())
    until = [one for one in moments if one <= moment]
    # On a change, the one before is the one before that.
    before = [one for one in until if one < moment]
    return Walk(
        before[-1] if before else None,
        next((one for one in moments if one > moment), None),
        len(until),
        len(moments),
    )


def _leave_known(day: date, moment: datetime, zone: ZoneInfo) -> list[Closure]:
    start, end = local_day(day, zone)
    span = {"entered_at__lte": moment, "starts_at__lt": end, "ends_at__gt": start}
    leave = TimeOff.objects.filter(Q(withdrawn_at=None) | Q(withdrawn_at__gt=moment), **span)
    blocks = Block.objects.filter(Q(lifted_at=None) | Q(lifted_at__gt=moment), provider__isnull=False, **span)
    return [
        *(Closure(one.provider_id, one.starts_at, one.ends_at, one.reason, "leave") for one in leave),
        *(Closure(one.provider_id, one.starts_at, one.ends_at, one.reason, "block") for one in blocks),
    ]
