"""The platform: the way in, and the system admin's doors."""

from django.utils import timezone

from apps.tenants import provisioning
from apps.tenants.models import Clinic

ADMIN_ONLY = {"anonymous": 302, "system_admin": 200}
ROWS = {
    "console:welcome": {"anonymous": 200, "system_admin": 200},
    "console:clinics": ADMIN_ONLY,
    "console:open_clinic": ADMIN_ONLY,
    "POST console:open_clinic": {"anonymous": 302, "system_admin": 400},
    "console:clinic": ADMIN_ONLY,
    "POST console:suspension": {"anonymous": 302, "system_admin": 400},
    "POST console:resumption": {"anonymous": 302, "system_admin": 302},
    "POST console:plan": {"anonymous": 302, "system_admin": 400},
}


def kwargs(name, cast):
    clinic = Clinic.objects.get(slug="riverside")
    if name == "console:resumption":
        provisioning.suspend(clinic, at=timezone.now(), reason="drill")
    return {"pk": clinic.pk}
