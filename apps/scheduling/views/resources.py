"""Set-up of rooms and equipment, and of what each kind of appointment needs."""

from functools import partial
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import StaffRequest, requires
from apps.clinic.views.saving import done, form_saved
from apps.core.clock import now
from apps.core.forms import beside
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.scheduling import resources
from apps.scheduling.forms.resources import NeedsForm, ResourceForm
from apps.scheduling.models import AppointmentType, Need, Resource

LIST = "scheduling:resources"


@require_safe
@requires("scheduling.edit_resource")
def resource_list(request: StaffRequest) -> HttpResponse:
    """What can be booked with a provider, and which kinds of appointments need it."""
    context = {
        "resources": Resource.objects.order_by("-is_active", "kind", "name"),
        "types": AppointmentType.objects.active().prefetch_related("needs"),
    }
    return render(request, "scheduling/resources.html", context)


@require_http_methods(["GET", "POST"])
@requires("scheduling.edit_resource")
def new_resource(request: StaffRequest) -> HttpResponse:
    """Let a room or a piece of equipment be booked."""
    form = ResourceForm(request.POST if request.method == "POST" else None)
    rule = partial(resources.add_resource, by=request.user, at=now())
    return form_saved(request, form, rule, "clinic/place.html", {"title": _("New room or equipment")}, then=LIST)


@require_http_methods(["GET", "POST"])
@requires("scheduling.edit_resource")
def resource(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Rename it or say of which kind it is."""
    found = get_object_or_404(Resource, pk=pk)
    initial = {name: getattr(found, name) for name in resources.FIELDS}
    form = ResourceForm(request.POST if request.method == "POST" else None, initial=initial)
    rule = partial(resources.amend_resource, found, by=request.user, at=now())
    context = {"place": found, "closing": "scheduling:resource_closing", "reopening": "scheduling:resource_reopening"}
    return form_saved(request, form, rule, "clinic/place.html", context, then=LIST)


@require_POST
@requires("scheduling.edit_resource")
def resource_closing(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Book it no longer."""
    rule = partial(resources.close_resource, get_object_or_404(Resource, pk=pk), by=request.user, at=now())
    return done(request, rule, _("%(what)s is closed."), then=LIST)


@require_POST
@requires("scheduling.edit_resource")
def resource_reopening(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Book it again."""
    rule = partial(resources.reopen_resource, get_object_or_404(Resource, pk=pk), by=request.user, at=now())
    return done(request, rule, _("%(what)s is open again."), then=LIST)


@require_http_methods(["GET", "POST"])
@requires("scheduling.edit_resource")
def needs(request: StaffRequest, pk: UUID) -> HttpResponse:
    """What one kind of appointment needs."""
    found = get_object_or_404(AppointmentType, pk=pk)
    has = list(Need.objects.filter(appointment_type=found))
    initial = {
        "required": [one.kind for one in has if one.is_required],
        "proposed": [one.kind for one in has if not one.is_required],
    }
    form = NeedsForm(request.POST if request.method == "POST" else None, initial=initial, kinds=resources.kinds())
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                resources.set_needs(found, by=request.user, at=now(), **form.cleaned_data)
            except Refusal as refusal:
                status = beside(form, refusal)
            else:
                toast(request, _("What %(type)s needs is saved.") % {"type": found})
                return redirect(LIST)
    return render(request, "scheduling/needs.html", {"form": form, "type": found}, status=status)
