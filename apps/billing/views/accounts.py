"""What one patient owes and has paid: a page of its own, and a part of the patient's page."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from apps.accounts.access import requires
from apps.audit.reads import record_read
from apps.billing import statements
from apps.billing.models import Invoice
from apps.billing.views.shared import frame
from apps.core.pages import page
from apps.patients.models import Patient


@requires("billing.view_invoice")
@require_GET
def account(request: HttpRequest, patient_pk: UUID) -> HttpResponse:
    """The patient's statement; for htmx the block that the patient's page shows."""
    patient = get_object_or_404(Patient, pk=patient_pk)
    record_read(patient.pk, "billing account")
    context = {
        "patient": patient,
        "balance": statements.balance_of(patient),
        "movements": statements.statement(patient)[::-1],
        "drafts": Invoice.objects.drafts().for_patient(patient),
        **frame(),
    }
    return page(request, "billing/account.html", context, fragment="billing/_account.html")


@requires("billing.view_invoice")
@require_GET
def owed(request: HttpRequest, patient_pk: UUID) -> HttpResponse:
    """One line for the check-in panel: what the patient owes, with a way to take it."""
    patient = get_object_or_404(Patient, pk=patient_pk)
    record_read(patient.pk, "billing balance")
    return render(
        request, "billing/_owed.html", {"patient": patient, "balance": statements.balance_of(patient), **frame()}
    )
