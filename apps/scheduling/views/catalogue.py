"""Set-up: who works when, what can be booked, what it costs. One page leads everywhere in one click."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import StaffRequest, requires
from apps.audit.reads import record_reads
from apps.clinic import profile
from apps.clinic.models import ClinicProfile, Department, Provider, Room, Site
from apps.clinic.views.saving import form_saved
from apps.core.clock import day_of, now
from apps.core.money import format_amount, format_money
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.scheduling import catalogue
from apps.scheduling.calendars import hours, open_times, time_off
from apps.scheduling.calendars import leave as leave_rules
from apps.scheduling.calendars.hours_text import write_hours
from apps.scheduling.calendars.time_off import AppointmentsInTheWay
from apps.scheduling.forms.catalogue import FeeForm, LeaveForm, OpeningForm, TypeForm, WeekForm
from apps.scheduling.forms.leave import HolidaysForm
from apps.scheduling.models import (
    Appointment,
    AppointmentType,
    LeaveRequest,
    LeaveStatus,
    OneOffOpening,
    TimeOff,
    WeeklyHours,
)
from apps.scheduling.models.appointment_type import FeeKind
from apps.scheduling.models.hours import Weekday

SETS_UP = ("scheduling.edit_hours", "scheduling.edit_appointment_type", "clinic.edit_provider", "clinic.edit_profile")


@require_safe
@requires(*SETS_UP)
def setup(request: StaffRequest) -> HttpResponse:
    """Providers with their hours, types with their fees, departments, rooms: everything one click away."""
    return _setup(request)


@require_POST
@requires("scheduling.edit_appointment_type")
def fee(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Change what a kind of appointment costs, in the list itself."""
    found = get_object_or_404(AppointmentType, pk=pk)
    form = FeeForm(request.POST)
    if not form.is_valid():
        return _setup(request, wrong_fee=(found, _("Enter an amount."), request.POST.get("rate", "")), status=400)
    try:
        changed = catalogue.change_fee(found, rate=form.cleaned_data["rate"], by=request.user, at=now())
    except Refusal as refusal:
        typed = form.cleaned_data["rate"]
        return _setup(request, wrong_fee=(found, str(refusal), typed), status=refusal.status)
    clinic = profile.current()
    amount = format_money(changed.rate, clinic.currency_info, clinic.locale)
    toast(request, _("%(type)s costs %(amount)s from now on.") % {"type": changed, "amount": amount})
    return redirect("scheduling:setup")


@require_http_methods(["GET", "POST"])
@requires("scheduling.edit_appointment_type")
def new_type(request: StaffRequest) -> HttpResponse:
    """Offer a new kind of appointment."""
    form = TypeForm(request.POST if request.method == "POST" else None)
    rule = partial(catalogue.add_type, by=request.user, at=now())
    return form_saved(request, form, rule, "scheduling/type.html")


