"""What the schedule has to say when others announce something."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext as _

from apps.core.refusals import Conflict
from apps.patients.models import Patient
from apps.patients.signals import patient_deactivated
from apps.scheduling.models import Appointment, Status


class StillExpected(Conflict):
    """The patient has visits before them: those are cancelled first, so that nobody waits for them."""

    code = "still_expected"


@receiver(patient_deactivated, dispatch_uid="scheduling.still_expected")
def refuse_while_expected(sender: object, *, patient: Patient, at: datetime, **_kwargs: Any) -> None:
    """A patient who is booked, waiting or in session is not taken out of the lists."""
    waiting = (Status.REQUESTED, Status.SCHEDULED, Status.ARRIVED, Status.IN_SESSION)
    expected = Appointment.objects.of_patient(patient).filter(status__in=waiting, ends_at__gt=at).first()
    if expected is not None:
        raise StillExpected(
            _("This patient is booked: cancel %(number)s first.") % {"number": expected.number},
            details={"appointment": str(expected.pk)},
        )
