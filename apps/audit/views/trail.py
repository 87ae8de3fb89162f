"""The trail: who changed or read what, when; and one event with what was before and after."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from apps.audit import reads, values
from apps.audit.forms import TrailForm
from apps.audit.models import AuditEvent
from apps.audit.people import actors
from apps.audit.trail import Search, search
from apps.core import naming
from apps.core.access import requires
from apps.core.clock import clinic_zone
from apps.core.pages import page
from apps.core.paging import stretch

MOST_COLUMNS = 4


@requires("audit.view_trail")
@require_safe
def trail(request: HttpRequest) -> HttpResponse:
    """The newest events first, or those that match."""
    form = TrailForm(request.GET, reader=request.user)
    asked = form.search() if form.is_valid() else Search()
    zone = clinic_zone()
    found = stretch(search(asked, zone), by=("id",), cursor=request.GET.get("cursor", ""))
    context = {
        "form": form,
        "events": _rows(found.rows, request, call_patients="patient_number"),
        "newer": found.newer,
        "older": found.older,
        "is_filtered": bool(form.errors) or not asked.is_empty,
        "zone": zone,
    }
    status = 400 if form.errors else 200
    return page(request, "audit/trail.html", context, fragment="audit/_trail.html", status=status)


@requires("audit.view_trail")
@require_safe
def event(request: HttpRequest, pk: int) -> HttpResponse:
    """One event: old and new values side by side. Opening sealed ones is itself a reading, and leaves a row."""
    found = get_object_or_404(AuditEvent, pk=pk)
    may_open = request.user.has_perm("audit.view_sealed_values")
    is_sealed = values.has_sealed(found)
    if may_open and is_sealed:
        reads.record_read(found.patient_id, f"trail:{found.table_name}")
    zone = clinic_zone()
    (row,) = _rows([found], request, call_patients="patient")
    context = {
        **row,
        "columns": values.columns(found, open_sealed=may_open, reader=request.user),
        "is_sealed": is_sealed,
        "may_open": may_open,
        "zone": zone,
    }
    return render(request, "audit/event.html", context)


def _rows(events: Sequence[AuditEvent], request: HttpRequest, *, call_patients: str) -> list[dict[str, Any]]:
    people = actors((event.actor for event in events), reader=request.user)
    patients = naming.names(call_patients, (event.patient_id for event in events), reader=request.user)
    return [
        {
            "event": event,
            "actor": people[event.actor],
            "roles": [role for role in event.roles.split(",") if role],
            "what": _what(event),
            "patient": patients.get(event.patient_id) if event.patient_id else None,
            "changed": [values.column_words(event.table_name, column) for column in event.changed[:MOST_COLUMNS]],
            "more": max(len(event.changed) - MOST_COLUMNS, 0),
        }
        for event in events
    ]


def _what(event: AuditEvent) -> str:
    """A reading names what was read in its own words ("chart"); everything else, whose row it was."""
    if event.action == AuditEvent.Action.READ and not event.table_name.startswith("trail:"):
        return event.table_name.replace("_", " ").capitalize()
    return values.table_words(event.table_name.removeprefix("trail:"))
