"""The day sheet: a provider's day as a column, each appointment a ready line. Reads only.

Rows are five minutes of the clinic's own clock, so that ten o'clock is one row on every day of a week; what happens
twice in the night when clocks go back stands side by side. Lines are written here and not in a template: a loop over
500 appointments took four times as long there.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from html import escape
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.models import User
from apps.clinic.models import Provider
from apps.core.clock import local_day
from apps.core.sealed import Sealed
from apps.core.templatetags.house import TONES
from apps.patients.models import Patient
from apps.scheduling import grid
from apps.scheduling.fitting import SEE_PATIENTS
from apps.scheduling.hours import Opening, leave_between, openings
from apps.scheduling.models import Appointment, Status, TimeOff
from apps.scheduling.models.appointment import MOVABLE
from apps.scheduling.remarks import remarks_on

MIDNIGHT_ROW = 24 * 12 + 1
USUAL_HOURS = (8, 18)  # shown when nothing else says how long the day is
LEAST_ROWS = 2  # shorter visits are drawn this long, so that their time and name can be read
WIDE_ENOUGH = 4  # rows from which a line has room for two lines of text
SHOWN = [status for status in Status if status is not Status.CANCELLED]
NAMES = ("given_name", "middle_name", "family_name")


@dataclass(frozen=True, slots=True)
class Line:
    """An appointment as the sheet shows it."""

    id: UUID
    provider_id: UUID
    patient_id: UUID
    day: date
    starts: str
    ends: str
    first: int  # row of the day; 1 is midnight
    end: int
    status: str
    name: str
    type_name: str
    is_override: bool
    is_vip: bool
    remark: str = ""


@dataclass(slots=True)
class Column:
    """One provider's one day."""

    provider: Provider
    day: date
    title: str
    subtitle: str
    is_today: bool = False
    lines: Sequence[Line] = ()
    items: SafeString = field(default_factory=SafeString)
    back: SafeString = field(default_factory=SafeString)
    mark: str = ""  # differs when anything in the column does

    @property
    def key(self) -> str:
        return f"{self.provider.pk}-{self.day:%Y%m%d}"

    @property
    def count(self) -> str:
        return ngettext("%(n)s appointment", "%(n)s appointments", len(self.lines)) % {"n": len(self.lines)}


@dataclass(slots=True)
class Sheet:
    """Columns side by side, and what stands beside and above them."""

    columns: list[Column]
    first_hour: int
    last_hour: int
    counts: Mapping[str, int]
    away: int = 0  # providers left out, because they neither work nor have anybody on these days

    @property
    def hours(self) -> list[tuple[str, str]]:
        """Class and words of each hour at the side."""
        hours = range(self.first_hour, self.last_hour)
        return [(f"gs-{(hour - self.first_hour) * 12 + 1}", f"{hour:02}:00") for hour in hours]

    @property
    def height(self) -> str:
        return f"hrs-{self.last_hour - self.first_hour}"

    @property
    def booked(self) -> int:
        return sum(self.counts.values())

    def row_of(self, moment: datetime, zone: ZoneInfo) -> int:
        """Where the now-line is drawn; 0 where it is outside the sheet."""
        row = _row(moment.astimezone(zone)) - self.first_hour * 12
        return row if 1 <= row <= (self.last_hour - self.first_hour) * 12 else 0


def day_sheet(
    day: date, *, providers: Sequence[Provider], zone: ZoneInfo, reader: User, everyone: bool = False
) -> Sheet:
    """The columns of one day, in the providers' order. Those who neither work nor have anybody that day are left out,
    unless `everyone` is wanted or nobody would remain. A `reader` who may not see patients sees their numbers.
    Six queries whatever the size."""
    lines = lines_between(day, day, zone=zone, providers=providers, reader=reader)
    leave = leave_between(providers, *local_day(day, zone))
    open_times = openings(providers, first_day=day, last_day=day, zone=zone, leave=leave)
    here = [one for one in providers if everyone or open_times[one.pk] or lines[one.pk, day]] or list(providers)
    columns = [Column(one, day, one.name, one.specialty, lines=lines[one.pk, day]) for one in here]
    drawn = _drawn(columns, open_times, leave, zone)
    drawn.away = len(providers) - len(here)
    return drawn


def week_sheet(provider: Provider, monday: date, *, zone: ZoneInfo, today: date, reader: User) -> Sheet:
    """Seven days of one provider; Saturday and Sunday only where they are used."""
    days = [monday + timedelta(days=n) for n in range(7)]
    lines = lines_between(days[0], days[-1], zone=zone, providers=[provider], reader=reader)
    leave = leave_between([provider], local_day(days[0], zone)[0], local_day(days[-1], zone)[1])
    open_times = openings([provider], first_day=days[0], last_day=days[-1], zone=zone, leave=leave)
    open_days = {span.starts_at.astimezone(zone).date() for span in open_times[provider.pk]}
    columns = [
        _of_week(provider, one, lines[provider.pk, one], today)
        for one in days
        if one.weekday() < 5 or one in open_days or lines[provider.pk, one]
    ]
    return _drawn(columns, open_times, leave, zone)


