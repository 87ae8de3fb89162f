"""When providers are open, worked out from weekly hours, one-off openings, leave and blocks. Reads only.

Hours are kept on the clinic's own clock (10:00 is 10:00 in summer and winter); openings and leave are moments.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import F, Func, OuterRef, Q, QuerySet, TimeField, Value
from django.db.models.functions import Now

from apps.accounts.models import User
from apps.clinic.models import Provider
from apps.core.clock import local_day
from apps.core.prepared import prepared
from apps.scheduling.models import Appointment, Block, Hold, OneOffOpening, TimeOff, WeeklyBreak, WeeklyHours

MIDNIGHT = time(0)


@dataclass(frozen=True, slots=True)
class Opening:
    """A span in which a provider takes `capacity` patients at a time, at a site and in a room where these are known."""

    starts_at: datetime
    ends_at: datetime
    capacity: int
    site_id: UUID | None = None
    room_id: UUID | None = None

    def goes_on(self, other: "Opening") -> bool:
        """Whether a visit may begin in this one and end in the other: they touch, and not at two sites."""
        return self.ends_at == other.starts_at and not two_sites(self.site_id, other.site_id)


@dataclass(frozen=True, slots=True)
class Closure:
    """Leave, a closed day (no provider), blocked time; or what somebody has in hand, which closes nothing."""

    provider_id: UUID | None
    starts_at: datetime
    ends_at: datetime
    reason: str
    kind: str  # leave, block, hold


class Hours(NamedTuple):
    """A row of weekly hours with its breaks, each from when to when."""

    provider_id: UUID
    weekday: int
    starts: time
    ends: time
    capacity: int
    site_id: UUID | None
    room_id: UUID | None
    effective_from: date
    effective_until: date | None
    pauses: list[tuple[time, time]]


class OpenDays:
    """When providers are open on these local days: read once, in three queries for any number of providers and days
    (two for whoever has the `leave_between` of these days already); each day is worked out when it is asked for."""

    def __init__(
        self,
        providers: Iterable[Provider],
        *,
        first_day: date,
        last_day: date,
        zone: ZoneInfo,
        leave: Sequence[Closure] | None = None,
    ) -> None:
        ids = [provider.pk for provider in providers]
        self.first_day, self.last_day, self.zone = first_day, last_day, zone
        self._moments: dict[tuple[date, time], datetime] = {}
        self._bounds: dict[date, tuple[datetime, datetime]] = {}
        start, end = local_day(first_day, zone)[0], local_day(last_day, zone)[1]
        self._weekly: dict[UUID, dict[int, list[Hours]]] = defaultdict(lambda: defaultdict(list))
        for hours in _weekly_hours(ids, first_day, last_day):
            self._weekly[hours.provider_id][hours.weekday].append(hours)
        self._extra: dict[UUID, list[OneOffOpening]] = defaultdict(list)
        for extra in _one_off_openings(providers=ids, start=start, end=end):
            self._extra[extra.provider_id].append(extra)
        self._closed: dict[UUID, list[tuple[datetime, datetime]]] = defaultdict(list)
        for off in _closures(ids, start, end) if leave is None else leave:
            if off.kind == "hold":
                continue
            for provider_id in ids if off.provider_id is None else [off.provider_id]:
                self._closed[provider_id].append((off.starts_at, off.ends_at))

    def covers(self, first_day: date, last_day: date) -> bool:
        """Whether these days are among those that were read."""
        return self.first_day <= first_day and last_day <= self.last_day

    def on(self, provider_id: UUID, day: date) -> list[Opening]:
        """A provider's open time on one day: in order, not overlapping."""
        spans = list(self._weekly_on(provider_id, day))
        extra, closed = self._extra[provider_id], self._closed[provider_id]
        if not extra and not closed:
            return _combined(spans, [])
        start, end = self._day(day)
        for one in extra:
            if one.starts_at < end and one.ends_at > start:
                where = (one.site_id, one.room_id)
                spans.append(Opening(max(one.starts_at, start), min(one.ends_at, end), one.capacity, *where))
        return _combined(spans, [span for span in closed if span[0] < end and span[1] > start])

    def of(self, provider_id: UUID, days: Iterable[date] | None = None) -> Iterator[Opening]:
        """The same day after day."""
        for day in days or days_between(self.first_day, self.last_day):
            yield from self.on(provider_id, day)

    def sessions_of(self, provider_id: UUID, *, besides: UUID) -> Iterator[Opening]:
        """All sessions, as they were entered, overlapping or not; without one extra session."""
        for day in days_between(self.first_day, self.last_day):
            yield from self._weekly_on(provider_id, day)
        for one in self._extra[provider_id]:
            if one.pk != besides:
                yield Opening(one.starts_at, one.ends_at, one.capacity, one.site_id, one.room_id)

    def _weekly_on(self, provider_id: UUID, day: date) -> Iterator[Opening]:
        for hours in self._weekly[provider_id][day.weekday()]:
            if hours.effective_from <= day and (hours.effective_until is None or day <= hours.effective_until):
                yield from _session_on(day, hours, self.zone, self._moments)

    def _day(self, day: date) -> tuple[datetime, datetime]:
        if day not in self._bounds:
            self._bounds[day] = local_day(day, self.zone)
        return self._bounds[day]


