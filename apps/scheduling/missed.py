"""What it costs to cancel late or not to come, by the rule of the appointment's type; and letting a patient off."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.clinic import profile
from apps.core.clock import day_of
from apps.core.money import round_half_up
from apps.core.refusals import Conflict, NotPermitted, Refusal
from apps.scheduling.fees import HUNDRED, Charge, charges_for, taxed
from apps.scheduling.models import Appointment, AppointmentTransition, FeeWaiver, MissedFee, Status
from apps.scheduling.models.appointment_type import FeeKind
from apps.scheduling.moves import locked
from apps.scheduling.signals import appointment_cancelled, appointment_missed, fee_waived

WAIVE = "scheduling.waive_fee"


class MayNotWaive(NotPermitted):
    code = "may_not_waive_fee"
    field = "waiver"
    message = gettext_lazy("Only a clinic admin may let a patient off this fee.")


class WaiverNeedsReason(Refusal):
    code = "reason_missing"
    field = "reason"
    message = gettext_lazy("Say why the patient is let off.")


class NothingToWaive(Conflict):
    code = "nothing_to_waive"
    message = gettext_lazy("No fee stands for this appointment.")


@dataclass(frozen=True, slots=True)
class Answer:
    """How a cancellation came about: by the clinic itself (then it costs nothing), or waived and why."""

    by_clinic: bool = False
    waiver: str = ""


def charges_for_cancelling(appointment: Appointment, *, at: datetime) -> list[Charge]:
    """What the patient owes for cancelling at this moment; nothing while it is free, or for a mere request."""
    return [] if appointment.status == Status.REQUESTED else _charges_for_cancelling(appointment, at=at)


def charges_for_not_coming(appointment: Appointment) -> list[Charge]:
    """What the patient owes for not coming."""
    kind = appointment.appointment_type
    if kind.no_show_fee_kind == FeeKind.NONE:
        return []
    return _charges(appointment, kind.no_show_fee_kind, kind.no_show_fee_value, _("No-show"))


def free_until(appointment: Appointment) -> datetime:
    """From this moment on a cancellation costs what the type says."""
    return appointment.starts_at - timedelta(hours=appointment.appointment_type.cancel_free_hours)


def announce_cancelled(
    appointment: Appointment, move: AppointmentTransition, answer: Answer, *, by: User, at: datetime, was: str
) -> None:
    """Work out the fee of a cancellation that has just been written down, and tell the others. `was`: its status
    before. Raises MayNotWaive."""
    if answer.waiver.strip() and not by.has_perm(WAIVE):
        raise MayNotWaive
    asked = [] if was == Status.REQUESTED else _charges_for_cancelling(appointment, at=at)
    fee = _noted(appointment, move, MissedFee.Kind.CANCELLED, asked, by_clinic=answer.by_clinic)
    if fee is not None and answer.waiver.strip():
        _waived(fee, by=by, at=at, reason=answer.waiver)
    is_due = fee is not None and not answer.by_clinic and not answer.waiver.strip()
    appointment_cancelled.send(
        Appointment, appointment=appointment, move=move, charges=asked if is_due else [], by=by, at=at
    )


def announce_missed(appointment: Appointment, move: AppointmentTransition, *, by: User, at: datetime) -> None:
    """The same for a patient who did not come."""
    asked = charges_for_not_coming(appointment)
    fee = _noted(appointment, move, MissedFee.Kind.NO_SHOW, asked)
    appointment_missed.send(
        Appointment, appointment=appointment, move=move, charges=asked if fee is not None else [], by=by, at=at
    )


def standing_fee(appointment: Appointment) -> MissedFee | None:
    """The fee of its cancellation or no-show, unless that was taken back, the clinic called it off, or it is waived."""
    if appointment.status not in (Status.CANCELLED, Status.NO_SHOW):
        return None
    fees = appointment.missed_fees.filter(by_clinic=False, waiver=None, move__undone_by=None)
    return fees.order_by("-id").first()


@transaction.atomic
def waive(appointment: Appointment, *, by: User, at: datetime, reason: str) -> FeeWaiver:
    """Let a patient off the fee for a cancellation or no-show: its draft invoice is withdrawn.

    Raises MayNotWaive, WaiverNeedsReason, NothingToWaive, and as billing does where it is invoiced already.
    """
    if not by.has_perm(WAIVE):
        raise MayNotWaive
    if not reason.strip():
        raise WaiverNeedsReason
    fresh = locked(appointment)
    fee = standing_fee(fresh)
    if fee is None:
        raise NothingToWaive
    waiver = _waived(fee, by=by, at=at, reason=reason)
    fee_waived.send(Appointment, appointment=fresh, fee=fee, by=by, at=at)
    return waiver


def _charges_for_cancelling(appointment: Appointment, *, at: datetime) -> list[Charge]:
    kind = appointment.appointment_type
    if kind.cancel_fee_kind == FeeKind.NONE or at < free_until(appointment):
        return []
    return _charges(appointment, kind.cancel_fee_kind, kind.cancel_fee_value, _("Late cancellation"))


def _charges(appointment: Appointment, kind: str, value: Decimal, words: str) -> list[Charge]:
    visit = charges_for(appointment)
    currency = profile.current().currency_info
    if kind == FeeKind.FIXED:
        first = visit[0]
        words = f"{words}: {appointment.appointment_type.name}"
        asked = [Charge(words, round_half_up(value, currency), first.tax_name, first.tax_rate)]
    else:
        share = f"{value.normalize():f}"
        asked = [
            replace(
                one,
                description=f"{words}: {one.description} ({share} %)",
                price=round_half_up(one.net * value / HUNDRED, currency),
                discount_percent=Decimal(0),
                part=None,
                price_list=None,
            )
            for one in visit
        ]
    day = day_of(appointment.starts_at, profile.current().zone)
    return taxed([replace(one, taxes=()) for one in asked if one.price], day, is_visit=False)


def _noted(
    appointment: Appointment,
    move: AppointmentTransition,
    kind: str,
    asked: list[Charge],
    *,
    by_clinic: bool = False,
) -> MissedFee | None:
    amount = sum((one.net for one in asked), Decimal(0))
    if not amount:
        return None
    return MissedFee.objects.create(appointment=appointment, move=move, kind=kind, amount=amount, by_clinic=by_clinic)


def _waived(fee: MissedFee, *, by: User, at: datetime, reason: str) -> FeeWaiver:
    reason = reason.strip()
    if len(reason) > 500:
        raise Refusal(_("Say it in at most 500 letters."), code="too_long", field="reason")
    return FeeWaiver.objects.create(fee=fee, reason=reason, by=by, at=at)
