"""When providers see patients: weekly hours, one-off openings, leave.

Hours are kept on the clinic's own clock (10:00 is 10:00 in summer and winter); openings and leave are moments.
Lock order of scheduling: provider (several: by id), then resources by id, then appointment, then patient.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import transaction
from django.db.models import F, Func, OuterRef, Q, QuerySet, TimeField, Value
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.clinic import profile
from apps.clinic.models import Provider, Room, Site
from apps.core.clock import local_day
from apps.core.refusals import Conflict, Refusal
from apps.scheduling.models import Appointment, Block, Hold, OneOffOpening, TimeOff, WeeklyBreak, WeeklyHours
from apps.scheduling.models.appointment import AppointmentQuerySet
from apps.scheduling.signals import time_opened

Span = TypeVar("Span", OneOffOpening, TimeOff)

MIDNIGHT = time(0)
MOST_AT_A_TIME = 50
LONGEST_LEAVE = timedelta(days=731)
MOST_IN_THE_WAY = 200


class BadHours(Refusal):
    code = "invalid_hours"


class OverlappingHours(Conflict):
    code = "overlapping_hours"


class OnLeave(Conflict):
    code = "provider_on_leave"


class AppointmentsInTheWay(Conflict):
    """`appointments` are those that leave would fall on."""

    code = "appointments_in_the_way"
    appointments: Sequence[Appointment] = ()


class TwoSites(Conflict):
    code = "two_sites_at_once"
    field = "site"


class AlreadyWithdrawn(Conflict):
    code = "already_withdrawn"
    message = _("This has been withdrawn already.")


@dataclass(frozen=True, slots=True)
class Pause:
    """A break inside a session, on the clinic's clock."""

    starts: time
    ends: time
    label: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """Hours that repeat on a weekday (0 is Monday). An end of 00:00 is midnight."""

    weekday: int
    starts: time
    ends: time
    capacity: int = 1
    breaks: tuple[Pause, ...] = ()
    site: Site | None = None
    room: Room | None = None


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
        return self.ends_at == other.starts_at and not _two_sites(self.site_id, other.site_id)


@dataclass(frozen=True, slots=True)
class Closure:
    """Leave, a closed day (no provider), blocked time; or what somebody has in hand, which closes nothing."""

    provider_id: UUID | None
    starts_at: datetime
    ends_at: datetime
    reason: str
    kind: str  # leave, block, hold


@transaction.atomic
def set_weekly_hours(
    provider: Provider,
    *,
    sessions: Iterable[Session],
    effective_from: date,
    by: User,
    at: datetime,
    effective_until: date | None = None,
) -> list[WeeklyHours]:
    """Give a provider new weekly hours from a day on, or for some weeks only (then the former ones come back).

    No sessions at all: the provider has no weekly hours in that time. Booked appointments stay; see
    `booked_outside_hours`. Raises BadHours, OverlappingHours.
    """
    sessions = sorted(sessions, key=lambda session: (session.weekday, session.starts))
    _refuse_bad_sessions(sessions)
    if effective_until is not None and effective_until < effective_from:
        raise BadHours(_("The last day lies before the first."), field="effective_until")
    _lock(provider)
    _clear_weekly_hours(provider, effective_from, effective_until)
    made = []
    for session in sessions:
        hours = WeeklyHours.objects.create(
            provider=provider,
            weekday=session.weekday,
            starts=session.starts,
            ends=session.ends,
            capacity=session.capacity,
            site=_site(session.site, session.room),
            room=session.room,
            effective_from=effective_from,
            effective_until=effective_until,
        )
        _add_breaks(hours, session.breaks)
        made.append(hours)
    for opening in OneOffOpening.objects.filter(provider=provider, withdrawn_at=None, ends_at__gt=at).exclude(
        site=None
    ):
        _refuse_two_sites(opening)
    return made