def openings(
    providers: Sequence[Provider],
    *,
    first_day: date,
    last_day: date,
    zone: ZoneInfo,
    leave: Sequence[Closure] | None = None,
) -> dict[UUID, list[Opening]]:
    """Each provider's open time on these local days: in order, not overlapping. See `OpenDays`."""
    days = OpenDays(providers, first_day=first_day, last_day=last_day, zone=zone, leave=leave)
    return {provider.pk: list(days.of(provider.pk)) for provider in providers}


def leave_between(
    providers: Iterable[Provider], start: datetime, end: datetime, *, reader: User | None = None
) -> list[Closure]:
    """Leave, closed days and blocked time that touch this span, the whole clinic's included; for a `reader` also what
    others have in hand: for the day sheet."""
    return _closures([provider.pk for provider in providers], start, end, reader=reader)


def capacity_over(open_times: Sequence[Opening], start: datetime, end: datetime) -> int:
    """How many patients at a time are taken throughout this span; 0 where any of it is closed, or where it would take
    the provider from one site to another."""
    least, reached = 0, start
    sites: set[UUID] = set()
    for opening in open_times:
        if opening.ends_at <= reached:
            continue
        if opening.starts_at > reached:
            return 0
        if opening.site_id is not None:
            sites.add(opening.site_id)
        if len(sites) > 1:
            return 0
        least = min(least, opening.capacity) if least else opening.capacity
        reached = opening.ends_at
        if reached >= end:
            return least
    return 0


def booked_outside_hours(provider: Provider, *, at: datetime, zone: ZoneInfo) -> list[Appointment]:
    """Coming appointments that the provider's hours no longer cover, after hours were changed."""
    coming = list(
        Appointment.objects.of_provider(provider)
        .filter(status__in=["scheduled", "requested"], starts_at__gte=at)
        .with_people()
        .order_by("starts_at")
    )
    if not coming:
        return []
    first_day, last_day = coming[0].starts_at.astimezone(zone).date(), coming[-1].ends_at.astimezone(zone).date()
    open_times = openings([provider], first_day=first_day, last_day=last_day, zone=zone)[provider.pk]
    return [one for one in coming if not capacity_over(open_times, one.starts_at, one.ends_at)]


def two_sites(one: UUID | None, other: UUID | None) -> bool:
    return one is not None and other is not None and one != other


@prepared
def _one_off_openings(*, providers: Any, start: Any, end: Any) -> QuerySet[OneOffOpening]:
    return OneOffOpening.objects.filter(
        provider__among=providers, withdrawn_at=None, starts_at__lt=end, ends_at__gt=start
    )


def leave_of(provider_ids: Sequence[UUID], start: datetime, end: datetime) -> QuerySet[TimeOff]:
    theirs = Q(provider__among=provider_ids) | Q(provider=None)
    return TimeOff.objects.filter(theirs, withdrawn_at=None, starts_at__lt=end, ends_at__gt=start)


def _closures(
    provider_ids: Sequence[UUID], start: datetime, end: datetime, *, reader: User | None = None
) -> list[Closure]:
    """One query for all; leave first."""
    asked = {"providers": list(provider_ids), "start": start, "end": end}
    rows = _closed(**asked) if reader is None else _closed_or_held(**asked, reader=reader.pk)
    return sorted((Closure(*row) for row in rows), key=lambda one: (one.kind != "leave", one.starts_at))


CLOSURE = ("provider_id", "starts_at", "ends_at", "reason", "kind")


@prepared
def _closed(*, providers: Any, start: Any, end: Any) -> QuerySet[Any, Any]:
    return _leave_and_blocks(providers, start, end)


