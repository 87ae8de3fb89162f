"""Invoices, payments, what patients owe."""

from datetime import timedelta

from django.utils import timezone

from apps.billing import invoicing
from apps.billing.lowering import crediting, write_offs
from apps.billing.paying import payments
from apps.billing.prices import catalogue, price_lists, taxes
from apps.patients import registration
from tests.permissions.roles import only

READS = {"anonymous": 302, "nurse": 403, "*": 200}

DESK = ("front_desk", "cashier", "billing_manager")

ROWS = {
    "billing:work_queue": READS,
    "billing:invoice": READS,
    "billing:invoice_pdf": READS,
    "billing:payment": READS,
    "billing:receipt": READS,
    "billing:account": READS,
    "billing:owed": READS,
    "billing:statement_csv": READS,
    "billing:statement_pdf": READS,
    "billing:visit": {"anonymous": 302, "nurse": 403, "*": 404},
    "POST billing:draft": only(302, 302, *DESK),
    "POST billing:add_line": only(302, 400, *DESK),
    "POST billing:change_line": only(302, 400, *DESK),
    "POST billing:remove_line": only(302, 302, *DESK),
    "POST billing:discount": only(302, 400, "billing_manager"),
    "billing:services": only(302, 200, "billing_manager"),
    "billing:new_service": only(302, 200, "billing_manager"),
    "POST billing:new_service": only(302, 400, "billing_manager"),
    "billing:service": only(302, 200, "billing_manager"),
    "POST billing:service": only(302, 400, "billing_manager"),
    "billing:price_lists": only(302, 200, "billing_manager"),
    "POST billing:price_lists": only(302, 400, "billing_manager"),
    "billing:price_list": only(302, 200, "billing_manager"),
    "POST billing:price_list": only(302, 400, "billing_manager"),
    "billing:visit_prices": only(302, 200, "billing_manager"),
    "POST billing:visit_prices": only(302, 400, "billing_manager"),
    "POST billing:amend_price_list": only(302, 400, "billing_manager"),
    "POST billing:invoice_price_list": only(302, 302, "billing_manager"),
    "POST billing:patient_price_list": only(302, 302, "billing_manager"),
    "billing:packages": only(302, 200, "billing_manager"),
    "billing:package": only(302, 200, "billing_manager"),
    "POST billing:package": only(302, 302, "billing_manager"),
    "billing:taxes": only(302, 200, "billing_manager"),
    "billing:new_tax": only(302, 200, "billing_manager"),
    "POST billing:new_tax": only(302, 400, "billing_manager"),
    "billing:tax": only(302, 200, "billing_manager"),
    "POST billing:tax": only(302, 400, "billing_manager"),
    "billing:tax_rate": only(302, 200, "billing_manager"),
    "POST billing:tax_rate": only(302, 400, "billing_manager"),
    "billing:discount_limits": {"anonymous": 302, "clinic_admin": 200, "*": 403},
    "POST billing:discount_limits": {"anonymous": 302, "clinic_admin": 302, "*": 403},
    "POST billing:issue": only(302, 302, *DESK),
    "billing:change": only(302, 200, *DESK),
    "POST billing:pay_invoice": only(302, 400, *DESK),
    "POST billing:use_credit": only(302, 409, *DESK),
    "billing:pay": only(302, 200, *DESK),
    "POST billing:pay": only(302, 400, *DESK),
    "billing:void": only(302, 200, "billing_manager"),
    "POST billing:void": only(302, 400, "billing_manager"),
    "POST billing:correct_patients": only(302, 200, "billing_manager"),
    "billing:correct_payment": only(302, 200, "billing_manager"),
    "POST billing:correct_payment": only(302, 400, "billing_manager"),
    "billing:correct_invoice": only(302, 200, "billing_manager"),
    "POST billing:correct_invoice": only(302, 400, "billing_manager"),
    "POST billing:capture": only(302, 302, *DESK),
    "POST billing:failure": only(302, 400, *DESK),
    "billing:refund": only(302, 200, "billing_manager"),
    "POST billing:refund": only(302, 400, "billing_manager"),
    "billing:credit_notes": READS,
    "billing:credit_note": READS,
    "billing:credit_note_pdf": READS,
    "billing:credit_invoice": only(302, 200, "billing_manager"),
    "POST billing:credit_invoice": only(302, 400, "billing_manager"),
    "billing:write_offs": READS,
    "billing:write_off": only(302, 200, "billing_manager"),
    "POST billing:write_off": only(302, 400, "billing_manager"),
    "billing:take_note_back": only(302, 200, "billing_manager"),
    "POST billing:take_note_back": only(302, 400, "billing_manager"),
    "billing:take_back": only(302, 200, "billing_manager"),
    "POST billing:take_back": only(302, 400, "billing_manager"),
}

