"""Billing's part of a patient's chart: what is owed, and the latest invoices."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.billing import statements
from apps.billing.models import Invoice
from apps.clinic import profile
from apps.patients.chart import Section, add_section
from apps.patients.models import Patient

LATEST = 8


def hang_up() -> None:
    add_section(Section("billing", _("Billing"), "billing.view_invoice", "billing/_of_patient.html", _of, position=80))


def _of(request: HttpRequest, patient: Patient) -> dict[str, Any]:
    return {
        "balance": statements.balance_of(patient),
        "invoices": Invoice.objects.for_patient(patient)[:LATEST],
        "clinic": profile.current(),
    }
