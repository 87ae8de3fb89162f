"""Credit notes: an issued invoice is lowered, in part or wholly. For the order of locks see invoicing.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.billing import posting
from apps.billing.locks import lock_invoice
from apps.billing.lowering.posting import credited
from apps.billing.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine, PaymentAllocation
from apps.billing.paying import refunds
from apps.billing.paying.allocating import earned
from apps.billing.prices.sums import Amount, read_payment, recognised
from apps.clinic import profile
from apps.core.money import ZERO, currency_of, format_money, split
from apps.core.numbering import next_number
from apps.core.refusals import Conflict, Refusal

Disposition = CreditNote.Disposition


class NotCreditable(Conflict):
    code = "not_creditable"
    message = _("Only an issued invoice that is not void can be credited.")


class WrittenOffFirst(Conflict):
    code = "write_off_stands"
    message = _("A part of this invoice is written off. Take the write-off back first, then credit it.")


class NothingToCredit(Conflict):
    code = "nothing_to_credit"
    message = _("Nothing of this invoice is left to credit.")


class CreditTooLarge(Conflict):
    code = "credit_too_large"
    field = "amount"


class AmountOrLines(Refusal):
    code = "amount_or_lines"
    field = "amount"
    message = _("Give an amount for the whole invoice or choose its lines, not both.")


class LineOfAnotherInvoice(Refusal):
    code = "line_of_another_invoice"
    field = "lines"
    message = _("This line is not on the invoice, or is named twice.")


class CreditNeedsReason(Refusal):
    code = "reason_missing"
    field = "reason"
    message = _("Say why the invoice is lowered.")


class CreditNeedsDisposition(Refusal):
    code = "disposition_missing"
    field = "disposition"


@dataclass(frozen=True, slots=True)
class Left:
    """What of an invoice's line was not credited yet."""

    line: InvoiceLine
    net: Decimal
    tax: Decimal

    @property
    def total(self) -> Decimal:
        return self.net + self.tax


@transaction.atomic
def credit(
    invoice: Invoice,
    *,
    reason: str,
    by: User,
    at: datetime,
    amount: Amount | None = None,
    lines: Sequence[InvoiceLine | tuple[InvoiceLine, Amount]] | None = None,
    disposition: str = "",
    method: str | None = None,
    source_reference: str = "",
) -> CreditNote:
    """Lower an issued invoice: by ``amount`` (tax included), shared over its lines; by ``lines``, each wholly or by an
    amount; or, given neither, by all that is left of it.

    When more was paid than it comes to then, ``disposition`` says where that goes: ``credit`` or ``refund`` (by the
    method of each payment, or by ``method``).
    """
    posting.hold_books()
    if source_reference and (made := CreditNote.objects.filter(source_reference=source_reference).first()):
        return made
    invoice = lock_invoice(invoice)
    _refuse(invoice, reason)
    parts = _parts(invoice, amount, lines)
    net, tax = sum((part.net for part in parts), ZERO), sum((part.tax for part in parts), ZERO)
    above = max(ZERO, net + tax - invoice.due)
    _give_up(invoice, above, disposition, method, reason=reason, by=by, at=at)
    invoice = lock_invoice(invoice)
    note = _record(
        invoice,
        parts,
        reason=reason.strip(),
        released=above,
        disposition=disposition if above else Disposition.NOTHING_ABOVE,
        source_reference=source_reference,
        by=by,
        at=at,
    )
    credited(note, by=by, at=at)
    return note


def left_of(invoice: Invoice) -> list[Left]:
    """The lines of an invoice with what was not credited of each yet, in order."""
    given = {
        line: (net, tax)
        for line, net, tax in CreditNoteLine.objects.filter(note__invoice=invoice)
        .order_by()
        .values_list("line")
        .annotate(net=Sum("net"), tax=Sum("tax"))
    }
    rows = []
    for line in invoice.lines.order_by("position"):
        net, tax = given.get(line.pk, (ZERO, ZERO))
        rows.append(Left(line, line.net - net, line.tax - tax))
    return rows


def _refuse(invoice: Invoice, reason: str) -> None:
    if invoice.is_draft or invoice.is_void:
        raise NotCreditable
    if invoice.written_off:
        raise WrittenOffFirst
    if not invoice.standing_total:
        raise NothingToCredit
    if not reason.strip():
        raise CreditNeedsReason


