"""Free times: reads only. Whoever books one is checked again, under the provider's lock."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from heapq import merge
from itertools import islice
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.clinic import profile
from apps.clinic.models import Provider, Site
from apps.core.clock import day_of, local_day
from apps.core.pages import NOBODY
from apps.core.prepared import prepared
from apps.core.refusals import Refusal
from apps.scheduling.calendars.open_times import OpenDays, Opening
from apps.scheduling.models import Appointment, AppointmentType, Hold, Resource, WaitlistOffer
from apps.scheduling.models.appointment_type import Measure
from apps.scheduling.taking import Availability

ROUND_TO = timedelta(minutes=5)
MOST_DAYS = 92
FIRST_DAYS = 2  # so many days of bookings are read before the first free time is known
FIRST_LOOK = timedelta(days=2)  # the next free times are looked for so far first
LOOK_AHEAD = timedelta(days=28)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
MINUTES_A_DAY = 25 * 60  # more times than any day has, even the one on which clocks go back
Span = tuple[datetime, datetime]


class TooManyDays(Refusal):
    code = "too_many_days"
    field = "last_day"
    message = _("Free times are looked for over at most 92 days, the first before the last.")


@dataclass(frozen=True, slots=True)
class Slot:
    """A time that can be booked now. `places`: how many more patients it would take."""

    provider: Provider
    starts_at: datetime
    ends_at: datetime
    places: int
    site_id: UUID | None = None
    room_id: UUID | None = None


def free_slots(
    *,
    providers: Iterable[Provider],
    appointment_type: AppointmentType,
    first_day: date,
    last_day: date,
    at: datetime | None = None,
    zone: ZoneInfo | None = None,
    every: timedelta | None = None,
    from_time: time | None = None,
    until_time: time | None = None,
    weekdays: Collection[int] = (),
    site: Site | None = None,
    limit: int | None = None,
    named: Collection[Resource] = (),
    by: User | None = None,
    open_days: OpenDays | None = None,
    measure: Measure | None = None,
    kinds: Collection[str] | None = None,
) -> list[Slot]:
    """The free times of these providers for a type on these local days, in order of time; with `limit`, the first.

    Visits begin at the start of a session and then `every` so often (usual: the type's duration), and as soon as the
    provider is free again. With `at`, times before it are left out. `from_time`, `until_time`: on the clinic's clock,
    within which a visit begins ("after 16:00"); `weekdays`: on which (0 is Monday; none given: on any); `site`: only
    there. `named`: rooms or equipment that must be free too, besides one of each kind that the type needs. `open_days`:
    the hours of these providers where they are read already. `measure`, `kinds`: what a visit takes that is not as its
    type says. Daylight saving and buffers count. Raises TooManyDays.
    """
    found = each_free(
        providers=providers,
        appointment_type=appointment_type,
        first_day=first_day,
        last_day=last_day,
        at=at,
        zone=zone,
        every=every,
        from_time=from_time,
        until_time=until_time,
        weekdays=weekdays,
        site=site,
        named=named,
        by=by,
        open_days=open_days,
        measure=measure,
        kinds=kinds,
    )
    return list(islice(found, limit))


def each_free(
    *,
    providers: Iterable[Provider],
    appointment_type: AppointmentType,
    first_day: date,
    last_day: date,
    at: datetime | None = None,
    zone: ZoneInfo | None = None,
    every: timedelta | None = None,
    from_time: time | None = None,
    until_time: time | None = None,
    weekdays: Collection[int] = (),
    site: Site | None = None,
    named: Collection[Resource] = (),
    by: User | None = None,
    open_days: OpenDays | None = None,
    measure: Measure | None = None,
    kinds: Collection[str] | None = None,
    most_a_day: int = MINUTES_A_DAY,
) -> Iterator[Slot]:
    """As `free_slots`, one after the other: a day is worked out when the one before it did not suffice. `most_a_day`:
    no more than so many of each provider on a day of the clinic.

    Three queries for hours, whatever the number of providers and days, and one for what is booked in the first two
    days, the next four, the next eight and so on. One more for what the type needs, three if it needs a room.
    """
    if not 0 <= (last_day - first_day).days < MOST_DAYS:
        raise TooManyDays
    zone = zone or profile.current().zone
    measure = measure or appointment_type.measure
    active = [provider for provider in providers if provider.is_active]
    if open_days is None or not open_days.covers(first_day, last_day):
        open_days = OpenDays(active, first_day=first_day, last_day=last_day, zone=zone)
    booked = Booked(active, open_days, measure, by=by)
    start, end = local_day(first_day, zone)[0], local_day(last_day, zone)[1]
    rooms = Availability(appointment_type, start, end, named=named, kinds=kinds, measure=measure, by=by)
    # A visit on a wanted weekday may stand in a session that began the evening before.
    looked_at = [
        day
        for day in (first_day + timedelta(days=number) for number in range((last_day - first_day).days + 1))
        if not weekdays or day.weekday() in weekdays or (day.weekday() + 1) % 7 in weekdays
    ]

    @cache  # visits with all providers begin at the same times
    def in_time(moment: datetime) -> bool:
        return (at is None or moment >= at) and _within(moment, from_time, until_time, weekdays, zone)

    def wanted(slot: Slot) -> bool:
        if site is not None and slot.site_id != site.pk:
            return False
        return not rooms or rooms.has_room(slot.starts_at, slot.ends_at)

    def of_one(provider: Provider) -> Iterator[Slot]:
        day_ends, left = start, 0
        for run in _runs(open_days.of(provider.pk, looked_at)):
            if site is not None and site.pk not in {opening.site_id for opening in run}:
                continue
            if at is None or run[-1].ends_at > at:
                busy = booked.until(run[-1].ends_at, provider)
                grid = every or measure.duration
                for slot in filter(wanted, _free_of(provider, run, busy, measure, grid, in_time)):
                    if slot.starts_at >= day_ends:
                        day_ends, left = local_day(day_of(slot.starts_at, zone), zone)[1], most_a_day
                    if left > 0:
                        left -= 1
                        yield slot
                    elif run[-1].ends_at <= day_ends:
                        break  # this day has had enough, and nothing of this run lies on the next

    return merge(*(of_one(provider) for provider in active), key=lambda slot: slot.starts_at)


def next_free(
    provider: Provider,
    appointment_type: AppointmentType,
    *,
    after: datetime,
    count: int = 3,
    named: Collection[Resource] = (),
    by: User | None = None,
    zone: ZoneInfo | None = None,
    open_days: OpenDays | None = None,
    measure: Measure | None = None,
    kinds: Collection[str] | None = None,
) -> list[Slot]:
    """The next free times of a provider from a moment on, looked for over four weeks."""
    zone = zone or profile.current().zone
    first_day = day_of(after, zone)
    span = FIRST_LOOK
    while span <= LOOK_AHEAD:
        found = free_slots(
            providers=[provider],
            appointment_type=appointment_type,
            first_day=first_day,
            last_day=first_day + span,
            at=after,
            zone=zone,
            limit=count,
            named=named,
            by=by,
            open_days=open_days,
            measure=measure,
            kinds=kinds,
        )
        if len(found) >= count or span == LOOK_AHEAD:
            return found
        span = LOOK_AHEAD
    return []


class Booked:
    """What takes up the providers' time, buffers included, in order; read from the database as far as it is needed."""

    def __init__(
        self,
        providers: Sequence[Provider],
        open_days: OpenDays,
        measure: Measure,
        *,
        by: User | None = None,
    ) -> None:
        self._by = by
        self._ids, self._zone = [provider.pk for provider in providers], open_days.zone
        _duration, self._before, self._after = measure
        self._next_day, self._last_day, self._at_once = open_days.first_day, open_days.last_day, FIRST_DAYS
        self._from = local_day(open_days.first_day, self._zone)[0] - self._before
        self._until = self._from
        self._taken: dict[UUID, list[Span]] = defaultdict(list)

    def until(self, moment: datetime, provider: Provider) -> list[Span]:
        """A provider's busy time from the first day on, at least to this moment."""
        while self._until < moment + self._after and self._next_day <= self._last_day:
            self._read_on()
        return self._taken[provider.pk]

    def _read_on(self) -> None:
        day = min(self._next_day + timedelta(days=self._at_once - 1), self._last_day)
        until = local_day(day, self._zone)[1] + self._after
        taken = _taken(
            providers=self._ids,
            start=self._from,
            end=until,
            since=self._until if self._until > self._from else LONG_AGO,
            besides=self._by.pk if self._by is not None else NOBODY,
        )
        for provider_id, busy_from, busy_until in taken:
            self._taken[provider_id].append((busy_from, busy_until))
        self._until, self._next_day, self._at_once = until, day + timedelta(days=1), self._at_once * 2


@prepared
def _taken(*, providers: Any, start: Any, end: Any, since: Any, besides: Any) -> QuerySet[Any, Any]:
    """Appointments, offers, and what others than `besides` have in hand, that begin at `since` or later."""
    rows = Appointment.objects.busy_between(start, end)
    kept = WaitlistOffer.objects.standing(Now()).over(start, end)
    holds = Hold.objects.standing(Now()).of_others(besides).busy_between(start, end)
    one, *others = (
        some.filter(provider__among=providers, busy_from__gte=since)
        .order_by()
        .values_list("provider_id", "busy_from", "busy_until")
        for some in (rows, kept, holds)
    )
    return one.union(*others, all=True).order_by("busy_from")


def most_at_once(busy: Iterable[Span], start: datetime, end: datetime) -> int:
    """How many appointments meet at the fullest moment of a half-open span."""
    edges = []
    for busy_from, busy_until in busy:
        if busy_from < end and busy_until > start:
            edges.append((max(busy_from, start), 1))
            edges.append((busy_until, -1))
    now = most = 0
    for _moment, step in sorted(edges):  # at the same moment, ends come before beginnings
        now += step
        most = max(most, now)
    return most


def _free_of(
    provider: Provider,
    run: Sequence[Opening],
    busy: Sequence[Span],
    measure: Measure,
    every: timedelta,
    in_time: Callable[[datetime], bool],
) -> Iterator[Slot]:
    duration, before, after = measure
    longest = max((busy_until - busy_from for busy_from, busy_until in busy), default=timedelta(0))
    first, latest = run[0].starts_at, run[-1].ends_at - duration
    near = busy[bisect_left(busy, (first - before - longest - ROUND_TO,)) : bisect_left(busy, (latest,))]
    for starts_at in filter(in_time, _beginnings(first, latest, every, before, near)):
        ends_at = starts_at + duration
        busy_from, busy_until = starts_at - before, ends_at + after
        low = bisect_left(busy, (busy_from - longest,))
        high = bisect_left(busy, (busy_until,))
        taken = most_at_once(busy[low:high], busy_from, busy_until) if high > low else 0
        there = run if len(run) == 1 else [one for one in run if one.starts_at < ends_at and one.ends_at > starts_at]
        if len(there) > 1 and len({one.site_id for one in there} - {None}) > 1:
            continue
        capacity = min(one.capacity for one in there)
        if taken < capacity:
            yield Slot(provider, starts_at, ends_at, capacity - taken, there[0].site_id, there[0].room_id)


def _runs(open_times: Iterable[Opening]) -> Iterator[list[Opening]]:
    """Openings that follow each other without a gap, together."""
    run: list[Opening] = []
    for opening in open_times:
        if run and not run[-1].goes_on(opening):
            yield run
            run = []
        run.append(opening)
    if run:
        yield run


def _beginnings(
    first: datetime, latest: datetime, every: timedelta, before: timedelta, near: Sequence[Span]
) -> list[datetime]:
    """When a visit could begin: on the session's own grid, and as soon as a busy time is over."""
    moments = set()
    moment = first
    while moment <= latest:
        moments.add(moment)
        moment += every
    for _busy_from, busy_until in near:
        freed = _rounded_up(busy_until + before)
        if first < freed <= latest:
            moments.add(freed)
    return sorted(moments)


def _rounded_up(moment: datetime) -> datetime:
    """To the next five minutes; every time zone in use is a multiple of fifteen minutes from UTC."""
    over = timedelta(minutes=moment.minute % 5, seconds=moment.second, microseconds=moment.microsecond)
    return moment - over + ROUND_TO if over else moment


def _within(
    moment: datetime, from_time: time | None, until_time: time | None, weekdays: Collection[int], zone: ZoneInfo
) -> bool:
    if from_time is None and until_time is None and not weekdays:
        return True
    local = moment.astimezone(zone)
    if weekdays and local.weekday() not in weekdays:
        return False
    wall = local.time()
    return (from_time is None or wall >= from_time) and (until_time is None or wall < until_time)
