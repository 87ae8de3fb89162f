"""Writing off what will not be paid, taking it back, and the list of both."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from apps.accounts.access import requires
from apps.audit.reads import record_read, record_reads
from apps.billing.lowering import write_offs as writing_off
from apps.billing.lowering.forms import TakeBackForm, WriteOffForm
from apps.billing.models import WriteOff
from apps.billing.views.shared import as_typed, beside, caller, fetch_invoice, frame
from apps.clinic import profile
from apps.core import clock
from apps.core.paging import stretch
from apps.core.refusals import Refusal
from apps.core.toasts import toast


@requires("billing.write_off")
@require_http_methods(["GET", "POST"])
def write_off(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Asks how much, of what kind and why."""
    found = fetch_invoice(pk)
    record_read(found.patient_id, "invoice")
    typed = as_typed(found.due, found.currency, profile.current().locale) if found.due else ""
    form = WriteOffForm(request.POST or None, initial={"amount": typed})
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            wanted = {name: form.cleaned_data[name] for name in ("amount", "category", "reason")}
            try:
                fact = writing_off.write_off(
                    found, **wanted, source_reference=form.source_reference, by=caller(request), at=clock.now()
                )
            except Refusal as refusal:
                status = beside(form, refusal)
            else:
                toast(request, _("%(number)s is written off.") % {"number": fact.number})
                return redirect("billing:invoice", pk=pk)
    return render(request, "billing/write_off.html", {"invoice": found, "form": form, **frame()}, status=status)


@requires("billing.write_off")
@require_http_methods(["GET", "POST"])
def take_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Asks why it is owed again."""
    found = get_object_or_404(WriteOff.objects.select_related("invoice__patient", "by"), pk=pk)
    record_read(found.invoice.patient_id, "invoice")
    form = TakeBackForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                writing_off.take_back(
                    found,
                    reason=form.cleaned_data["reason"],
                    source_reference=form.source_reference,
                    by=caller(request),
                    at=clock.now(),
                )
            except Refusal as refusal:
                status = beside(form, refusal)
            else:
                toast(request, _("It is owed again."))
                return redirect("billing:invoice", pk=found.invoice_id)
    return render(request, "billing/take_back.html", {"write_off": found, "form": form, **frame()}, status=status)


@requires("billing.view_invoice")
@require_GET
def write_offs(request: HttpRequest) -> HttpResponse:
    """All of them, the newest first."""
    rows = WriteOff.objects.select_related("invoice__patient", "reverses", "taken_back_by", "by")
    shown = stretch(rows, by=("at", "id"), cursor=request.GET.get("cursor", ""))
    record_reads({one.invoice.patient_id for one in shown.rows}, "billing list")
    return render(request, "billing/write_offs.html", {"shown": shown, **frame()})
