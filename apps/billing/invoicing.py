"""Drafts, issue and void of invoices (UC-02, FR-B01); their lines: charging.py.

Order of locks, everywhere in billing: the books (posting.hold_books), drawers, invoices by id, payments by id, then
the counters of numbers. A sum that is read after the lock is therefore the sum that is written, and nothing deadlocks.
Work on a draft locks that draft alone: do not issue it in the same transaction after that.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.billing import posting
from apps.billing.charging import add_charge, add_charges, change_line, first_charges, remove_line
from apps.billing.fetching import bring_lines
from apps.billing.locks import NothingToIssue, lock_draft, lock_invoice
from apps.billing.lowering import write_offs
from apps.billing.models import Invoice, InvoiceVoid
from apps.billing.paying import credit, credit_rule, refunds
from apps.billing.prices.discounts import discount
from apps.billing.signals import invoice_issued
from apps.billing.visit_lines import keep_up, put_charges
from apps.clinic import profile
from apps.core.clock import refuse_odd_year
from apps.core.connection import connection
from apps.core.inserting import insert
from apps.core.money import AmountRefused, currency_of
from apps.core.numbering import NUMBER, TAKEN, Next
from apps.core.refusals import Conflict, Refusal
from apps.patients.models import Patient
from apps.patients.models.persons import in_use, records_of
from apps.scheduling.fees import charges_for
from apps.scheduling.models import Appointment

# What is done to the lines of a draft stands in charging.py and discounts.py; whoever bills finds it here as well.
__all__ = [
    "add_charge",
    "add_charges",
    "change_line",
    "discount",
    "draft",
    "draft_for_visit",
    "issue",
    "put_charges",
    "remove_line",
    "void",
]
Disposition = InvoiceVoid.Disposition


class VisitOfAnotherPatient(Refusal):
    code = "visit_of_another_patient"
    field = "appointment"
    message = _("This visit belongs to another patient.")


class AlreadyMade(Conflict):
    code = "invoice_already_made"
    message = _("This invoice was made already.")


class IssuedInTheFuture(Refusal):
    code = "issued_in_the_future"
    field = "issue_date"
    message = _("An invoice cannot be issued on a day to come.")


class DueBeforeIssue(Refusal):
    code = "due_before_issue"
    field = "due_date"
    message = _("An invoice cannot be due before it is issued.")


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


class CreditedInvoice(Conflict):
    code = "credit_note_stands"
    message = _("A credit note stands on this invoice, so it cannot become void. Credit the rest of it instead.")


@transaction.atomic
def draft_for_visit(appointment: Appointment, *, by: User, at: datetime, source: str = Invoice.Source.VISIT) -> Invoice:
    """The draft invoice of a visit, with what it costs with its provider (UC-02, FR-B01; scheduling.fees).

    ``source`` says whether it is made when the visit is completed or at check-in. Made already, it answers with that
    one, in which lines that nobody touched say what the visit costs now; a unique constraint backs it up.
    """
    made = Invoice.objects.filter(appointment=appointment, source__in=Invoice.OF_A_VISIT, voided_at=None).first()
    if made is not None:
        return keep_up(made, appointment, by=by, at=at)
    invoice = _new_draft(appointment.patient_id, appointment=appointment, source=source, reference="", by=by, at=at)
    put_charges(invoice, charges_for(appointment), new=True, by=by, at=at)
    return invoice


@transaction.atomic
def draft(
    patient: Patient,
    *,
    by: User,
    at: datetime,
    appointment: Appointment | None = None,
    source: str = "",
    source_reference: str = "",
    charges: Sequence[Mapping[str, Any]] = (),
    named: str = "",
) -> Invoice:
    """A draft written at the desk (or by an import, which names what it was made from in its reference), with its first
    charges (they are on what it returns) or empty; ``charges`` and ``named`` are told at ``add_charges``."""
    patient = in_use(patient)
    if appointment is not None and appointment.patient_id not in set(records_of(patient)):
        raise VisitOfAnotherPatient
    invoice = _new_draft(
        patient.pk if appointment is None else appointment.patient_id,
        appointment=appointment,
        source=source or Invoice.Source.DESK,
        reference=source_reference,
        by=by,
        at=at,
    )
    if charges:
        bring_lines(invoice, first_charges(invoice, charges, named=named, by=by, at=at))
    return invoice


@transaction.atomic
def issue(
    invoice: Invoice,
    *,
    by: User,
    at: datetime,
    issue_date: date | None = None,
    due_date: date | None = None,
    use_credit: bool | None = None,
) -> Invoice:
    """Give the draft its number and put it into the books; from now on it cannot change.

    ``issue_date`` is the clinic's day of ``at`` unless an earlier one is given; it is due at once unless said.
    ``use_credit``: what the patient has paid already (the copay at check-in) pays it at once, as far as it goes, or
    does not; where nobody says, as the clinic has it (paying.credit_rule).
    """
    posting.hold_books()
    invoice = lock_draft(invoice)
    today = posting.day(at)
    issue_date = issue_date or today
    due_date = due_date or issue_date
    if issue_date > today:
        raise IssuedInTheFuture
    refuse_odd_year(issue_date, field="issue_date")
    refuse_odd_year(due_date, field="due_date")
    posting.refuse_closed(issue_date, field="issue_date")
    if due_date < issue_date:
        raise DueBeforeIssue
    if not invoice.total and not invoice.lines.exists():
        raise NothingToIssue
    if invoice.total >= currency_of(invoice.currency).ceiling:
        raise AmountRefused(_("The total of this invoice is too large."))
    invoice.issued_on, invoice.due_on = issue_date, due_date
    invoice.issued_at, invoice.issued_by = at, by
    _write_issue(invoice)
    posting.issued(invoice, by=by, at=at)
    invoice_issued.send(sender=Invoice, invoice=invoice, by=by, at=at)
    by_itself = use_credit is None and credit_rule.pays_by_itself()
    if use_credit or by_itself:
        return credit.use_credit_if_any(invoice, by_itself=by_itself, by=by, at=at)
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
    each payment, or by ``method``). What was written off is taken back first; an invoice with a credit note does not
    become void, the rest of it is credited instead.
    """
    posting.hold_books()
    invoice = lock_invoice(invoice)
    if invoice.is_void:
        raise AlreadyVoid
    if not reason.strip():
        raise VoidNeedsReason
    if invoice.credited:
        raise CreditedInvoice
    if invoice.applied and disposition not in {Disposition.CREDIT, Disposition.REFUND}:
        raise VoidNeedsDisposition
    if invoice.written_off:
        write_offs.take_back_all(invoice, reason=reason, by=by, at=at)
        invoice = lock_invoice(invoice)
    if not invoice.applied:
        disposition = Disposition.NOTHING_PAID
    elif disposition == Disposition.REFUND:
        refunds.refund_invoice(invoice, by=by, at=at, reason=reason, method=method)
    else:
        refunds.release(invoice, by=by, at=at)
    fact = InvoiceVoid.objects.create(
        invoice=invoice,
        reason=reason.strip(),
        disposition=disposition,
        voided_on=posting.day(at, after=[invoice.issued_on]),
        at=at,
        by=by,
    )
    posting.voided(fact, by=by, at=at)
    invoice.refresh_from_db()
    return invoice


