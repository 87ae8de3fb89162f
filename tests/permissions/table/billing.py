"""Invoices, payments, what patients owe."""

from datetime import timedelta

from django.utils import timezone

from apps.billing import invoicing, payments
from apps.patients import registration

READS = {"anonymous": 302, "nurse": 403, "*": 200}


def only(status: int, *roles: str) -> dict[str, int]:
    return {"anonymous": 302, "clinic_admin": status, **dict.fromkeys(roles, status), "*": 403}


DESK = ("front_desk", "cashier", "billing_manager")

ROWS = {
    "billing:work_queue": READS,
    "billing:invoice": READS,
    "billing:invoice_pdf": READS,
    "billing:payment": READS,
    "billing:receipt": READS,
    "billing:account": READS,
    "billing:owed": READS,
    "POST billing:draft": only(302, *DESK),
    "POST billing:add_line": only(400, *DESK),
    "POST billing:change_line": only(400, *DESK),
    "POST billing:remove_line": only(302, *DESK),
    "POST billing:discount": only(400, "billing_manager"),
    "POST billing:issue": only(302, *DESK),
    "POST billing:pay_invoice": only(400, *DESK),
    "POST billing:use_credit": only(409, *DESK),
    "billing:pay": only(200, *DESK),
    "POST billing:pay": only(400, *DESK),
    "billing:void": only(200, "billing_manager"),
    "POST billing:void": only(400, "billing_manager"),
    "billing:refund": only(200, "billing_manager"),
    "POST billing:refund": only(400, "billing_manager"),
}

DRAFTS = {"billing:add_line", "billing:change_line", "billing:remove_line", "billing:discount", "billing:issue"}


def kwargs(name, cast):
    at = timezone.now() - timedelta(hours=1)
    patient = registration.register(by=cast.ada, at=at, given_name="Asha", family_name="Patel")
    if name in {"billing:account", "billing:owed", "billing:draft", "billing:pay"}:
        return {"patient_pk": patient.pk}
    invoice = invoicing.draft(patient, by=cast.ada, at=at)
    line = invoicing.add_charge(invoice, description="Check-up", unit_price=500, by=cast.ada, at=at)
    if name in {"billing:change_line", "billing:remove_line"}:
        return {"pk": invoice.pk, "line_pk": line.pk}
    if name not in DRAFTS:
        invoicing.issue(invoice, by=cast.ada, at=at)
    if name in {"billing:payment", "billing:receipt", "billing:refund"}:
        paid = payments.receive(patient, method="cash", amount=100, invoices=[invoice], by=cast.ada, at=at)
        return {"pk": paid.pk}
    return {"pk": invoice.pk}
