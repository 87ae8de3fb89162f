"""When providers see patients: weekly hours and one-off openings, entered, changed, withdrawn.

Lock order of scheduling: provider (several: by id), then resources by id, then appointment, then patient.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import TypeVar

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.clinic import profile
from apps.clinic.models import Provider, Room, Site
from apps.core.clock import refuse_odd_year
from apps.core.refusals import Conflict, Refusal
from apps.scheduling.calendars.open_times import MIDNIGHT, OpenDays, leave_of, two_sites
from apps.scheduling.models import OneOffOpening, TimeOff, WeeklyBreak, WeeklyHours
from apps.scheduling.signals import time_opened

Span = TypeVar("Span", OneOffOpening, TimeOff)

MOST_AT_A_TIME = 50


class BadHours(Refusal):
    code = "invalid_hours"


class OverlappingHours(Conflict):
    code = "overlapping_hours"


class OnLeave(Conflict):
    code = "provider_on_leave"


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
    `booked_outside_hours`. Raises BadHours, OverlappingHours, NoSuchDay.
    """
    sessions = sorted(sessions, key=lambda session: (session.weekday, session.starts))
    _refuse_bad_sessions(sessions)
    refuse_odd_year(effective_from, field="effective_from")
    if effective_until is not None:
        refuse_odd_year(effective_until, field="effective_until")
    if effective_until is not None and effective_until < effective_from:
        raise BadHours(_("The last day lies before the first."), field="effective_until")
    lock_provider(provider)
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
    lock_provider(provider)
    leave = leave_of([provider.pk], starts_at, ends_at).first()
    if leave is not None:
        raise OnLeave(_("%(provider)s is on leave then: withdraw the leave first.") % {"provider": provider})
    opening = OneOffOpening(
        provider=provider,
        starts_at=starts_at,
        ends_at=ends_at,
        capacity=capacity,
        site=_site(site, room),
        room=room,
        reason=short_reason(reason),
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
    lock_provider(opening.provider)
    return withdraw(OneOffOpening.objects.select_for_update(of=("self",)).get(pk=opening.pk), by=by, at=at)


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


def _refuse_two_sites(opening: OneOffOpening) -> None:
    """Nobody is at two sites at once: an extra session may lie over other hours at its own site only."""
    if opening.site_id is None:
        return
    zone = profile.current().zone
    first_day, last_day = opening.starts_at.astimezone(zone).date(), opening.ends_at.astimezone(zone).date()
    spans = OpenDays([opening.provider], first_day=first_day, last_day=last_day, zone=zone, leave=[])
    for other in spans.sessions_of(opening.provider_id, besides=opening.pk):
        meets = other.starts_at < opening.ends_at and other.ends_at > opening.starts_at
        if meets and two_sites(opening.site_id, other.site_id):
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


def lock_provider(provider: Provider) -> None:
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
    """Raises BadHours for an end before its beginning and for what is too long to be meant, NoSuchDay for odd years."""
    refuse_odd_year(starts_at, field="starts_at")
    refuse_odd_year(ends_at, field="ends_at")
    if ends_at <= starts_at:
        raise BadHours(_("The end lies before the beginning."), field="ends_at")
    if ends_at - starts_at > longest:
        raise BadHours(_("This is too long: look at the dates again."), field="ends_at")


def _refuse_bad_capacity(capacity: int) -> None:
    if not 1 <= capacity <= MOST_AT_A_TIME:
        raise BadHours(_("Between 1 and 50 patients at a time can be seen."), field="capacity")


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


def withdraw(span: Span, *, by: User, at: datetime) -> Span:
    if span.withdrawn_at is not None:
        raise AlreadyWithdrawn
    span.withdrawn_by, span.withdrawn_at = by, at
    span.save(update_fields=["withdrawn_by", "withdrawn_at"])
    return span


def short_reason(reason: str) -> str:
    reason = reason.strip()
    if len(reason) > 200:
        raise BadHours(_("Say it in at most 200 letters."), field="reason")
    return reason
