"""Drafts for late cancellations and no-shows: made when scheduling announces one, withdrawn when it is taken back."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.billing import invoicing
from apps.billing.models import Invoice
from apps.core.refusals import Conflict
from apps.scheduling.fees import Charge
from apps.scheduling.models import Appointment, AppointmentTransition

MISSED = (Invoice.Source.CANCELLATION, Invoice.Source.NO_SHOW)


class FeeInvoicedAlready(Conflict):
    code = "fee_invoiced_already"


@transaction.atomic
def draft_for_missed(
    appointment: Appointment,
    move: AppointmentTransition,
    *,
    source: str,
    charges: Sequence[Charge],
    by: User,
    at: datetime,
) -> Invoice | None:
    """The draft of a fee for cancelling late or not coming; nothing where nothing is owed. Announced twice, it answers
    with the draft it made the first time; unique constraints back it up.
    """
    if not charges:
        return None
    made = Invoice.objects.filter(appointment=appointment, source__in=MISSED, voided_at=None).first()
    if made is not None:
        return made
    invoice = invoicing.draft(
        appointment.patient, appointment=appointment, source=source, source_reference=str(move.pk), by=by, at=at
    )
    invoicing.put_charges(invoice, charges, by=by, at=at)
    return invoice


@transaction.atomic
def withdraw(appointment: Appointment, *, by: User, at: datetime, reason: str) -> None:
    """The fee is owed no longer: its draft becomes void. Raises FeeInvoicedAlready once it was issued."""
    made = Invoice.objects.filter(appointment=appointment, source__in=MISSED, voided_at=None).first()
    if made is None:
        return
    if not made.is_draft:
        raise FeeInvoicedAlready(
            _("Its fee was invoiced as %(number)s: make that invoice void first.") % {"number": made.number},
            details={"invoice": str(made.pk)},
        )
    invoicing.void(made, reason=reason, by=by, at=at)