def _parts(
    invoice: Invoice, amount: Amount | None, lines: Sequence[InvoiceLine | tuple[InvoiceLine, Amount]] | None
) -> list[Left]:
    """What is taken off each line: its share of net and tax, so that its last part takes exactly the rest."""
    if amount is not None and lines is not None:
        raise AmountOrLines
    left = left_of(invoice)
    if lines is not None:
        wanted = _of_lines(invoice, {one.line.pk: one for one in left}, lines)
    else:
        currency = currency_of(invoice.currency)
        whole = invoice.standing_total if amount is None else read_payment(amount, currency)
        if whole > invoice.standing_total:
            raise _too_large(invoice, invoice.standing_total)
        wanted = list(zip(left, split(whole, [one.total for one in left], currency), strict=True))
    return [_part(one, total, invoice) for one, total in wanted if total]


def _of_lines(
    invoice: Invoice, left: dict[object, Left], lines: Sequence[InvoiceLine | tuple[InvoiceLine, Amount]]
) -> list[tuple[Left, Decimal]]:
    wanted = []
    for item in lines:
        line, amount = item if isinstance(item, tuple) else (item, None)
        one = left.pop(line.pk, None)
        if one is None:
            raise LineOfAnotherInvoice
        total = one.total if amount is None else read_payment(amount, currency_of(invoice.currency), field="lines")
        if not total or total > one.total:
            raise _too_large(invoice, one.total, line=one.line)
        wanted.append((one, total))
    if not wanted:
        raise LineOfAnotherInvoice(gettext("Choose the lines that are credited, or give an amount."))
    return wanted


def _part(one: Left, total: Decimal, invoice: Invoice) -> Left:
    """Pro rata over all that is credited of the line, so that its parts add up to its net and tax.

    Where notes were taken back, what is left standing may be off by their units: neither part falls below zero.
    """
    line = one.line
    before = line.total - one.total
    net = recognised(line.net, line.total, before + total, currency_of(invoice.currency)) - (line.net - one.net)
    net = min(max(net, ZERO, total - one.tax), total, one.net)
    return Left(line, net, total - net)


def _give_up(
    invoice: Invoice, above: Decimal, disposition: str, method: str | None, *, reason: str, by: User, at: datetime
) -> None:
    """What was paid above the new total leaves the invoice, before it is lowered."""
    if not above:
        return
    if disposition == Disposition.REFUND:
        refunds.refund_invoice(
            invoice, amount=above, method=method, kind=PaymentAllocation.Kind.CREDITED, reason=reason, by=by, at=at
        )
    elif disposition == Disposition.CREDIT:
        refunds.release(invoice, amount=above, kind=PaymentAllocation.Kind.CREDITED, by=by, at=at)
    else:
        clinic = profile.current()
        currency = currency_of(invoice.currency)
        raise CreditNeedsDisposition(
            gettext(
                "%(above)s more was paid than the invoice comes to then. Say whether it stays as the patient's credit "
                "or is given back."
            )
            % {"above": format_money(above, currency, clinic.locale)},
            details={"above": f"{above.quantize(currency.unit):f}"},
        )


def _record(
    invoice: Invoice,
    parts: Sequence[Left],
    *,
    reason: str,
    released: Decimal,
    disposition: str,
    source_reference: str,
    by: User,
    at: datetime,
) -> CreditNote:
    on = posting.day(at, after=[invoice.issued_on])
    net, tax = sum((part.net for part in parts), ZERO), sum((part.tax for part in parts), ZERO)
    before = earned(invoice)
    invoice.credited, invoice.credited_net = invoice.credited + net + tax, invoice.credited_net + net
    note = CreditNote.objects.create(
        number=next_number("CRN", on=on),
        invoice=invoice,
        reason=reason,
        net=net,
        tax=tax,
        total=net + tax,
        released=released,
        disposition=disposition,
        recognised=earned(invoice) - before,
        source_reference=source_reference,
        credited_on=on,
        at=at,
        by=by,
    )
    CreditNoteLine.objects.bulk_create(
        CreditNoteLine(
            note=note,
            line=part.line,
            position=place,
            description=part.line.description,
            tax_name=part.line.tax_name,
            tax_rate=part.line.tax_rate,
            net=part.net,
            tax=part.tax,
            total=part.total,
        )
        for place, part in enumerate(parts, start=1)
    )
    return note


def _too_large(invoice: Invoice, left: Decimal, *, line: InvoiceLine | None = None) -> CreditTooLarge:
    clinic = profile.current()
    currency = currency_of(invoice.currency)
    money = format_money(left, currency, clinic.locale)
    details = {"left": f"{left.quantize(currency.unit):f}"}
    if line is None:
        return CreditTooLarge(
            gettext("Only %(left)s of this invoice is left to credit.") % {"left": money}, details=details
        )
    return CreditTooLarge(
        gettext("Only %(left)s of line %(place)s is left to credit.") % {"left": money, "place": line.position},
        field="lines",
        details={**details, "line": str(line.pk)},
    )
