"""The system admin's daily page: the clinics, how they are, and what can be done to their doors."""

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import requires
from apps.console.forms import OpenClinicForm, PlanForm, SuspendForm
from apps.core.forms import beside
from apps.core.refusals import Refusal
from apps.tenants import provisioning
from apps.tenants.models import Clinic
from apps.tenants.tasks import open_waiting_clinics


@require_safe
@requires("console.view_clinics")
def clinic_list(request: HttpRequest) -> HttpResponse:
    """Every clinic with its figures, worst first in the eye: what failed stands out."""
    clinics = Clinic.objects.select_related("pulse").prefetch_related("domains")
    return render(request, "console/clinics.html", {"clinics": clinics})


@require_http_methods(["GET", "POST"])
@requires("console.open_clinic")
def open_clinic(request: HttpRequest) -> HttpResponse:
    """Register a clinic; a worker that holds the owner's login builds it within seconds."""
    typed = request.POST if request.method == "POST" else None
    form = OpenClinicForm(typed, initial={"timezone": "Asia/Kolkata", "currency": "INR"})
    if request.method == "POST" and form.is_valid():
        try:
            clinic = provisioning.register_clinic(**form.cleaned_data, at=timezone.now())
        except Refusal as refusal:
            form.add_error(refusal.field, str(refusal.message))
        else:
            # Beat asks again every minute, so a broker that is away delays the opening and loses nothing.
            transaction.on_commit(lambda: open_waiting_clinics.apply_async(retry=False), robust=True)
            messages.success(request, _("%(name)s is being opened.") % {"name": clinic.name})
            return redirect("console:clinic", clinic.pk)
    status = 400 if form.errors else 200
    return render(request, "console/open_clinic.html", {"form": form}, status=status)


@require_safe
@requires("console.view_clinics")
def clinic_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One clinic: state, plan, figures, and the forms for its door."""
    clinic = get_object_or_404(Clinic.objects.select_related("pulse").prefetch_related("domains"), pk=pk)
    return _page(request, clinic)


@require_POST
@requires("console.suspend_clinic")
def suspension(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Suspend, after the address has been typed."""
    clinic = get_object_or_404(Clinic, pk=pk)
    form = SuspendForm(request.POST, clinic=clinic)
    if form.is_valid():
        try:
            provisioning.suspend(clinic, at=timezone.now(), reason=form.cleaned_data["reason"])
        except Refusal as refusal:
            beside(form, refusal)
        else:
            messages.success(request, _("%(name)s is suspended.") % {"name": clinic.name})
            return redirect("console:clinic", clinic.pk)
    return _page(request, clinic, suspend_form=form, status=400)


@require_POST
@requires("console.suspend_clinic")
def resumption(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Open a suspended clinic's door again."""
    clinic = get_object_or_404(Clinic, pk=pk)
    try:
        provisioning.resume(clinic)
    except Refusal as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("%(name)s is open again.") % {"name": clinic.name})
    return redirect("console:clinic", clinic.pk)


@require_POST
@requires("console.change_plan")
def plan(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Put the clinic on another plan."""
    clinic = get_object_or_404(Clinic, pk=pk)
    form = PlanForm(request.POST)
    if not form.is_valid():
        return _page(request, clinic, plan_form=form, status=400)
    clinic = provisioning.change_plan(clinic, plan=form.cleaned_data["plan"])
    messages.success(
        request, _("%(name)s is on the plan %(plan)s.") % {"name": clinic.name, "plan": clinic.get_plan_display()}
    )
    return redirect("console:clinic", clinic.pk)


def _page(
    request: HttpRequest,
    clinic: Clinic,
    *,
    suspend_form: SuspendForm | None = None,
    plan_form: PlanForm | None = None,
    status: int = 200,
) -> HttpResponse:
    return render(
        request,
        "console/clinic.html",
        {
            "clinic": clinic,
            "pulse": getattr(clinic, "pulse", None),
            "suspend_form": suspend_form or SuspendForm(clinic=clinic),
            "plan_form": plan_form or PlanForm(initial={"plan": clinic.plan}),
        },
        status=status,
    )
