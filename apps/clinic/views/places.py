"""Departments, sites and rooms: added, renamed, closed, opened again."""

from functools import partial
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.access import StaffRequest, requires
from apps.clinic import places
from apps.clinic.forms import DepartmentForm, RoomForm, SiteForm
from apps.clinic.models import Department, Room, Site
from apps.clinic.views.saving import done, form_saved
from apps.core.clock import now


@require_http_methods(["GET", "POST"])
@requires("clinic.edit_provider")
def new_department(request: StaffRequest) -> HttpResponse:
    """Open a department."""
    form = DepartmentForm(request.POST if request.method == "POST" else None)
    rule = partial(places.add_department, by=request.user, at=now())
    return form_saved(request, form, rule, "clinic/place.html", {"title": _("New department")})


@require_http_methods(["GET", "POST"])
@requires("clinic.edit_provider")
def department(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Rename a department or move it in lists."""
    found = get_object_or_404(Department, pk=pk)
    initial = {"name": found.name, "position": found.position}
    form = DepartmentForm(request.POST if request.method == "POST" else None, initial=initial)
    rule = partial(places.amend_department, found, by=request.user, at=now())
    context = {"place": found, "closing": "clinic:department_closing", "reopening": "clinic:department_reopening"}
    return form_saved(request, form, rule, "clinic/place.html", context)


@require_POST
@requires("clinic.edit_provider")
def department_closing(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Take a department out of use."""
    rule = partial(places.close_department, get_object_or_404(Department, pk=pk), by=request.user, at=now())
    return done(request, rule, _("%(what)s is closed."))


@require_POST
@requires("clinic.edit_provider")
def department_reopening(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Use a department again."""
    rule = partial(places.reopen_department, get_object_or_404(Department, pk=pk), by=request.user, at=now())
    return done(request, rule, _("%(what)s is open again."))


@require_http_methods(["GET", "POST"])
@requires("clinic.edit_provider")
def new_room(request: StaffRequest) -> HttpResponse:
    """Use a room."""
    form = RoomForm(request.POST if request.method == "POST" else None)
    rule = partial(places.add_room, by=request.user, at=now())
    return form_saved(request, form, rule, "clinic/place.html", {"title": _("New room")})


@require_http_methods(["GET", "POST"])
@requires("clinic.edit_provider")
def room(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Rename a room or give it to another department."""
    found = get_object_or_404(Room, pk=pk)
    initial = {"name": found.name, "department": found.department_id, "site": found.site_id}
    form = RoomForm(request.POST if request.method == "POST" else None, initial=initial)
    rule = partial(places.amend_room, found, by=request.user, at=now())
    context = {"place": found, "closing": "clinic:room_closing", "reopening": "clinic:room_reopening"}
    return form_saved(request, form, rule, "clinic/place.html", context)


@require_POST
@requires("clinic.edit_provider")
def room_closing(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Take a room out of use."""
    rule = partial(places.close_room, get_object_or_404(Room, pk=pk), by=request.user, at=now())
    return done(request, rule, _("%(what)s is closed."))


@require_POST
@requires("clinic.edit_provider")
def room_reopening(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Use a room again."""
    rule = partial(places.reopen_room, get_object_or_404(Room, pk=pk), by=request.user, at=now())
    return done(request, rule, _("%(what)s is open again."))


@require_http_methods(["GET", "POST"])
@requires("clinic.edit_provider")
def new_site(request: StaffRequest) -> HttpResponse:
    """See patients at one more place."""
    form = SiteForm(request.POST if request.method == "POST" else None)
    rule = partial(places.add_site, by=request.user, at=now())
    return form_saved(request, form, rule, "clinic/place.html", {"title": _("New site")})


@require_http_methods(["GET", "POST"])
@requires("clinic.edit_provider")
def site(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Change a site's name or address."""
    found = get_object_or_404(Site, pk=pk)
    initial = {"name": found.name, "address": found.address}
    form = SiteForm(request.POST if request.method == "POST" else None, initial=initial)
    rule = partial(places.amend_site, found, by=request.user, at=now())
    context = {"place": found, "closing": "clinic:site_closing", "reopening": "clinic:site_reopening"}
    return form_saved(request, form, rule, "clinic/place.html", context)


@require_POST
@requires("clinic.edit_provider")
def site_closing(request: StaffRequest, pk: UUID) -> HttpResponse:
    """See patients there no longer."""
    rule = partial(places.close_site, get_object_or_404(Site, pk=pk), by=request.user, at=now())
    return done(request, rule, _("%(what)s is closed."))


@require_POST
@requires("clinic.edit_provider")
def site_reopening(request: StaffRequest, pk: UUID) -> HttpResponse:
    """See patients there again."""
    rule = partial(places.reopen_site, get_object_or_404(Site, pk=pk), by=request.user, at=now())
    return done(request, rule, _("%(what)s is open again."))
