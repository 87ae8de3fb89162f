"""What will not be paid: written off, and taken back when the money comes after all. Locks: see invoicing.py."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.billing import posting
from apps.billing.locks import lock_invoice
from apps.billing.lowering.posting import write_off_taken_back, written_off
from apps.billing.models import Invoice, WriteOff
from apps.billing.paying.allocating import earned
from apps.billing.prices.sums import Amount, read_payment
from apps.clinic import profile
from apps.core.money import currency_of, format_money, round_half_up
from apps.core.numbering import next_number
from apps.core.refusals import Conflict, Refusal


class NothingToWriteOff(Conflict):
    code = "nothing_owed"
    field = "amount"
    message = _("Nothing is owed on this invoice, so there is nothing to write off.")


class WriteOffTooLarge(Conflict):
    code = "more_than_due"
    field = "amount"


class WriteOffNeedsReason(Refusal):
    code = "reason_missing"
    field = "reason"
    message = _("Say why it will not be paid.")


class CategoryUnknown(Refusal):
    code = "category_unknown"
    field = "category"
    message = _("Choose what kind of write-off it is.")


class TakenBackAlready(Conflict):
    code = "taken_back_already"
    message = _("This write-off was taken back already.")


class TakingBackNeedsReason(Refusal):
    code = "reason_missing"
    field = "reason"
    message = _("Say why it is owed again.")


@transaction.atomic
def write_off(
    invoice: Invoice,
    *,
    category: str,
    reason: str,
    by: User,
    at: datetime,
    amount: Amount | None = None,
    source_reference: str = "",
) -> WriteOff:
    """No longer expect ``amount`` of what is owed on an invoice, or all of it. The patient is not asked for it again.

    What of it is net and what is tax follows what is not yet earned; see the table of posting.py.
    """
    posting.hold_books()
    if source_reference and (made := WriteOff.objects.filter(source_reference=source_reference).first()):
        return made
    invoice = lock_invoice(invoice)
    clinic = profile.current()
    currency = currency_of(invoice.currency)
    if category not in WriteOff.Category.values:
        raise CategoryUnknown
    if not reason.strip():
        raise WriteOffNeedsReason
    if not invoice.due:
        raise NothingToWriteOff
    part = invoice.due if amount is None else read_payment(amount, currency)
    if part > invoice.due:
        raise WriteOffTooLarge(
            gettext("Only %(due)s is owed on this invoice.")
            % {"due": format_money(invoice.due, currency, clinic.locale)},
            details={"due": f"{invoice.due.quantize(currency.unit):f}"},
        )
    unearned = invoice.standing_net - earned(invoice)
    net = round_half_up(unearned * part / invoice.due, currency)
    fact = _record(
        invoice,
        net=net,
        tax=part - net,
        category=category,
        reason=reason.strip(),
        source_reference=source_reference,
        by=by,
        at=at,
    )
    written_off(fact, by=by, at=at)
    return fact


@transaction.atomic
def take_back(write_off: WriteOff, *, reason: str, by: User, at: datetime, source_reference: str = "") -> WriteOff:
    """The money comes after all: what was written off is owed again. Answers with the fact that says so."""
    posting.hold_books()
    if source_reference and (made := WriteOff.objects.filter(source_reference=source_reference).first()):
        return made
    invoice = lock_invoice(write_off.invoice)
    if write_off.reverses_id is not None or WriteOff.objects.filter(reverses=write_off).exists():
        raise TakenBackAlready
    if not reason.strip():
        raise TakingBackNeedsReason
    fact = _record(
        invoice,
        net=-write_off.net,
        tax=-write_off.tax,
        reverses=write_off,
        category=write_off.category,
        reason=reason.strip(),
        source_reference=source_reference,
        by=by,
        at=at,
    )
    write_off_taken_back(fact, by=by, at=at)
    return fact


def take_back_all(invoice: Invoice, *, reason: str, by: User, at: datetime) -> None:
    """Every write-off that stands on this invoice."""
    for standing in invoice.write_offs.filter(reverses=None, taken_back_by=None).order_by("at", "id"):
        take_back(standing, reason=reason, by=by, at=at)


def _record(
    invoice: Invoice,
    *,
    net: Decimal,
    tax: Decimal,
    category: str,
    reason: str,
    source_reference: str,
    by: User,
    at: datetime,
    reverses: WriteOff | None = None,
) -> WriteOff:
    on = posting.day(at, after=[invoice.issued_on, reverses.written_off_on if reverses else None])
    before = earned(invoice)
    invoice.written_off += net + tax
    invoice.written_off_net += net
    return WriteOff.objects.create(
        number=next_number("WOF", on=on),
        invoice=invoice,
        reverses=reverses,
        category=category,
        reason=reason,
        amount=net + tax,
        net=net,
        tax=tax,
        recognised=earned(invoice) - before,
        source_reference=source_reference,
        written_off_on=on,
        at=at,
        by=by,
    )
