"""Providers: added, changed, taken out of use."""

from functools import partial
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.access import StaffRequest, requires
from apps.clinic import providers
from apps.clinic.forms import ProviderForm
from apps.clinic.models import Provider
from apps.clinic.views.saving import done, form_saved
from apps.core.clock import now


@require_http_methods(["GET", "POST"])
@requires("clinic.edit_provider")
def new_provider(request: StaffRequest) -> HttpResponse:
    """Let patients book somebody's time."""
    form = ProviderForm(request.POST if request.method == "POST" else None, initial={"colour": providers.next_colour()})
    rule = partial(providers.add_provider, by=request.user, at=now())
    return form_saved(request, form, rule, "clinic/provider.html")


@require_http_methods(["GET", "POST"])
@requires("clinic.edit_provider")
def provider(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Change a provider's particulars."""
    found = get_object_or_404(Provider, pk=pk)
    initial = {name: getattr(found, name) for name in providers.FIELDS}
    form = ProviderForm(request.POST if request.method == "POST" else None, initial=initial, provider=found)
    rule = partial(providers.amend_provider, found, by=request.user, at=now())
    return form_saved(request, form, rule, "clinic/provider.html", {"provider": found})


@require_POST
@requires("clinic.edit_provider")
def deactivation(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Take no more appointments for a provider."""
    found = get_object_or_404(Provider, pk=pk)
    rule = partial(providers.deactivate_provider, found, by=request.user, at=now())
    return done(request, rule, _("%(what)s takes no more appointments."), then="clinic:provider", pk=pk)


@require_POST
@requires("clinic.edit_provider")
def restoration(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Take appointments again."""
    found = get_object_or_404(Provider, pk=pk)
    rule = partial(providers.restore_provider, found, by=request.user, at=now())
    return done(request, rule, _("%(what)s takes appointments again."), then="clinic:provider", pk=pk)
