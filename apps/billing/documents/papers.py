"""What stands on an invoice and on a receipt, in the words and figures of the clinic's country."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from apps.billing import statements
from apps.billing.models import Invoice, InvoiceLine, Payment
from apps.billing.prices.tax_words import plain, tax_summary
from apps.clinic import profile
from apps.clinic.letterhead import letterhead
from apps.clinic.models import ClinicProfile
from apps.core.clock import day_of
from apps.core.money import Currency, currency_of, format_money
from apps.core.typesetting import barcode, qr_code, typeset
from apps.patients.models import Patient

HERE = Path(__file__).parent
SCAN_IN_HINDI = "भुगतान के लिए स्कैन करें"


class MoneyWriter:
    """Writes amounts as people in the clinic's country do."""

    def __init__(self, currency: Currency, clinic: ClinicProfile) -> None:
        self.currency, self.locale = currency, clinic.locale

    def __call__(self, amount: Decimal) -> str:
        return format_money(amount, self.currency, self.locale)


def invoice_pdf(invoice: Invoice, *, address: str, at: datetime) -> bytes:
    """The invoice on A4 (letter in the United States). ``address`` is what its QR code opens."""
    clinic = profile.current()
    with override(clinic.locale.split("-")[0]):
        return typeset(HERE / "invoice.typ", _invoice(invoice, clinic, address), at=at)


def receipt_pdf(payment: Payment, *, paper: str, at: datetime) -> bytes:
    """The receipt of a payment on A4, or on the 80 mm roll of the desk's printer (``paper="roll"``)."""
    clinic = profile.current()
    with override(clinic.locale.split("-")[0]):
        return typeset(HERE / "receipt.typ", _receipt(payment, clinic, paper), at=at)


def _invoice(invoice: Invoice, clinic: ClinicProfile, address: str) -> dict[str, Any]:
    currency = currency_of(invoice.currency)
    money = MoneyWriter(currency, clinic)
    lines = list(invoice.lines.prefetch_related("taxes").order_by("position"))
    taxes = tax_summary(lines)
    number = invoice.number or _("Draft")
    columns = ["item", "qty", "price"]
    columns += ["discount"] if any(line.discount for line in lines) else []
    columns += ["tax"] if taxes else []
    columns += ["amount"]
    call, call_lines = _call(invoice, clinic, money)
    return {
        **letterhead(clinic),
        "title": _("Invoice %(number)s") % {"number": number},
        "number": number,
        "date": day_in_words(invoice.issued_on or day_of(invoice.created_at, clinic.zone)),
        "stamp": _("Void") if invoice.is_void else _("Draft") if invoice.is_draft else "",
        "patient": patient_in_words(invoice.patient),
        "facts": _facts(invoice, clinic),
        "barcode": barcode(invoice.patient.number),
        "barcode_text": invoice.patient.number,
        "barcode_alt": _("Bar code of %(number)s") % {"number": invoice.patient.number},
        "columns": columns,
        "lines": [_line(line, money) for line in lines],
        "sums": _sums(invoice, lines, money),
        "taxes": [[one.name or _("Tax"), f"{plain(one.rate)} %", money(one.base), money(one.tax)] for one in taxes],
        "qr": qr_code(upi_link(invoice, clinic) or address),
        "qr_alt": _("QR code of this invoice"),
        "call": call,
        "call_lines": call_lines,
        "words": {
            "invoice": _("Invoice"),
            "billed_to": _("Billed to"),
            "item": _("Item"),
            "qty": pgettext("quantity, short", "Qty"),
            "price": _("Price"),
            "discount": _("Discount"),
            "tax": _("Tax"),
            "amount": _("Amount"),
            "tax_summary": _("Tax summary"),
            "rate": _("Rate"),
            "taxable": _("Taxable"),
            "tax_amount": _("Tax"),
        },
    }


def _receipt(payment: Payment, clinic: ClinicProfile, paper: str) -> dict[str, Any]:
    money = MoneyWriter(currency_of(payment.currency), clinic)
    uses = statements.uses_of(payment)
    notes = []
    if payment.unapplied:
        notes.append(_("Kept as credit: %(amount)s") % {"amount": money(payment.unapplied)})
    notes += [
        _("%(amount)s given back on %(day)s (%(number)s)")
        % {"amount": money(refund.amount), "day": day_in_words(refund.refunded_on), "number": refund.number}
        for refund in payment.refunds.all()
    ]
    how = [payment.get_method_display(), day_in_words(payment.received_on)]
    if payment.reference:
        how.append(payment.reference)
    return {
        **letterhead(clinic, "roll" if paper == "roll" else ""),
        "title": _("Receipt %(number)s") % {"number": payment.number},
        "number": payment.number,
        "date": day_in_words(payment.received_on),
        "stamp": _("Refunded") if payment.refunded == payment.amount else "",
        "patient": patient_in_words(payment.patient),
        "amount": money(payment.amount),
        "method": " · ".join(how),
        "tendered": []
        if payment.tendered is None
        else [[_("Cash given"), money(payment.tendered)], [_("Change"), money(payment.change)]],
        "uses": [[invoice.number, money(amount), money(invoice.due)] for invoice, amount in uses],
        "notes": notes,
        "barcode": barcode(payment.number),
        "barcode_alt": _("Bar code of %(number)s") % {"number": payment.number},
        "closing": _("Received by %(name)s. Thank you.")
        % {"name": statements.received_by([payment]).get(payment.pk, payment.created_by).full_name},
        "words": {
            "receipt": _("Receipt"),
            "received_from": _("Received from"),
            "used_for": _("For invoice"),
            "used": _("Paid"),
            "left_due": _("Still due"),
        },
    }


