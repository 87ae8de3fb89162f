"""A patient's statement on paper, to be handed to them."""

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.billing.models import Invoice
from apps.billing.patient_statement import Movement, Statement
from apps.ledger.documents.papers import Column, Paper, Row, Sheet
from apps.ledger.writing import Writer
from apps.patients.models import Patient


def statement_paper(patient: Patient, found: Statement, *, words: str, is_now: bool) -> Paper:
    """``words`` say which days it is for. As it stands now it names what is still owed, too."""
    write = Writer.of_clinic()
    columns = [
        Column(_("Date")),
        Column(_("What"), grows=True),
        Column(_("Number")),
        *(Column(words, amount=True) for words in (_("Charge"), _("Credited"), _("Paid"), _("Balance"))),
    ]
    rows = [Row(["", _("Balance before"), "", "", "", "", write.amount(found.opening)])] if found.opening else []
    rows += [_row(movement, write) for movement in found.movements]
    sums = [write.amount(amount) for amount in (found.charged, found.credited, found.paid, found.closing)]
    rows.append(Row(["", _("Balance at the end"), "", *sums], strong=True))
    sheets = [Sheet(columns, rows)]
    if is_now and (owed := _owed(patient, write)):
        heads = [
            Column(_("Invoice"), grows=True),
            Column(_("Issued")),
            Column(_("Due")),
            Column(_("Owed"), amount=True),
        ]
        sheets.append(Sheet(heads, owed, heading=_("Still owed")))
    about = [patient.full_name, patient.number]
    if patient.birth_date:
        about[1] += f" · {date_format(patient.birth_date, 'j M Y')}"
    return Paper(
        _("Statement"),
        words,
        sheets,
        about=about,
        facts=[
            (_("Charged"), write.money(found.charged)),
            (_("Credited"), write.money(found.credited)),
            (_("Paid"), write.money(found.paid)),
            _closing(found, write),
        ],
        name=f"statement-{patient.number}",
    )


def _closing(found: Statement, write: Writer) -> tuple[str, str]:
    if found.closing < 0:
        return _("In your favour"), write.money(-found.closing)
    return _("You owe"), write.money(found.closing)


def _row(movement: Movement, write: Writer) -> Row:
    amounts = [write.amount(amount) if amount else "" for amount in (movement.charge, movement.credited, movement.paid)]
    day = date_format(movement.on, "j M Y")
    return Row([day, movement.words, movement.number, *amounts, write.amount(movement.balance)])


def _owed(patient: Patient, write: Writer) -> list[Row]:
    invoices = Invoice.objects.unpaid().for_patient(patient).oldest_first()
    return [
        Row([
            invoice.number,
            *(date_format(day, "j M Y") if day else "" for day in (invoice.issued_on, invoice.due_on)),
            write.amount(invoice.due),
        ])
        for invoice in invoices
    ]  # fmt: skip
