"""Entries of a patient's record: entered, looked at with their history, amended, ended, struck."""

from datetime import date
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import requires
from apps.audit.reads import record_read
from apps.clinic import profile
from apps.core.clock import day_of, now
from apps.core.forms import beside
from apps.core.pages import wants_fragment, way_back
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.patients import partial, record
from apps.patients.forms.record import SUGGESTED, EndForm, EntryForm, ReasonForm
from apps.patients.models import Patient, PatientFlag, RecordChange, RecordEntry
from apps.patients.models.flags import Audience
from apps.patients.models.record import Kind, partial_date
from apps.patients.views.shared import seen_version, signed_in_as

FORMS = require_http_methods(["GET", "HEAD", "POST"])
_CLINICAL = dict.fromkeys((Kind.ALLERGY, Kind.CONDITION, Kind.MEDICATION), "record")
VIEW = dict.fromkeys(_CLINICAL, "patients.view_record") | {
    Kind.FLAG: "patients.view_alerts",
    Kind.COVERAGE: "patients.view_coverage",
}
EDIT = dict.fromkeys(_CLINICAL, "patients.edit_record") | {
    Kind.FLAG: "patients.edit_flag",
    Kind.COVERAGE: "patients.edit_coverage",
}
may_view = requires(*dict.fromkeys(VIEW.values()))
may_edit = requires(*dict.fromkeys(EDIT.values()))


@FORMS
@may_edit
def enter(request: HttpRequest, pk: UUID, kind: str) -> HttpResponse:
    """Something new about the patient."""
    model = _model(request, kind, EDIT)
    patient = get_object_or_404(Patient, pk=pk)
    record_read(patient.pk, kind)
    form = _form(request, model)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                record.enter(model, patient, by=signed_in_as(request), at=now(), **form.details())
            except Refusal as refusal:
                status = beside(form, refusal)
            else:
                toast(request, _("%(what)s entered.") % {"what": capfirst(model._meta.verbose_name)})
                return _to_chart(request, patient.pk)
    title = _("New: %(what)s") % {"what": model._meta.verbose_name}
    return _page(request, "patients/entry_form.html", patient, kind, {"form": form, "title": title}, status=status)


@FORMS
@may_edit
def amend(request: HttpRequest, kind: str, pk: UUID) -> HttpResponse:
    """Correct or complete an entry."""
    entry = _entry(request, kind, pk, EDIT)
    form = _form(request, type(entry), entry)
    status, version = 200, entry.version
    if request.method == "POST":
        status, version = 400, seen_version(request)
        if form.is_valid():
            try:
                record.amend(entry, by=signed_in_as(request), at=now(), version=version, **form.details())
            except record.ChangedMeanwhile as refusal:
                status, version = beside(form, refusal), entry.version
            except Refusal as refusal:
                status = beside(form, refusal)
            else:
                toast(request, _("Saved."))
                return _to_chart(request, entry.patient_id)
    context = {"form": form, "entry": entry, "title": entry.words, "version": version}
    return _page(request, "patients/entry_form.html", entry.patient, kind, context, status=status)


@require_safe
@may_view
def history(request: HttpRequest, kind: str, pk: UUID) -> HttpResponse:
    """An entry with every version: who wrote what, when and why."""
    entry = _entry(request, kind, pk, VIEW)
    sees_all = request.user.has_perm("patients.view_record") or not isinstance(entry, PatientFlag)
    context = {
        "entry": entry,
        "title": entry.words,
        "facts": _facts(entry),
        "versions": _versions(record.history_of(entry, clinical=sees_all), type(entry)),
        "may_edit": request.user.has_perm(EDIT[Kind(kind)]) and not entry.is_struck and entry.patient.is_active,
        "zone": profile.current().zone,
    }
    return _page(request, "patients/entry.html", entry.patient, kind, context)


@FORMS
@may_edit
def ending(request: HttpRequest, kind: str, pk: UUID) -> HttpResponse:
    """It is no longer so."""
    entry = _entry(request, kind, pk, EDIT)
    form = EndForm(request.POST or None, initial={"on": day_of(now(), profile.current().zone)})
    if not entry.UNTIL:
        del form.fields["on"]
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                record.end(
                    entry,
                    by=signed_in_as(request),
                    at=now(),
                    on=form.cleaned_data.get("on"),
                    reason=form.cleaned_data["reason"],
                )
            except Refusal as refusal:
                form.add_error(None, str(refusal.message))
                status = refusal.status
            else:
                toast(request, _("Ended. It stays in the history."))
                return _to_chart(request, entry.patient_id)
    context = {
        "form": form,
        "entry": entry,
        "title": _("End: %(what)s") % {"what": entry.words},
        "message": _("It leaves what is true now and stays in the history."),
        "action": _("End it"),
    }
    return _page(request, "patients/entry_end.html", entry.patient, kind, context, status=status)


