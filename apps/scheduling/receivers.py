"""What the schedule has to say when others announce something."""

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.dispatch import receiver
from django.utils.translation import gettext as _

from apps.clinic import profile
from apps.clinic.models import Site
from apps.clinic.signals import site_closed
from apps.core.clock import day_of
from apps.core.refusals import Conflict
from apps.patients.models import Patient
from apps.patients.signals import patient_deactivated
from apps.scheduling.models import Appointment, OneOffOpening, Status, WeeklyHours


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


class SiteInUse(Conflict):
    """Providers see patients there: their hours are changed first."""

    code = "site_in_use"


@receiver(site_closed, dispatch_uid="scheduling.site_in_use")
def refuse_while_used(sender: object, *, site: Site, at: datetime, **_kwargs: Any) -> None:
    """A site at which somebody has hours ahead stays open."""
    today = day_of(at, profile.current().zone)
    weekly = WeeklyHours.objects.filter(Q(effective_until=None) | Q(effective_until__gte=today), site=site)
    extra = OneOffOpening.objects.filter(site=site, withdrawn_at=None, ends_at__gt=at)
    used = weekly.select_related("provider").first() or extra.select_related("provider").first()
    if used is not None:
        raise SiteInUse(_("%(provider)s has hours there: change them first.") % {"provider": used.provider})
