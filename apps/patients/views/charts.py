"""One patient: registered, looked at, amended, deactivated, restored."""

from typing import Any
from uuid import UUID

from django.contrib.messages import INFO
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.access import requires
from apps.audit.reads import record_read, record_reads
from apps.clinic import profile
from apps.core.clock import day_of, now
from apps.core.forms import beside
from apps.core.pages import way_back, written_id
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.patients import registration, typed
from apps.patients.alerts import alerts_of, asked_about_allergies
from apps.patients.chart import facts_of, sections_of
from apps.patients.forms.patients import DeactivationForm, PatientForm
from apps.patients.lines import age_words, born_words, dialled, language_words, line_of
from apps.patients.models import Patient, PatientMerge
from apps.patients.registration import ChangedMeanwhile, LikelyDuplicate
from apps.patients.views.shared import seen_version, signed_in_as

FORMS = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@requires("patients.view_patient")
def patient(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The chart: who this is, how to reach them, and what the other departments know."""
    person = get_object_or_404(Patient.objects.select_related("registered_by", "deactivated_by", "merged_into"), pk=pk)
    if person.merged_into is not None:
        words = {"number": person.number, "into": person.merged_into.number}
        toast(request, _("%(number)s was merged into this record, %(into)s.") % words, level=INFO)
        return redirect("patients:patient", person.merged_into.pk)
    facts = list(PatientMerge.objects.of_person(person))
    merges = [fact for fact in facts if fact.undone is None]
    record_reads({person.pk, *(fact.duplicate_id for fact in merges)}, "chart")
    today = day_of(now(), profile.current().zone)
    context = {
        "patient": person,
        "born": born_words(person),
        "age": age_words(person, today),
        "sections": sections_of(request, person),
        "facts": facts_of(request.user, person),
        "zone": profile.current().zone,
        "merges": merges,
        "separations": [_apart(fact, person) for fact in facts if fact.undone is not None],
        "language": language_words(person.preferred_language),
        "dial": {name: dialled(getattr(person, name)) for name in ("phone", "other_phone", "emergency_phone")},
    }
    if request.user.has_perm("patients.view_alerts"):
        clinical = request.user.has_perm("patients.view_record")
        context |= {"shows_alerts": True, "alerts": alerts_of(person, clinical=clinical)}
        context["asked"] = str(asked_about_allergies(person))
    return render(request, "patients/patient.html", context)


@FORMS
@requires("patients.register_patient")
def register(request: HttpRequest) -> HttpResponse:
    """A new patient. Who looks like somebody known is shown beside them before anything is saved."""
    words = typed.opened(request.GET.get("find", ""), by=signed_in_as(request).pk, at=now())
    form = _form(request, typed=words)
    duplicates: list[dict[str, Any]] = []
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                person = registration.register(
                    by=signed_in_as(request),
                    at=now(),
                    refuse_duplicates=True,
                    compared=_somebody_else_than(request),
                    **form.details(),
                )
            except LikelyDuplicate as refusal:
                duplicates, status = _compared(refusal), refusal.status
            except Refusal as refusal:
                status = beside(form, refusal)
            else:
                toast(request, _("Registered as %(number)s.") % {"number": person.number})
                return redirect("patients:patient", person.pk)
    return render(request, "patients/register.html", {"form": form, "duplicates": duplicates}, status=status)


@FORMS
@requires("patients.amend_patient")
def amend(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Correct or complete a patient's details. Somebody else's change in the meantime is shown, not overwritten."""
    person = get_object_or_404(Patient, pk=pk)
    record_read(person.pk, "details")
    form = _form(request, patient=person)
    back = way_back(request, reverse("patients:patient", args=[person.pk]))
    context: dict[str, Any] = {"form": form, "patient": person, "version": person.version, "back": back}
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                registration.amend(
                    person, by=signed_in_as(request), at=now(), version=seen_version(request), **form.changes()
                )
            except ChangedMeanwhile as refusal:
                status = beside(form, refusal)
                context["differences"] = _differences(form)
            except Refusal as refusal:
                status = beside(form, refusal)
            else:
                toast(request, _("Saved."))
                return redirect(back)
        else:
            context["version"] = seen_version(request)
    return render(request, "patients/amend.html", context, status=status)


@FORMS
@requires("patients.deactivate_patient")
def deactivation(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a patient out of the lists, with a reason."""
    person = get_object_or_404(Patient, pk=pk)
    record_read(person.pk, "details")
    form = DeactivationForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                registration.deactivate(person, by=signed_in_as(request), at=now(), reason=form.cleaned_data["reason"])
            except Refusal as refusal:
                status = beside(form, refusal)
            else:
                undo = reverse("patients:restoration", args=[person.pk])
                toast(request, _("%(number)s is deactivated.") % {"number": person.number}, undo_url=undo)
                return redirect("patients:patient", person.pk)
    context = {
        "title": _("Deactivate %(name)s?") % {"name": person.full_name},
        "message": _("They leave the lists and cannot be booked. Their records stay, and they can be restored."),
        "action": _("Deactivate"),
        "danger": True,
        "form": form,
        "cancel_url": reverse("patients:patient", args=[person.pk]),
    }
    return render(request, "confirm.html", context, status=status)


@FORMS
@requires("patients.deactivate_patient")
def restoration(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Bring a deactivated patient back into the lists."""
    person = get_object_or_404(Patient, pk=pk)
    record_read(person.pk, "details")
    refused, status = "", 200
    if request.method == "POST":
        try:
            registration.restore(person, by=signed_in_as(request), at=now())
        except Refusal as refusal:
            refused, status = str(refusal.message), refusal.status
        else:
            toast(request, _("%(number)s is active again.") % {"number": person.number})
            return redirect("patients:patient", person.pk)
    context = {
        "title": _("Restore %(name)s?") % {"name": person.full_name},
        "message": refused or _("They appear in the lists again and can be booked."),
        "action": _("Restore"),
        "cancel_url": reverse("patients:patient", args=[person.pk]),
    }
    return render(request, "confirm.html", context, status=status)


def _form(request: HttpRequest, **kwargs: Any) -> PatientForm:
    here = profile.current()
    return PatientForm(
        request.POST or None,
        today=day_of(now(), here.zone),
        locale=here.locale,
        may_flag=request.user.has_perm("patients.flag_patient"),
        **kwargs,
    )


def _apart(fact: PatientMerge, person: Patient) -> dict[str, Any]:
    """A merge that was undone, as the chart of either record tells it."""
    other = fact.survivor if person.pk in {fact.duplicate_id, fact.duplicate.merged_into_id} else fact.duplicate
    return {"other": other, "fact": fact.undone}


def _somebody_else_than(request: HttpRequest) -> set[UUID]:
    """Those who were shown when somebody said that this is another person."""
    shown = request.POST.getlist("shown") if request.POST.get("not_a_duplicate") == "yes" else []
    return {written_id(pk) for pk in shown}


def _compared(refusal: LikelyDuplicate) -> list[dict[str, Any]]:
    record_reads({found.patient.pk for found in refusal.duplicates}, "duplicates")
    today = day_of(now(), profile.current().zone)
    return [
        {"line": line_of(found.patient, today=today), "reasons": found.reasons, "is_certain": found.points >= 100}
        for found in refusal.duplicates
    ]


def _differences(form: PatientForm) -> list[dict[str, Any]]:
    """What is written now, beside what this form would write."""
    return [
        {"label": form[name].label, "saved": form[name].initial, "typed": form[name].value()}
        for name in form.changed_data
    ]