@prepared
def _closed_or_held(*, providers: Any, start: Any, end: Any, reader: Any) -> QuerySet[Any, Any]:
    held = Hold.objects.standing(Now()).of_others(reader).busy_between(start, end)
    held = held.filter(provider__among=providers).annotate(reason=F("by__full_name"), kind=Value("hold"))
    return _leave_and_blocks(providers, start, end).union(held.order_by().values_list(*CLOSURE), all=True)


def _leave_and_blocks(providers: Any, start: Any, end: Any) -> QuerySet[Any, Any]:
    leave = leave_of(providers, start, end).annotate(kind=Value("leave"))
    blocks = Block.objects.between(start, end).filter(provider__among=providers).annotate(kind=Value("block"))
    return leave.order_by().values_list(*CLOSURE).union(blocks.order_by().values_list(*CLOSURE), all=True)


def _weekly_hours(ids: Sequence[UUID], first_day: date, last_day: date) -> list[Hours]:
    """Weekly hours with their breaks, on the weekdays that are asked for."""
    weekdays = {day.weekday() for day in days_between(first_day, min(last_day, first_day + timedelta(days=6)))}
    rows = _weekly_of(providers=ids, first_day=first_day, last_day=last_day, weekdays=sorted(weekdays))
    return [Hours._make(row) for row in rows]


@prepared
def _weekly_of(*, providers: Any, first_day: Any, last_day: Any, weekdays: Any) -> QuerySet[Any, Any]:
    both = Func("starts", "ends", template="ARRAY[%(expressions)s]", output_field=ArrayField(TimeField()))
    pauses = WeeklyBreak.objects.filter(hours=OuterRef("pk")).order_by("starts").values(both=both)
    weekly = WeeklyHours.objects.filter(provider__among=providers, weekday__among=weekdays)
    return weekly.effective(first_day, last_day).annotate(pauses=ArraySubquery(pauses)).values_list(*Hours._fields)


def days_between(first_day: date, last_day: date) -> Iterator[date]:
    """Both included."""
    for number in range((last_day - first_day).days + 1):
        yield first_day + timedelta(days=number)


def _session_on(
    day: date, hours: Hours, zone: ZoneInfo, moments: dict[tuple[date, time], datetime]
) -> Iterable[Opening]:
    """One session on one day, cut at its breaks. Where clocks go forward over a time, the moment after counts."""

    def moment(wall: time, *, is_end: bool = False) -> datetime:
        on = day + timedelta(days=1) if is_end and wall == MIDNIGHT else day
        if (on, wall) not in moments:
            moments[on, wall] = _moment(on, wall, zone)
        return moments[on, wall]

    reached = moment(hours.starts)
    for starts, ends in hours.pauses:
        if reached < moment(starts):
            yield Opening(reached, moment(starts), hours.capacity, hours.site_id, hours.room_id)
        reached = max(reached, moment(ends))
    if reached < moment(hours.ends, is_end=True):
        yield Opening(reached, moment(hours.ends, is_end=True), hours.capacity, hours.site_id, hours.room_id)


def _moment(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """The first moment of the day at which the clinic's clock shows this time or, in a gap, a later one."""
    local = datetime.combine(day, wall, tzinfo=zone)
    moment = local.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return moment
    # In a gap, the offset after it gives a moment before it and the other way round: the clock jumps in between.
    before, after = local.replace(fold=1).astimezone(UTC), moment
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).replace(tzinfo=None) < local.replace(tzinfo=None):
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def _combined(spans: list[Opening], closed: list[tuple[datetime, datetime]]) -> list[Opening]:
    """Spans in order, leave cut out; where some overlap the larger capacity holds."""
    spans.sort(key=lambda span: span.starts_at)
    if not closed and all(one.ends_at <= other.starts_at for one, other in pairwise(spans)):
        return spans
    edges = sorted(
        {edge for span in spans for edge in (span.starts_at, span.ends_at)} | {e for pair in closed for e in pair}
    )
    combined: list[Opening] = []
    for start, end in pairwise(edges):
        if any(off_from <= start and end <= off_until for off_from, off_until in closed):
            continue
        there = [s for s in spans if s.starts_at <= start and end <= s.ends_at]
        if not there:
            continue
        most = max(there, key=lambda span: (span.capacity, span.site_id is not None))
        kind = (most.capacity, most.site_id, most.room_id)
        last = combined[-1] if combined else None
        if last and last.ends_at == start and (last.capacity, last.site_id, last.room_id) == kind:
            combined[-1] = Opening(last.starts_at, end, *kind)
        else:
            combined.append(Opening(start, end, *kind))
    return combined
