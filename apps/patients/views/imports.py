"""A file of patients, from upload to report."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import requires
from apps.audit.reads import record_reads
from apps.clinic import profile
from apps.core.clock import day_of, now
from apps.core.forms import beside
from apps.core.pages import wants_fragment
from apps.core.refusals import Refusal
from apps.core.sheets import safe, sheet_named
from apps.core.toasts import toast
from apps.patients.files import columns, importing, kept
from apps.patients.forms.imports import MatchingForm, ReadingForm, UploadForm
from apps.patients.lines import line_of
from apps.patients.models import ImportLine, PatientImport
from apps.patients.views.shared import signed_in_as

FORMS = require_http_methods(["GET", "HEAD", "POST"])
MAY = "patients.import_patient"
PER_PAGE = 50
State = PatientImport.State


@FORMS
@requires(MAY)
def imports(request: HttpRequest) -> HttpResponse:
    """Upload a file; the files before it."""
    form = UploadForm(request.POST or None, request.FILES or None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                made = importing.upload(file.read(), file_name=file.name, by=signed_in_as(request), at=now())
            except Refusal as refusal:
                form.add_error("file", str(refusal))
            else:
                return redirect("patients:import", made.pk)
    context = {
        "form": form,
        "earlier": PatientImport.objects.select_related("uploaded_by").order_by("-uploaded_at", "-pk")[:25],
        "zone": profile.current().zone,
        "fields": [columns.label_of(field) for field in columns.FIELDS],
    }
    return render(request, "patients/imports.html", context, status=status)


@require_safe
@requires(MAY)
def one_import(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Where a file stands: matching its columns, being checked, what was found, being imported, what became of it."""
    file = _found(pk)
    if wants_fragment(request):
        return render(request, "patients/_import_progress.html", {"file": file, "moving": _moving(file)})
    if file.state == State.UPLOADED:
        return _matching(request, file)
    return _page(request, file)


