"""The day sheet drawn: columns of five-minute rows, each appointment a ready line.

Lines are written here and not in a template: a loop over 500 appointments took four times as long there.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from html import escape
from typing import NamedTuple
from uuid import UUID

from django.http import QueryDict
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.clinic.models import Provider
from apps.core.pages import addresses
from apps.core.templatetags.house import TONES
from apps.scheduling.calendars.open_times import Closure, Opening
from apps.scheduling.models import Channel, Status
from apps.scheduling.models.appointment import MOVABLE
from apps.scheduling.sheets import grid
from apps.scheduling.sheets.face import ROWS_AN_HOUR, Face, skipped

USUAL_HOURS = (8, 18)  # shown when nothing else says how long the day is
TWO_LINES, THREE_LINES = 4, 6  # rows from which an appointment has room for so many lines of text
SHOWN = [status for status in Status if status is not Status.CANCELLED]
LEGEND = (Status.SCHEDULED, Status.ARRIVED, Status.IN_SESSION, Status.COMPLETED, Status.NO_SHOW)
# A shape beside the colour, for whoever does not see colours or looks at a copy in black and white.
SHAPES = {
    Status.REQUESTED: "?",
    Status.ARRIVED: "●",
    Status.IN_SESSION: "▶",
    Status.COMPLETED: "✓",
    Status.NO_SHOW: "✕",
}


class Line(NamedTuple):
    """An appointment as the sheet shows it. Made by the hundred: a frozen dataclass takes three times as long."""

    id: UUID
    provider_id: UUID
    patient_id: UUID
    type_id: UUID
    day: date
    starts: str
    ends: str
    first: int  # row of the day; 1 is midnight
    end: int
    minute: int  # when it starts, in minutes since 1970
    minutes: int
    status: str
    name: str
    type_name: str
    is_override: bool
    is_vip: bool
    channel: str
    remark: str = ""
    resources: Collection[UUID] = ()  # rooms and equipment; known where the sheet is filtered by them


@dataclass(frozen=True, slots=True)
class Only:
    """What the sheet is asked to show; the rest keeps its place, as time that is taken."""

    types: Collection[UUID] = ()
    statuses: Collection[str] = ()
    channels: Collection[str] = ()
    resources: Collection[UUID] = ()

    @classmethod
    def asked(cls, query: QueryDict) -> "Only":
        """?type=, ?status=, ?channel= and ?resource=, several each; what is none is as if it were not there."""
        types, resources = (
            {found for found in map(_uuid, query.getlist(name)) if found} for name in ("type", "resource")
        )
        statuses = {status for status in query.getlist("status") if status in SHOWN}
        return cls(types, statuses, {one for one in query.getlist("channel") if one in Channel.values}, resources)

    def __bool__(self) -> bool:
        return bool(self.types or self.statuses or self.channels or self.resources)

    def leaves_out(self, line: Line) -> bool:
        return bool(
            (self.types and line.type_id not in self.types)
            or (self.statuses and line.status not in self.statuses)
            or (self.channels and line.channel not in self.channels)
            or (self.resources and not set(self.resources) & set(line.resources))
        )


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
    def iso_day(self) -> str:
        return self.day.isoformat()

    @property
    def count(self) -> str:
        return ngettext("%(n)s appointment", "%(n)s appointments", len(self.lines)) % {"n": len(self.lines)}


@dataclass(slots=True)
class Sheet:
    """Columns side by side, and what stands beside and above them."""

    columns: list[Column]
    face: Face
    first_hour: int
    last_hour: int
    counts: Mapping[str, int]
    away: int = 0  # providers left out, because they neither work nor have anybody on these days

    @property
    def hours(self) -> SafeString:
        """Each hour at the side, at its place."""
        hours = range(self.first_hour, self.last_hour)
        places = [((hour - self.first_hour) * ROWS_AN_HOUR + 1, self.face.hour_words(hour)) for hour in hours]
        return format_html_join("", '<span class="gs-{}">{}</span>', places)

    @property
    def height(self) -> str:
        return f"hrs-{self.last_hour - self.first_hour}"

    @property
    def booked(self) -> int:
        return sum(self.counts.values())

    @property
    def legend(self) -> list[tuple[Status, int]]:
        """How many there are of each status."""
        return [(status, self.counts.get(status, 0)) for status in LEGEND]

    @property
    def types(self) -> dict[UUID, str]:
        """The kinds of appointment that stand on it."""
        by_name = {line.type_name: line.type_id for column in self.columns for line in column.lines}
        return {pk: name for name, pk in by_name.items()}

    @property
    def again(self) -> str:
        """Where the clock shows some rows a second time: first of these rows in the sheet, and how many."""
        return f"{self.face.again - self.first_hour * ROWS_AN_HOUR} {self.face.rows}" if self.face.rows else ""

    def row_of(self, moment: datetime) -> int:
        """Where the now-line is drawn; 0 where it is outside the sheet."""
        row = self.face.row(moment.astimezone(self.face.zone)) - self.first_hour * ROWS_AN_HOUR
        return row if 1 <= row <= (self.last_hour - self.first_hour) * ROWS_AN_HOUR else 0


def draw(
    columns: list[Column],
    face: Face,
    *,
    open_times: Mapping[UUID, Sequence[Opening]],
    leave: Sequence[Closure],
    at_least: tuple[int, int] | None = None,
    only: Only | None = None,
    is_fixed: bool = False,
) -> Sheet:
    """Columns with their lines become a sheet as high as they need, or higher (`at_least`: first and last hour).
    On one that `is_fixed` nothing can be moved."""
    spans = [(line.first, line.end) for column in columns for line in column.lines]
    for column in columns:
        open_today = (face.span(one.starts_at, one.ends_at, column.day) for one in open_times[column.provider.pk])
        spans += [(first, end) for first, end in open_today if first < end]
    first_hour = min((first - 1) // ROWS_AN_HOUR for first, _end in spans) if spans else USUAL_HOURS[0]
    last_hour = max(-(-(end - 1) // ROWS_AN_HOUR) for _first, end in spans) if spans else USUAL_HOURS[1]
    first_hour, last_hour = min(first_hour, 20), min(max(last_hour, first_hour + 4), face.hours)
    if at_least:
        first_hour, last_hour = min(first_hour, at_least[0]), max(last_hour, at_least[1])
    only = only or Only()
    shown = Counter(line.status for column in columns for line in column.lines if not only.leaves_out(line))
    sheet = Sheet(columns, face, first_hour, last_hour, shown)
    writer = _Writer(first_hour * ROWS_AN_HOUR, only, () if is_fixed else MOVABLE)
    for column in columns:
        column.items = writer.items(column.lines)
        column.back = _back(column, open_times[column.provider.pk], leave, sheet)
        column.mark = mark_of(column)
    return sheet


def mark_of(column: Column) -> str:
    """A short fingerprint of what a column shows."""
    head = (column.title, column.subtitle, column.provider.colour)
    return hashlib.blake2s(f"{head}{column.items}{column.back}".encode(), digest_size=6).hexdigest()


class _Writer:
    """Writes lines; what is the same for all of them is worked out once."""

    def __init__(self, above: int, only: Only, movable: Collection[str]) -> None:
        self.above, self.only, self.movable = above, only, movable
        self.is_filtered = bool(only)
        self.address = addresses("scheduling:appointment")
        self.words = {status.value: escape(str(status.label)) for status in Status}
        self.kinds: dict[str, str] = {}  # escaped once
        self.shapes = {status.value: f" <i>{shape}</i>" for status, shape in SHAPES.items()}
        self.until, self.override, self.vip = escape(_("until")), escape(_("booked over another")), escape(_("VIP"))

    def items(self, lines: Sequence[Line]) -> SafeString:
        lanes = grid.side_by_side((line.first, line.end) for line in lines)
        written = (self._item(line, lane, of) for line, (lane, of) in zip(lines, lanes, strict=True))
        return mark_safe("".join(written))  # noqa: S308 - every word is escaped below

    def _item(self, line: Line, lane: int, of: int) -> str:
        rows, pk = line.end - line.first, str(line.id)
        name, word = escape(line.name), self.words[line.status]
        kind = self.kinds.get(line.type_name) or self.kinds.setdefault(line.type_name, escape(line.type_name))
        flags = " is-short" if rows < TWO_LINES else " is-two" if rows < THREE_LINES else ""
        flags += " is-over" if line.is_override else ""
        flags += " is-asked" if line.status == Status.REQUESTED else ""
        flags += " is-other" if self.is_filtered and self.only.leaves_out(line) else ""
        spoken = f"{line.starts} {name}, {kind}, {self.until} {line.ends}, {word}"
        if line.remark:
            kind = f"{escape(line.remark)} · {kind}"  # a narrow column has room for what comes first
            spoken += f", {escape(line.remark)}"
        spoken += (f", {self.override}" if line.is_override else "") + (f", {self.vip}" if line.is_vip else "")
        moves = f' data-moves="{line.minute} {line.minutes}"' if line.status in self.movable else ""
        return (
            f'<li class="{grid.place(line.first - self.above, rows)}{grid.lane(lane, of)}">'
            f'<a class="ap tone-{TONES[line.status]}{flags}" id="ap-{pk}" href="{self.address(pk)}"'
            f' data-panel{moves} data-word="{word}" aria-label="{spoken}">'
            f"<b>{line.starts}{self.shapes.get(line.status, '')} <bdi>{name}</bdi></b>{' ★' if line.is_vip else ''}"
            f" <small>{kind}</small></a></li>"
        )


def _back(column: Column, open_times: Sequence[Opening], leave: Sequence[Closure], sheet: Sheet) -> SafeString:
    """What lies behind the appointments: hours in which the provider does not see patients, and why."""
    face = sheet.face
    above, below = sheet.first_hour * ROWS_AN_HOUR, sheet.last_hour * ROWS_AN_HOUR + 1
    reasons = [
        (*face.span(one.starts_at, one.ends_at, column.day), one.reason or _("Away"))
        for one in leave
        if one.provider_id in (None, column.provider.pk) and one.kind != "hold"
    ]
    opened = [face.span(span.starts_at, span.ends_at, column.day) for span in open_times]
    gap = skipped(column.day, face.zone)
    if gap:
        reasons.insert(0, (*gap, _("Clocks go forward")))
        opened = [part for first, end in opened for part in ((first, min(end, gap[0])), (max(first, gap[1]), end))]
    reached, shut = above + 1, []
    for first, end in opened:
        if first < end:
            if first > reached:
                shut.append((reached, first))
            reached = max(reached, end)
    if reached < below:
        shut.append((reached, below))
    written = []
    for first, end in shut:
        why = next((why for off_from, off_until, why in reasons if off_from < end and first < off_until), "")
        inner = f'<div class="shut-why">{escape(why)}</div>' if why else ""
        written.append(f'<div class="shut {grid.place(first - above, end - first)}">{inner}</div>')
    for one in leave:
        if one.kind == "hold" and one.provider_id == column.provider.pk:
            first, end = face.span(one.starts_at, one.ends_at, column.day)
            if above < first < end:
                why = escape(_("being booked by %(who)s") % {"who": one.reason})
                written.append(
                    f'<div class="shut is-held {grid.place(first - above, end - first)}">'
                    f'<div class="shut-why">{why}</div></div>'
                )
    return mark_safe("".join(written))  # noqa: S308 - the reason was escaped above


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