@transaction.atomic
def open_one_off(
    provider: Provider,
    *,
    starts_at: datetime,
    ends_at: datetime,
    by: User,
    at: datetime,
    reason: str = "",
    capacity: int = 1,
    site: Site | None = None,
    room: Room | None = None,
) -> OneOffOpening:
    """Let a provider see patients once outside the weekly hours. Raises BadHours, OnLeave, TwoSites."""
    refuse_bad_span(starts_at, ends_at, longest=timedelta(days=366))
    _refuse_bad_capacity(capacity)
    _lock(provider)
    leave = _leave_of([provider.pk], starts_at, ends_at).first()
    if leave is not None:
        raise OnLeave(_("%(provider)s is on leave then: withdraw the leave first.") % {"provider": provider})
    opening = OneOffOpening(
        provider=provider,
        starts_at=starts_at,
        ends_at=ends_at,
        capacity=capacity,
        site=_site(site, room),
        room=room,
        reason=_short(reason),
        opened_by=by,
        opened_at=at,
    )
    _refuse_two_sites(opening)
    opening.save(force_insert=True)
    time_opened.send(OneOffOpening, provider=provider, starts_at=starts_at, ends_at=ends_at, by=by, at=at)
    return opening


@transaction.atomic
def withdraw_one_off(opening: OneOffOpening, *, by: User, at: datetime) -> OneOffOpening:
    """Take an opening back. Appointments already booked into it stay. Raises AlreadyWithdrawn."""
    _lock(opening.provider)
    return _withdraw(OneOffOpening.objects.select_for_update(of=("self",)).get(pk=opening.pk), by=by, at=at)


@transaction.atomic
def take_leave(
    provider: Provider | None,
    *,
    starts_at: datetime,
    ends_at: datetime,
    by: User,
    at: datetime,
    reason: str = "",
    keep_appointments: bool = False,
) -> TimeOff:
    """Close a provider's time, or the whole clinic's (no provider), to booking.

    Raises BadHours, and AppointmentsInTheWay unless these are to be kept (and moved by hand).
    """
    refuse_bad_span(starts_at, ends_at, longest=LONGEST_LEAVE)
    if provider is not None:
        _lock(provider)
    else:
        list(Provider.objects.select_for_update(no_key=True, of=("self",)).order_by("id").values_list("id", flat=True))
    if not keep_appointments:
        _refuse_booked(provider, starts_at, ends_at)
    return TimeOff.objects.create(
        provider=provider,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=_short(reason),
        entered_by=by,
        entered_at=at,
    )


@transaction.atomic
def withdraw_leave(leave: TimeOff, *, by: User, at: datetime) -> TimeOff:
    """Take leave back: the provider's hours hold again. Raises AlreadyWithdrawn."""
    back = _withdraw(TimeOff.objects.select_for_update(of=("self",)).get(pk=leave.pk), by=by, at=at)
    time_opened.send(TimeOff, provider=back.provider, starts_at=back.starts_at, ends_at=back.ends_at, by=by, at=at)
    return back


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
        self._weekly: dict[UUID, dict[int, list[Any]]] = defaultdict(lambda: defaultdict(list))
        for hours in _weekly_of(ids, first_day, last_day):
            self._weekly[hours.provider_id][hours.weekday].append(hours)
        self._extra: dict[UUID, list[OneOffOpening]] = defaultdict(list)
        for extra in OneOffOpening.objects.filter(
            provider__among=ids, withdrawn_at=None, starts_at__lt=end, ends_at__gt=start
        ):
            self._extra[extra.provider_id].append(extra)
        self._closed: dict[UUID, list[tuple[datetime, datetime]]] = defaultdict(list)
        for off in _closures(ids, start, end) if leave is None else leave:
            if off.kind == "hold":
                continue
            for provider_id in ids if off.provider_id is None else [off.provider_id]:
                self._closed[provider_id].append((off.starts_at, off.ends_at))

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
        for day in days or _days_between(self.first_day, self.last_day):
            yield from self.on(provider_id, day)

    def sessions_of(self, provider_id: UUID, *, besides: UUID) -> Iterator[Opening]:
        """All sessions, as they were entered, overlapping or not; without one extra session."""
        for day in _days_between(self.first_day, self.last_day):
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


def _site(site: Site | None, room: Room | None) -> Site | None:
    """Where a session is: a room knows its site. Raises BadHours for a room of another site, or out of use."""
    for place in (site, room):
        if place is not None and not place.is_active:
            raise BadHours(_("“%(place)s” is out of use.") % {"place": place}, field="site")
    if room is None or room.site is None:
        return site
    if site is not None and site.pk != room.site_id:
        raise BadHours(_("“%(room)s” is not at that site.") % {"room": room}, field="room")
    return room.site


