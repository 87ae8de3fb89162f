"""The visit: arrival, start, completion, no-show (FR-S02, UC-02). Each is a POST to its noun."""

from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.accounts.access import requires
from apps.core.clock import now
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.scheduling import attendance
from apps.scheduling.models import Appointment
from apps.scheduling.undo import MAY_ASK, take_back
from apps.scheduling.views.appointments import moved_url, show, told_of
from apps.scheduling.views.showing import after_change, place_of, signed_in


@require_POST
@requires("scheduling.record_attendance")
def arrival(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The patient is here."""
    return _step(request, pk, attendance.arrive, _("Checked in: %(when)s, %(number)s."))


@require_POST
@requires(*attendance.RUN)
def start(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The provider sees the patient now."""
    return _step(request, pk, attendance.start, _("In session: %(when)s, %(number)s."))


@require_POST
@requires(*attendance.RUN)
def completion(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The visit is over; its draft invoice appears by itself."""
    words = _("Completed, and its invoice is drafted: %(when)s, %(number)s.")
    return _step(request, pk, attendance.complete, words, undoable=False)


@require_POST
@requires("scheduling.record_attendance")
def no_show(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The patient did not come."""
    return _step(request, pk, attendance.no_show, _("No-show: %(when)s, %(number)s."))


@require_POST
@requires(*MAY_ASK)
def undo(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take the last change of status or the booking back, within a quarter of an hour."""
    return _step(request, pk, take_back, _("Taken back: %(when)s, %(number)s."), undoable=False)


def _step(
    request: HttpRequest, pk: UUID, rule: Callable[..., Appointment], words: str, *, undoable: bool = True
) -> HttpResponse:
    rows = Appointment.objects.select_related("patient", "provider__room", "appointment_type", "booked_by")
    found = get_object_or_404(rows, pk=pk)
    try:
        moved = rule(found, by=signed_in(request), at=now())
    except Refusal as refusal:
        return show(request, found, refusal=refusal)
    undo_url = reverse("scheduling:undo", args=[pk]) if undoable else ""
    toast(request, words % told_of(moved), undo_url=undo_url)
    return after_change(request, [place_of(moved)], moved_url(moved))