API_READS = {"anonymous": 401, "nurse": 403, "*": 200}


ROWS |= {
    "GET api-services": API_READS,
    "POST api-services": only(401, 400, "billing_manager"),
    "GET api-service": API_READS,
    "PATCH api-service": only(401, 200, "billing_manager"),
    "GET api-invoices": API_READS,
    "POST api-invoices": only(401, 400, *DESK),
    "GET api-invoice": API_READS,
    "GET api-invoice-pdf": API_READS,
    "POST api-invoice-lines": only(401, 400, *DESK),
    "PATCH api-invoice-line": only(401, 200, *DESK),
    "DELETE api-invoice-line": only(401, 200, *DESK),
    "POST api-invoice-discount": only(401, 400, "billing_manager"),
    "GET api-price-lists": API_READS,
    "POST api-price-lists": only(401, 400, "billing_manager"),
    "GET api-price-list": API_READS,
    "PATCH api-price-list": only(401, 200, "billing_manager"),
    "GET api-price-list-prices": API_READS,
    "POST api-price-list-prices": only(401, 400, "billing_manager"),
    "GET api-price-list-visit-prices": API_READS,
    "POST api-price-list-visit-prices": only(401, 400, "billing_manager"),
    "GET api-patient-price-list": API_READS,
    "PUT api-patient-price-list": only(401, 400, "billing_manager"),
    "PUT api-invoice-price-list": only(401, 400, "billing_manager"),
    "GET api-service-parts": API_READS,
    "PUT api-service-parts": only(401, 400, "billing_manager"),
    "GET api-taxes": API_READS,
    "POST api-taxes": only(401, 400, "billing_manager"),
    "GET api-tax": API_READS,
    "PATCH api-tax": only(401, 200, "billing_manager"),
    "POST api-tax-rate": only(401, 400, "billing_manager"),
    "GET api-billing-settings": API_READS,
    "PUT api-billing-settings": only(401, 400, "billing_manager"),
    "GET api-discount-limits": {"anonymous": 401, "clinic_admin": 200, "*": 403},
    "PUT api-discount-limits": {"anonymous": 401, "clinic_admin": 400, "*": 403},
    "POST api-invoice-issue": only(401, 200, *DESK),
    "POST api-invoice-void": only(401, 400, "billing_manager"),
    "POST api-invoice-credit-use": only(401, 409, *DESK),
    "GET api-credit-notes": API_READS,
    "GET api-credit-note": API_READS,
    "GET api-credit-note-pdf": API_READS,
    "POST api-credit-note-taking-back": only(401, 400, "billing_manager"),
    "POST api-invoice-credit-notes": only(401, 400, "billing_manager"),
    "GET api-write-offs": API_READS,
    "POST api-write-off-taking-back": only(401, 400, "billing_manager"),
    "POST api-invoice-write-offs": only(401, 400, "billing_manager"),
    "GET api-payments": API_READS,
    "POST api-payments": only(401, 400, *DESK),
    "GET api-payment": API_READS,
    "GET api-payment-receipt": API_READS,
    "POST api-payment-capture": only(401, 200, *DESK),
    "POST api-payment-failure": only(401, 400, *DESK),
    "POST api-payment-corrections": only(401, 400, "billing_manager"),
    "POST api-payment-rehearsal": only(401, 400, "billing_manager"),
    "POST api-invoice-corrections": only(401, 400, "billing_manager"),
    "POST api-invoice-rehearsal": only(401, 400, "billing_manager"),
    "GET api-payment-refunds": API_READS,
    "POST api-payment-refunds": only(401, 400, "billing_manager"),
    "GET api-patient-account": API_READS,
    "GET api-patient-statement": API_READS,
}

