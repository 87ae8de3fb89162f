"""The clinic's own particulars."""

from functools import partial

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from apps.accounts.access import StaffRequest, requires
from apps.clinic import profile as door
from apps.clinic.forms import ProfileForm
from apps.clinic.views.saving import form_saved
from apps.core.clock import now


@require_http_methods(["GET", "POST"])
@requires("clinic.edit_profile")
def profile(request: StaffRequest) -> HttpResponse:
    """Name, address, time zone: what stands on the door and on paper."""
    clinic = door.current()
    initial = {name: getattr(clinic, name) for name in ProfileForm.base_fields}
    form = ProfileForm(request.POST if request.method == "POST" else None, initial=initial)
    rule = partial(door.amend, by=request.user, at=now())
    return form_saved(request, form, rule, "clinic/profile.html", {"clinic": clinic}, then="clinic:profile")
