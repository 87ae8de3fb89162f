"""Checking in with money, those who were checked in without it, and what is asked for."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from apps.accounts.access import requires
from apps.audit.reads import record_read, record_reads
from apps.billing.models import CheckIn, Copay
from apps.billing.paying import check_in as checking_in
from apps.billing.paying import credit_rule
from apps.billing.paying.check_in_forms import CheckInForm, CopayForm
from apps.billing.prices.taxing import TaxesOfTheClinic
from apps.billing.views.shared import as_typed, caller, frame
from apps.clinic import profile
from apps.core import clock
from apps.core.paging import stretch
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.scheduling.models import Appointment, AppointmentType, Status
from apps.scheduling.views.check_in import after_check_in, check_in_context, draw


@require_http_methods(["GET", "HEAD", "POST"])
@requires("billing.receive_payment")
@requires("scheduling.record_attendance")
def check_in(request: HttpRequest, appointment_pk: UUID) -> HttpResponse:
    """Copay and check-in in one: a part of the appointment's panel, and a page of its own."""
    found = _fetch(appointment_pk)
    if request.method != "POST":
        return _show(request, found, _first_form(found) if found.status == Status.SCHEDULED else None)
    form = CheckInForm(request.POST)
    if not form.is_valid():
        return _show(request, found, form, status=400)
    try:
        made = checking_in.check_in(found, **form.answers(), by=caller(request), at=clock.now())
    except Refusal as refusal:
        form.refuse(refusal)
        return _show(request, found, form, status=refusal.status)
    arrived = _fetch(made.appointment_id)
    return after_check_in(request, arrived, "billing/check_in.html", {"made": made, **frame()})


@require_GET
@requires("billing.view_invoice")
def check_ins(request: HttpRequest) -> HttpResponse:
    """Who was checked in without a payment, and why: newest first."""
    rows = CheckIn.objects.exclude(unpaid_because="").select_related(
        "appointment__patient", "appointment__provider", "appointment__appointment_type", "by"
    )
    shown = stretch(rows, by=("at", "id"), cursor=request.GET.get("cursor", ""))
    record_reads({one.appointment.patient_id for one in shown.rows}, "check_ins")
    return render(request, "billing/check_ins.html", {"shown": shown, **frame()})


@require_http_methods(["GET", "HEAD"])
@requires("billing.change_catalogue")
def copays(request: HttpRequest) -> HttpResponse:
    """What is asked for at check-in, a type a line."""
    return _copays(request)


@require_http_methods(["POST"])
@requires("billing.change_catalogue")
def copay(request: HttpRequest, type_pk: UUID) -> HttpResponse:
    """Say what is asked for when somebody comes for this; empty: the visit's fee."""
    kind = get_object_or_404(AppointmentType, pk=type_pk)
    form = CopayForm(request.POST)
    if form.is_valid():
        try:
            checking_in.set_copay(kind, form.cleaned_data["amount"], by=caller(request), at=clock.now())
        except Refusal as refusal:
            form.add_error("amount", str(refusal))
    if form.errors:
        return _copays(request, wrong={kind.pk: form}, status=400)
    toast(request, _("Saved."))
    return redirect("billing:copays")


@require_http_methods(["POST"])
@requires("billing.change_catalogue")
def credit_by_itself(request: HttpRequest) -> HttpResponse:
    """Say whether what was paid beforehand pays an invoice by itself as it is issued."""
    credit_rule.choose(credit_by_itself="credit_by_itself" in request.POST, by=caller(request), at=clock.now())
    toast(request, _("Saved."))
    return redirect("billing:copays")


def _show(request: HttpRequest, found: Appointment, form: CheckInForm | None, *, status: int = 200) -> HttpResponse:
    record_read(found.patient_id, "check_in")
    context: dict[str, Any] = {**check_in_context(request, found), "form": form, **frame()}
    if form is not None:
        context["due"] = checking_in.due_today(found)
        context["taken"] = _to_take(form, context["due"].due)
    else:
        context["made"] = checking_in.last_of(found)
    return draw(request, "billing/check_in.html", context, status=status)


def _first_form(found: Appointment) -> CheckInForm:
    clinic = profile.current()
    due = checking_in.due_today(found).due
    return CheckInForm(initial={"amount": as_typed(due, clinic.currency, clinic.locale) if due else ""})


def _to_take(form: CheckInForm, due: Any) -> Any:
    """The amount on the button."""
    if form.is_bound and hasattr(form, "cleaned_data"):
        return form.cleaned_data.get("amount") or due
    return due


def _copays(request: HttpRequest, *, wrong: dict[UUID, CopayForm] | None = None, status: int = 200) -> HttpResponse:
    clinic = profile.current()
    today, taxes = clock.day_of(clock.now(), clinic.zone), TaxesOfTheClinic()
    set_down = dict(Copay.objects.values_list("appointment_type_id", "amount"))
    rows = []
    for kind in AppointmentType.objects.active():
        amount = set_down.get(kind.pk)
        typed = "" if amount is None else as_typed(amount, clinic.currency, clinic.locale)
        form = (wrong or {}).get(kind.pk)
        rows.append(
            {
                "type": kind,
                "typed": form.data.get("amount", "") if form else typed,
                "error": form.errors["amount"][0] if form else "",
                "fee": checking_in.fee_of(kind, day=today, taxes=taxes),
            }
        )
    context = {"rows": rows, "credit_by_itself": credit_rule.settings().credit_by_itself, **frame()}
    return render(request, "billing/copays.html", context, status=status)


def _fetch(pk: UUID) -> Appointment:
    rows = Appointment.objects.select_related("patient", "provider__room", "appointment_type", "booked_by")
    return get_object_or_404(rows, pk=pk)
