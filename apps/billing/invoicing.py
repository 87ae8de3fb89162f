"""Drafts, their lines, issue and void of invoices (UC-02, FR-B01).

Order of locks, everywhere in billing: the books (posting.hold_books), then invoices by id, then payments by id, then
the counters of numbers. A sum that is read after the lock is therefore the sum that is written, and nothing deadlocks.
Work on a draft locks that draft alone: do not issue it in the same transaction after that.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.billing import payments, posting, refunds
from apps.billing.locks import lock_draft, lock_invoice
from apps.billing.models import Invoice, InvoiceLine, InvoiceVoid, Service
from apps.billing.signals import invoice_issued
from apps.billing.sums import (
    DiscountTooLarge,
    LineSums,
    line_sums,
    read_percent,
    read_price,
    read_quantity,
)
from apps.clinic import profile
from apps.core.clock import day_of
from apps.core.money import AmountRefused, currency_of, round_half_up, split
from apps.core.numbering import next_number
from apps.core.refusals import Conflict, NotPermitted, Refusal
from apps.patients.models import Patient
from apps.patients.models.persons import in_use, records_of
from apps.scheduling.fees import Charge, charges_for
from apps.scheduling.models import Appointment

Disposition = InvoiceVoid.Disposition


class VisitOfAnotherPatient(Refusal):
    code = "visit_of_another_patient"
    field = "appointment"
    message = _("This visit belongs to another patient.")


class AlreadyMade(Conflict):
    code = "invoice_already_made"
    message = _("This invoice was made already.")


class NothingToIssue(Refusal):
    code = "nothing_to_issue"
    message = _("This draft has no lines yet. Add what is charged, then issue it.")


class IssuedInTheFuture(Refusal):
    code = "issued_in_the_future"
    field = "issue_date"
    message = _("An invoice cannot be issued on a day to come.")


class DueBeforeIssue(Refusal):
    code = "due_before_issue"
    field = "due_date"
    message = _("An invoice cannot be due before it is issued.")


class DescriptionMissing(Refusal):
    code = "description_missing"
    field = "description"
    message = _("Say what is charged.")


class ServiceNotOffered(Refusal):
    code = "service_not_offered"
    field = "service"
    message = _("This service is no longer offered.")


class MayNotDiscount(NotPermitted):
    code = "may_not_give_discount"
    field = "discount"
    message = _("You may not give a discount. Ask the billing manager.")


class AlreadyVoid(Conflict):
    code = "already_void"
    message = _("This invoice is void already.")


class VoidNeedsReason(Refusal):
    code = "reason_missing"
    field = "reason"
    message = _("Say why the invoice becomes void.")


class VoidNeedsDisposition(Refusal):
    code = "disposition_missing"
    field = "disposition"
    message = _("Something was paid on this invoice. Say whether it stays as the patient's credit or is given back.")


@transaction.atomic
def draft_for_visit(appointment: Appointment, *, by: User, at: datetime) -> Invoice:
    """The draft invoice of a completed visit, with what it costs with its provider (UC-02, FR-B01; scheduling.fees).

    Announced twice, it answers with the draft it made the first time; a unique constraint backs it up.
    """
    made = Invoice.objects.filter(appointment=appointment, source=Invoice.Source.VISIT, voided_at=None).first()
    if made is not None:
        return made
    invoice = _new_draft(
        appointment.patient_id, appointment=appointment, source=Invoice.Source.VISIT, reference="", by=by, at=at
    )
    put_charges(invoice, charges_for(appointment), by=by, at=at)
    return invoice


def put_charges(invoice: Invoice, charges: Iterable[Charge], *, by: User, at: datetime) -> None:
    """Put what scheduling worked out on a draft. A discount in it is the clinic's own rule and asks nobody's leave."""
    for charge in charges:
        add_charge(
            invoice,
            description=charge.description,
            unit_price=charge.price,
            discount_percent=charge.discount_percent or None,
            tax_name=charge.tax_name,
            tax_rate=charge.tax_rate,
            by_rule=True,
            by=by,
            at=at,
        )


@transaction.atomic
def draft(
    patient: Patient,
    *,
    by: User,
    at: datetime,
    appointment: Appointment | None = None,
    source: str = "",
    source_reference: str = "",
) -> Invoice:
    """An empty draft written at the desk (or by an import, which names what it was made from in its reference)."""
    patient = in_use(patient)
    if appointment is not None and appointment.patient_id not in set(records_of(patient)):
        raise VisitOfAnotherPatient
    return _new_draft(
        patient.pk if appointment is None else appointment.patient_id,
        appointment=appointment,
        source=source or Invoice.Source.DESK,
        reference=source_reference,
        by=by,
        at=at,
    )


@transaction.atomic
def add_charge(
    invoice: Invoice,
    *,
    by: User,
    at: datetime,
    description: str = "",
    unit_price: Decimal | str | int | None = None,
    quantity: Decimal | str | int = 1,
    discount: Decimal | str | int = 0,
    discount_percent: Decimal | str | int | None = None,
    tax_name: str | None = None,
    tax_rate: Decimal | str | int | None = None,
    service: Service | None = None,
    by_rule: bool = False,
) -> InvoiceLine:
    """Put one more charge on a draft. What is not given is copied from ``service``.

    ``discount`` is an amount off the line, ``discount_percent`` a percentage instead of it. ``by_rule``: the clinic's
    rule gives the discount, not the person who happens to act.
    """
    invoice = lock_draft(invoice)
    if service is not None and not service.is_active:
        raise ServiceNotOffered
    last = invoice.lines.aggregate(last=Max("position"))["last"] or 0
    line = InvoiceLine(invoice=invoice, position=last + 1, service=service, decimals=invoice.decimals)
    _write(
        line,
        invoice,
        description=description or (service.name if service else ""),
        unit_price=unit_price if unit_price is not None else service.price if service else "",
        quantity=quantity,
        discount=discount,
        discount_percent=discount_percent,
        tax_name=tax_name if tax_name is not None else service.tax_name if service else "",
        tax_rate=tax_rate if tax_rate is not None else service.tax_rate if service else 0,
        may_discount=by_rule or by.has_perm("billing.give_discount"),
    )
    line.save(force_insert=True)
    return line


@transaction.atomic
def change_line(line: InvoiceLine, *, by: User, at: datetime, **changes: Any) -> InvoiceLine:
    """Change a charge of a draft: any of the words and figures that ``add_charge`` takes, except the service."""
    invoice = lock_draft(line.invoice)
    line = invoice.lines.get(pk=line.pk)
    if "discount" in changes and "discount_percent" not in changes:
        changes["discount_percent"] = None
    unknown = changes.keys() - EDITABLE
    if unknown:
        raise TypeError(f"change_line does not know {sorted(unknown)}")
    may_discount = by.has_perm("billing.give_discount")
    _write(line, invoice, may_discount=may_discount, **{name: getattr(line, name) for name in EDITABLE} | changes)
    line.save()
    return line


@transaction.atomic
def remove_line(line: InvoiceLine, *, by: User, at: datetime) -> None:
    """Take a charge off a draft."""
    invoice = lock_draft(line.invoice)
    invoice.lines.filter(pk=line.pk).delete()


@transaction.atomic
def discount(
    invoice: Invoice,
    *,
    by: User,
    at: datetime,
    amount: Decimal | str | int | None = None,
    percent: Decimal | str | int | None = None,
) -> Sequence[InvoiceLine]:
    """A discount on the whole draft, shared over its lines in proportion so that the parts add up to it exactly.

    It takes the place of discounts that the lines had.
    """
    invoice = lock_draft(invoice)
    currency = currency_of(invoice.currency)
    lines = list(invoice.lines.order_by("position"))
    gross = sum((line.gross for line in lines), Decimal(0))
    if percent is not None:
        whole = round_half_up(gross * read_percent(percent, field="discount_percent") / 100, currency)
    else:
        whole = read_price(amount if amount is not None else "", currency, field="discount")
    if whole > gross:
        raise DiscountTooLarge
    if not lines:
        raise NothingToIssue
    parts = split(whole, [line.gross for line in lines], currency)
    return [change_line(line, by=by, at=at, discount=part) for line, part in zip(lines, parts, strict=True)]


@transaction.atomic
def issue(
    invoice: Invoice,
    *,
    by: User,
    at: datetime,
    issue_date: date | None = None,
    due_date: date | None = None,
    use_credit: bool = False,
) -> Invoice:
    """Give the draft its number and put it into the books; from now on it cannot change.

    ``issue_date`` is the clinic's day of ``at`` unless an earlier one is given; it is due at once unless said.
    ``use_credit``: what the patient has paid already (the copay at check-in) pays it at once, as far as it goes.
    """
    posting.hold_books()
    invoice = lock_draft(invoice)
    today = day_of(at, profile.current().zone)
    issue_date = issue_date or today
    due_date = due_date or issue_date
    if issue_date > today:
        raise IssuedInTheFuture
    if due_date < issue_date:
        raise DueBeforeIssue
    if not invoice.lines.exists():
        raise NothingToIssue
    if invoice.total >= currency_of(invoice.currency).ceiling:
        raise AmountRefused(_("The total of this invoice is too large."))
    invoice.number = next_number("INV", on=issue_date)
    invoice.issued_on, invoice.due_on = issue_date, due_date
    invoice.issued_at, invoice.issued_by = at, by
    invoice.save(update_fields=["number", "issued_on", "due_on", "issued_at", "issued_by"])
    invoice.refresh_from_db(fields=["due", "status"])
    posting.issued(invoice, by=by, at=at)
    invoice_issued.send(sender=Invoice, invoice=invoice, by=by, at=at)
    if use_credit and invoice.due and payments.credit_of(invoice.patient):
        return payments.use_credit(invoice, by=by, at=at)
    return invoice


@transaction.atomic
def void(
    invoice: Invoice,
    *,
    by: User,
    at: datetime,
    reason: str,
    disposition: str = "",
    method: str | None = None,
) -> Invoice:
    """Make an invoice (or a draft) void. It keeps its number; the books show its mirror on the clinic's day of ``at``.

    When something was paid on it ``disposition`` says where that goes: ``credit`` or ``refund`` (by the method of
    each payment, or by ``method``).
    """
    posting.hold_books()
    invoice = lock_invoice(invoice)
    if invoice.is_void:
        raise AlreadyVoid
    if not reason.strip():
        raise VoidNeedsReason
    if not invoice.applied:
        disposition = Disposition.NOTHING_PAID
    elif disposition == Disposition.REFUND:
        refunds.refund_invoice(invoice, by=by, at=at, reason=reason, method=method)
    elif disposition == Disposition.CREDIT:
        refunds.release(invoice, by=by, at=at)
    else:
        raise VoidNeedsDisposition
    fact = InvoiceVoid.objects.create(
        invoice=invoice,
        reason=reason.strip(),
        disposition=disposition,
        voided_on=day_of(at, profile.current().zone),
        at=at,
        by=by,
    )
    posting.voided(fact, by=by, at=at)
    invoice.refresh_from_db()
    return invoice


EDITABLE = frozenset({"description", "unit_price", "quantity", "discount", "discount_percent", "tax_name", "tax_rate"})


def _new_draft(
    patient_id: Any, *, appointment: Appointment | None, source: str, reference: str, by: User, at: datetime
) -> Invoice:
    currency = profile.current().currency_info
    try:
        with transaction.atomic():
            return Invoice.objects.create(
                patient_id=patient_id,
                appointment=appointment,
                source=source,
                source_reference=reference,
                currency=currency.code,
                decimals=currency.decimals,
                created_at=at,
                created_by=by,
            )
    except IntegrityError as error:
        if "one_invoice_" in str(error):
            raise AlreadyMade from error
        raise


def _write(
    line: InvoiceLine,
    invoice: Invoice,
    *,
    may_discount: bool,
    description: str,
    unit_price: Decimal | str | int,
    quantity: Decimal | str | int,
    discount: Decimal | str | int,
    discount_percent: Decimal | str | int | None,
    tax_name: str,
    tax_rate: Decimal | str | int,
) -> None:
    currency = currency_of(invoice.currency)
    line.description = description.strip()
    if not line.description:
        raise DescriptionMissing
    line.quantity = read_quantity(quantity)
    line.unit_price = read_price(unit_price, currency)
    line.tax_name = tax_name.strip()
    line.tax_rate = read_percent(tax_rate or 0, field="tax_rate")
    line.discount_percent = (
        None if discount_percent in (None, "") else read_percent(discount_percent, field="discount_percent")
    )
    sums: LineSums = line_sums(
        unit_price=line.unit_price,
        quantity=line.quantity,
        tax_rate=line.tax_rate,
        currency=currency,
        discount=read_price(discount or 0, currency, field="discount"),
        discount_percent=line.discount_percent,
    )
    if sums.discount > line.discount and not may_discount:
        raise MayNotDiscount
    line.gross, line.discount, line.net, line.tax, line.total = (
        sums.gross,
        sums.discount,
        sums.net,
        sums.tax,
        sums.total,
    )
