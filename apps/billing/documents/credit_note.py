"""What stands on a credit note, in the words and figures of the clinic's country."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from apps.billing.documents import papers
from apps.billing.documents.papers import HERE, MoneyWriter
from apps.billing.lowering.credit_taxes import credited_taxes
from apps.billing.models import CreditNote, CreditNoteLine
from apps.billing.prices.tax_words import plain
from apps.clinic import profile
from apps.clinic.letterhead import letterhead
from apps.clinic.models import ClinicProfile
from apps.core.money import currency_of
from apps.core.typesetting import barcode, qr_code, typeset


def credit_note_pdf(note: CreditNote, *, address: str, at: datetime) -> bytes:
    """The credit note on A4 (letter in the United States). ``address`` is what its QR code opens."""
    clinic = profile.current()
    with override(clinic.locale.split("-")[0]):
        return typeset(HERE / "credit_note.typ", _credit_note(note, clinic, address), at=at)


def _credit_note(note: CreditNote, clinic: ClinicProfile, address: str) -> dict[str, Any]:
    invoice = note.invoice
    money = MoneyWriter(currency_of(invoice.currency), clinic)
    lines = list(note.lines.prefetch_related("line__taxes").order_by("position"))
    assert invoice.issued_on is not None
    issued = papers.day_in_words(invoice.issued_on)
    return {
        **letterhead(clinic),
        "title": _("Credit note %(number)s") % {"number": note.number},
        "number": note.number,
        "date": papers.day_in_words(note.credited_on),
        "stamp": _("Taken back") if hasattr(note, "taken_back_by") else "",
        "patient": papers.patient_in_words(invoice.patient),
        "facts": [
            [_("Invoice"), _("%(number)s of %(day)s") % {"number": invoice.number, "day": issued}],
            *([[_("Takes back"), note.reverses.number]] if note.reverses else []),
            [_("Reason"), note.reason],
        ],
        "barcode": barcode(note.number),
        "barcode_alt": _("Bar code of %(number)s") % {"number": note.number},
        "lines": [_line(line, money) for line in lines],
        "sums": _sums(note, money),
        "taxes": [
            [one.name or _("Tax"), f"{plain(one.rate)} %", money(-one.base), money(-one.tax)]
            for one in credited_taxes(note, lines)
        ],
        "qr": qr_code(address),
        "qr_alt": _("QR code of this credit note"),
        "closing": _closing(note, money),
        "words": {
            "credit_note": _("Credit note taken back") if note.reverses else _("Credit note"),
            "credited_to": _("Charged again to") if note.reverses else _("Credited to"),
            "item": _("Item"),
            "net": _("Net"),
            "tax": _("Tax"),
            "amount": _("Amount"),
            "tax_summary": _("Tax summary"),
            "rate": _("Rate"),
            "taxable": _("Taxable"),
            "tax_amount": _("Tax"),
        },
    }


def _line(line: CreditNoteLine, money: MoneyWriter) -> list[str]:
    tax = f"{money(-line.tax)} ({plain(line.tax_rate)} %)" if line.tax_rate else "–"
    return [line.description, money(-line.net), tax, money(-line.total)]


def _sums(note: CreditNote, money: MoneyWriter) -> list[dict[str, Any]]:
    def row(label: str, amount: Decimal, *, strong: bool = False) -> dict[str, Any]:
        return {"label": label, "amount": money(amount), "strong": strong}

    rows = [row(_("Net"), -note.net), row(_("Tax"), -note.tax)] if note.tax else []
    return [*rows, row(_("Charged again") if note.reverses else _("Credited"), -note.total, strong=True)]


def _closing(note: CreditNote, money: MoneyWriter) -> list[str]:
    """What becomes of the money."""
    if note.reverses is not None:
        return _closing_of_mirror(note, note.reverses, money)
    if hasattr(note, "taken_back_by"):
        numbers = {"mirror": note.taken_back_by.number, "number": note.invoice.number}
        return [_("Taken back by %(mirror)s: it no longer lowers invoice %(number)s.") % numbers]
    words = [_("This lowers invoice %(number)s.") % {"number": note.invoice.number}]
    if note.disposition == CreditNote.Disposition.REFUND:
        words.append(_("%(amount)s was given back.") % {"amount": money(note.released)})
    elif note.disposition == CreditNote.Disposition.CREDIT:
        words.append(_("%(amount)s stays as the patient's credit.") % {"amount": money(note.released)})
    return words


def _closing_of_mirror(note: CreditNote, original: CreditNote, money: MoneyWriter) -> list[str]:
    numbers = {"number": note.invoice.number, "note": original.number}
    words = [_("Invoice %(number)s stands again as before credit note %(note)s.") % numbers]
    if note.released:
        words.append(_("%(amount)s of the patient's credit pays it again.") % {"amount": money(-note.released)})
    elif original.released:
        words.append(_("%(amount)s that was given back is owed again.") % {"amount": money(original.released)})
    return words
