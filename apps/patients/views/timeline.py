"""All that happened to a patient, filtered by kind, a stretch at a time."""

from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.audit.reads import record_read
from apps.clinic import profile
from apps.core.clock import now
from apps.core.pages import wants_fragment
from apps.patients.models import Patient
from apps.patients.timeline import sources_for, timeline_of


@require_safe
@requires("patients.view_patient")
def timeline(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The stream; htmx gets it without the page, or (before=…) the next stretch alone."""
    patient = get_object_or_404(Patient, pk=pk)
    record_read(patient.pk, "timeline")
    sources = sources_for(request.user)
    kinds = set(request.GET.getlist("kind")) & {source.key for source in sources}
    before = _moment(request.GET.get("before", ""))
    shown = timeline_of(patient, user=request.user, kinds=kinds, before=before)
    older = (
        urlencode([*(("kind", kind) for kind in sorted(kinds)), ("before", shown.older.isoformat())])
        if shown.older
        else ""
    )
    context = {
        "patient": patient,
        "shown": shown,
        "sources": sources,
        "kinds": kinds,
        "older": older,
        "before": before,
        "zone": profile.current().zone,
        "now": now(),
    }
    if wants_fragment(request):
        template = "patients/_stream.html" if before else "patients/_timeline.html"
        return render(request, template, context)
    return render(request, "patients/timeline.html", context)


def _moment(text: str) -> datetime | None:
    """?before=…; nonsense is the beginning."""
    try:
        moment = parse_datetime(text.replace(" ", "+"))
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None
