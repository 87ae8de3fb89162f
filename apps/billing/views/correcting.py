"""Guided corrections: say what was wrong, see the debits and credits, confirm."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.access import requires
from apps.audit.reads import record_read, record_reads
from apps.billing.correcting import corrections, rehearsing
from apps.billing.correcting.forms import CorrectionForm, PatientField
from apps.billing.models import Correction, Invoice, Payment
from apps.billing.views.shared import beside, caller, fetch_invoice, frame
from apps.core import clock, naming
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.patients.models import Patient
from apps.patients.search import find

FOUND_AT_MOST = 8


@requires("billing.correct")
@require_http_methods(["GET", "POST"])
def payment(request: HttpRequest, pk: UUID, kind: str) -> HttpResponse:
    """A payment with the wrong method, amount or patient."""
    if kind not in corrections.OF_PAYMENT:
        raise Http404
    found = get_object_or_404(Payment.objects.select_related("patient"), pk=pk)
    return _correct(request, found, kind, corrections.correct_payment)


@requires("billing.correct")
@require_http_methods(["GET", "POST"])
def invoice(request: HttpRequest, pk: UUID, kind: str) -> HttpResponse:
    """An invoice with the wrong patient, amount or visit."""
    if kind not in corrections.OF_INVOICE:
        raise Http404
    return _correct(request, fetch_invoice(pk), kind, corrections.correct_invoice)


@requires("billing.correct")
@require_POST
def patients(request: HttpRequest) -> HttpResponse:
    """Patients who fit what was typed. A POST, so that no name stands in an address or a log."""
    who = request.POST.get("who", "")
    return render(request, "scheduling/_patient_choices.html", {"who": who, "found": _found(who)})


def _correct(
    request: HttpRequest, paper: Payment | Invoice, kind: str, rule: Callable[..., Correction]
) -> HttpResponse:
    record_read(paper.patient_id, "correction")
    about: dict[str, Any] = {"kind": kind, "paper": paper}
    about["may_refund"] = request.user.has_perm("billing.refund_payment")
    if "find" in request.POST:  # without a script
        form = CorrectionForm(initial=request.POST.dict(), **about)
    else:
        form = CorrectionForm(request.POST if request.method == "POST" else None, **about)
    status, shown = 200, None
    if form.is_bound:
        status, at = 400, clock.now()
        if form.is_valid():

            def correct() -> Correction:
                return rule(paper, by=caller(request), at=at, **form.right())

            try:
                if "confirm" in request.POST and form.cleaned_data["seal"]:
                    done = rehearsing.confirm(correct, seal=form.cleaned_data["seal"], at=at)
                    return _to_the_new_one(request, done)
                shown, status = rehearsing.rehearse(correct, at=at), 200
            except Refusal as refusal:
                status = beside(form, refusal)
    context = {
        "paper": paper,
        "is_payment": isinstance(paper, Payment),
        "kind": Correction.Kind(kind).label,
        "form": form,
        "seal": shown.seal if shown else "",
        "entries": _told(shown, request) if shown else [],
        **(_people(request, form) if kind == Correction.Kind.PATIENT else {}),
        **frame(),
    }
    return render(request, "billing/correct.html", context, status=status)


def _people(request: HttpRequest, form: CorrectionForm) -> dict[str, Any]:
    """Whom the search found, and who is chosen."""
    who, chosen = request.POST.get("who", ""), PatientField.chosen(form["patient"].value())
    if chosen is not None:
        record_read(chosen.pk, "correction")
    return {"who": who, "chosen": chosen, "found": [one for one in _found(who) if one != chosen]}


def _found(who: str) -> list[Patient]:
    found = find(who, limit=FOUND_AT_MOST) if who.strip() else []
    record_reads({one.pk for one in found}, "search")
    return found


def _told(shown: rehearsing.Rehearsal, request: HttpRequest) -> list[dict[str, Any]]:
    lines = [line for entry in shown.entries for line in entry.lines]
    patients = naming.names("patient", (line.subject for line in lines), reader=request.user)
    return [
        {
            "words": entry.words,
            "lines": [(line, patients.get(line.subject) if line.subject else None) for line in entry.lines],
        }
        for entry in shown.entries
    ]


def _to_the_new_one(request: HttpRequest, done: Correction) -> HttpResponse:
    if done.new_payment is not None:
        toast(request, _("Corrected: %(number)s took its place.") % {"number": done.new_payment.number})
        return redirect("billing:payment", pk=done.new_payment.pk)
    assert done.new_invoice is not None
    toast(request, _("Corrected: %(number)s took its place.") % {"number": done.new_invoice.number})
    return redirect("billing:invoice", pk=done.new_invoice.pk)