def some_columns(
    places: Sequence[tuple[Provider, date]],
    *,
    zone: ZoneInfo,
    today: date,
    is_week: bool,
    first_hour: int,
    last_hour: int,
    reader: User,
) -> Sheet:
    """A few columns drawn anew for a sheet that shows these hours (or more, if they need more)."""
    providers = list({provider.pk: provider for provider, _day in places}.values())
    days = [day for _provider, day in places] or [today]
    lines = lines_between(min(days), max(days), zone=zone, providers=providers, reader=reader)
    leave = leave_between(providers, local_day(min(days), zone)[0], local_day(max(days), zone)[1])
    open_times = openings(providers, first_day=min(days), last_day=max(days), zone=zone, leave=leave)
    columns = [
        _of_week(provider, day, lines[provider.pk, day], today)
        if is_week
        else Column(provider, day, provider.name, provider.specialty, lines=lines[provider.pk, day])
        for provider, day in places
    ]
    return _drawn(columns, open_times, leave, zone, at_least=(first_hour, last_hour))


def _of_week(provider: Provider, day: date, lines: Sequence[Line], today: date) -> Column:
    said = _("Today") if day == today else ""
    return Column(provider, day, date_format(day, "D j M"), said, is_today=day == today, lines=lines)


def lines_between(
    first_day: date, last_day: date, *, zone: ZoneInfo, providers: Sequence[Provider], reader: User
) -> dict[tuple[UUID, date], list[Line]]:
    """Appointments by provider and day, in order of time: one query and one for each remark, names opened once."""
    named = reader.has_perm(SEE_PATIENTS)
    start, end = local_day(first_day, zone)[0], local_day(last_day, zone)[1]
    rows = (
        Appointment.objects.between(start, end)
        .filter(provider__in=[one.pk for one in providers], status__in=SHOWN)
        .order_by("starts_at", "lane", "id")
        .values_list(
            "id",
            "provider_id",
            "patient_id",
            "appointment_type__name",
            "starts_at",
            "ends_at",
            "status",
            "is_override",
            "patient__is_vip",
            *(f"patient__{name}" for name in (NAMES if named else ("number",))),
        )
    )
    remarks = remarks_on({row[2] for row in rows}, reader=reader)
    fields = [Patient._meta.get_field(name) for name in NAMES] if named else [None]
    found: dict[tuple[UUID, date], list[Line]] = defaultdict(list)
    for pk, provider_id, patient_id, type_name, starts_at, ends_at, status, is_override, is_vip, *names in rows:
        starts, ends = starts_at.astimezone(zone), ends_at.astimezone(zone)
        day = max(starts.date(), first_day)
        first = _row(starts) if starts.date() == day else 1
        last = _row(ends - timedelta(microseconds=1)) + 1 if ends.date() == day else MIDNIGHT_ROW
        opened = (_open(one, value, patient_id) for one, value in zip(fields, names, strict=True))
        found[provider_id, day].append(
            Line(
                pk,
                provider_id,
                patient_id,
                day,
                f"{starts:%H:%M}",
                f"{ends:%H:%M}",
                first,
                max(last, first + LEAST_ROWS),
                status,
                " ".join(filter(None, opened)),
                type_name,
                is_override,
                is_vip,
                remarks.get(patient_id, ""),
            )
        )
    return found


def marks(lines: Mapping[tuple[UUID, date], Sequence[Line]], keys: Iterable[tuple[UUID, date]]) -> dict[str, str]:
    """What each column would be marked with now: `Column.key` → `Column.mark`."""
    return {f"{provider_id}-{day:%Y%m%d}": mark_of(lines.get((provider_id, day), ())) for provider_id, day in keys}


def mark_of(lines: Sequence[Line]) -> str:
    """A short fingerprint of what a column shows."""
    shown = "\n".join(f"{x.id}{x.first}.{x.end}{x.status}{x.name}{x.type_name}{x.remark}" for x in lines)
    return hashlib.blake2s(shown.encode(), digest_size=6).hexdigest()


