"""The place that an open booking form keeps. Without JavaScript nothing is held, and booking checks all the same."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from apps.accounts.access import requires
from apps.core.clock import now
from apps.core.refusals import Refusal
from apps.scheduling import holding
from apps.scheduling.forms.appointments import BookingForm
from apps.scheduling.views.showing import on_the_wall, signed_in

FRAGMENT = "scheduling/_hold.html"


@require_POST
@requires("scheduling.book_appointment")
def hold(request: HttpRequest) -> HttpResponse:
    """Keep what the form asks for; ask again to keep it longer. Half a form holds nothing."""
    by = signed_in(request)
    form = BookingForm(request.POST, by=by)
    form.fields["patient"].required = False
    if not form.is_valid() or not form.cleaned_data["form_key"]:
        return render(request, FRAGMENT, status=400)
    wanted = {
        name: form.details()[name] for name in ("provider", "appointment_type", "starts_at", "form_key", "resources")
    }
    try:
        held = holding.hold(**wanted, by=by, at=now())
    except Refusal as refusal:
        if holding.is_used_up(form_key=wanted["form_key"], by=by):
            return HttpResponse(status=204)
        return render(request, FRAGMENT, {"refusal": refusal}, status=refusal.status)
    return render(request, FRAGMENT, {"until": on_the_wall(held.expires_at)})


@require_POST
@requires("scheduling.book_appointment")
def release(request: HttpRequest) -> HttpResponse:
    """The form was closed."""
    try:
        key = UUID(request.POST.get("form_key", ""))
    except ValueError:
        return HttpResponse(status=400)
    holding.release(form_key=key, by=signed_in(request))
    return HttpResponse(status=204)
