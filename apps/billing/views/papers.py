"""Invoices, receipts and credit notes as PDF."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from apps.accounts.access import requires
from apps.audit.reads import record_read
from apps.billing.documents.credit_note import credit_note_pdf
from apps.billing.documents.papers import invoice_pdf, receipt_pdf
from apps.billing.models import CreditNote, Payment
from apps.billing.views.shared import fetch_invoice
from apps.core import clock
from apps.core.typesetting import pdf_answer


@requires("billing.view_invoice")
@require_GET
def invoice(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = fetch_invoice(pk)
    record_read(found.patient_id, "invoice")
    address = request.build_absolute_uri(request.path.removesuffix("pdf/"))
    return pdf_answer(invoice_pdf(found, address=address, at=clock.now()), found.number or "draft")


@requires("billing.view_invoice")
@require_GET
def receipt(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A4, or ``?paper=roll`` for the 80 mm printer at the desk."""
    found = get_object_or_404(Payment.objects.captured().select_related("patient", "created_by"), pk=pk)
    record_read(found.patient_id, "payment")
    paper = "roll" if request.GET.get("paper") == "roll" else "a4"
    return pdf_answer(receipt_pdf(found, paper=paper, at=clock.now()), found.number)


@requires("billing.view_invoice")
@require_GET
def credit_note(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(CreditNote.objects.select_related("invoice__patient", "reverses", "taken_back_by"), pk=pk)
    record_read(found.invoice.patient_id, "credit note")
    address = request.build_absolute_uri(request.path.removesuffix("pdf/"))
    return pdf_answer(credit_note_pdf(found, address=address, at=clock.now()), found.number)