def _two_sites(one: UUID | None, other: UUID | None) -> bool:
    return one is not None and other is not None and one != other


def _refuse_two_sites(opening: OneOffOpening) -> None:
    """Nobody is at two sites at once: an extra session may lie over other hours at its own site only."""
    if opening.site_id is None:
        return
    zone = profile.current().zone
    first_day, last_day = opening.starts_at.astimezone(zone).date(), opening.ends_at.astimezone(zone).date()
    spans = OpenDays([opening.provider], first_day=first_day, last_day=last_day, zone=zone, leave=[])
    for other in spans.sessions_of(opening.provider_id, besides=opening.pk):
        meets = other.starts_at < opening.ends_at and other.ends_at > opening.starts_at
        if meets and _two_sites(opening.site_id, other.site_id):
            start, end = other.starts_at.astimezone(zone), other.ends_at.astimezone(zone)
            raise TwoSites(
                _("%(provider)s is at another site then: %(day)s, %(start)s–%(end)s.")
                % {
                    "provider": opening.provider,
                    "day": start.date().isoformat(),
                    "start": f"{start:%H:%M}",
                    "end": f"{end:%H:%M}",
                }
            )


def _lock(provider: Provider) -> None:
    Provider.objects.select_for_update(no_key=True, of=("self",)).only("id").get(pk=provider.pk)


def _refuse_bad_sessions(sessions: Sequence[Session]) -> None:
    for session in sessions:
        if not 0 <= session.weekday <= 6:
            raise BadHours(_("There is no such weekday."), field="weekday")
        if session.ends != MIDNIGHT and session.ends <= session.starts:
            raise BadHours(_("The hours end before they begin."), field="ends")
        _refuse_bad_capacity(session.capacity)
        reached = session.starts
        for pause in sorted(session.breaks, key=lambda pause: pause.starts):
            inside = pause.starts >= reached and (session.ends == MIDNIGHT or pause.ends <= session.ends)
            if pause.ends <= pause.starts or not inside:
                raise BadHours(
                    _("A break lies inside its hours, ends after it begins and meets no other."), field="breaks"
                )
            reached = pause.ends
    for one, other in pairwise(sessions):
        if one.weekday == other.weekday and (one.ends == MIDNIGHT or other.starts < one.ends):
            raise OverlappingHours(
                _("Hours on the same day overlap: %(one)s–%(end)s and %(other)s.")
                % {"one": f"{one.starts:%H:%M}", "end": f"{one.ends:%H:%M}", "other": f"{other.starts:%H:%M}"},
                field="starts",
            )


def refuse_bad_span(starts_at: datetime, ends_at: datetime, *, longest: timedelta) -> None:
    """Raises BadHours for an end before its beginning, and for what is too long to be meant."""
    if ends_at <= starts_at:
        raise BadHours(_("The end lies before the beginning."), field="ends_at")
    if ends_at - starts_at > longest:
        raise BadHours(_("This is too long: look at the dates again."), field="ends_at")


def _refuse_bad_capacity(capacity: int) -> None:
    if not 1 <= capacity <= MOST_AT_A_TIME:
        raise BadHours(_("Between 1 and 50 patients at a time can be seen."), field="capacity")


def still_booked() -> AppointmentQuerySet:
    """What is expected or going on, with its people: what leave could fall on."""
    waiting = ["requested", "scheduled", "arrived", "in_session"]
    return Appointment.objects.filter(status__in=waiting).with_people().order_by("starts_at", "id")


def _refuse_booked(provider: Provider | None, starts_at: datetime, ends_at: datetime) -> None:
    booked = still_booked().between(starts_at, ends_at)
    if provider is not None:
        booked = booked.of_provider(provider)
    if appointments := list(booked[:MOST_IN_THE_WAY]):
        refusal = AppointmentsInTheWay(
            _("%(count)s appointments are booked then: move or cancel them first, or keep them knowingly.")
            % {"count": len(appointments)},
            details={"in_the_way": [{"id": str(one.pk), "number": one.number} for one in appointments]},
        )
        refusal.appointments = appointments
        raise refusal


