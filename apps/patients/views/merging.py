"""Two records side by side, merged, and taken apart again."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.access import requires
from apps.audit.models import AuditEvent
from apps.audit.reads import record_reads
from apps.audit.values import table_words
from apps.clinic import profile
from apps.core.clock import day_of, now
from apps.core.forms import beside
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.patients import duplicates, merging
from apps.patients.forms.merging import MergeForm, NumberForm, ReasonForm
from apps.patients.lines import age_words, born_words, language_words, line_of
from apps.patients.models import DuplicatePair, Patient, PatientMerge
from apps.patients.together import findings_on
from apps.patients.views.shared import signed_in_as

FORMS = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True, slots=True)
class Row:
    """One detail on both records; `field` is the choice between them where they differ."""

    label: str
    left: str
    right: str
    differs: bool
    field: Any = None


@FORMS
@requires("patients.review_duplicates")
def comparison(request: HttpRequest, pk: UUID, other: UUID) -> HttpResponse:
    """Two records side by side; POST merges the second into the first. Who may only review sees no form."""
    both = Patient.objects.select_related("registered_by").in_bulk([pk, other])
    if len(both) != 2:
        raise Http404
    survivor, duplicate = both[pk], both[other]
    record_reads({pk, other}, "comparison")
    may_merge = request.user.has_perm("patients.merge_patient")
    differing = list(merging.differing(survivor, duplicate))
    form = MergeForm(request.POST or None, survivor=survivor, duplicate=duplicate, differing=differing)
    status = 200
    if request.method == "POST":
        if not may_merge:
            return render(request, "403.html", status=403)
        status = 400
        if form.is_valid():
            try:
                merging.merge(
                    survivor,
                    duplicate,
                    take=form.taken(),
                    by=signed_in_as(request),
                    at=now(),
                    reason=form.cleaned_data["reason"],
                    versions=form.versions,
                )
            except Refusal as refusal:
                status = beside(form, refusal)
            else:
                words = {"number": duplicate.number, "into": survivor.number}
                toast(request, _("%(number)s is merged into %(into)s.") % words)
                return redirect("patients:patient", survivor.pk)
    today = day_of(now(), profile.current().zone)
    first, second = sorted((pk, other))
    context = {
        "left": survivor,
        "right": duplicate,
        "lines": [line_of(patient, today=today) for patient in (survivor, duplicate)],
        "rows": _rows(survivor, duplicate, form, may_merge=may_merge and _mergeable(survivor, duplicate)),
        "form": form,
        "may_merge": may_merge,
        "is_mergeable": _mergeable(survivor, duplicate),
        "findings": findings_on(survivor, duplicate, reader=signed_in_as(request)),
        "stricter": merging.stricter_flags(survivor, duplicate),
        "pair": DuplicatePair.objects.filter(one=first, other=second).select_related("dismissed_by").first(),
        "zone": profile.current().zone,
    }
    return render(request, "patients/comparison.html", context, status=status)


@require_safe
@requires("patients.review_duplicates")
def likely(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Who may be the same person as this patient; any other record can be named by its number."""
    person = get_object_or_404(Patient, pk=pk)
    today = day_of(now(), profile.current().zone)
    form = NumberForm(request.GET if "number" in request.GET else None)
    if form.is_valid():
        number = form.cleaned_data["number"].strip().upper()
        named = Patient.objects.filter(number=number).first()
        if named is None:
            form.add_error("number", _("No patient has this number."))
        elif (named.merged_into_id or named.pk) == person.pk:
            form.add_error("number", _("This is the same record."))
        else:
            return redirect("patients:comparison", person.pk, named.merged_into_id or named.pk)
    details = duplicates.details_of(person, today=today)
    found = duplicates.compare(details, today=today, besides=person)
    record_reads({person.pk, *(one.patient.pk for one in found)}, "duplicates")
    context = {
        "patient": person,
        "form": form,
        "found": [{"line": line_of(one.patient, today=today), "reasons": one.reasons} for one in found],
    }
    return render(request, "patients/likely.html", context, status=400 if form.errors else 200)


@FORMS
@requires("patients.merge_patient")
def separation(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take two merged records apart: what comes back, what stays, then the reason."""
    concerned = ("survivor", "duplicate", "merged_by", "separation__separated_by")
    fact = get_object_or_404(PatientMerge.objects.select_related(*concerned), pk=pk)
    record_reads({fact.survivor_id, fact.duplicate_id}, "comparison")
    form = ReasonForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                merging.separate(fact, by=signed_in_as(request), at=now(), reason=form.cleaned_data["reason"])
            except Refusal as refusal:
                status = beside(form, refusal)
            else:
                words = {"number": fact.duplicate.number, "from": fact.survivor.number}
                toast(request, _("%(number)s stands on its own again, apart from %(from)s.") % words)
                return redirect("patients:patient", fact.duplicate_id)
    amended = merging.amended_since(fact)
    today = day_of(now(), profile.current().zone)
    context = {
        "merge": fact,
        "undone": fact.undone,
        "form": form,
        "lines": [line_of(patient, today=today) for patient in (fact.survivor, fact.duplicate)],
        "restored": [
            {"label": _label(name), "now": _shown(fact.after[name]), "then": _shown(fact.before[name])}
            for name in fact.after
            if name not in amended and name != "birth_date_estimated"
        ],
        "amended": [_label(name) for name in amended],
        "recorded": _recorded_since(fact),
        "zone": profile.current().zone,
    }
    return render(request, "patients/separation.html", context, status=status)


def _mergeable(survivor: Patient, duplicate: Patient) -> bool:
    return survivor.is_active and duplicate.merged_into_id is None


def _rows(left: Patient, right: Patient, form: MergeForm, *, may_merge: bool) -> list[Row]:
    today = day_of(now(), profile.current().zone)
    rows = []
    for name in merging.CHOICES:
        one, other = _value(left, name, today), _value(right, name, today)
        if not one and not other:
            continue
        key = f"take_{name}"
        differs = getattr(left, name) != getattr(right, name)
        field = list(form[key]) if may_merge and key in form.fields else None
        rows.append(Row(_label(name), one, other, differs, field))
    return rows


def _value(patient: Patient, name: str, today: Any) -> str:
    if name == "birth_date":
        born, age = born_words(patient), age_words(patient, today)
        return f"{born} ({age})" if born else ""
    if name == "preferred_language":
        return language_words(patient.preferred_language)
    display = getattr(patient, f"get_{name}_display", None)
    return str(display() if display else getattr(patient, name) or "")


def _label(name: str) -> str:
    return capfirst(str(Patient._meta.get_field(name).verbose_name))  # type: ignore[union-attr]


def _shown(value: Any) -> str:
    return {True: _("yes"), False: _("no"), None: ""}.get(value, str(value)) if not isinstance(value, str) else value


def _recorded_since(fact: PatientMerge) -> list[dict[str, Any]]:
    """What was written for the survivor since, by kind, as the trail knows it: it stays with them."""
    events = AuditEvent.objects.filter(
        patient_id=fact.survivor_id, action=AuditEvent.Action.CREATE, at__gte=fact.merged_at
    ).exclude(table_name=Patient._meta.db_table)
    kinds: dict[str, list[str]] = {}
    for table, number in events.order_by("id").values_list("table_name", "new__number")[:500]:
        kinds.setdefault(table_words(table), []).append(number or "")
    return [
        {"kind": kind, "count": len(numbers), "numbers": [number for number in numbers if number][:20]}
        for kind, numbers in kinds.items()
    ]
