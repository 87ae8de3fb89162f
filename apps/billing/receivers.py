"""What billing does when the apps below announce something."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from apps.accounts.models import User
from apps.billing.invoicing import draft_for_visit
from apps.scheduling.models import Appointment
from apps.scheduling.signals import appointment_completed


@receiver(appointment_completed)
def draft_the_invoice(sender: object, *, appointment: Appointment, by: User, at: datetime, **_more: Any) -> None:
    """FR-B01. Runs in the transaction of the completion: if it fails, the visit is not completed."""
    draft_for_visit(appointment, by=by, at=at)
