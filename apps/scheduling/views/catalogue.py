"""Set-up: what can be booked and what it costs. One page leads everywhere in one click."""

from decimal import Decimal
from functools import partial
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import StaffRequest, requires
from apps.clinic import profile
from apps.clinic.models import ClinicProfile, Department, Provider, Room, Site
from apps.clinic.views.saving import form_saved
from apps.core.clock import day_of, now
from apps.core.money import format_amount, format_money
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.scheduling import catalogue
from apps.scheduling.forms.catalogue import FeeForm, TypeForm
from apps.scheduling.models import (
    AppointmentType,
    LeaveRequest,
    LeaveStatus,
    WeeklyHours,
)
from apps.scheduling.models.appointment_type import FeeKind
from apps.scheduling.views.hours import week_in_words
from apps.scheduling.views.showing import SETS_UP


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


def _setup(
    request: StaffRequest, *, wrong_fee: tuple[AppointmentType, str, str] | None = None, status: int = 200
) -> HttpResponse:
    clinic = profile.current()
    today = day_of(now(), clinic.zone)
    by_provider: dict[UUID, dict[int, list[WeeklyHours]]] = {}
    for one in WeeklyHours.objects.effective(today, today).select_related("site", "room").prefetch_related("breaks"):
        by_provider.setdefault(one.provider_id, {}).setdefault(one.weekday, []).append(one)
    providers = [
        {"provider": provider, "week": week_in_words(by_provider.get(provider.pk, {}))}
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


def _figure(value: Decimal, clinic: ClinicProfile | None = None) -> str:
    """A percentage, or an amount of the clinic; nothing for nothing."""
    if not value:
        return ""
    return format_amount(value, clinic.currency_info, clinic.locale) if clinic else f"{value.normalize():f}"


def _missed_value(kind: str, value: Decimal, clinic: ClinicProfile) -> str:
    return _figure(value, None if kind == FeeKind.PERCENT else clinic)