@require_POST
@requires(MAY)
def reading(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The file is written in another encoding, or its columns are parted by something else."""
    file = _found(pk)
    form = ReadingForm(request.POST)
    if not form.is_valid():
        return _matching(request, file, reading_form=form, status=400)
    try:
        importing.read_otherwise(file, **form.cleaned_data)
    except Refusal as refusal:
        beside(form, refusal)
        return _matching(request, file, reading_form=form, status=refusal.status)
    return redirect("patients:import", file.pk)


@FORMS
@requires(MAY)
def matching(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What each column is; POST checks every row."""
    file = _found(pk)
    if request.method != "POST":
        return _matching(request, file)
    try:
        header, _rows = kept.preview(file)
        form = MatchingForm(request.POST, file=file, header=header)
        if not form.is_valid():
            return _matching(request, file, form=form, status=400)
        importing.check(
            file,
            mapping=form.mapping(),
            date_order=form.cleaned_data["date_order"],
            on_duplicate=form.cleaned_data["on_duplicate"],
            at=now(),
        )
    except importing.BadMapping as refusal:
        beside(form, refusal)
        return _matching(request, file, form=form, status=refusal.status)
    except Refusal as refusal:
        return _page(request, _found(pk), refused=refusal)
    return redirect("patients:import", file.pk)


@require_POST
@requires(MAY)
def choices(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What is done about the rows of this page that look like somebody known."""
    file = _found(pk)
    chosen = {
        int(name.removeprefix("row_")): str(value)
        for name, value in request.POST.items()
        if name.startswith("row_") and name.removeprefix("row_").isdecimal() and len(name) < 15
    }
    try:
        importing.choose(file, chosen)
    except Refusal as refusal:
        return _page(request, _found(pk), refused=refusal)
    toast(request, _("Noted."))
    page = request.POST.get("page", "")
    where = reverse("patients:import", args=[file.pk])
    return redirect(f"{where}?show=duplicates&page={page}" if page.isdecimal() else f"{where}?show=duplicates")


@require_POST
@requires(MAY)
def confirmation(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Import it."""
    file = _found(pk)
    try:
        importing.confirm(file, by=signed_in_as(request), at=now())
    except Refusal as refusal:
        return _page(request, _found(pk), refused=refusal)
    return redirect("patients:import", file.pk)


@require_POST
@requires(MAY)
def cancellation(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Do not import it, and delete the file."""
    file = _found(pk)
    try:
        importing.give_up(file, at=now())
    except Refusal as refusal:
        return _page(request, _found(pk), refused=refusal)
    toast(request, _("Nothing was imported, and the file is deleted."))
    return redirect("patients:imports")


@require_safe
@requires(MAY)
def report(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The rows that were not imported, with the reasons: to be put right and uploaded again."""
    file = _found(pk)
    response, sheet = sheet_named("not-imported.csv")
    sheet.writerows([safe(cell) for cell in row] for row in importing.report(file))
    return response


def _found(pk: UUID) -> PatientImport:
    return get_object_or_404(PatientImport.objects.select_related("uploaded_by", "confirmed_by"), pk=pk)


def _moving(file: PatientImport) -> bool:
    return file.state in {State.CHECKING, State.IMPORTING}


def _matching(
    request: HttpRequest,
    file: PatientImport,
    *,
    form: MatchingForm | None = None,
    reading_form: ReadingForm | None = None,
    status: int = 200,
) -> HttpResponse:
    if file.state not in {State.UPLOADED, State.CHECKED} or file.emptied_at is not None:
        return _page(request, file, refused=importing.NotNow() if request.method == "POST" else None)
    header, rows = kept.preview(file)
    form = form or MatchingForm(file=file, header=header)
    context = {
        "file": file,
        "form": form,
        "reading": reading_form or ReadingForm(initial={"encoding": file.encoding, "separator": file.separator}),
        "matched": [
            {"name": name, "field": form[f"column_{place}"], "cells": _cells(place, [row for _number, row in rows])}
            for place, name in enumerate(header)
        ],
        "earlier": importing.earlier_uploads(file),
        "zone": profile.current().zone,
    }
    return render(request, "patients/import_matching.html", context, status=status)


def _page(request: HttpRequest, file: PatientImport, *, refused: Refusal | None = None) -> HttpResponse:
    show = request.GET.get("show") or ("refused" if file.refused else "duplicates" if file.duplicates else "ready")
    lines = _lines(file, show)
    page = Paginator(lines, PER_PAGE).get_page(request.GET.get("page"))
    shown = list(page)
    record_reads({line.known_id for line in shown if line.known_id}, "duplicates")
    today = day_of(now(), profile.current().zone)
    cells = _cells_of(file, [line.row for line in shown]) if show != "ready" else {}
    context = {
        "file": file,
        "moving": _moving(file),
        "show": show,
        "page_obj": page,
        "outcomes": _outcomes(file),
        "choices": ImportLine.CHOICES,
        "lines": [
            {
                "line": line,
                "cells": cells.get(line.row, ""),
                "problems": [(columns.label_of(field) if field else "", words) for field, words in line.problems],
                "known": line_of(line.known, today=today) if line.known else None,
                "choice": line.choice or file.on_duplicate,
            }
            for line in shown
        ],
        "on_duplicate": dict(ImportLine.CHOICES)[file.on_duplicate],
        "refused": refused,
        "zone": profile.current().zone,
        "kept_until": file.uploaded_at + importing.KEPT,
    }
    return render(request, "patients/import.html", context, status=refused.status if refused else 200)


def _lines(file: PatientImport, show: str) -> Any:
    lines = file.lines.select_related("known").order_by("row")
    if show == "refused":
        return lines.filter(outcome=ImportLine.Outcome.REFUSED)
    if show == "duplicates":
        return lines.filter(known__isnull=False).exclude(outcome=ImportLine.Outcome.REFUSED)
    return lines.none()


def _outcomes(file: PatientImport) -> list[tuple[str, int]]:
    """How many rows ended how, once it was confirmed."""
    if file.confirmed_at is None:
        return []
    counted = dict(file.lines.order_by().values_list("outcome").annotate(count=Count("pk")))
    ends = [outcome for outcome in ImportLine.Outcome if outcome != ImportLine.Outcome.WAITING]
    return [(str(outcome.label), counted.get(outcome.value, 0)) for outcome in ends]


def _cells_of(file: PatientImport, rows: Sequence[int]) -> dict[int, str]:
    """The rows as they stand in the file, on one line each."""
    if file.emptied_at is not None or not rows:
        return {}
    return {number: _joined(cells) for number, cells in kept.rows_at(file, set(rows))}


def _joined(cells: Iterable[str]) -> str:
    text = " · ".join(cell.strip() for cell in cells if cell.strip())
    return text if len(text) <= 160 else f"{text[:159]}…"


def _cells(place: int, rows: Sequence[Sequence[str]]) -> list[str]:
    cells = [row[place].strip() for row in rows if len(row) > place and row[place].strip()]
    return [cell if len(cell) <= 60 else f"{cell[:59]}…" for cell in cells[:3]]
