"""The day sheet: who stands where on a day or in a week. Reads only; apps/scheduling/sheets/drawing.py draws it."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache, partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.clinic.models import Provider
from apps.core.clock import local_day
from apps.core.encryption import keyring
from apps.core.prepared import prepared
from apps.core.sealed import Sealed, SealedField
from apps.patients.models import Patient
from apps.scheduling.calendars.open_times import leave_between, openings
from apps.scheduling.fitting import SEE_PATIENTS
from apps.scheduling.models import Appointment, ResourceUse
from apps.scheduling.moves import minute_of
from apps.scheduling.sheets.drawing import SHOWN, Column, Line, Only, Sheet, draw
from apps.scheduling.sheets.face import Face
from apps.scheduling.sheets.remarks import remarks_on

LEAST_ROWS = 2  # shorter visits are drawn this long, so that their time and name can be read
NAMES = ("given_name", "middle_name", "family_name")


def day_sheet(
    day: date,
    *,
    providers: Sequence[Provider],
    zone: ZoneInfo,
    reader: User,
    everyone: bool = False,
    only: Only | None = None,
) -> Sheet:
    """The columns of one day, in the providers' order. Those who neither work nor have anybody that day are left out,
    unless `everyone` is wanted or nobody would remain. A `reader` who may not see patients sees their numbers.
    Six queries whatever the size."""
    face = Face.of([day], zone)
    lines = lines_between(day, day, face=face, providers=providers, reader=reader, only=only)
    leave = leave_between(providers, *local_day(day, zone), reader=reader)
    open_times = openings(providers, first_day=day, last_day=day, zone=zone, leave=leave)
    here = [one for one in providers if everyone or open_times[one.pk] or lines[one.pk, day]] or list(providers)
    columns = [Column(one, day, one.name, one.specialty, lines=lines[one.pk, day]) for one in here]
    drawn = draw(columns, face, open_times=open_times, leave=leave, only=only)
    drawn.away = len(providers) - len(here)
    return drawn


def belongs(providers: Sequence[Provider], day: date, *, zone: ZoneInfo) -> bool:
    """Whether one of these, whom a sheet of the day left out, has come to work or to have somebody booked that day."""
    if not providers:
        return False
    booked = Appointment.objects.filter(provider__in=providers, status__in=SHOWN).between(*local_day(day, zone))
    return booked.exists() or any(openings(providers, first_day=day, last_day=day, zone=zone).values())


def week_sheet(
    provider: Provider, monday: date, *, zone: ZoneInfo, today: date, reader: User, only: Only | None = None
) -> Sheet:
    """Seven days of one provider; Saturday and Sunday only where they are used."""
    days = week_of(monday)
    face = Face.of(days, zone)
    lines = lines_between(days[0], days[-1], face=face, providers=[provider], reader=reader, only=only)
    leave = leave_between([provider], local_day(days[0], zone)[0], local_day(days[-1], zone)[1], reader=reader)
    open_times = openings([provider], first_day=days[0], last_day=days[-1], zone=zone, leave=leave)
    open_days = {span.starts_at.astimezone(zone).date() for span in open_times[provider.pk]}
    columns = [
        _of_week(provider, one, lines[provider.pk, one], today)
        for one in days
        if one.weekday() < 5 or one in open_days or lines[provider.pk, one]
    ]
    return draw(columns, face, open_times=open_times, leave=leave, only=only)


def some_columns(
    places: Sequence[tuple[Provider, date]],
    *,
    zone: ZoneInfo,
    today: date,
    is_week: bool,
    first_hour: int,
    last_hour: int,
    reader: User,
    only: Only | None = None,
) -> Sheet:
    """A few columns drawn anew for a sheet that shows these hours (or more, if they need more)."""
    providers = list({provider.pk: provider for provider, _day in places}.values())
    days = [day for _provider, day in places] or [today]
    face = Face.of(week_of(min(days)) if is_week else days, zone)
    lines = lines_between(min(days), max(days), face=face, providers=providers, reader=reader, only=only)
    leave = leave_between(providers, local_day(min(days), zone)[0], local_day(max(days), zone)[1], reader=reader)
    open_times = openings(providers, first_day=min(days), last_day=max(days), zone=zone, leave=leave)
    columns = [
        _of_week(provider, day, lines[provider.pk, day], today)
        if is_week
        else Column(provider, day, provider.name, provider.specialty, lines=lines[provider.pk, day])
        for provider, day in places
    ]
    return draw(columns, face, open_times=open_times, leave=leave, at_least=(first_hour, last_hour), only=only)


def counts(places: Collection[tuple[UUID, date]], *, zone: ZoneInfo, only: Only | None = None) -> dict[str, int]:
    """How many of each status stand in all these columns together, without drawing them."""
    days = [day for _provider, day in places]
    start, end = local_day(min(days), zone)[0], local_day(max(days), zone)[1]
    rows = Appointment.objects.between(start, end).filter(provider__in={pk for pk, _day in places}, status__in=SHOWN)
    only = only or Only()
    if only.types:
        rows = rows.filter(appointment_type__in=only.types)
    if only.statuses:
        rows = rows.filter(status__in=only.statuses)
    if only.channels:
        rows = rows.filter(channel__in=only.channels)
    if only.resources:
        rows = rows.filter(Exists(ResourceUse.objects.filter(appointment=OuterRef("pk"), resource__in=only.resources)))
    return dict(rows.order_by().values_list("status").annotate(Count("pk")))


def week_of(day: date) -> list[date]:
    """Monday to Sunday."""
    monday = day - timedelta(days=day.weekday())
    return [monday + timedelta(days=n) for n in range(7)]


def _of_week(provider: Provider, day: date, lines: Sequence[Line], today: date) -> Column:
    said = _("Today") if day == today else ""
    return Column(provider, day, date_format(day, "D j M"), said, is_today=day == today, lines=lines)


def lines_between(
    first_day: date,
    last_day: date,
    *,
    face: Face,
    providers: Sequence[Provider],
    reader: User,
    only: Only | None = None,
) -> dict[tuple[UUID, date], list[Line]]:
    """Appointments by provider and day, in order of time: one query and one for each remark, names opened once."""
    start, end = local_day(first_day, face.zone)[0], local_day(last_day, face.zone)[1]
    names = name_fields(reader)
    asked: dict[str, Any] = {"providers": [one.pk for one in providers], "start": start, "end": end}
    uses: dict[UUID, Collection[UUID]] = {}
    if only and only.resources:
        rows = _rows_with_uses(names, **asked, resources=list(only.resources))
        uses = {row[3]: row[-1] for row in rows}
        rows = [row[:-1] for row in rows]
    else:
        rows = _rows(names, **asked)
    remarks = remarks_on([row[6] for row in rows], reader=reader)
    return by_column(rows, face=face, names=names, remarks=remarks, first_day=first_day, uses=uses)


@prepared
def _rows(names: Sequence[str], /, *, providers: Any, start: Any, end: Any) -> QuerySet[Any, Any]:
    """What `by_column` takes, in order of time."""
    return (
        Appointment.objects.between(start, end)
        .filter(provider__among=providers, status__in=SHOWN)
        .order_by("starts_at", "is_override", "id")
        .values_list(
            *("starts_at", "ends_at", "is_override", "id", "provider_id", "status"),
            *("patient_id", "appointment_type_id", "appointment_type__name", "patient__is_vip", "channel"),
            *(f"patient__{name}" for name in names),
        )
    )


@prepared
def _rows_with_uses(
    names: Sequence[str], /, *, providers: Any, start: Any, end: Any, resources: Any
) -> QuerySet[Any, Any]:
    """The same, and at the end which of these rooms and equipment each has."""
    in_use = ResourceUse.objects.filter(appointment=OuterRef("pk"), resource__among=resources)
    rows = _rows.build(names, providers=providers, start=start, end=end)
    return rows.values_list(*rows.query.values_select, ArraySubquery(in_use.order_by().values("resource")))


def by_column(
    rows: Iterable[Any],
    *,
    face: Face,
    names: Sequence[str],
    remarks: Mapping[UUID, str],
    first_day: date,
    uses: Mapping[UUID, Collection[UUID]] | None = None,
) -> dict[tuple[UUID, date], list[Line]]:
    """Lines of the columns, from rows in order of time; see `lines_between` for what is in a row."""
    name_of = name_opener(names)
    seen = cache(partial(_seen, face))  # columns begin and end at the same times
    found: dict[tuple[UUID, date], list[Line]] = defaultdict(list)
    for row in rows:
        starts_at, ends_at, is_override, pk, provider_id, status, patient_id, *rest = row
        type_id, type_name, is_vip, channel, *named = rest
        start_day, start_row, _, start_words, minute = seen(starts_at)
        end_day, _, last_row, end_words, end_minute = seen(ends_at)
        day = max(start_day, first_day)
        first = start_row if start_day == day else 1
        last = last_row + 1 if end_day == day else face.end
        found[provider_id, day].append(
            Line(
                pk,
                provider_id,
                patient_id,
                type_id,
                day,
                start_words,
                end_words,
                first,
                max(last, first + LEAST_ROWS),
                minute,
                end_minute - minute,
                status,
                name_of(named, patient_id),
                type_name,
                is_override,
                is_vip,
                channel,
                remarks.get(patient_id, "") if remarks else "",
                uses.get(pk, ()) if uses else (),
            )
        )
    return found


def _seen(face: Face, moment: datetime) -> tuple[date, int, int, str, int]:
    """A moment on the clinic's clock: its day, its row, the row of what ends then, in words, and in minutes of 1970."""
    local = moment.astimezone(face.zone)
    return local.date(), face.row(local), face.last_row(local), face.words(local), minute_of(moment)


def name_fields(reader: User) -> tuple[str, ...]:
    """What of a patient stands on the sheet: the name, or only the number for whoever may not see patients."""
    return NAMES if reader.has_perm(SEE_PATIENTS) else ("number",)


def name_opener(names: Sequence[str]) -> Callable[[Sequence[Any], UUID], str]:
    """Makes the name that is shown of these columns of a patient's row, with the keys at hand: for hundreds of them."""
    fields: list[Any] = [Patient._meta.get_field(name) for name in names]
    ring = keyring()
    openers = [field.opener(ring) if isinstance(field, SealedField) else None for field in fields]

    def name_of(values: Sequence[Any], row: UUID) -> str:
        return " ".join(
            open_one(value, row) if value.__class__ is Sealed and open_one else value
            for open_one, value in zip(openers, values, strict=True)
            if value
        )

    return name_of