@FORMS
@may_edit
def striking(request: HttpRequest, kind: str, pk: UUID) -> HttpResponse:
    """It was entered in error."""
    entry = _entry(request, kind, pk, EDIT)
    form = ReasonForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                record.strike(entry, by=signed_in_as(request), at=now(), reason=form.cleaned_data["reason"])
            except Refusal as refusal:
                status = beside(form, refusal)
            else:
                toast(request, _("Struck as entered in error. It stays in the history."))
                return _to_chart(request, entry.patient_id)
    context = {
        "form": form,
        "entry": entry,
        "title": _("Entered in error: %(what)s") % {"what": entry.words},
        "message": _("Nobody sees it among what is known any more; the history keeps it with your reason."),
        "action": _("Strike it"),
        "danger": True,
    }
    return _page(request, "patients/entry_end.html", entry.patient, kind, context, status=status)


@require_POST
@requires("patients.edit_record")
def no_known_allergies(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The patient was asked and knows of none."""
    patient = get_object_or_404(Patient, pk=pk)
    record_read(patient.pk, Kind.ALLERGY)
    try:
        record.say_no_known_allergies(patient, by=signed_in_as(request), at=now())
    except Refusal as refusal:
        context = {"title": _("No known allergies"), "refused": refusal.message}
        return _page(request, "patients/entry_refused.html", patient, Kind.ALLERGY, context, status=refusal.status)
    toast(request, _("Recorded: no known allergies."))
    return _to_chart(request, patient.pk)


def _model(request: HttpRequest, kind: str, rights: dict[Kind, str]) -> type[RecordEntry]:
    if kind not in Kind.values:
        raise Http404
    if not request.user.has_perm(rights[Kind(kind)]):
        raise PermissionDenied
    return record.MODELS[kind]


def _entry(request: HttpRequest, kind: str, pk: UUID, rights: dict[Kind, str]) -> RecordEntry:
    """The entry, read: that leaves a trace. A flag for clinical staff is not there for others."""
    entry: RecordEntry = get_object_or_404(
        _model(request, kind, rights)._default_manager.select_related("patient", "entered_by", "changed_by"), pk=pk
    )
    is_hidden = isinstance(entry, PatientFlag) and entry.audience == Audience.CLINICAL
    if is_hidden and not request.user.has_perm("patients.view_record"):
        raise Http404
    record_read(entry.patient_id, kind)
    return entry


def _form(request: HttpRequest, model: type[RecordEntry], entry: RecordEntry | None = None) -> EntryForm:
    here = profile.current()
    return EntryForm(request.POST or None, model=model, today=day_of(now(), here.zone), locale=here.locale, entry=entry)


def _to_chart(request: HttpRequest, pk: UUID) -> HttpResponse:
    url = way_back(request, reverse("patients:patient", args=[pk]))
    if wants_fragment(request):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)


def _page(
    request: HttpRequest, template: str, patient: Patient, kind: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    in_panel = wants_fragment(request) and request.headers.get("HX-Target") == "panel"
    back = way_back(request, reverse("patients:patient", args=[patient.pk]))
    context |= {"patient": patient, "kind": kind, "suggested": SUGGESTED, "in_panel": in_panel, "back": back}
    return render(request, f"{template}#panel" if in_panel else template, context, status=status)


def _facts(entry: RecordEntry) -> list[tuple[str, str]]:
    snapshot = entry.snapshot()
    shown = ((name, spoken(type(entry), name, snapshot.get(name))) for name in entry.DETAILS)
    return [(_label(type(entry), name), words) for name, words in shown if words]


def _versions(changes: list[RecordChange], model: type[RecordEntry]) -> list[dict[str, Any]]:
    """Each version with what it changed from the one before."""
    shown = []
    for index, change in enumerate(changes):
        before = changes[index + 1].snapshot if index + 1 < len(changes) else None
        after = change.snapshot
        differences = [
            (_label(model, name), spoken(model, name, before.get(name)), spoken(model, name, after.get(name)))
            for name in model.DETAILS
            if before is not None and before.get(name) != after.get(name)
        ]
        shown.append({"change": change, "differences": differences})
    return shown


def spoken(model: type[RecordEntry], name: str, value: Any) -> str:
    """A value of a snapshot in the words of the form."""
    field: Any = model._meta.get_field(name)
    if value in (None, ""):
        return ""
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if partial_date in field.validators or (isinstance(value, str) and isinstance(_day(field, value), date)):
        return partial.words(value)
    return str(value)


def _day(field: Any, value: str) -> date | None:
    return parse_date(value) if field.get_internal_type() == "DateField" else None


def _label(model: type[RecordEntry], name: str) -> str:
    return str(capfirst(model._meta.get_field(name).verbose_name))  # type: ignore[union-attr]