def _write_issue(invoice: Invoice) -> None:
    """The issue under its number; what the database works out from it (due, status) comes back in the same
    statement."""
    assert invoice.issued_on is not None
    number = Next("INV", invoice.issued_on)
    written = (invoice.issued_on, invoice.due_on, invoice.issued_at, invoice.issued_by_id)
    with connection.cursor() as cursor:
        cursor.execute(
            f"{TAKEN} UPDATE billing_invoice SET number = {NUMBER}, issued_on = %s, due_on = %s, issued_at = %s,"  # noqa: S608 - our own words
            " issued_by_id = %s WHERE id = %s RETURNING number, due, status",
            [*number.taking, number.prefix, *written, invoice.pk],
        )
        invoice.number, invoice.due, invoice.status = cursor.fetchone()


def _new_draft(
    patient_id: Any, *, appointment: Appointment | None, source: str, reference: str, by: User, at: datetime
) -> Invoice:
    currency = profile.current().currency_info
    invoice = Invoice(
        patient_id=patient_id,
        appointment=appointment,
        source=source,
        source_reference=reference,
        currency=currency.code,
        decimals=currency.decimals,
        created_at=at,
        created_by=by,
    )
    if appointment is None and not reference:  # nothing that somebody else could have made it from already
        return insert(invoice)
    try:
        with transaction.atomic():
            return insert(invoice)
    except IntegrityError as error:
        if "one_invoice_" in str(error):
            raise AlreadyMade from error
        raise