@require_http_methods(["GET", "POST"])
@requires("scheduling.edit_appointment_type")
def edit_type(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Change a kind of appointment."""
    found = get_object_or_404(AppointmentType, pk=pk)
    clinic = profile.current()
    initial = {name: getattr(found, name) for name in catalogue.FIELDS} | {
        "rate": format_amount(found.rate, clinic.currency_info, clinic.locale),
        "tax_rate": _figure(found.tax_rate),
        "facility_rate": _figure(found.facility_rate, clinic),
        "facility_tax_rate": _figure(found.facility_tax_rate),
        "follow_up_percent": f"{found.follow_up_percent.normalize():f}",
        "cancel_fee_value": _missed_value(found.cancel_fee_kind, found.cancel_fee_value, clinic),
        "no_show_fee_value": _missed_value(found.no_show_fee_kind, found.no_show_fee_value, clinic),
    }
    form = TypeForm(request.POST if request.method == "POST" else None, initial=initial)
    rule = partial(catalogue.amend_type, found, by=request.user, at=now())
    return form_saved(request, form, rule, "scheduling/type.html", {"type": found})


@require_POST
@requires("scheduling.edit_appointment_type")
def withdraw_type(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Offer it no longer."""
    gone = catalogue.withdraw_type(get_object_or_404(AppointmentType, pk=pk), by=request.user, at=now())
    toast(request, _("%(type)s is offered no longer.") % {"type": gone})
    return redirect("scheduling:setup")


@require_POST
@requires("scheduling.edit_appointment_type")
def offer_type(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Offer it again."""
    back = catalogue.offer_type_again(get_object_or_404(AppointmentType, pk=pk), by=request.user, at=now())
    toast(request, _("%(type)s is offered again.") % {"type": back})
    return redirect("scheduling:setup")


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
            hours.set_weekly_hours(
                provider,
                sessions=form.cleaned_data["sessions"],
                effective_from=form.cleaned_data["effective_from"],
                effective_until=form.cleaned_data["effective_until"],
                by=request.user,
                at=now(),
            )
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
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
            hours.open_one_off(provider, by=request.user, at=now(), **span)
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
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
    return _withdrawn(request, hours.withdraw_one_off, found, found.provider_id)


def _setup(
    request: StaffRequest, *, wrong_fee: tuple[AppointmentType, str, str] | None = None, status: int = 200
) -> HttpResponse:
    clinic = profile.current()
    today = day_of(now(), clinic.zone)
    by_provider: dict[UUID, dict[int, list[WeeklyHours]]] = {}
    for one in WeeklyHours.objects.effective(today, today).select_related("site", "room").prefetch_related("breaks"):
        by_provider.setdefault(one.provider_id, {}).setdefault(one.weekday, []).append(one)
    providers = [
        {"provider": provider, "week": _week(by_provider.get(provider.pk, {}))}
        for provider in Provider.objects.select_related("department", "room", "user").order_by(
            "-is_active", "position", "name"
        )
    ]
    types = []
    for one_type in AppointmentType.objects.order_by("-is_active", "position", "name"):
        wrong = wrong_fee is not None and wrong_fee[0].pk == one_type.pk
        types.append(
            {
                "type": one_type,
                "fee": wrong_fee[2]
                if wrong_fee and wrong
                else format_amount(one_type.rate, clinic.currency_info, clinic.locale),
                "tax": f"{one_type.tax_name} {one_type.tax_rate.normalize():f} %" if one_type.tax_rate else "",
                "error": wrong_fee[1] if wrong_fee and wrong else "",
            }
        )
    context = {
        "clinic": clinic,
        "asked_for_leave": LeaveRequest.objects.filter(status=LeaveStatus.REQUESTED).count(),
        "providers": providers,
        "types": types,
        "all_departments": Department.objects.order_by("-is_active", "position", "name"),
        "all_sites": Site.objects.order_by("-is_active", "name"),
        "all_rooms": Room.objects.select_related("department", "site").order_by("-is_active", "name"),
    }
    return render(request, "scheduling/setup.html", context, status=status)


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


def _figure(value: Decimal, clinic: ClinicProfile | None = None) -> str:
    """A percentage, or an amount of the clinic; nothing for nothing."""
    if not value:
        return ""
    return format_amount(value, clinic.currency_info, clinic.locale) if clinic else f"{value.normalize():f}"


def _missed_value(kind: str, value: Decimal, clinic: ClinicProfile) -> str:
    return _figure(value, None if kind == FeeKind.PERCENT else clinic)


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
    return [{"from": day, "until": until[day], "week": _week(week)} for day, week in sorted(days.items())]


def _week(week: dict[int, list[WeeklyHours]]) -> list[str]:
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
    zone = profile.current().zone
    may_see = request.user.has_perm("patients.view_patient")
    if may_see:
        record_reads({one.patient_id for one in appointments}, "schedule")
    return [
        {
            "appointment": one,
            "starts": one.starts_at.astimezone(zone),
            "patient": one.patient.full_name if may_see else one.patient.number,
        }
        for one in appointments
    ]
