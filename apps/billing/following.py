"""The draft of a visit that is charged at check-in: it comes with the patient, follows the visit, and goes with it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.billing import invoicing, posting
from apps.billing.locks import lock_invoice
from apps.billing.models import Invoice
from apps.billing.visit_lines import keep_up
from apps.clinic import profile
from apps.core.clock import day_of
from apps.scheduling.fees import charges_for, charges_of
from apps.scheduling.models import Appointment, AppointmentTransition, Status
from apps.scheduling.models.appointment_type import ChargedWhen

HERE = (Status.ARRIVED, Status.IN_SESSION)


@transaction.atomic(savepoint=False)
def follow(appointment: Appointment, move: AppointmentTransition, *, by: User, at: datetime) -> None:
    """Do what this move of an appointment means for a draft that is made at check-in (its type says whether).

    The patient is here: it is drafted. Goes to another provider: what nobody touched costs what it costs there. Is not
    to be seen after all: the draft becomes void; an invoice that was issued meanwhile stays, for the desk to decide.
    The end of the visit is announced by itself.
    """
    was_here, is_here = move.from_status in HERE, move.to_status in HERE
    if is_here and not was_here and appointment.appointment_type.charged_when == ChargedWhen.CHECK_IN:
        invoicing.draft_for_visit(appointment, source=Invoice.Source.ARRIVAL, by=by, at=at)
    elif is_here and was_here and move.from_provider_id != move.to_provider_id:
        _go_along(appointment, move, by=by, at=at)
    elif was_here and not is_here and move.to_status != Status.COMPLETED:
        _withdraw(appointment, move, by=by, at=at)


def _go_along(appointment: Appointment, move: AppointmentTransition, *, by: User, at: datetime) -> None:
    made = _made(appointment)
    if made is None or move.from_provider is None:
        return
    before = charges_of(
        provider=move.from_provider,
        appointment_type=appointment.appointment_type,
        day=day_of(appointment.starts_at, profile.current().zone),
        patient=appointment.patient,
        besides=appointment,
    )
    new = {charge.part for charge in charges_for(appointment) if charge.part} - {charge.part for charge in before}
    keep_up(made, appointment, new=new, by=by, at=at)


def _withdraw(appointment: Appointment, move: AppointmentTransition, *, by: User, at: datetime) -> None:
    made = _made(appointment)
    if made is None:
        return
    posting.hold_books()  # before the draft, as whoever issues it does
    if not lock_invoice(made).is_draft:
        return
    taken_back = move.to_status == Status.SCHEDULED
    words = _("The check-in was taken back.") if taken_back else _("The visit was cancelled after check-in.")
    invoicing.void(made, reason=words, by=by, at=at)


def _made(appointment: Appointment) -> Invoice | None:
    return Invoice.objects.filter(appointment=appointment, source=Invoice.Source.ARRIVAL, voided_at=None).first()
