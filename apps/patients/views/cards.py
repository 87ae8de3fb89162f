"""ID cards: issued and replaced, printed one by one or ten to a sheet."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.access import requires
from apps.audit.reads import record_read, record_reads
from apps.clinic import profile
from apps.core.clock import now
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.core.typesetting import pdf_answer
from apps.patients.cards import issuing, printing
from apps.patients.forms.cards import CardForm, DesignForm
from apps.patients.models import IdCard, Patient
from apps.patients.views.shared import signed_in_as

FORMS = require_http_methods(["GET", "HEAD", "POST"])
LATEST = 40


@FORMS
@requires("patients.issue_card")
def card(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A patient's card and those before it; a POST issues a new one."""
    patient = get_object_or_404(Patient, pk=pk)
    record_read(patient.pk, "card")
    cards = list(IdCard.objects.of_patient(patient).select_related("issued_by", "voided_by").order_by("-issued_at"))
    valid = next((one for one in cards if one.voided_at is None), None)
    form, status = CardForm(valid=valid), 200
    if request.method == "POST":
        form, status = CardForm(request.POST, valid=valid), 400
        if form.is_valid():
            try:
                made = issuing.issue(patient, by=signed_in_as(request), at=now(), **form.cleaned_data)
            except Refusal as refusal:
                form.add_error("reason" if refusal.field == "reason" and valid else None, str(refusal))
                status = refusal.status
            else:
                toast(request, _("Card %(serial)s is issued. Print it now.") % {"serial": made.serial})
                return redirect("patients:card", patient.pk)
    context = {"patient": patient, "cards": cards, "valid": valid, "form": form, "zone": profile.current().zone}
    return render(request, "patients/card.html", context, status=status)


@require_safe
@requires("patients.issue_card")
def card_pdf(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One card for the card printer."""
    found = get_object_or_404(IdCard.objects.select_related("patient"), pk=pk)
    record_read(found.patient_id, "card")
    try:
        return pdf_answer(printing.card_pdf(found, at=now()), found.serial)
    except printing.CardVoid as refusal:
        toast(request, str(refusal), level=40)
        return redirect("patients:card", found.patient_id)


@FORMS
@requires("patients.issue_card")
def sheet(request: HttpRequest) -> HttpResponse:
    """The cards issued last; a POST prints up to ten of them on a sheet."""
    status, refused = 200, ""
    if request.method == "POST":
        try:
            chosen = _chosen(request)
            pdf = printing.sheet_pdf(chosen, at=now())
        except Refusal as refusal:
            status, refused = refusal.status, str(refusal)
        else:
            record_reads({one.patient_id for one in chosen}, "card")
            return pdf_answer(pdf, "cards")
    rows = IdCard.objects.valid().select_related("patient").order_by("-issued_at", "-id")
    cards = list(rows[:LATEST])
    record_reads({one.patient_id for one in cards}, "list")
    picked = set(request.POST.getlist("cards"))
    context: dict[str, Any] = {"cards": cards, "refused": refused, "picked": picked, "zone": profile.current().zone}
    return render(request, "patients/card_sheet.html", context, status=status)


@FORMS
@requires("patients.design_card")
def design(request: HttpRequest) -> HttpResponse:
    """What stands on the clinic's cards."""
    found = issuing.design()
    initial = {name: getattr(found, name) for name in DesignForm.base_fields}
    form = DesignForm(request.POST if request.method == "POST" else None, initial=initial)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            issuing.amend_design(by=signed_in_as(request), at=now(), **form.cleaned_data)
            toast(request, _("Saved. Cards are printed like this from now on."))
            return redirect("patients:card_design")
    return render(request, "patients/card_design.html", {"form": form}, status=status)


def _chosen(request: HttpRequest) -> list[IdCard]:
    """In the order of the list. What is no card of this clinic is not printed."""
    try:
        wanted = {UUID(text) for text in request.POST.getlist("cards")}
    except ValueError:
        raise printing.BadSheet from None
    found = IdCard.objects.filter(pk__in=wanted).select_related("patient").order_by("-issued_at", "-id")
    return list(found)
