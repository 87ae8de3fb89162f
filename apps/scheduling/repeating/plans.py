"""Many visits of one patient judged at once: which of them fit, what is in the way of others, what is near and free.

A handful of queries for any number of visits. Reads only; `booking.book` and `booking.reschedule` have the last word.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.clock import day_of, local_day
from apps.patients.models import Patient
from apps.scheduling.calendars.open_times import Opening, capacity_over, leave_between, openings
from apps.scheduling.models import Appointment, AppointmentType, WaitlistOffer
from apps.scheduling.slots import Slot, Span, most_at_once
from apps.scheduling.taking import Availability

NEAR = 3  # days before and after, within which another time is offered
STEP = timedelta(minutes=15)


@dataclass(slots=True)
class Visit:
    """One planned visit. Without a moment the clock skips its time. `in_the_way` is set by `judge`."""

    day: date
    starts_at: datetime | None
    note: str = ""
    appointment: Appointment | None = None  # the one that is to be moved there
    code: str = ""
    refusal: str = ""  # in words, without names
    in_the_way: list[Appointment] = field(default_factory=list)
    nearest: Slot | None = None

    @property
    def fits(self) -> bool:
        return not self.code


@dataclass(slots=True)
class Plan:
    """Whose visits, with whom, for what."""

    patient: Patient
    provider: Provider
    appointment_type: AppointmentType
    visits: list[Visit]
    patient_sees_both: bool = False
    moved_too: frozenset[UUID] = frozenset()  # appointments that leave their places at the same time

    @property
    def conflicts(self) -> list[Visit]:
        return [visit for visit in self.visits if not visit.fits]

    def end_of(self, visit: Visit) -> datetime | None:
        return visit.starts_at + self.length_of(visit) if visit.starts_at else None

    def length_of(self, visit: Visit) -> timedelta:
        """As long as it was, unless it becomes something else."""
        kept = visit.appointment
        if kept is not None and kept.appointment_type_id == self.appointment_type.pk:
            return kept.duration
        return self.appointment_type.duration

    def busy(self, visit: Visit, starts_at: datetime) -> Span:
        before, after = self.buffers_of(visit)
        return starts_at - before, starts_at + self.length_of(visit) + after

    def buffers_of(self, visit: Visit) -> tuple[timedelta, timedelta]:
        kept, of = visit.appointment, self.appointment_type
        if kept is not None and kept.appointment_type_id == of.pk:
            return timedelta(minutes=kept.buffer_before), timedelta(minutes=kept.buffer_after)
        return timedelta(minutes=of.buffer_before), timedelta(minutes=of.buffer_after)


def judge(plan: Plan, *, at: datetime) -> Plan:
    """Say of each visit whether it fits, and offer the nearest free time where it does not."""
    placed = [visit for visit in plan.visits if visit.starts_at is not None]
    for visit in plan.visits:
        if visit.starts_at is None:
            visit.code, visit.refusal = "no_such_time", visit.note
    _Judge(plan, placed, at).judge(at)
    return plan


class _Judge:
    """What is known about the time around the visits, read once."""

    def __init__(self, plan: Plan, placed: Sequence[Visit], at: datetime) -> None:
        self.plan, self.placed = plan, placed
        self.zone = profile.current().zone
        days = [visit.day for visit in plan.visits]
        days += [day_of(visit.starts_at, self.zone) for visit in placed if visit.starts_at]
        self.first_day, self.last_day = min(days) - timedelta(days=NEAR), max(days) + timedelta(days=NEAR)
        self.start, self.end = local_day(self.first_day, self.zone)[0], local_day(self.last_day, self.zone)[1]
        self.moved = {visit.appointment.pk for visit in plan.visits if visit.appointment} | plan.moved_too
        self.leave = leave_between([plan.provider], self.start, self.end)
        self.rooms = Availability(plan.appointment_type, self.start, self.end)
        self.open = openings(
            [plan.provider], first_day=self.first_day, last_day=self.last_day, zone=self.zone, leave=self.leave
        )[plan.provider.pk]
        offers = WaitlistOffer.objects.standing(at).filter(provider=plan.provider).over(self.start, self.end)
        self.offered: list[Span] = list(offers.values_list("busy_from", "busy_until"))
        self.elsewhere = list(
            Appointment.objects.of_patient(plan.patient)
            .active()
            .between(self.start, self.end)
            .exclude(provider=plan.provider)
            .exclude(pk__in=self.moved)
            .with_people()
        )

    def judge(self, at: datetime) -> None:
        taken = self._taken()
        for visit in self.placed:
            self._judge_one(visit, taken)
        conflicts = self.plan.conflicts
        if not conflicts:
            return
        busy = self._busy_near(conflicts)
        busy += self.offered
        busy += [self.plan.busy(one, one.starts_at) for one in self.placed if one.fits and one.starts_at]
        for visit in conflicts:
            visit.nearest = self._nearest(visit, busy, after=at)
            if visit.nearest is not None:
                busy.append(self.plan.busy(visit, visit.nearest.starts_at))

    def _judge_one(self, visit: Visit, taken: Sequence[Appointment]) -> None:
        starts_at, plan = visit.starts_at, self.plan
        assert starts_at is not None
        ends_at = starts_at + plan.length_of(visit)
        busy_from, busy_until = plan.busy(visit, starts_at)
        capacity = capacity_over(self.open, starts_at, ends_at)
        near = [one for one in taken if one.busy_from < busy_until and one.busy_until > busy_from]
        spans = [(one.busy_from, one.busy_until) for one in near]
        spans += self.offered
        # The plan's own visits are in each other's way as well.
        spans += [plan.busy(one, one.starts_at) for one in self.placed if one is not visit and one.starts_at]
        elsewhere = [one for one in self.elsewhere if one.starts_at < ends_at and one.ends_at > starts_at]
        if most_at_once(spans, busy_from, busy_until) >= max(capacity, 1):
            visit.code, visit.in_the_way = "provider_is_busy", near
            words = _("%(provider)s is taken then.") if near else _("This time is kept for somebody on the waitlist.")
            visit.refusal = words % {"provider": plan.provider} if near else words
        elif not capacity:
            self._closed(visit, starts_at, ends_at)
        elif not self._has_room(visit, starts_at, ends_at):
            visit.code, visit.refusal = "resource_taken", _("No room or equipment that it needs is free then.")
        elif elsewhere and not plan.patient_sees_both:
            visit.code, visit.in_the_way = "patient_elsewhere", elsewhere
            visit.refusal = _("This patient is with somebody else at that time.")

    def _has_room(self, visit: Visit, starts_at: datetime, ends_at: datetime) -> bool:
        """One that is moved has its room already and may keep it, for all that is known before it moves."""
        return visit.appointment is not None or self.rooms.has_room(starts_at, ends_at)

    def _closed(self, visit: Visit, starts_at: datetime, ends_at: datetime) -> None:
        away = next((off for off in self.leave if off.starts_at < ends_at and off.ends_at > starts_at), None)
        provider = {"provider": self.plan.provider}
        if away is None:
            visit.code = "outside_hours"
            visit.refusal = _("%(provider)s does not see patients at that time.") % provider
        elif away.kind == "block":
            visit.code = "time_blocked"
            visit.refusal = _("Blocked then: %(reason)s.") % {"reason": away.reason}
        else:
            visit.code = "provider_on_leave"
            of_all = away.provider_id is None
            visit.refusal = (
                _("The clinic is closed then.") if of_all else _("%(provider)s is on leave then.") % provider
            )

    def _taken(self) -> list[Appointment]:
        """What overlaps any of the visits, with its people."""
        wanted = Q(pk=None)
        for visit in self.placed:
            if visit.starts_at:
                busy_from, busy_until = self.plan.busy(visit, visit.starts_at)
                wanted |= Q(busy_from__lt=busy_until, busy_until__gt=busy_from)
        return list(self._theirs().filter(wanted).with_people().order_by("starts_at", "lane"))

    def _busy_near(self, conflicts: Sequence[Visit]) -> list[Span]:
        wanted = Q(pk=None)
        for first_day, last_day in self._windows(conflicts):
            start, end = local_day(first_day, self.zone)[0], local_day(last_day, self.zone)[1]
            wanted |= Q(busy_from__lt=end, busy_until__gt=start)
        return list(self._theirs().filter(wanted).values_list("busy_from", "busy_until"))

    def _theirs(self) -> Any:
        rows = Appointment.objects.of_provider(self.plan.provider).active().filter(starts_at__lt=self.end)
        return rows.filter(busy_until__gt=self.start).exclude(pk__in=self.moved)

    def _windows(self, conflicts: Sequence[Visit]) -> Iterator[tuple[date, date]]:
        for visit in conflicts:
            yield visit.day - timedelta(days=NEAR), visit.day + timedelta(days=NEAR)

    def _nearest(self, visit: Visit, busy: Sequence[Span], *, after: datetime) -> Slot | None:
        """The free time nearest to the one that was wished for: on the same day if there is one."""
        wish = visit.starts_at or local_day(visit.day, self.zone)[0] + timedelta(hours=12)
        start = local_day(visit.day - timedelta(days=NEAR), self.zone)[0]
        end = local_day(visit.day + timedelta(days=NEAR), self.zone)[1]
        near = [span for span in busy if span[0] < end and span[1] > start]
        length = self.plan.length_of(visit)
        before, after_ = self.plan.buffers_of(visit)
        moments = {
            moment
            for opening in self.open
            if opening.starts_at < end and opening.ends_at > start
            for moment in _beginnings(opening, length, [until + before for _from, until in near])
            if moment >= after
        }
        day, wall = visit.day, _minutes(wish.astimezone(self.zone))

        def distance(moment: datetime) -> tuple[int, int, datetime]:
            local = moment.astimezone(self.zone)
            return abs((local.date() - day).days), abs(_minutes(local) - wall), moment

        for moment in sorted(moments, key=distance):
            ends_at = moment + length
            capacity = capacity_over(self.open, moment, ends_at)
            free = capacity - most_at_once(near, moment - before, ends_at + after_) if capacity else 0
            if (
                free > 0
                and self._has_room(visit, moment, ends_at)
                and not any(one.starts_at < ends_at and one.ends_at > moment for one in self.elsewhere)
            ):
                return Slot(self.plan.provider, moment, ends_at, free)
        return None


def _minutes(local: datetime) -> int:
    """Of the day, as the wall clock counts them."""
    return local.hour * 60 + local.minute


def _beginnings(opening: Opening, length: timedelta, freed: Collection[datetime]) -> Iterator[datetime]:
    """When a visit could begin in a session: every quarter of an hour, and as soon as somebody leaves."""
    latest = opening.ends_at - length
    moment = opening.starts_at
    while moment <= latest:
        yield moment
        moment += STEP
    yield from (moment for moment in freed if opening.starts_at < moment <= latest)
