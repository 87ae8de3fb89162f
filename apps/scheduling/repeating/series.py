"""Booking, changing and cancelling appointments that repeat: all of them or none.

Lock order as everywhere: providers, then appointments, then the patient (booking.py).
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.accounts.models import User
from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.clock import NoSuchTime, at_wall_time, day_of, refuse_odd_year
from apps.core.refusals import Conflict, Refusal
from apps.patients.models import Patient
from apps.patients.models.persons import in_use
from apps.scheduling import booking
from apps.scheduling.fitting import DoesNotFit, Wish, refuse_bad_time
from apps.scheduling.locking import lock_providers
from apps.scheduling.missed import Answer
from apps.scheduling.models import Appointment, AppointmentSeries, AppointmentType, Status
from apps.scheduling.moves import MovedMeanwhile
from apps.scheduling.repeating.plans import Plan, Visit, judge
from apps.scheduling.repeating.recurrence import Rule, days_of, moments_of
from apps.scheduling.retyping import change_type

CHANGEABLE = (Status.REQUESTED, Status.SCHEDULED)


class SeriesConflict(Conflict):
    """Some of the dates cannot be had: nothing was booked or moved. `conflicts` are these, with what is free instead;
    `plans`: all that were judged."""

    code = "series_conflict"

    def __init__(self, *plans: Plan) -> None:
        self.plans = plans
        pairs = sorted(((plan, visit) for plan in plans for visit in plan.conflicts), key=lambda pair: pair[1].day)
        self.conflicts = [visit for _plan, visit in pairs]
        words = ngettext(
            "One of the dates cannot be had, so that nothing was changed. Choose another time for it or leave it out.",
            "%(count)s of the dates cannot be had, so that nothing was changed. Choose other times or leave them out.",
            len(pairs),
        )
        details = {"conflicts": [described(plan, visit) for plan, visit in pairs]}
        super().__init__(words % {"count": len(pairs)}, details=details)


class RuleChanged(Conflict):
    code = "rule_changed"
    message = gettext_lazy("The dates are other ones now: look at them again.")


class NothingChosen(Refusal):
    code = "nothing_chosen"
    message = gettext_lazy("All dates are left out: there is nothing to book.")


class NotInSeries(Conflict):
    code = "not_in_series"
    message = gettext_lazy("This appointment stands alone: it belongs to no series.")


class NothingFollows(Conflict):
    code = "nothing_follows"
    message = gettext_lazy("This visit has begun or is over, and none of the following can be changed.")


def preview(
    rule: Rule,
    *,
    patient: Patient,
    provider: Provider,
    appointment_type: AppointmentType,
    at: datetime,
    instead: Mapping[date, datetime | None] | None = None,
    patient_sees_both: bool = False,
) -> Plan:
    """All visits of a rule with what is in the way of each, before anything is saved.

    `instead`: another moment for the visit of a day, or None to leave it out.
    Raises BadRule, BadTime, NotBookable, RuleChanged.
    """
    zone = profile.current().zone
    booking.refuse_out_of_use(Wish(patient, provider, at, at, 0, 0), appointment_type)
    days = days_of(rule)
    if not set(instead or {}) <= set(days):
        raise RuleChanged
    visits = []
    for moment in moments_of(days, rule.starts, zone):
        chosen = (instead or {}).get(moment.day, moment.at)
        if chosen is not None or moment.day not in (instead or {}):
            visits.append(Visit(moment.day, chosen, moment.note if chosen == moment.at else ""))
    plan = Plan(patient, provider, appointment_type, visits, patient_sees_both)
    for visit in visits:
        if visit.starts_at is not None:
            refuse_bad_time(visit.starts_at, visit.starts_at + appointment_type.duration, at=at)
    return judge(plan, at=at) if visits else plan


def book_series(
    rule: Rule,
    *,
    patient: Patient,
    provider: Provider,
    appointment_type: AppointmentType,
    by: User,
    at: datetime,
    instead: Mapping[date, datetime | None] | None = None,
    reason: str = "",
    patient_sees_both: bool = False,
    key: UUID | None = None,
) -> AppointmentSeries:
    """Book all visits of a rule, or none (UC-01). `instead` as in `preview`.

    `key` becomes the id of the series: who sends the same form twice gets the first series again.
    Raises as `preview`, SeriesConflict, NothingChosen, NotBookable.
    """
    with transaction.atomic():
        lock_providers([provider.pk])
        patient = in_use(patient)
        if key is not None and (made := AppointmentSeries.objects.filter(pk=key, created_by=by).first()):
            return made
        plan = preview(
            rule,
            patient=patient,
            provider=provider,
            appointment_type=appointment_type,
            at=at,
            instead=instead,
            patient_sees_both=patient_sees_both,
        )
        if not plan.visits:
            raise NothingChosen
        if plan.conflicts:
            raise SeriesConflict(plan)
        series = AppointmentSeries(
            patient=patient,
            provider=provider,
            appointment_type=appointment_type,
            every=rule.every,
            unit=rule.unit,
            weekdays=sorted(set(rule.weekdays)),
            first_day=rule.first_day,
            starts=rule.starts,
            times=rule.times,
            until=rule.until,
            created_by=by,
            created_at=at,
            **({"pk": key} if key else {}),
        )
        series.save(force_insert=True)
        for visit in plan.visits:
            with _refused_as_conflict(plan, visit):
                booking.book(
                    patient=patient,
                    provider=provider,
                    appointment_type=appointment_type,
                    starts_at=_known(visit),
                    reason=reason,
                    patient_sees_both=patient_sees_both,
                    series=series,
                    by=by,
                    at=at,
                )
        return series


def change_following(
    appointment: Appointment,
    *,
    by: User,
    at: datetime,
    provider: Provider | None = None,
    appointment_type: AppointmentType | None = None,
    day: date | None = None,
    starts: time | None = None,
    patient_sees_both: bool = False,
    only_this: bool = False,
) -> list[Appointment]:
    """Give this visit and the following ones of its series another time, provider or type: all of them or none.

    `day`: where this one goes; the following move by as many days. `starts`: on the clinic's clock, for each on its
    own day. What is left out each visit keeps, also one that was given another provider or type by itself. Visits that
    have begun, are over or were cancelled stay what they are. `only_this`: not the following.
    Raises NotInSeries, NothingFollows, SeriesConflict, MovedMeanwhile, NotBookable, NoSuchDay.
    """
    if day is not None:
        refuse_odd_year(day, field="day")
    with transaction.atomic():
        rows = _following(appointment, provider, only_this=only_this)
        plans = _plans_of(rows, appointment, provider, appointment_type, day, starts)
        steps = {visit.appointment.pk: (plan, visit) for plan in plans for visit in plan.visits if visit.appointment}
        in_order = [steps[row.pk] for row in rows]
        for plan, visit in in_order:
            plan.patient_sees_both = patient_sees_both
            if visit.starts_at is not None:
                refuse_bad_time(visit.starts_at, visit.starts_at + plan.length_of(visit), at=at)
        judged = [judge(plan, at=at) for plan in plans]
        if any(plan.conflicts for plan in judged):
            raise SeriesConflict(*plans)
        shifted_later = bool(day and day > day_of(appointment.starts_at, profile.current().zone))
        # The last one goes first where all move to later days, so that none meets its own follower.
        for plan, visit in reversed(in_order) if shifted_later else in_order:
            with _refused_as_conflict(plan, visit):
                _move(visit, plan, patient_sees_both=patient_sees_both, by=by, at=at)
        if not only_this:
            _note_rule(rows[0], provider, appointment_type, starts)
        return [visit.appointment for _plan, visit in in_order if visit.appointment]


def cancel_following(
    appointment: Appointment, *, reason: str, by: User, at: datetime, answer: Answer | None = None
) -> list[Appointment]:
    """Cancel this visit and the following ones of its series; those that have begun or are over stay.

    `answer` as for `booking.cancel`. Raises NotInSeries, NothingFollows, ReasonMissing, MayNotWaive.
    """
    with transaction.atomic():
        rows = _following(appointment, None)
        return [booking.cancel(row, by=by, at=at, reason=reason, answer=answer) for row in rows]


def following(appointment: Appointment) -> list[Appointment]:
    """This one and those after it in its series that can still be changed, in order; for pages, not locked."""
    rows = Appointment.objects.with_people().filter(series=appointment.series_id, starts_at__gte=appointment.starts_at)
    return list(rows.filter(status__in=CHANGEABLE).order_by("starts_at")) if appointment.series_id else []


def described(plan: Plan, visit: Visit) -> dict[str, Any]:
    """A visit of a plan for programs: no name, no words of the patient."""
    ends_at = plan.end_of(visit)
    return {
        "day": visit.day.isoformat(),
        "starts_at": visit.starts_at.isoformat() if visit.starts_at else None,
        "ends_at": ends_at.isoformat() if ends_at else None,
        "fits": visit.fits,
        "code": visit.code,
        "refusal": visit.refusal,
        "note": visit.note if visit.fits else "",
        "in_the_way": [
            {
                "id": str(one.pk),
                "number": one.number,
                "provider": str(one.provider_id),
                "starts_at": one.starts_at.isoformat(),
                "ends_at": one.ends_at.isoformat(),
            }
            for one in visit.in_the_way
        ],
        "nearest": visit.nearest.starts_at.isoformat() if visit.nearest else None,
    }


def _following(appointment: Appointment, to: Provider | None, *, only_this: bool = False) -> list[Appointment]:
    """This one and the following, locked, after the locks of all their providers."""
    if appointment.series_id is None:
        raise NotInSeries
    rows = Appointment.objects.filter(series=appointment.series_id, status__in=CHANGEABLE)
    this = Appointment.objects.filter(pk=appointment.pk).values_list("starts_at", flat=True).get()
    rows = rows.filter(pk=appointment.pk) if only_this else rows.filter(starts_at__gte=this)
    held = lock_providers([*rows.values_list("provider_id", flat=True), *([to.pk] if to else [])])
    locked = list(rows.select_for_update(no_key=True, of=("self",)).with_people().order_by("starts_at"))
    if not locked:
        raise NothingFollows
    if not {row.provider_id for row in locked} <= set(held):
        raise MovedMeanwhile
    return locked


def _plans_of(
    rows: Sequence[Appointment],
    appointment: Appointment,
    provider: Provider | None,
    appointment_type: AppointmentType | None,
    day: date | None,
    starts: time | None,
) -> list[Plan]:
    """Where each of them is to go: a plan for each provider and type."""
    zone = profile.current().zone
    shift = day - day_of(appointment.starts_at, zone) if day else timedelta(0)
    all_of_them = frozenset(row.pk for row in rows)
    plans: dict[tuple[UUID, UUID], Plan] = {}
    for row in rows:
        local = row.starts_at.astimezone(zone)
        on, wall = local.date() + shift, starts or local.time()
        to, kind = provider or row.provider, appointment_type or row.appointment_type
        plan = plans.setdefault((to.pk, kind.pk), Plan(row.patient, to, kind, [], moved_too=all_of_them))
        try:
            fold = local.fold if starts is None else 0
            plan.visits.append(Visit(on, at_wall_time(on, wall, zone, fold=fold), appointment=row))
        except NoSuchTime:
            words = _("The clocks go forward that night and skip %(time)s.") % {"time": f"{wall:%H:%M}"}
            plan.visits.append(Visit(on, None, words, appointment=row))
    return list(plans.values())


def _move(visit: Visit, plan: Plan, *, patient_sees_both: bool, by: User, at: datetime) -> None:
    row = visit.appointment
    assert row is not None
    if row.appointment_type_id != plan.appointment_type.pk:
        visit.appointment = change_type(
            row,
            appointment_type=plan.appointment_type,
            provider=plan.provider,
            starts_at=_known(visit),
            patient_sees_both=patient_sees_both,
            by=by,
            at=at,
        )
        return
    visit.appointment = booking.reschedule(
        row,
        starts_at=_known(visit),
        provider=plan.provider,
        patient_sees_both=patient_sees_both,
        by=by,
        at=at,
    )


def _note_rule(
    row: Appointment, provider: Provider | None, appointment_type: AppointmentType | None, starts: time | None
) -> None:
    """The rule says how it goes on from here."""
    assert row.series_id is not None
    series = AppointmentSeries.objects.select_for_update(no_key=True).get(pk=row.series_id)
    series.provider = provider or series.provider
    series.appointment_type = appointment_type or series.appointment_type
    series.starts = starts or series.starts
    series.save(update_fields=["provider", "appointment_type", "starts"])


def _known(visit: Visit) -> datetime:
    assert visit.starts_at is not None
    return visit.starts_at


class _refused_as_conflict:  # noqa: N801 - reads as the words it stands for
    """A refusal of one visit by the booking rules is a conflict of the whole plan."""

    def __init__(self, plan: Plan, visit: Visit) -> None:
        self.plan, self.visit = plan, visit

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, refusal: BaseException | None, trace: Any) -> None:
        if isinstance(refusal, DoesNotFit):
            self.visit.code, self.visit.refusal = refusal.code, refusal.without_names
            self.visit.in_the_way = refusal.in_the_way
            self.visit.nearest = refusal.free_times[0] if refusal.free_times else None
            raise SeriesConflict(self.plan) from refusal
