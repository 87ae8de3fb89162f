"""The public screen, and the set-up of reception, tokens and screens."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.access import open_to_all, requires
from apps.clinic import profile
from apps.clinic.models import Department, Provider
from apps.core.clock import day_of, now
from apps.core.pages import wants_fragment
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.scheduling.arrival import reception, screens
from apps.scheduling.arrival.queues import board
from apps.scheduling.forms.waiting_room import PrefixForm, ReceptionForm, ScreenForm
from apps.scheduling.models import TokenPrefix, WaitingScreen
from apps.scheduling.views.showing import on_the_wall, signed_in

LONGEST_SECRET = 100


@require_GET
@open_to_all
@transaction.non_atomic_requests
def screen(request: HttpRequest, secret: str) -> HttpResponse:
    """Tokens and rooms for everybody who sits there. No session, no names; four small queries, nothing written.

    Refreshed by itself: every three seconds the changing part, which is empty (204) while nothing has changed;
    without JavaScript the whole page every ten.
    """
    found = screens.by_secret(secret) if len(secret) <= LONGEST_SECRET else None
    if found is None:
        raise Http404
    at = now()
    shown = board(day=day_of(at, profile.current().zone), department_id=found.department_id)
    mark = f"{shown.mark}-{on_the_wall(at):%H%M}"
    if wants_fragment(request) and request.GET.get("mark") == mark:
        response = HttpResponse(status=204)
    else:
        context = {
            "screen": found,
            "board": shown,
            "mark": mark,
            "clock": on_the_wall(at),
            "clinic": profile.current(),
            "secret": secret,
        }
        template = "scheduling/_screen.html" if wants_fragment(request) else "scheduling/screen.html"
        response = render(request, template, context)
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


@require_GET
@requires("scheduling.edit_waiting_room")
def setup(request: HttpRequest) -> HttpResponse:
    """Reception, letters on tokens, screens."""
    return _setup(request)


@require_POST
@requires("scheduling.edit_waiting_room")
def reception_settings(request: HttpRequest) -> HttpResponse:
    form = ReceptionForm(request.POST)
    if not form.is_valid():
        return _setup(request, reception_form=form, status=400)
    try:
        reception.choose(**form.cleaned_data, by=signed_in(request), at=now())
    except Refusal as refusal:
        form.add_error(refusal.field, str(refusal))
        return _setup(request, reception_form=form, status=refusal.status)
    toast(request, _("Saved."))
    return redirect("scheduling:waiting_room_setup")


@require_POST
@requires("scheduling.edit_waiting_room")
def hang_up(request: HttpRequest) -> HttpResponse:
    """A new screen: its address is shown this once."""
    form = ScreenForm(request.POST)
    if not form.is_valid():
        return _setup(request, screen_form=form, status=400)
    made, secret = screens.hang_up(**form.cleaned_data, by=signed_in(request), at=now())
    address = request.build_absolute_uri(reverse("scheduling:screen", args=[secret]))
    return _setup(request, new_screen=made, address=address)


@require_POST
@requires("scheduling.edit_waiting_room")
def take_down(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(WaitingScreen, pk=pk)
    try:
        screens.take_down(found, by=signed_in(request), at=now())
    except Refusal as refusal:
        toast(request, str(refusal), level=40)
    else:
        toast(request, _("The address of “%(name)s” leads nowhere from now on.") % {"name": found.name})
    return redirect("scheduling:waiting_room_setup")


@require_POST
@requires("scheduling.edit_waiting_room")
def department_letters(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _letters(request, get_object_or_404(Department, pk=pk))


@require_POST
@requires("scheduling.edit_waiting_room")
def provider_letters(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _letters(request, get_object_or_404(Provider, pk=pk))


def _letters(request: HttpRequest, of: Department | Provider) -> HttpResponse:
    form = PrefixForm(request.POST)
    letters = form.cleaned_data["letters"] if form.is_valid() else request.POST.get("letters", "")
    try:
        screens.choose_letters(of, letters, by=signed_in(request), at=now())
    except Refusal as refusal:
        return _setup(request, wrong={of.pk: (letters[:10], str(refusal))}, status=refusal.status)
    toast(request, _("Saved."))
    return redirect("scheduling:waiting_room_setup")


def _setup(
    request: HttpRequest, *, wrong: dict[UUID, tuple[str, str]] | None = None, status: int = 200, **more: Any
) -> HttpResponse:
    prefixes = list(TokenPrefix.objects.all())
    context = {
        "reception_form": ReceptionForm(instance=reception.settings()),
        "screen_form": ScreenForm(),
        "screens": WaitingScreen.objects.filter(revoked_at=None).select_related("department", "hung_by"),
        "departments_": [_row(one, "department", prefixes, wrong) for one in Department.objects.filter(is_active=True)],
        "providers_": [_row(one, "provider", prefixes, wrong) for one in Provider.objects.filter(is_active=True)],
        **more,
    }
    return render(request, "scheduling/waiting_room_setup.html", context, status=status)


def _row(
    one: Department | Provider,
    kind: str,
    prefixes: list[TokenPrefix],
    wrong: dict[UUID, tuple[str, str]] | None,
) -> dict[str, Any]:
    held = next((prefix.letters for prefix in prefixes if getattr(prefix, f"{kind}_id") == one.pk), "")
    typed, error = (wrong or {}).get(one.pk, (held, ""))
    url = reverse(f"scheduling:{kind}_letters", args=[one.pk])
    return {"one": one, "letters": typed, "error": error, "url": url}