def _drawn(
    columns: list[Column],
    open_times: Mapping[UUID, Sequence[Opening]],
    leave: Sequence[TimeOff],
    zone: ZoneInfo,
    at_least: tuple[int, int] | None = None,
) -> Sheet:
    spans = [(line.first, line.end) for column in columns for line in column.lines]
    for column in columns:
        open_today = (_wall(one.starts_at, one.ends_at, column.day, zone) for one in open_times[column.provider.pk])
        spans += [(first, end) for first, end in open_today if first < end]
    first_hour = min((first - 1) // 12 for first, _end in spans) if spans else USUAL_HOURS[0]
    last_hour = max(-(-(end - 1) // 12) for _first, end in spans) if spans else USUAL_HOURS[1]
    first_hour, last_hour = min(first_hour, 20), min(max(last_hour, first_hour + 4), 24)
    if at_least:
        first_hour, last_hour = min(first_hour, at_least[0]), max(last_hour, at_least[1])
    sheet = Sheet(columns, first_hour, last_hour, Counter(line.status for column in columns for line in column.lines))
    address = reverse("scheduling:appointment", args=[UUID(int=0)]).replace(str(UUID(int=0)), "{}")
    words = {status.value: escape(str(status.label)) for status in Status}
    for column in columns:
        column.mark = mark_of(column.lines)
        column.items = _items(column.lines, first_hour, address, words)
        column.back = _back(column, open_times[column.provider.pk], leave, sheet, zone)
    return sheet


def _items(lines: Sequence[Line], first_hour: int, address: str, words: Mapping[str, str]) -> SafeString:
    above = first_hour * 12
    lanes = grid.side_by_side((line.first, line.end) for line in lines)
    until, override, vip = escape(_("until")), escape(_("booked over another")), escape(_("VIP"))
    written = []
    for line, (lane, of) in zip(lines, lanes, strict=True):
        rows = line.end - line.first
        name, kind, word = escape(line.name), escape(line.type_name), words[line.status]
        flags = (" is-short" if rows < WIDE_ENOUGH else "") + (" is-over" if line.is_override else "")
        flags += " is-asked" if line.status == Status.REQUESTED else ""
        spoken = f"{line.starts} {name}, {kind}, {until} {line.ends}, {word}"
        if line.remark:
            kind += f" · {escape(line.remark)}"
            spoken += f", {escape(line.remark)}"
        spoken += (f", {override}" if line.is_override else "") + (f", {vip}" if line.is_vip else "")
        written.append(
            f'<li class="{grid.place(line.first - above, rows)}{grid.lane(lane, of)}">'
            f'<a class="ap tone-{TONES[line.status]}{flags}" id="ap-{line.id}" href="{address.format(line.id)}"'
            f' data-panel{" data-moves" if line.status in MOVABLE else ""} data-word="{word}" aria-label="{spoken}">'
            f"<b>{line.starts} <bdi>{name}</bdi></b>{' ★' if line.is_vip else ''} <small>{kind}</small></a></li>"
        )
    return mark_safe("".join(written))  # noqa: S308 - every word was escaped above


def _back(
    column: Column, open_times: Sequence[Opening], leave: Sequence[TimeOff], sheet: Sheet, zone: ZoneInfo
) -> SafeString:
    """What lies behind the appointments: hours in which the provider does not see patients, and why."""
    above, below = sheet.first_hour * 12, sheet.last_hour * 12 + 1
    reached, shut = above + 1, []
    for span in open_times:
        first, end = _wall(span.starts_at, span.ends_at, column.day, zone)
        if first < end:
            if first > reached:
                shut.append((reached, first))
            reached = max(reached, end)
    if reached < below:
        shut.append((reached, below))
    reasons = [
        (*_wall(one.starts_at, one.ends_at, column.day, zone), one.reason or _("Away"))
        for one in leave
        if one.provider_id in (None, column.provider.pk)
    ]
    written = []
    for first, end in shut:
        why = next((why for off_from, off_until, why in reasons if off_from < end and first < off_until), "")
        inner = f'<div class="shut-why">{escape(why)}</div>' if why else ""
        written.append(f'<div class="shut {grid.place(first - above, end - first)}">{inner}</div>')
    return mark_safe("".join(written))  # noqa: S308 - the reason was escaped above


def _wall(start: datetime, end: datetime, day: date, zone: ZoneInfo) -> tuple[int, int]:
    """A span's rows on this day: first, and one past the last; (0, 0) where it does not touch it."""
    starts, ends = start.astimezone(zone), end.astimezone(zone)
    if starts.date() > day or (ends - timedelta(microseconds=1)).date() < day:
        return 0, 0
    first = _row(starts) if starts.date() == day else 1
    return first, _row(ends) if ends.date() == day else MIDNIGHT_ROW


def _row(local: datetime) -> int:
    return local.hour * 12 + local.minute // 5 + 1


def _open(sealed_field: Any, value: Any, row: UUID) -> str:
    opened: str = sealed_field.open(value, row=row) if value.__class__ is Sealed else value
    return opened
