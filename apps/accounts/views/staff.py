"""Who works here: the list, letting somebody in, their page, closing the door."""

from typing import Any
from uuid import UUID

from django.contrib.auth import login
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts import homes, roles, staff
from apps.accounts.access import StaffRequest, may, open_to_all, requires
from apps.accounts.forms import InviteForm, JoinForm
from apps.accounts.models import SignIn, User
from apps.core import clock
from apps.core.forms import beside
from apps.core.refusals import Refusal
from apps.core.toasts import toast

BACKEND = "apps.accounts.backends.ClinicBackend"


@require_safe
@requires("accounts.view_staff", "accounts.invite_staff")
def staff_list(request: StaffRequest) -> HttpResponse:
    """Everybody who works here, with their roles."""
    people = list(User.objects.prefetch_related("groups__role").order_by("-is_active", "full_name"))
    return render(request, "accounts/staff_list.html", {"people": [_row(person) for person in people]})


@require_http_methods(["GET", "POST"])
@requires("accounts.invite_staff")
def invite(request: StaffRequest) -> HttpResponse:
    """Let somebody in."""
    form = InviteForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            user = staff.invite(**form.cleaned_data, by=request.user, at=clock.now())
        except Refusal as refusal:
            return _refused(request, "accounts/invite.html", {"form": form}, refusal)
        toast(request, _("%(name)s has been sent an invitation.") % {"name": user})
        return redirect("accounts:staff_list")
    return render(request, "accounts/invite.html", {"form": form}, status=400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@requires("accounts.view_staff", "accounts.invite_staff")
def member(request: StaffRequest, pk: UUID) -> HttpResponse:
    """One person: name, e-mail, roles, and whether the door is open to them."""
    person = get_object_or_404(User, pk=pk)
    held = [role.code for role in roles.held_by(person)]
    may_change = may(request.user, "accounts.invite_staff")
    form = InviteForm(
        request.POST if request.method == "POST" else None,
        initial={"full_name": person.full_name, "email": person.email, "roles": held},
    )
    context = {"person": person, "form": form, "may_change": may_change, "roles": roles.held_by(person)}
    if request.method == "POST" and not may_change:
        raise PermissionDenied
    if request.method == "POST" and form.is_valid():
        try:
            staff.amend(person, **form.cleaned_data, by=request.user, at=clock.now())
        except Refusal as refusal:
            return _refused(request, "accounts/member.html", context, refusal)
        toast(request, _("Saved."))
        return redirect("accounts:staff_list")
    return render(request, "accounts/member.html", context, status=400 if form.errors else 200)


@require_safe
@requires("accounts.view_sign_ins")
def sign_in_list(request: StaffRequest) -> HttpResponse:
    """Who came and who was refused, newest first."""
    found = SignIn.objects.select_related("user")
    if request.GET.get("outcome") in SignIn.Outcome.values:
        found = found.filter(outcome=request.GET["outcome"])
    page_obj = Paginator(found, 50).get_page(request.GET.get("page"))
    chosen = {"outcomes": SignIn.Outcome.choices, "outcome": request.GET.get("outcome", "")}
    return render(request, "accounts/sign_ins.html", {"page_obj": page_obj, "zone": clock.clinic_zone(), **chosen})


@require_POST
@requires("accounts.invite_staff")
def invite_again(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Send a fresh link."""
    person = get_object_or_404(User, pk=pk)
    try:
        staff.invite_again(person, by=request.user, at=clock.now())
    except Refusal as refusal:
        return _sorry(request, person, refusal)
    toast(request, _("%(name)s has been sent a new invitation.") % {"name": person})
    return redirect("accounts:member", pk=pk)


@require_http_methods(["GET", "POST"])
@requires("accounts.invite_staff")
def deactivation(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Close the door to somebody."""
    person = get_object_or_404(User, pk=pk)
    if request.method == "POST":
        try:
            staff.deactivate(person, by=request.user, at=clock.now())
        except Refusal as refusal:
            return _sorry(request, person, refusal)
        toast(request, _("%(name)s can no longer sign in.") % {"name": person})
        return redirect("accounts:staff_list")
    context = {
        "title": _("Deactivate %(name)s?") % {"name": person},
        "message": _(
            "They are signed out everywhere at once. What they did stays in the books; you can let them back in."
        ),
        "action": _("Deactivate"),
        "danger": True,
        "cancel_url": person_url(person),
    }
    return render(request, "confirm.html", context)


@require_POST
@requires("accounts.invite_staff")
def reactivation(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Let somebody back in."""
    person = get_object_or_404(User, pk=pk)
    try:
        staff.reactivate(person, by=request.user, at=clock.now())
    except Refusal as refusal:
        return _sorry(request, person, refusal)
    toast(request, _("%(name)s can sign in again.") % {"name": person})
    return redirect("accounts:member", pk=pk)


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
@open_to_all
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Follow an invitation: say one's name, choose a password, and be signed in."""
    try:
        person = staff.invited_by_link(token)
        form = JoinForm(request.POST if request.method == "POST" else None, initial={"full_name": person.full_name})
        if request.method == "POST" and form.is_valid():
            typed = form.cleaned_data
            person = staff.join(token, password=typed["password1"], full_name=typed["full_name"], at=clock.now())
            login(request, person, backend=BACKEND)
            person.act()
            return redirect(homes.home_of(person))
    except staff.InvitationOver as refusal:
        return render(request, "accounts/invitation_over.html", {"refusal": refusal}, status=refusal.status)
    except Refusal as refusal:
        return _refused(request, "accounts/join.html", {"form": form, "person": person}, refusal)
    return render(request, "accounts/join.html", {"form": form, "person": person}, status=400 if form.errors else 200)


def person_url(person: User) -> str:
    return redirect("accounts:member", pk=person.pk).url


def _row(person: User) -> dict[str, object]:
    held = [group.role for group in person.groups.all() if hasattr(group, "role")]
    names = [roles.name_of(role) for role in sorted(held, key=lambda role: role.position)]
    state = "deactivated" if not person.is_active else "active" if person.has_joined else "invited"
    return {"person": person, "roles": names, "state": state}


def _refused(request: HttpRequest, template: str, context: dict[str, Any], refusal: Refusal) -> HttpResponse:
    form = context["form"]
    beside(form, refusal)
    return render(request, template, context, status=refusal.status)


def _sorry(request: StaffRequest, person: User, refusal: Refusal) -> HttpResponse:
    form = InviteForm(
        initial={
            "full_name": person.full_name,
            "email": person.email,
            "roles": [role.code for role in roles.held_by(person)],
        }
    )
    context = {"person": person, "form": form, "may_change": True, "refusal": refusal}
    return render(request, "accounts/member.html", context, status=refusal.status)