DRAFTS = {"billing:add_line", "billing:change_line", "billing:remove_line", "billing:discount", "billing:issue"}
LISTS = {"price_list", "amend_price_list", "visit_prices", "price-list", "price-list-prices", "price-list-visit-prices"}
DRAFTS |= {"billing:invoice_price_list", "api-invoice-price-list"}
DRAFTS |= {"api-invoice-lines", "api-invoice-line", "api-invoice-discount", "api-invoice-issue"}
STATEMENTS = {"billing:statement_csv", "billing:statement_pdf"}
NOTES = {
    *("billing:credit_note", "billing:credit_note_pdf", "billing:take_note_back"),
    *("api-credit-note", "api-credit-note-pdf", "api-credit-note-taking-back"),
}
PAYMENTS = {"billing:payment", "billing:receipt", "billing:refund"}
PAYMENTS |= {"billing:correct_payment", "api-payment-corrections", "api-payment-rehearsal"}
PAYMENTS |= {"api-payment", "api-payment-receipt", "api-payment-refunds"}


def kwargs(name, cast):
    at = timezone.now() - timedelta(hours=1)
    patient = registration.register(by=cast.ada, at=at, given_name="Asha", family_name="Patel")
    if name in {
        "billing:account",
        "billing:owed",
        "billing:draft",
        "billing:pay",
        "billing:patient_price_list",
        *STATEMENTS,
    }:
        return {"patient_pk": patient.pk}
    invoice = invoicing.draft(patient, by=cast.ada, at=at)
    line = invoicing.add_charge(invoice, description="Check-up", unit_price=500, by=cast.ada, at=at)
    if name.removeprefix("billing:").removeprefix("api-") in LISTS:
        return {"pk": price_lists.add_price_list(name="Staff", by=cast.ada, at=at).pk}
    if name in {"billing:package", "api-service-parts"}:
        return {"pk": catalogue.add_service(name="Check", category="package", price="1", by=cast.ada, at=at).pk}
    if name == "billing:visit":
        return {"appointment_pk": patient.pk}  # no visit of theirs
    if name in {"api-patient-account", "api-patient-statement", "api-patient-price-list"}:
        return {"pk": patient.pk}
    if name in {"billing:tax", "billing:tax_rate", "api-tax", "api-tax-rate"}:
        return {"pk": taxes.add_tax(name="GST", rate="5", starts_on=at.date(), by=cast.ada, at=at).pk}
    if name in {"billing:service", "api-service"}:
        return {"pk": catalogue.add_service(name="X-ray", price="400", by=cast.ada, at=at).pk}
    if name in {"billing:change_line", "billing:remove_line", "api-invoice-line"}:
        return {"pk": invoice.pk, "line_pk": line.pk}
    if name not in DRAFTS:
        invoicing.issue(invoice, by=cast.ada, at=at)
    if name.endswith(("capture", "failure")):
        noted = payments.expect(patient, method="cheque", amount=100, invoice=invoice, by=cast.ada, at=at)
        return {"pk": noted.pk}
    if name in NOTES:
        return {"pk": crediting.credit(invoice, amount=100, reason="Billed twice", by=cast.ada, at=at).pk}
    if name in {"billing:take_back", "api-write-off-taking-back"}:
        fact = write_offs.write_off(invoice, category="courtesy", reason="Long wait", by=cast.ada, at=at)
        return {"pk": fact.pk}
    if name in PAYMENTS:
        paid = payments.receive(patient, method="cash", amount=100, invoices=[invoice], by=cast.ada, at=at)
        return {"pk": paid.pk, **({"kind": "method"} if name == "billing:correct_payment" else {})}
    if name == "billing:correct_invoice":
        return {"pk": invoice.pk, "kind": "amount"}
    return {"pk": invoice.pk}
