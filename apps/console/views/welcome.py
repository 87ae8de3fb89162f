"""The platform's front page."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.accounts.access import open_to_all
from apps.tenants.models import Clinic


@open_to_all
@require_safe
def welcome(request: HttpRequest) -> HttpResponse:
    """The demo lists its clinics here; a real installation does not tell strangers who its clinics are."""
    clinics = Clinic.objects.filter(state=Clinic.State.OPEN) if settings.HPMS_CLINIC_PICKER else ()
    port = request.get_host().partition(":")[2]
    ending = f".{settings.HPMS_DOMAIN}{':' + port if port else ''}/"
    doors = [{"name": clinic.name, "address": f"{request.scheme}://{clinic.slug}{ending}"} for clinic in clinics]
    return render(request, "console/welcome.html", {"clinics": doors})
