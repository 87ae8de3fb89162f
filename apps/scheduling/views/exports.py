"""The list of appointments as a file."""

from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from apps.accounts.access import requires
from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.clock import local_day
from apps.core.refusals import Refusal
from apps.core.sheets import sheet_of
from apps.scheduling import exporting
from apps.scheduling.models import Appointment
from apps.scheduling.models.appointment import AppointmentQuerySet
from apps.scheduling.sheets.drawing import SHOWN
from apps.scheduling.views.filters import Filters
from apps.scheduling.views.showing import asked_day, sheet_url, signed_in

WHOSE = {"provider", "department", "specialty", "room"}


class ExportForm(forms.Form):
    """From when to when; what else is chosen stands in the address, as on the list."""

    first_day = forms.DateField(label=_("From"), widget=forms.DateInput({"type": "date"}))
    last_day = forms.DateField(label=_("To"), widget=forms.DateInput({"type": "date"}))
    for_excel = forms.BooleanField(
        label=_("For Excel"), required=False, initial=True, help_text=_("Marks the file as UTF-8, which Excel needs.")
    )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = given.get("first_day"), given.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("The last day lies before the first."))
        return given

    def days(self) -> dict[str, date]:
        return {name: self.cleaned_data[name] for name in ("first_day", "last_day")}


@require_http_methods(["GET", "HEAD", "POST"])
@requires("scheduling.view_appointment")
@requires("patients.export_patient")
def export(request: HttpRequest) -> HttpResponseBase:
    """Choose the days; a POST answers with the file. ?day= and the filters are those of the list."""
    day, status = asked_day(request), 200
    filters = Filters.of(request.GET, list(Provider.objects.select_related("department", "room")))
    form = ExportForm(request.POST or None, initial={"first_day": day, "last_day": day})
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                rows, marked = _chosen(filters, **form.days()), form.cleaned_data["for_excel"]
                pieces = exporting.export(rows, by=signed_in(request), with_mark=marked)
                days = "-".join(day.isoformat() for day in form.days().values())
                return sheet_of(f"appointments-{days}.csv", pieces)
            except Refusal as refusal:
                form.add_error("last_day", str(refusal))
                status = refusal.status
    context = {"form": form, "filters": filters, "list_url": sheet_url(day, view="list", **filters.query)}
    return render(request, "scheduling/export.html", context, status=status)


def _chosen(filters: Filters, *, first_day: date, last_day: date) -> AppointmentQuerySet:
    """What the list shows on these days."""
    zone, only = profile.current().zone, filters.only
    rows = Appointment.objects.starting(local_day(first_day, zone)[0], local_day(last_day, zone)[1])
    rows = rows.filter(status__in=only.statuses or SHOWN)
    if WHOSE & filters.query.keys():
        rows = rows.filter(provider__in=[one.pk for one in filters.chosen])
    return rows.filter(appointment_type__in=only.types) if only.types else rows
