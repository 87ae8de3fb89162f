"""Taking a credit note back: the invoice stands again as it did before it. For the order of locks see invoicing.py."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.billing import posting
from apps.billing.locks import lock_invoice
from apps.billing.lowering.posting import credit_note_taken_back
from apps.billing.models import CreditNote, CreditNoteLine, Invoice, Payment, PaymentAllocation
from apps.billing.paying import allocating
from apps.billing.paying.allocating import earned
from apps.clinic import profile
from apps.core.money import ZERO, currency_of, format_money
from apps.core.numbering import next_number
from apps.core.refusals import Conflict, Refusal

Disposition, Kind = CreditNote.Disposition, PaymentAllocation.Kind


class TakenBackAlready(Conflict):
    code = "taken_back_already"
    message = _("This credit note was taken back already.")


class TakingBackNeedsReason(Refusal):
    code = "reason_missing"
    field = "reason"
    message = _("Say why the invoice stands again.")


class CreditUsedElsewhere(Conflict):
    """What the note had turned into credit pays something else by now, or has left the clinic."""

    code = "credit_used_elsewhere"


@transaction.atomic
def take_back(note: CreditNote, *, reason: str, by: User, at: datetime, source_reference: str = "") -> CreditNote:
    """The credit note was wrong: its mirror is written, and what it had taken off is charged again.

    What it had turned into the patient's credit pays the invoice again; used elsewhere meanwhile, the note stands. What
    it had given back is owed again. Answers with the note that takes it back.
    """
    posting.hold_books()
    if source_reference and (made := CreditNote.objects.filter(source_reference=source_reference).first()):
        return made
    invoice = lock_invoice(note.invoice)
    if note.reverses_id is not None or CreditNote.objects.filter(reverses=note).exists():
        raise TakenBackAlready
    if not reason.strip():
        raise TakingBackNeedsReason
    back = to_put_back(note)
    sources = _sources(invoice, back)
    fact = _mirror(note, invoice, back, reason=reason.strip(), source_reference=source_reference, by=by, at=at)
    credit_note_taken_back(fact, by=by, at=at)
    if sources:
        invoice = lock_invoice(invoice)
        put = [allocating.put(payment, invoice, part, Kind.RESTORED, by=by, at=at) for payment, part in sources]
        posting.restored(invoice, put, on=fact.credited_on, by=by, at=at)
    return fact


def to_put_back(note: CreditNote) -> Decimal:
    """How much of what the note turned into credit pays its invoice again when it is taken back."""
    return note.released if note.disposition == Disposition.CREDIT else ZERO


def _sources(invoice: Invoice, wanted: Decimal) -> list[tuple[Payment, Decimal]]:
    """Which payments that credit notes took off this invoice give it back to it. Locks them."""
    if not wanted:
        return []
    taken = invoice.allocations.filter(kind__in=[Kind.CREDITED, Kind.RESTORED]).order_by()
    off = dict(taken.values_list("payment").annotate(sum=-Sum("amount")))
    parts, left = [], wanted
    for payment in Payment.objects.select_for_update(no_key=True).filter(pk__in=off).order_by("pk"):
        if part := min(off[payment.pk], payment.free_credit, left):
            parts.append((payment, part))
            left -= part
    if left:
        clinic, currency = profile.current(), currency_of(invoice.currency)
        raise CreditUsedElsewhere(
            gettext(
                "%(left)s of the credit that this note made was used or given back since. Take that off where it is "
                "now, then take the note back."
            )
            % {"left": format_money(left, currency, clinic.locale)},
            details={"used": f"{left.quantize(currency.unit):f}"},
        )
    return parts


def _mirror(
    note: CreditNote, invoice: Invoice, back: Decimal, *, reason: str, source_reference: str, by: User, at: datetime
) -> CreditNote:
    on = posting.day(at, after=[note.credited_on])
    before = earned(invoice)
    invoice.credited, invoice.credited_net = invoice.credited - note.total, invoice.credited_net - note.net
    fact = CreditNote.objects.create(
        number=next_number("CRN", on=on),
        invoice=invoice,
        reverses=note,
        reason=reason,
        net=-note.net,
        tax=-note.tax,
        total=-note.total,
        released=-back,
        disposition=Disposition.CREDIT if back else Disposition.NOTHING_ABOVE,
        recognised=earned(invoice) - before,
        source_reference=source_reference,
        credited_on=on,
        at=at,
        by=by,
    )
    CreditNoteLine.objects.bulk_create(
        CreditNoteLine(
            note=fact,
            line_id=line.line_id,
            position=line.position,
            description=line.description,
            tax_name=line.tax_name,
            tax_rate=line.tax_rate,
            net=-line.net,
            tax=-line.tax,
            total=-line.total,
        )
        for line in note.lines.order_by("position")
    )
    return fact
