"""The calendar on a provider's phone: the secret address itself, and the pages that give it and take it back."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import StaffRequest, open_to_all, requires
from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.clock import now
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.scheduling.calendars import feeds
from apps.scheduling.models import CalendarFeed

AGAIN_AFTER = 300  # seconds in which a calendar need not ask again


@require_safe
@open_to_all
def feed(request: HttpRequest) -> HttpResponse:
    """The calendar of whoever's key it is (`?key=`: a query is not in the lines that the house logs). Nobody signs in;
    an unknown key, a revoked one and another clinic's are not found, all alike."""
    found = feeds.feed_of(request.GET.get("key", ""))
    if found is None:
        missing = HttpResponse(status=404, headers={"Cache-Control": "no-store"})
        missing._has_been_logged = True  # type: ignore[attr-defined]  # phones ask on for ever: not worth a line each time
        return missing
    at = now()
    tag, since = feeds.version_of(found, at=at)
    response = get_conditional_response(request, etag=quote_etag(tag), last_modified=int(since.timestamp()))
    if response is None:
        feeds.read_by(found)
        calendar = b"" if request.method == "HEAD" else feeds.calendar_of(found, at=at)
        response = HttpResponse(calendar, content_type="text/calendar; charset=utf-8")
        response["Content-Disposition"] = 'inline; filename="calendar.ics"'
    response["ETag"] = quote_etag(tag)
    response["Last-Modified"] = http_date(since.timestamp())
    response["Cache-Control"] = f"private, max-age={AGAIN_AFTER}"
    response["X-Robots-Tag"] = "noindex"
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@requires("scheduling.run_visit")
def my_calendar(request: StaffRequest) -> HttpResponse:
    """A provider's own address."""
    provider = get_object_or_404(Provider, user=request.user)
    return _page(request, provider, reverse("scheduling:my_day"))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@requires("scheduling.edit_hours")
def provider_calendar(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The address of one provider, for the clinic admin."""
    return _page(request, get_object_or_404(Provider, pk=pk), reverse("scheduling:provider_hours", args=[pk]))


@require_POST
@requires("scheduling.edit_hours", "scheduling.run_visit")
def revocation(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Let an address work no longer."""
    found = get_object_or_404(CalendarFeed.objects.select_related("provider"), pk=pk)
    try:
        feeds.revoke_feed(found, by=request.user, at=now())
    except feeds.NotYourCalendar as refusal:
        return render(request, "403.html", {"message": str(refusal)}, status=refusal.status)
    except Refusal as refusal:
        toast(request, str(refusal))
    else:
        toast(request, _("The address works no longer."))
    if found.provider.user_id == request.user.pk:
        return redirect("scheduling:my_calendar")
    return redirect("scheduling:provider_calendar", pk=found.provider_id)


def _page(request: StaffRequest, provider: Provider, back_url: str) -> HttpResponse:
    """With a POST, a new address: shown in this answer and never again."""
    address = ""
    if request.method == "POST":
        _feed, key = feeds.open_feed(provider, by=request.user, at=now())
        address = request.build_absolute_uri(f"{reverse('scheduling:feed')}?key={key}")
    context = {
        "provider": provider,
        "back_url": back_url,
        "address": address,
        "feed": CalendarFeed.objects.filter(provider=provider, revoked_at=None).select_related("opened_by").first(),
        "named": profile.current().feeds_name_patients,
    }
    return render(request, "scheduling/calendar_feed.html", context)
