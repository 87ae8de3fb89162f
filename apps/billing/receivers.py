"""What billing does when the apps below announce something. Each runs in the transaction of what is announced: if it
fails, that has not happened.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.billing import missed
from apps.billing.following import follow
from apps.billing.invoicing import draft_for_visit
from apps.billing.models import Invoice
from apps.scheduling.fees import Charge
from apps.scheduling.models import Appointment, AppointmentTransition
from apps.scheduling.signals import (
    appointment_cancelled,
    appointment_completed,
    appointment_missed,
    appointment_moved,
    appointment_taken_back,
    fee_waived,
)


@receiver(appointment_completed)
def draft_the_invoice(sender: object, *, appointment: Appointment, by: User, at: datetime, **_more: Any) -> None:
    """FR-B01."""
    draft_for_visit(appointment, by=by, at=at)


@receiver(appointment_moved)
def follow_the_visit(
    sender: object, *, appointment: Appointment, move: AppointmentTransition, by: User, at: datetime, **_more: Any
) -> None:
    follow(appointment, move, by=by, at=at)


@receiver(appointment_cancelled)
def draft_the_cancellation_fee(
    sender: object,
    *,
    appointment: Appointment,
    move: AppointmentTransition,
    charges: Sequence[Charge],
    by: User,
    at: datetime,
    **_more: Any,
) -> None:
    missed.draft_for_missed(appointment, move, source=Invoice.Source.CANCELLATION, charges=charges, by=by, at=at)


@receiver(appointment_missed)
def draft_the_no_show_fee(
    sender: object,
    *,
    appointment: Appointment,
    move: AppointmentTransition,
    charges: Sequence[Charge],
    by: User,
    at: datetime,
    **_more: Any,
) -> None:
    missed.draft_for_missed(appointment, move, source=Invoice.Source.NO_SHOW, charges=charges, by=by, at=at)


@receiver(appointment_taken_back)
def withdraw_the_fee(sender: object, *, appointment: Appointment, by: User, at: datetime, **_more: Any) -> None:
    missed.withdraw(appointment, by=by, at=at, reason=_("The cancellation or no-show was taken back."))


@receiver(fee_waived)
def withdraw_the_waived_fee(sender: object, *, appointment: Appointment, by: User, at: datetime, **_more: Any) -> None:
    missed.withdraw(appointment, by=by, at=at, reason=_("The fee was waived."))
