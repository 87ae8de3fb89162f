"""Billing's part of a patient's chart: what is owed, the latest invoices, and all money in the stream."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.billing import statements
from apps.billing.models import Invoice, Payment, Refund
from apps.billing.models.invoice import InvoiceStatus
from apps.billing.models.payment import PaymentStatus
from apps.clinic import profile
from apps.core.money import format_money
from apps.core.templatetags.house import tone
from apps.patients.chart import Fact, Section, Told, add_fact, add_section
from apps.patients.models import Patient
from apps.patients.timeline import Entry, Source, add_source

LATEST = 8
MAY_SEE = "billing.view_invoice"


def hang_up() -> None:
    template = "billing/_of_patient.html"
    add_section(Section("billing", gettext_lazy("Billing"), MAY_SEE, template, _of, position=80))
    add_fact(Fact("balance", MAY_SEE, _balance, position=20))
    add_source(Source("invoices", gettext_lazy("Invoices"), MAY_SEE, _invoices, position=20))
    add_source(Source("payments", gettext_lazy("Payments"), MAY_SEE, _payments, position=21))


def _of(request: HttpRequest, patient: Patient) -> dict[str, Any]:
    return {
        "balance": statements.balance_of(patient),
        "invoices": Invoice.objects.for_patient(patient)[:LATEST],
        "clinic": profile.current(),
    }


def _balance(patient: Patient) -> Told:
    balance = statements.balance_of(patient)
    url = reverse("billing:account", args=[patient.pk])
    credit = _("credit %(amount)s") % {"amount": _money(balance.credit)} if balance.credit else ""
    if balance.owed:
        return Told(_("Owes"), _money(balance.owed), detail=credit, tone="amber", url=url)
    return Told(_("Balance"), _money(balance.owed), detail=credit, url=url)


def _invoices(patient: Patient, before: datetime | None, limit: int) -> list[Entry]:
    rows = Invoice.objects.for_patient(patient).filter(issued_at__isnull=False).select_related("issued_by")
    if before is not None:
        rows = rows.filter(issued_at__lt=before)
    return [
        Entry(
            at=invoice.issued_at,
            words=_("Invoice %(number)s") % {"number": invoice.number},
            icon="file-invoice",
            detail=_money(invoice.total),
            by=invoice.issued_by.full_name if invoice.issued_by else "",
            url=reverse("billing:invoice", args=[invoice.pk]),
            status=str(InvoiceStatus(invoice.status).label),
            tone=tone(invoice.status),
            key=str(invoice.pk),
        )
        for invoice in rows.order_by("-issued_at", "-id")[:limit]
        if invoice.issued_at is not None
    ]


def _payments(patient: Patient, before: datetime | None, limit: int) -> list[Entry]:
    received = Payment.objects.captured().for_patient(patient).select_related("created_by")
    given_back = Refund.objects.filter(payment__in=Payment.objects.for_patient(patient)).select_related("by")
    if before is not None:
        received, given_back = received.filter(captured_at__lt=before), given_back.filter(at__lt=before)
    taken = list(received.order_by("-captured_at", "-id")[:limit])
    takers = statements.received_by(taken)
    entries = [
        Entry(
            at=payment.captured_at,
            words=_("%(amount)s received") % {"amount": _money(payment.amount)},
            icon="cash",
            detail=f"{payment.number} · {payment.get_method_display()}",
            by=takers.get(payment.pk, payment.created_by).full_name,
            url=reverse("billing:payment", args=[payment.pk]),
            status="" if payment.status == "captured" else str(PaymentStatus(payment.status).label),
            tone=tone(payment.status),
            key=str(payment.pk),
        )
        for payment in taken
        if payment.captured_at is not None
    ]
    entries += [
        Entry(
            at=refund.at,
            words=_("%(amount)s given back") % {"amount": _money(refund.amount)},
            icon="cash-banknote-off",
            detail=refund.number,
            by=refund.by.full_name,
            url=reverse("billing:payment", args=[refund.payment_id]),
            tone="violet",
            key=str(refund.pk),
        )
        for refund in given_back.order_by("-at", "-id")[:limit]
    ]
    return sorted(entries, key=lambda entry: (entry.at, entry.key), reverse=True)[:limit]


def _money(amount: Any) -> str:
    clinic = profile.current()
    return format_money(amount, clinic.currency_info, clinic.locale)
