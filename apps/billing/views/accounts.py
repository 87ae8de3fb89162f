"""What one patient owes and has paid: a page of its own, and a part of the patient's page."""

from datetime import timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.accounts.access import requires
from apps.audit.reads import record_read
from apps.billing import figures, statements
from apps.billing.documents.statement import statement_paper
from apps.billing.models import Invoice
from apps.billing.patient_statement import Statement, statement
from apps.billing.prices.forms import ChooseListForm
from apps.billing.prices.price_lists import list_of
from apps.billing.views.shared import caller, frame
from apps.clinic import profile
from apps.core import clock
from apps.core.pages import page
from apps.core.sheets import exact, refused_sheet, safe, sheet_named
from apps.ledger.asking import AskedDays, days_asked, today
from apps.ledger.documents.papers import as_pdf, too_long
from apps.patients.models import Patient


@requires("billing.view_invoice")
@require_GET
def account(request: HttpRequest, patient_pk: UUID) -> HttpResponse:
    """The patient's statement; for htmx the block that the patient's page shows."""
    patient, asked, found = _statement(request, patient_pk)
    records, known = figures.records(patient), asked.known_asked
    day_before = asked.first - timedelta(days=1) if asked.first else None
    context = {
        "patient": patient,
        "explained": figures.of_patient(records),
        "form": asked.form,
        "asked": asked,
        "balance": statements.balance_of(patient),
        "statement": found,
        "movements": [
            (row, figures.of_movement(row, records), figures.of_balance(records, until=row.entry, known=known))
            for row in found.movements[::-1]
        ],
        "before": figures.of_balance(records, last=day_before, known=known) if day_before else None,
        "drafts": Invoice.objects.drafts().for_patient(patient),
        "query": request.GET.urlencode(),
        "list_form": _list_form(request, patient),
        **frame(),
    }
    status = 400 if asked.is_refused else 200
    return page(request, "billing/account.html", context, fragment="billing/_account.html", status=status)


@requires("billing.view_invoice")
@require_GET
def statement_csv(request: HttpRequest, patient_pk: UUID) -> HttpResponse:
    """The statement for a spreadsheet, oldest first."""
    patient, asked, found = _statement(request, patient_pk)
    if asked.is_refused:
        return refused_sheet(asked.form)
    clinic = profile.current()
    response, sheet = sheet_named(f"statement-{patient.number}.csv")
    heads = [_("Date"), _("What"), _("Number"), _("Charge"), _("Credited"), _("Paid"), _("Balance"), _("Currency")]
    sheet.writerow(heads)
    for row in found.movements:
        amounts = [exact(x, clinic.currency_info.unit) for x in (row.charge, row.credited, row.paid, row.balance)]
        sheet.writerow([row.on.isoformat(), safe(row.words), safe(row.number), *amounts, clinic.currency])
    return response


@requires("billing.view_invoice")
@require_GET
def statement_pdf(request: HttpRequest, patient_pk: UUID) -> HttpResponse:
    """The statement on paper, in the language of the clinic."""
    patient, asked, found = _statement(request, patient_pk)
    if asked.is_refused:
        return refused_sheet(asked.form)
    if refused := too_long(len(found.movements)):
        return refused
    is_now = not asked.known_at and (asked.last is None or asked.last >= today())
    return as_pdf(statement_paper(patient, found, words=asked.all_words, is_now=is_now), at=clock.now())


def _list_form(request: HttpRequest, patient: Patient) -> ChooseListForm | None:
    """For whoever may say by which list the patient is charged."""
    if not request.user.has_perm("billing.choose_price_list"):
        return None
    return ChooseListForm(initial={"price_list": list_of(patient)})


def _statement(request: HttpRequest, patient_pk: UUID) -> tuple[Patient, AskedDays, Statement]:
    patient = get_object_or_404(Patient, pk=patient_pk)
    record_read(patient.pk, "billing account")
    asked = days_asked(request, all_days=True)
    return patient, asked, statement(patient, asked.days, reader=caller(request))


@requires("billing.view_invoice")
@require_GET
def owed(request: HttpRequest, patient_pk: UUID) -> HttpResponse:
    """One line for the check-in panel: what the patient owes, with a way to take it."""
    patient = get_object_or_404(Patient, pk=patient_pk)
    record_read(patient.pk, "billing balance")
    return render(
        request, "billing/_owed.html", {"patient": patient, "balance": statements.balance_of(patient), **frame()}
    )
