"""Free times: reads only. Whoever books one is checked again, under the provider's lock."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.clock import day_of, local_day
from apps.core.refusals import Refusal
from apps.scheduling.hours import Opening, openings
from apps.scheduling.models import Appointment, AppointmentType

ROUND_TO = timedelta(minutes=5)
MOST_DAYS = 92
LOOK_AHEAD = timedelta(days=28)
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
) -> list[Slot]:
    """All free times of these providers for a type on these local days, in order of time.

    Visits begin at the start of a session and then `every` so often (usual: the type's duration), and as soon as the
    provider is free again. With `at`, times before it are left out. `from_time`, `until_time`: on the clinic's clock,
    within which a visit begins ("after 16:00"). Daylight saving and buffers count. Four queries for any number of
    providers and days. Raises TooManyDays.
    """
    if not 0 <= (last_day - first_day).days < MOST_DAYS:
        raise TooManyDays
    zone = zone or profile.current().zone
    active = [provider for provider in providers if provider.is_active]
    open_times = openings(active, first_day=first_day, last_day=last_day, zone=zone)
    start, end = local_day(first_day, zone)[0], local_day(last_day, zone)[1]
    busy = busy_spans(active, start, end, appointment_type)
    found = []
    for provider in active:
        for slot in _free_of(
            provider, open_times[provider.pk], busy[provider.pk], appointment_type, every or appointment_type.duration
        ):
            if (at is None or slot.starts_at >= at) and _within(slot.starts_at, from_time, until_time, zone):
                found.append(slot)
    found.sort(key=lambda slot: slot.starts_at)
    return found


def next_free(
    provider: Provider,
    appointment_type: AppointmentType,
    *,
    after: datetime,
    count: int = 3,
    zone: ZoneInfo | None = None,
) -> list[Slot]:
    """The next free times of a provider from a moment on, looked for over four weeks."""
    zone = zone or profile.current().zone
    first_day = day_of(after, zone)
    span = timedelta(days=2)
    while span <= LOOK_AHEAD:
        found = free_slots(
            providers=[provider],
            appointment_type=appointment_type,
            first_day=first_day,
            last_day=first_day + span,
            at=after,
            zone=zone,
        )
        if len(found) >= count or span == LOOK_AHEAD:
            return found[:count]
        span = LOOK_AHEAD
    return []


def busy_spans(
    providers: Sequence[Provider], start: datetime, end: datetime, appointment_type: AppointmentType
) -> dict[UUID, list[Span]]:
    """What takes up the providers' time near this span, buffers included, in order."""
    before, after = _buffers(appointment_type)
    taken: dict[UUID, list[Span]] = defaultdict(list)
    rows = Appointment.objects.filter(provider__in=providers).busy_between(start - before, end + after)
    for provider_id, busy_from, busy_until in rows.order_by("busy_from").values_list(
        "provider_id", "busy_from", "busy_until"
    ):
        taken[provider_id].append((busy_from, busy_until))
    return taken


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
    open_times: Sequence[Opening],
    busy: Sequence[Span],
    appointment_type: AppointmentType,
    every: timedelta,
) -> Iterator[Slot]:
    before, after = _buffers(appointment_type)
    duration = appointment_type.duration
    longest = max((busy_until - busy_from for busy_from, busy_until in busy), default=timedelta(0))
    for run in _runs(open_times):
        latest = run[-1].ends_at - duration
        for starts_at in _beginnings(run[0].starts_at, latest, every, before, busy):
            ends_at = starts_at + duration
            busy_from, busy_until = starts_at - before, ends_at + after
            low = bisect_left(busy, (busy_from - longest,))
            high = bisect_left(busy, (busy_until,))
            taken = most_at_once(busy[low:high], busy_from, busy_until) if high > low else 0
            capacity = min(one.capacity for one in run if one.starts_at < ends_at and one.ends_at > starts_at)
            if taken < capacity:
                yield Slot(provider, starts_at, ends_at, capacity - taken)


def _runs(open_times: Sequence[Opening]) -> Iterator[list[Opening]]:
    """Openings that follow each other without a gap, together."""
    run: list[Opening] = []
    for opening in open_times:
        if run and run[-1].ends_at != opening.starts_at:
            yield run
            run = []
        run.append(opening)
    if run:
        yield run


def _beginnings(
    first: datetime, latest: datetime, every: timedelta, before: timedelta, busy: Sequence[Span]
) -> list[datetime]:
    """When a visit could begin: on the session's own grid, and as soon as a busy time is over."""
    moments = set()
    moment = first
    while moment <= latest:
        moments.add(moment)
        moment += every
    for _busy_from, busy_until in busy[: bisect_left(busy, (latest,))]:
        freed = _rounded_up(busy_until + before)
        if first < freed <= latest:
            moments.add(freed)
    return sorted(moments)


def _rounded_up(moment: datetime) -> datetime:
    """To the next five minutes; every time zone in use is a multiple of fifteen minutes from UTC."""
    over = timedelta(minutes=moment.minute % 5, seconds=moment.second, microseconds=moment.microsecond)
    return moment - over + ROUND_TO if over else moment


def _buffers(appointment_type: AppointmentType) -> tuple[timedelta, timedelta]:
    return timedelta(minutes=appointment_type.buffer_before), timedelta(minutes=appointment_type.buffer_after)


def _within(moment: datetime, from_time: time | None, until_time: time | None, zone: ZoneInfo) -> bool:
    if from_time is None and until_time is None:
        return True
    wall = moment.astimezone(zone).time()
    return (from_time is None or wall >= from_time) and (until_time is None or wall < until_time)
