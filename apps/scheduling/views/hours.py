"""Set-up: when a provider works: weekly hours, leave, extra sessions, and the clinic's closed days."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.access import StaffRequest, requires
from apps.audit.reads import record_reads
from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.clock import day_of, now
from apps.core.forms import beside
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.scheduling.calendars import hours as hours_rules
from apps.scheduling.calendars import leave as leave_rules
from apps.scheduling.calendars import open_times, time_off
from apps.scheduling.calendars.hours_text import write_hours
from apps.scheduling.calendars.time_off import AppointmentsInTheWay
from apps.scheduling.forms.catalogue import LeaveForm, OpeningForm, WeekForm
from apps.scheduling.forms.leave import HolidaysForm
from apps.scheduling.models import (
    Appointment,
    OneOffOpening,
    TimeOff,
    WeeklyHours,
)
from apps.scheduling.models.hours import Weekday
from apps.scheduling.views.showing import on_the_wall


@require_http_methods(["GET", "POST"])
@requires("scheduling.edit_hours")
def provider_hours(request: StaffRequest, pk: UUID) -> HttpResponse:
    """A provider's weekly hours, leave and extra sessions on one page."""
    provider = get_object_or_404(Provider, pk=pk)
    if request.method != "POST":
        return _hours_page(request, provider)
    form = WeekForm(request.POST)
    if form.is_valid():
        try:
            hours_rules.set_weekly_hours(
                provider,
                sessions=form.cleaned_data["sessions"],
                effective_from=form.cleaned_data["effective_from"],
                effective_until=form.cleaned_data["effective_until"],
                by=request.user,
                at=now(),
            )
        except Refusal as refusal:
            beside(form, refusal)
            return _hours_page(request, provider, week=form, status=refusal.status)
        toast(request, _("The hours of %(provider)s are saved.") % {"provider": provider})
        return redirect("scheduling:provider_hours", pk=pk)
    return _hours_page(request, provider, week=form, status=400)


