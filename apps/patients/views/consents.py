"""A patient's consents: which are given and missing, signing on a tablet, the signed paper, taking one back."""

from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.access import requires
from apps.audit.reads import record_read
from apps.clinic import profile
from apps.core.clock import day_of, now
from apps.core.connection import here
from apps.core.forms import beside
from apps.core.pages import way_back
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.core.typesetting import pdf_answer
from apps.patients import consents
from apps.patients.consent_lists import TONES, consents_of
from apps.patients.consent_paper import consent_pdf
from apps.patients.forms.consents import SignatureForm
from apps.patients.forms.record import ReasonForm
from apps.patients.models import ConsentForm, Patient, PatientConsent
from apps.patients.models.consents import Decision, Device
from apps.patients.views.shared import signed_in_as

OF_AGE = 18
FORMS = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@requires("patients.view_consent")
def of_patient(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What may be signed, what is missing, and everything that was answered."""
    patient = get_object_or_404(Patient, pk=pk)
    record_read(patient.pk, "consent")
    return render(request, "patients/consents.html", {"patient": patient, **consents_of(patient)})


@FORMS
@requires("patients.take_consent")
def signature(request: HttpRequest, pk: UUID, form_pk: UUID) -> HttpResponse:
    """The text, and the place to sign it: drawn on the tablet, or typed. ?next= is where one came from."""
    patient = get_object_or_404(Patient, pk=pk)
    text = get_object_or_404(ConsentForm, pk=form_pk)
    record_read(patient.pk, "consent")
    asked_from = way_back(request)
    back = asked_from or reverse("patients:consents", args=[patient.pk])
    age = patient.age_on(day_of(now(), profile.current().zone))
    form = SignatureForm(request.POST or None, name=patient.full_name, is_minor=age is not None and age < OF_AGE)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                answer = consents.sign(
                    patient,
                    text,
                    by=signed_in_as(request),
                    at=now(),
                    ip=here().ip,
                    device=device_of(request.headers.get("User-Agent", "")),
                    **form.cleaned_data,
                )
            except Refusal as refusal:
                status = beside(form, refusal)
            else:
                agreed = answer.decision == Decision.AGREED
                toast(request, _("Signed.") if agreed else _("The refusal is recorded."))
                return redirect(_next_of(patient, asked_from) or back)
    context = {"patient": patient, "text": text, "form": form, "box": consents.BOX, "back": back, "next": asked_from}
    return render(request, "patients/consent_sign.html", context, status=status)


@require_safe
@requires("patients.view_consent")
def consent(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A signed consent, and whether it is still what was signed. The code on its paper leads here."""
    answer = _fetched(pk)
    printed = request.GET.get("digest", "")
    context = {
        "answer": answer,
        "patient": answer.patient,
        "verdict": consents.verify(answer),
        "printed": printed,
        "is_same_paper": bool(printed) and answer.digest.startswith(printed) and len(printed) >= 16,
        "state": answer.state_on(day_of(now(), profile.current().zone)),
        "zone": profile.current().zone,
        "box": consents.BOX,
    }
    context["tone"] = TONES[str(context["state"])]
    return render(request, "patients/consent.html", context)


@require_safe
@requires("patients.view_consent")
def paper(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The signed consent as PDF, with its hash and a code that leads to its verification."""
    answer = _fetched(pk)
    address = request.build_absolute_uri(reverse("patients:consent", args=[pk]) + f"?digest={answer.digest[:32]}")
    return pdf_answer(consent_pdf(answer, address=address, at=now()), f"consent-{answer.patient.number}")


@FORMS
@requires("patients.take_consent")
def revocation(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The patient takes it back."""
    answer = _fetched(pk)
    form = ReasonForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                consents.revoke(answer, by=signed_in_as(request), at=now(), reason=form.cleaned_data["reason"])
            except Refusal as refusal:
                status = beside(form, refusal)
            else:
                toast(request, _("Revoked. That it was given stays on record."))
                return redirect("patients:consent", pk)
    context = {
        "title": _("Revoke “%(title)s”?") % {"title": answer.form.title},
        "message": _("The patient takes their agreement back from now on. What was signed stays on record."),
        "action": _("Revoke"),
        "danger": True,
        "form": form,
        "cancel_url": reverse("patients:consent", args=[pk]),
    }
    return render(request, "confirm.html", context, status=status)


def device_of(agent: str) -> str:
    """The class of a browser: enough to explain a signature, too little to track anybody."""
    agent = agent.lower()
    if "ipad" in agent or "tablet" in agent or ("android" in agent and "mobile" not in agent):
        return Device.TABLET
    return Device.PHONE if "mobile" in agent or "iphone" in agent else Device.COMPUTER


def _next_of(patient: Patient, back: str) -> str:
    """The next missing text: on a tablet one signs them in a row."""
    missing = [form for form in consents.missing_for(patient, at=now()) if form.last_answer is None]
    if not missing:
        return ""
    return reverse("patients:signature", args=[patient.pk, missing[0].pk]) + (
        f"?{urlencode({'next': back})}" if back else ""
    )


def _fetched(pk: UUID) -> PatientConsent:
    answer: PatientConsent = get_object_or_404(PatientConsent.objects.with_form().select_related("patient"), pk=pk)
    record_read(answer.patient_id, "consent")
    return answer
