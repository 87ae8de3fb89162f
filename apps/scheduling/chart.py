"""Scheduling's part of a patient's chart: what is coming, and the latest visits."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.clinic import profile
from apps.patients.chart import Section, add_section
from apps.patients.models import Patient
from apps.scheduling.models import Appointment

LATEST = 10


def hang_up() -> None:
    may_see, template = "scheduling.view_appointment", "scheduling/_of_patient.html"
    add_section(Section("visits", _("Visits"), may_see, template, _of, position=10))


def _of(request: HttpRequest, patient: Patient) -> dict[str, Any]:
    rows = Appointment.objects.of_patient(patient).select_related("provider", "appointment_type")
    return {"visits": list(rows.order_by("-starts_at", "-id")[:LATEST]), "zone": profile.current().zone}
