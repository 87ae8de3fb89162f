"""One's own page."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts import homes, staff
from apps.accounts.access import StaffRequest, signed_in
from apps.accounts.forms import MeForm
from apps.core import clock
from apps.core.toasts import toast


@require_safe
@signed_in
def start(request: StaffRequest) -> HttpResponse:
    """The front door: straight to where this person works."""
    home = homes.home_of(request.user)
    if home != reverse("accounts:start"):
        return redirect(home)
    return render(request, "accounts/start.html")


@signed_in
def me(request: StaffRequest) -> HttpResponse:
    """One's name, roles and ways to sign out."""
    form = MeForm(request.POST if request.method == "POST" else None, initial={"full_name": request.user.full_name})
    if request.method == "POST" and form.is_valid():
        staff.rename(request.user, full_name=form.cleaned_data["full_name"], at=clock.now())
        toast(request, _("Saved."))
        return redirect("accounts:me")
    sessions = request.user.api_sessions.filter(revoked_at=None, expires_at__gt=clock.now()).count()
    return render(
        request, "accounts/me.html", {"form": form, "api_sessions": sessions}, status=400 if form.errors else 200
    )


@require_POST
@signed_in
def presence(request: StaffRequest) -> HttpResponse:
    """“Stay signed in”: the request itself has renewed the session."""
    return HttpResponse(status=204)


@require_POST
@signed_in
def end_sessions(request: StaffRequest) -> HttpResponse:
    """Sign out on all machines, this one included."""
    staff.sign_out_everywhere(request.user, at=clock.now())
    return redirect("account_login")
