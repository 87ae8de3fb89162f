"""What each role may do, in words."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts import roles
from apps.accounts.access import StaffRequest, may, requires
from apps.accounts.forms import RoleForm
from apps.accounts.models import Role, RoleHolder
from apps.core import clock
from apps.core.forms import beside
from apps.core.refusals import Refusal
from apps.core.toasts import toast


@require_safe
@requires("accounts.view_staff", "accounts.edit_roles")
def role_list(request: StaffRequest) -> HttpResponse:
    """Every role with how many hold it."""
    holders: dict[int, int] = {}
    for group in RoleHolder.objects.filter(user__is_active=True).values_list("group_id", flat=True):
        holders[group] = holders.get(group, 0) + 1
    rows = [
        {"role": role, "name": roles.name_of(role), "holders": holders.get(role.group_id, 0)}
        for role in roles.all_roles()
    ]
    return render(request, "accounts/roles.html", {"rows": rows, "may_edit": may(request.user, "accounts.edit_roles")})


@require_http_methods(["GET", "POST"])
@requires("accounts.view_staff", "accounts.edit_roles")
def role(request: StaffRequest, code: str) -> HttpResponse:
    """One role's bundle of permissions."""
    shown = get_object_or_404(Role, code=code)
    [bundle] = roles.with_permissions([code])
    fixed = code in roles.HOLDS_EVERYTHING
    may_edit = may(request.user, "accounts.edit_roles") and not fixed
    initial = {
        app.app_label: [n for n in bundle.permission_names if n.startswith(f"{app.app_label}.")]
        for app in roles.declared()
    }
    form = RoleForm(
        request.POST if request.method == "POST" else None,
        keeps_name=shown.is_system,
        initial={**initial, "name": shown.name},
    )
    if request.method == "POST" and not may(request.user, "accounts.edit_roles"):
        raise PermissionDenied
    if request.method == "POST" and form.is_valid():
        try:
            roles.edit(
                shown, permissions=form.permissions, name=form.cleaned_data.get("name"), by=request.user, at=clock.now()
            )
        except Refusal as refusal:
            beside(form, refusal)
            return render(request, "accounts/role.html", _context(shown, form, may_edit), status=refusal.status)
        toast(request, _("Saved."))
        return redirect("accounts:roles")
    return render(request, "accounts/role.html", _context(shown, form, may_edit), status=400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@requires("accounts.edit_roles")
def new_role(request: StaffRequest) -> HttpResponse:
    """A role of the clinic's own."""
    form = RoleForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            roles.create(name=form.cleaned_data["name"], permissions=form.permissions, by=request.user, at=clock.now())
        except Refusal as refusal:
            beside(form, refusal)
            return render(request, "accounts/role.html", _context(None, form, True), status=refusal.status)
        return redirect("accounts:roles")
    return render(request, "accounts/role.html", _context(None, form, True), status=400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@requires("accounts.edit_roles")
def deletion(request: StaffRequest, code: str) -> HttpResponse:
    """Remove a role that nobody holds."""
    shown = get_object_or_404(Role, code=code)
    if request.method == "POST":
        try:
            roles.delete(shown, by=request.user, at=clock.now())
        except Refusal as refusal:
            context: dict[str, Any] = {"title": shown.name, "message": refusal.message, "action": _("Try again")}
            return render(request, "confirm.html", context, status=refusal.status)
        return redirect("accounts:roles")
    context = {
        "title": _("Delete the role “%(role)s”?") % {"role": roles.name_of(shown)},
        "action": _("Delete"),
        "danger": True,
        "cancel_url": redirect("accounts:roles").url,
    }
    return render(request, "confirm.html", context)


def _context(shown: Role | None, form: RoleForm, may_edit: bool) -> dict[str, object]:
    return {
        "role": shown,
        "name": roles.name_of(shown) if shown else _("New role"),
        "form": form,
        "may_edit": may_edit,
        "deletable": bool(shown and not shown.is_system and may_edit),
    }