def _clear_weekly_hours(provider: Provider, first_day: date, last_day: date | None) -> None:
    """Make room in these days: what held before keeps holding before, and after where there is an after."""
    held = WeeklyHours.objects.filter(provider=provider).effective(first_day, last_day or date.max)
    for hours in list(held.select_related("site", "room").prefetch_related("breaks")):
        goes_on = last_day is not None and (hours.effective_until is None or hours.effective_until > last_day)
        breaks = tuple(Pause(pause.starts, pause.ends, pause.label) for pause in hours.breaks.all())
        resumed = None
        if goes_on and last_day is not None:
            resumed = WeeklyHours(
                provider=provider,
                weekday=hours.weekday,
                starts=hours.starts,
                ends=hours.ends,
                capacity=hours.capacity,
                site=hours.site,
                room=hours.room,
                effective_from=last_day + timedelta(days=1),
                effective_until=hours.effective_until,
            )
        if hours.effective_from < first_day:
            hours.effective_until = first_day - timedelta(days=1)
            hours.save(update_fields=["effective_until"])
        else:
            hours.delete()
        if resumed is not None:
            resumed.save(force_insert=True)
            _add_breaks(resumed, breaks)


def _add_breaks(hours: WeeklyHours, breaks: Iterable[Pause]) -> None:
    WeeklyBreak.objects.bulk_create(
        WeeklyBreak(hours=hours, starts=pause.starts, ends=pause.ends, label=pause.label.strip()[:40])
        for pause in breaks
    )


def _withdraw(span: Span, *, by: User, at: datetime) -> Span:
    if span.withdrawn_at is not None:
        raise AlreadyWithdrawn
    span.withdrawn_by, span.withdrawn_at = by, at
    span.save(update_fields=["withdrawn_by", "withdrawn_at"])
    return span


def _leave_of(provider_ids: Sequence[UUID], start: datetime, end: datetime) -> QuerySet[TimeOff]:
    theirs = Q(provider__among=provider_ids) | Q(provider=None)
    return TimeOff.objects.filter(theirs, withdrawn_at=None, starts_at__lt=end, ends_at__gt=start)


def _closures(
    provider_ids: Sequence[UUID], start: datetime, end: datetime, *, reader: User | None = None
) -> list[Closure]:
    """One query for all; leave first."""
    shown = ("provider_id", "starts_at", "ends_at", "reason", "kind")
    leave = _leave_of(provider_ids, start, end).annotate(kind=Value("leave"))
    blocks = Block.objects.between(start, end).filter(provider__among=provider_ids).annotate(kind=Value("block"))
    rows = leave.order_by().values_list(*shown).union(blocks.order_by().values_list(*shown), all=True)
    if reader is not None:
        held = Hold.objects.standing(Now()).of_others(reader.pk).busy_between(start, end)
        held = held.filter(provider__among=provider_ids).annotate(reason=F("by__full_name"), kind=Value("hold"))
        rows = rows.union(held.order_by().values_list(*shown), all=True)
    return sorted((Closure(*row) for row in rows), key=lambda one: (one.kind != "leave", one.starts_at))


def _short(reason: str) -> str:
    reason = reason.strip()
    if len(reason) > 200:
        raise BadHours(_("Say it in at most 200 letters."), field="reason")
    return reason


def _weekly_of(ids: Sequence[UUID], first_day: date, last_day: date) -> QuerySet[WeeklyHours]:
    """Weekly hours with their breaks, on the weekdays that are asked for."""
    both = Func("starts", "ends", template="ARRAY[%(expressions)s]", output_field=ArrayField(TimeField()))
    pauses = WeeklyBreak.objects.filter(hours=OuterRef("pk")).order_by("starts").values(both=both)
    weekly = WeeklyHours.objects.filter(provider__among=ids).effective(first_day, last_day)
    weekly = weekly.annotate(pauses=ArraySubquery(pauses))
    if (last_day - first_day).days < 6:
        weekly = weekly.filter(weekday__in={day.weekday() for day in _days_between(first_day, last_day)})
    return weekly


def _days_between(first_day: date, last_day: date) -> Iterator[date]:
    for number in range((last_day - first_day).days + 1):
        yield first_day + timedelta(days=number)


def _session_on(day: date, hours: Any, zone: ZoneInfo, moments: dict[tuple[date, time], datetime]) -> Iterable[Opening]:
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
