"""Lowering an issued invoice, the page of a credit note, and the list of them."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from apps.accounts.access import requires
from apps.audit.reads import record_read, record_reads
from apps.billing.lowering import crediting, taking_back
from apps.billing.lowering.credit_taxes import credited_taxes
from apps.billing.lowering.forms import CreditNoteForm, TakeBackForm
from apps.billing.lowering.posting import entries_of
from apps.billing.models import CreditNote
from apps.billing.views.shared import beside, caller, fetch_invoice, frame
from apps.core import clock
from apps.core.paging import stretch
from apps.core.refusals import Refusal
from apps.core.toasts import toast


@requires("billing.issue_credit_note")
@require_http_methods(["GET", "POST"])
def credit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Asks what is credited, why, and where money above the new total goes."""
    found = fetch_invoice(pk)
    record_read(found.patient_id, "invoice")
    form = CreditNoteForm(
        request.POST or None,
        left=crediting.left_of(found),
        something_paid=bool(found.applied),
        may_refund=request.user.has_perm("billing.refund_payment"),
    )
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                note = crediting.credit(found, **form.wanted(), by=caller(request), at=clock.now())
            except Refusal as refusal:
                status = form.refuse(refusal)
            else:
                toast(request, _("Credit note %(number)s is issued.") % {"number": note.number})
                return redirect("billing:credit_note", pk=note.pk)
    return render(request, "billing/credit.html", {"invoice": found, "form": form, **frame()}, status=status)


@requires("billing.view_invoice")
@require_GET
def credit_note(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Its lines, its tax, and what it did to the invoice and to what was paid."""
    found = _fetch(pk)
    record_read(found.invoice.patient_id, "credit note")
    lines = list(found.lines.prefetch_related("line__taxes").order_by("position"))
    context = {
        "note": found,
        "lines": lines,
        "taxes": credited_taxes(found, lines),
        "entries": entries_of(found) if request.user.has_perm("ledger.view_journal") else [],
        **frame(),
    }
    return render(request, "billing/credit_note.html", context)


@requires("billing.view_invoice")
@require_GET
def credit_notes(request: HttpRequest) -> HttpResponse:
    """All of them, the newest first."""
    rows = CreditNote.objects.select_related("invoice__patient", "by", "reverses", "taken_back_by")
    shown = stretch(rows, by=("at", "id"), cursor=request.GET.get("cursor", ""))
    record_reads({note.invoice.patient_id for note in shown.rows}, "billing list")
    return render(request, "billing/credit_notes.html", {"shown": shown, **frame()})


@requires("billing.issue_credit_note")
@require_http_methods(["GET", "POST"])
def take_note_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Asks why the invoice stands again."""
    found = _fetch(pk)
    record_read(found.invoice.patient_id, "credit note")
    form = TakeBackForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                mirror = taking_back.take_back(
                    found,
                    reason=form.cleaned_data["reason"],
                    source_reference=form.source_reference,
                    by=caller(request),
                    at=clock.now(),
                )
            except Refusal as refusal:
                status = beside(form, refusal)
            else:
                toast(request, _("%(number)s is taken back.") % {"number": found.number})
                return redirect("billing:credit_note", pk=mirror.pk)
    context = {"note": found, "form": form, "put_back": taking_back.to_put_back(found), **frame()}
    return render(request, "billing/take_note_back.html", context, status=status)


def _fetch(pk: UUID) -> CreditNote:
    rows = CreditNote.objects.select_related("invoice__patient", "by", "reverses", "taken_back_by")
    return get_object_or_404(rows, pk=pk)
