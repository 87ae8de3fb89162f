"""What the schedule has to say when others announce something."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.dispatch import receiver
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.clinic import profile
from apps.clinic.models import Provider, Site
from apps.clinic.signals import site_closed
from apps.core.clock import day_of
from apps.core.refusals import Conflict
from apps.patients.models import Patient
from apps.patients.models.persons import records_of
from apps.patients.signals import patient_deactivated, records_separated
from apps.scheduling import reminders
from apps.scheduling.models import Appointment, AppointmentTransition, OneOffOpening, Status, WeeklyHours
from apps.scheduling.models.appointment import ACTIVE
from apps.scheduling.signals import appointment_moved, time_opened
from apps.scheduling.waitlist import answers, joining, offering


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


@receiver(appointment_moved, dispatch_uid="scheduling.reminders_follow")
def reminders_follow(
    sender: object, *, appointment: Appointment, move: AppointmentTransition, at: datetime, **_kwargs: Any
) -> None:
    """Whatever happens to an appointment, its reminders go with it."""
    reminders.follow(appointment, at=at, is_new=not move.from_status)


@receiver(appointment_moved, dispatch_uid="scheduling.offer_what_was_left")
def offer_what_was_left(
    sender: object, *, appointment: Appointment, move: AppointmentTransition, by: User, at: datetime, **_kwargs: Any
) -> None:
    """A cancellation, a no-show or a move away leaves time to whoever waits for it."""
    if move.from_status not in ACTIVE or move.from_starts_at is None or move.from_ends_at is None:
        return
    was = (move.from_provider_id, move.from_starts_at, move.from_ends_at)
    if move.to_status in ACTIVE and was == (move.to_provider_id, move.to_starts_at, move.to_ends_at):
        return
    assert move.from_provider is not None
    offering.fill(move.from_provider, move.from_starts_at, move.from_ends_at, by=by, at=at, freed_by=appointment)


@receiver(time_opened, dispatch_uid="scheduling.offer_what_was_opened")
def offer_what_was_opened(
    sender: object,
    *,
    provider: Provider | None,
    starts_at: datetime,
    ends_at: datetime,
    by: User,
    at: datetime,
    **_kwargs: Any,
) -> None:
    """So does leave that is taken back, and an extra session."""
    for one in [provider] if provider else Provider.objects.filter(is_active=True).order_by("id"):
        offering.fill(one, starts_at, ends_at, by=by, at=at)


@receiver(patient_deactivated, dispatch_uid="scheduling.waits_no_more")
def waits_no_more(sender: object, *, patient: Patient, at: datetime, by: User | None = None, **_kwargs: Any) -> None:
    """Who is out of the lists waits for nothing."""
    for entry in joining.entries_of(patient):
        answers.take_off(entry, by=by, at=at)


class VisitsReferToEachOther(Conflict):
    """A visit on one record follows up or replaces one on the other: they belong to one person."""

    code = "visits_refer_to_each_other"


@receiver(records_separated, dispatch_uid="scheduling.links_hold_together")
def refuse_torn_links(sender: object, *, survivor: Patient, leaving: set[UUID], **_kwargs: Any) -> None:
    """Records are not taken apart while visits on them refer to each other."""
    staying = set(records_of(survivor))
    rows = Appointment.objects.select_related("follow_up_for", "reschedule_of")
    for mine, other in ((staying, leaving), (leaving, staying)):
        linked = Q(follow_up_for__patient__in=other) | Q(reschedule_of__patient__in=other)
        torn = rows.filter(linked, patient__in=mine).first()
        if torn is not None:
            earlier = next(one for one in (torn.follow_up_for, torn.reschedule_of) if one and one.patient_id in other)
            raise VisitsReferToEachOther(
                _("%(number)s follows up or replaces %(earlier)s, which stands on the other record.")
                % {"number": torn.number, "earlier": earlier.number}
            )