def patient_in_words(patient: Patient) -> dict[str, Any]:
    lines = [patient.number]
    if patient.birth_date:
        lines.append(day_in_words(patient.birth_date))
    return {"name": patient.full_name, "lines": lines}


def _facts(invoice: Invoice, clinic: ClinicProfile) -> list[list[str]]:
    facts = []
    if invoice.appointment is not None:
        visit = invoice.appointment
        facts.append([_("Visit"), f"{day_in_words(day_of(visit.starts_at, clinic.zone))}, {visit.provider.name}"])
    if invoice.due_on is not None:
        facts.append([_("Due"), day_in_words(invoice.due_on)])
    return facts


def _line(line: InvoiceLine, money: MoneyWriter) -> dict[str, str]:
    discount = money(line.discount) if line.discount else ""
    if line.discount_percent:
        discount = f"{plain(line.discount_percent)} %"
    return {
        "item": line.description,
        "note": _("Price with tax") if line.included else "",
        "qty": plain(line.quantity),
        "price": money(line.unit_price),
        "discount": discount,
        "tax": " + ".join(f"{plain(one.rate)} %" for one in line.taxes.all()) or "–",
        "amount": money(line.net),
    }


def _sums(invoice: Invoice, lines: list[InvoiceLine], money: MoneyWriter) -> list[dict[str, Any]]:
    def row(label: str, amount: Decimal, *, strong: bool = False) -> dict[str, Any]:
        return {"label": label, "amount": money(amount), "strong": strong}

    names = {line.tax_name for line in lines if line.tax_rate}
    rows = []
    if invoice.tax:
        rows += [row(_("Net"), invoice.net), row(names.pop() if len(names) == 1 else _("Tax"), invoice.tax)]
    rows.append(row(_("Total"), invoice.total, strong=True))
    credit = statements.paid_from_credit(invoice)
    settling = [
        (_("Paid"), invoice.applied - credit),
        (_("Paid from credit"), credit),
        (_("Credited"), invoice.credited),
        (_("Waived"), invoice.written_off),
    ]
    settled = [row(label, amount) for label, amount in settling if amount]
    rows += settled
    if settled:
        rows.append(row(_("Due"), invoice.due, strong=True))
    return rows


def _call(invoice: Invoice, clinic: ClinicProfile, money: MoneyWriter) -> tuple[str, list[str]]:
    """What is said beside the code."""
    if invoice.is_void:
        return _("This invoice is void."), [_("Nothing is owed on it.")]
    if invoice.is_draft:
        return _("This is a draft."), [_("It becomes an invoice when it is issued.")]
    if not invoice.due:
        return (_("Paid with thanks."), []) if invoice.applied else (_("Nothing is owed on it."), [])
    due = _("Due on receipt.")
    if invoice.due_on is not None and invoice.due_on != invoice.issued_on:
        due = _("Due by %(day)s.") % {"day": day_in_words(invoice.due_on)}
    if upi_link(invoice, clinic):
        return _("Scan to pay %(amount)s") % {"amount": money(invoice.due)}, [due, SCAN_IN_HINDI]
    please = _("Please pay %(amount)s") % {"amount": money(invoice.due)}
    return please, [due, _("The code opens this invoice at our desk.")]


def upi_link(invoice: Invoice, clinic: ClinicProfile) -> str:
    """What a UPI app reads from the code: to whom, how much, for which invoice. UPI moves rupees only."""
    if not (clinic.upi_address and invoice.currency == "INR" and invoice.due):
        return ""
    query = {
        "pa": clinic.upi_address,
        "pn": clinic.name,
        "am": f"{invoice.due.quantize(Decimal('0.01')):f}",
        "cu": "INR",
        "tr": invoice.number,
        "tn": invoice.number,
    }
    return f"upi://pay?{urlencode(query, quote_via=quote, safe='@')}"


def day_in_words(day: date) -> str:
    return date_format(day, "j M Y")