@require_POST
@requires("scheduling.edit_hours")
def leave(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Enter a provider's leave."""
    provider = get_object_or_404(Provider, pk=pk)
    form = LeaveForm(request.POST, prefix="leave")
    answered = _leave_taken(request, provider, form)
    if answered is not None:
        toast(request, _("The leave of %(provider)s is entered.") % {"provider": provider})
        return redirect("scheduling:provider_hours", pk=pk)
    return _hours_page(request, provider, leave_form=form, status=getattr(form, "status", 400))


@require_POST
@requires("scheduling.edit_hours")
def opening(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Open an extra session."""
    provider = get_object_or_404(Provider, pk=pk)
    form = OpeningForm(request.POST, prefix="opening")
    if form.is_valid():
        span = {
            name: form.cleaned_data[name] for name in ("starts_at", "ends_at", "reason", "capacity", "site", "room")
        }
        try:
            hours_rules.open_one_off(provider, by=request.user, at=now(), **span)
        except Refusal as refusal:
            beside(form, refusal)
            return _hours_page(request, provider, opening_form=form, status=refusal.status)
        toast(request, _("The session of %(provider)s is open.") % {"provider": provider})
        return redirect("scheduling:provider_hours", pk=pk)
    return _hours_page(request, provider, opening_form=form, status=400)


@require_http_methods(["GET", "POST"])
@requires("scheduling.edit_hours")
def closed_days(request: StaffRequest) -> HttpResponse:
    """Days on which the whole clinic is closed."""
    form = LeaveForm(request.POST if request.method == "POST" else None, prefix="leave")
    if request.method == "POST" and _leave_taken(request, None, form) is not None:
        toast(request, _("The clinic is closed then."))
        return redirect("scheduling:closed_days")
    return closed_days_page(request, form=form, status=getattr(form, "status", 200))


def closed_days_page(
    request: StaffRequest,
    *,
    form: LeaveForm | None = None,
    list_form: HolidaysForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The closed days ahead, a form for one span and one for a year's list."""
    context = {
        "form": form or LeaveForm(prefix="leave"),
        "list_form": list_form or HolidaysForm(prefix="list"),
        "closed": _coming(TimeOff.objects.filter(provider=None)),
    }
    return render(request, "scheduling/closed_days.html", context, status=status)


@require_POST
@requires("scheduling.edit_hours")
def withdraw_leave(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Take leave or a closed day back."""
    found = get_object_or_404(TimeOff, pk=pk)
    return _withdrawn(request, leave_rules.withdraw_time_off, found, found.provider_id)


@require_POST
@requires("scheduling.edit_hours")
def withdraw_opening(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Take an extra session back."""
    found = get_object_or_404(OneOffOpening.objects.select_related("provider"), pk=pk)
    return _withdrawn(request, hours_rules.withdraw_one_off, found, found.provider_id)


def _hours_page(
    request: StaffRequest,
    provider: Provider,
    *,
    week: WeekForm | None = None,
    leave_form: LeaveForm | None = None,
    opening_form: OpeningForm | None = None,
    status: int = 200,
) -> HttpResponse:
    at, zone = now(), profile.current().zone
    today = day_of(at, zone)
    stands: dict[int, list[WeeklyHours]] = {}
    for one in (
        WeeklyHours.objects.filter(provider=provider)
        .effective(today, today)
        .select_related("site", "room")
        .prefetch_related("breaks")
    ):
        stands.setdefault(one.weekday, []).append(one)
    later = (
        WeeklyHours.objects.filter(provider=provider, effective_from__gt=today)
        .select_related("site", "room")
        .prefetch_related("breaks")
    )
    outside = open_times.booked_outside_hours(provider, at=at, zone=zone)
    initial = {f"day_{day}": write_hours(stands.get(day, [])) for day in range(7)} | {"effective_from": today}
    context = {
        "provider": provider,
        "zone": zone,
        "week": week or WeekForm(initial=initial),
        "later": _changes(later),
        "leave_form": leave_form or LeaveForm(prefix="leave"),
        "opening_form": opening_form or OpeningForm(prefix="opening"),
        "leave": _coming(TimeOff.objects.filter(provider=provider)),
        "openings": _coming(OneOffOpening.objects.filter(provider=provider)),
        "outside": listed(outside, request),
        "in_the_way": listed(getattr(leave_form, "in_the_way", []), request),
    }
    return render(request, "scheduling/provider_hours.html", context, status=status)


def _leave_taken(request: StaffRequest, provider: Provider | None, form: LeaveForm) -> TimeOff | None:
    form.status = 400  # type: ignore[attr-defined]
    if not form.is_valid():
        return None
    span = {name: form.cleaned_data[name] for name in ("starts_at", "ends_at", "reason", "keep_appointments")}
    try:
        return time_off.take_leave(provider, by=request.user, at=now(), **span)
    except Refusal as refusal:
        form.status = refusal.status  # type: ignore[attr-defined]
        form.in_the_way = getattr(refusal, "appointments", [])  # type: ignore[attr-defined]
        asked = isinstance(refusal, AppointmentsInTheWay)
        form.add_error("keep_appointments" if asked else None, str(refusal))
        return None


def _withdrawn(request: StaffRequest, rule: Callable[..., Any], span: Any, provider_id: UUID | None) -> HttpResponse:
    try:
        rule(span, by=request.user, at=now())
        toast(request, _("Withdrawn."))
    except Refusal as refusal:
        toast(request, str(refusal), level=messages.WARNING)
    if provider_id is None:
        return redirect("scheduling:closed_days")
    return redirect("scheduling:provider_hours", pk=provider_id)


def _coming(spans: QuerySet[Any]) -> list[dict[str, Any]]:
    zone = profile.current().zone
    rows = spans.filter(withdrawn_at=None, ends_at__gte=now()).order_by("starts_at")
    return [
        {"span": one, "starts": one.starts_at.astimezone(zone), "ends": one.ends_at.astimezone(zone)} for one in rows
    ]


def _changes(later: QuerySet[WeeklyHours]) -> list[dict[str, Any]]:
    """Hours that hold from a later day on, by that day."""
    days: dict[Any, dict[int, list[WeeklyHours]]] = {}
    until: dict[Any, Any] = {}
    for one in later:
        days.setdefault(one.effective_from, {}).setdefault(one.weekday, []).append(one)
        until[one.effective_from] = one.effective_until
    return [{"from": day, "until": until[day], "week": week_in_words(week)} for day, week in sorted(days.items())]


def week_in_words(week: dict[int, list[WeeklyHours]]) -> list[str]:
    """Weekdays with the same hours together: "Mon–Fri 09:00–17:00"."""
    lines: list[tuple[int, int, str]] = []
    for day in range(7):
        words = write_hours(week.get(day, []))
        if words and lines and lines[-1][1] == day - 1 and lines[-1][2] == words:
            lines[-1] = (lines[-1][0], day, words)
        elif words:
            lines.append((day, day, words))
    return [f"{_days(first, last)} {words}" for first, last, words in lines]


def _days(first: int, last: int) -> str:
    names = [str(label)[:3] for label in Weekday.labels]
    return names[first] if first == last else f"{names[first]}–{names[last]}"


def listed(appointments: list[Appointment], request: StaffRequest) -> list[dict[str, Any]]:
    """Appointments to be moved, with the patient's name for those who may see it."""
    may_see = request.user.has_perm("patients.view_patient")
    if may_see:
        record_reads({one.patient_id for one in appointments}, "schedule")
    return [
        {
            "appointment": one,
            "starts": on_the_wall(one.starts_at),
            "patient": one.patient.full_name if may_see else one.patient.number,
        }
        for one in appointments
    ]
