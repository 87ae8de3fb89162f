"""Departments, sites and rooms: added, renamed, closed, opened again."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from django.forms import Form, model_to_dict
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.access import StaffRequest, requires
from apps.clinic import places
from apps.clinic.forms import DepartmentForm, RoomForm, SiteForm
from apps.clinic.models import Department, Room, Site
from apps.clinic.views.saving import done, form_saved
from apps.core.clock import now


@dataclass(frozen=True)
class Kind:
    """One kind of place: what is asked about it, and by which rules it changes."""

    model: type[Any]
    form: type[Form]
    adding: Callable[..., object]
    amending: Callable[..., object]
    new: Promise | str


KINDS = {
    "department": Kind(
        Department, DepartmentForm, places.add_department, places.amend_department, gettext_lazy("New department")
    ),
    "site": Kind(Site, SiteForm, places.add_site, places.amend_site, gettext_lazy("New site")),
    "room": Kind(Room, RoomForm, places.add_room, places.amend_room, gettext_lazy("New room")),
}


@require_http_methods(["GET", "POST"])
@requires("clinic.edit_provider")
def new(request: StaffRequest, kind: str) -> HttpResponse:
    """Add a place."""
    asked = KINDS[kind]
    form = asked.form(request.POST if request.method == "POST" else None)
    rule = partial(asked.adding, by=request.user, at=now())
    return form_saved(request, form, rule, "clinic/place.html", {"title": asked.new})


@require_http_methods(["GET", "POST"])
@requires("clinic.edit_provider")
def amend(request: StaffRequest, kind: str, pk: UUID) -> HttpResponse:
    """Rename a place, or change what else is known about it."""
    asked = KINDS[kind]
    found = get_object_or_404(asked.model, pk=pk)
    known = model_to_dict(found, fields=list(asked.form.base_fields))
    form = asked.form(request.POST if request.method == "POST" else None, initial=known)
    rule = partial(asked.amending, found, by=request.user, at=now())
    context = {"place": found, "closing": f"clinic:{kind}_closing", "reopening": f"clinic:{kind}_reopening"}
    return form_saved(request, form, rule, "clinic/place.html", context)


@require_POST
@requires("clinic.edit_provider")
def closing(request: StaffRequest, kind: str, pk: UUID) -> HttpResponse:
    """Take a place out of use."""
    rule = partial(places.close, get_object_or_404(KINDS[kind].model, pk=pk), by=request.user, at=now())
    return done(request, rule, _("%(what)s is closed."))


@require_POST
@requires("clinic.edit_provider")
def reopening(request: StaffRequest, kind: str, pk: UUID) -> HttpResponse:
    """Use a place again."""
    rule = partial(places.reopen, get_object_or_404(KINDS[kind].model, pk=pk), by=request.user, at=now())
    return done(request, rule, _("%(what)s is open again."))
