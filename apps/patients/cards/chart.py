"""The chart's part for the ID card."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.clinic import profile
from apps.patients.chart import Section, add_section
from apps.patients.models import IdCard, Patient


def hang_up() -> None:
    add_section(Section("card", _("ID card"), "patients.issue_card", "patients/_card_of.html", _of, position=90))


def _of(request: HttpRequest, patient: Patient) -> dict[str, Any]:
    valid = IdCard.objects.of_patient(patient).valid().select_related("issued_by").order_by("-issued_at").first()
    return {"card": valid, "zone": profile.current().zone}
