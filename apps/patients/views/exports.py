"""Patients as a file."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from apps.accounts.access import requires
from apps.clinic import profile
from apps.core.clock import day_of, now
from apps.core.sheets import sheet_of
from apps.patients.files import exporting
from apps.patients.files.columns import DETAILS
from apps.patients.forms.imports import ExportForm
from apps.patients.models import Patient, PatientExport
from apps.patients.views.shared import signed_in_as

USUAL = ("number", "given_name", "family_name", "sex", "birth_date", "phone", "email")


@require_http_methods(["GET", "HEAD", "POST"])
@requires("patients.export_patient")
def export(request: HttpRequest) -> HttpResponseBase:
    """Choose patients and columns; a POST answers with the file, and the trail keeps who took what."""
    form = ExportForm(request.POST or None, initial={"columns": USUAL, "for_excel": True})
    if request.method == "POST" and form.is_valid():
        at = now()
        chosen = {name: form.cleaned_data[name] for name in ("status", "flag") if form.cleaned_data[name]}
        pieces = exporting.export(
            Patient.objects.as_listed(**chosen),
            fields=[field for field in ("number", *DETAILS) if field in form.cleaned_data["columns"]],
            chosen=chosen,
            by=signed_in_as(request),
            at=at,
            with_mark=form.cleaned_data["for_excel"],
        )
        return sheet_of(f"patients-{day_of(at, profile.current().zone):%Y-%m-%d}.csv", pieces)
    context = {
        "form": form,
        "earlier": PatientExport.objects.select_related("exported_by").order_by("-exported_at")[:10],
        "zone": profile.current().zone,
    }
    status = 400 if request.method == "POST" else 200
    return _page(request, context, status)


def _page(request: HttpRequest, context: dict[str, object], status: int) -> HttpResponse:
    return render(request, "patients/export.html", context, status=status)
