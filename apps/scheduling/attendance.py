"""The visit itself: arrive, start, complete, or not come (FR-S02, UC-02)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.clinic import profile
from apps.core.clock import day_of
from apps.core.refusals import Conflict, NotPermitted
from apps.patients.registration import note_activity
from apps.scheduling.locking import locked_with_provider
from apps.scheduling.missed import announce_missed
from apps.scheduling.models import Appointment, Status
from apps.scheduling.moves import Before, locked, record
from apps.scheduling.signals import appointment_completed

RUN_ANY_VISIT = "scheduling.run_any_visit"
RUN = ("scheduling.run_visit", RUN_ANY_VISIT)  # either; the first for the visits of one's own


class NotNow(Conflict):
    """The appointment is not where this step begins: skipping, repeating and going back are refused."""

    code = "wrong_status"


class NotYet(Conflict):
    code = "too_early"


class NotYourVisit(NotPermitted):
    code = "not_your_visit"
    message = gettext_lazy("Only the visit's own provider may start and complete it.")


@transaction.atomic
def arrive(appointment: Appointment, *, by: User, at: datetime) -> Appointment:
    """The patient is here. Raises NotNow, NotYet before the day of the appointment."""
    fresh = locked(appointment)
    _refuse_unless(fresh, Status.SCHEDULED, first=_("It has not been confirmed yet."))
    zone = profile.current().zone
    if day_of(at, zone) < day_of(fresh.starts_at, zone):
        raise NotYet(_("This appointment is on another day. Move it, or book a new one for today."))
    before = Before.of(fresh)
    fresh.mark_arrived(at)
    fresh.save(update_fields=["status", "arrived_at"])
    record(fresh, before=before, by=by, at=at)
    note_activity(fresh.patient, at=at)
    return fresh


@transaction.atomic
def start(appointment: Appointment, *, by: User, at: datetime) -> Appointment:
    """The provider sees the patient now. Raises NotNow, NotYourVisit."""
    fresh = locked(appointment)
    _refuse_strangers(fresh, by)
    _refuse_unless(fresh, Status.ARRIVED, first=_("Mark the patient as arrived first."))
    before = Before.of(fresh)
    fresh.mark_in_session(at)
    fresh.save(update_fields=["status", "started_at"])
    record(fresh, before=before, by=by, at=at)
    return fresh


@transaction.atomic
def complete(appointment: Appointment, *, by: User, at: datetime) -> Appointment:
    """The visit is over; announced once, so that exactly one draft invoice appears (UC-02, FR-B01).

    Of two people who complete at the same moment the second is refused. Raises NotNow, NotYourVisit.
    """
    fresh = locked(appointment)
    _refuse_strangers(fresh, by)
    _refuse_unless(fresh, Status.IN_SESSION, first=_("Start the visit first."))
    before = Before.of(fresh)
    fresh.mark_completed(at)
    fresh.save(update_fields=["status", "completed_at"])
    record(fresh, before=before, by=by, at=at)
    appointment_completed.send(Appointment, appointment=fresh, by=by, at=at)
    return fresh


@transaction.atomic
def no_show(appointment: Appointment, *, by: User, at: datetime) -> Appointment:
    """The patient did not come; the time is free again. Raises NotNow, NotYet before the time of the appointment."""
    fresh = locked_with_provider(appointment)  # its time may go to somebody who waits
    _refuse_unless(fresh, Status.SCHEDULED, first=_("It has not been confirmed yet."))
    if at < fresh.starts_at:
        raise NotYet(_("The patient may still come: the appointment has not begun."))
    before = Before.of(fresh)
    fresh.mark_no_show()
    fresh.save(update_fields=["status"])
    move = record(fresh, before=before, by=by, at=at)
    announce_missed(fresh, move, by=by, at=at)
    return fresh


def _refuse_strangers(appointment: Appointment, by: User) -> None:
    if not appointment.belongs_to(by.pk) and not by.has_perm(RUN_ANY_VISIT):
        raise NotYourVisit


def _refuse_unless(appointment: Appointment, wanted: Status, *, first: str) -> None:
    """`first` is what has to happen before, for whoever wants to skip it."""
    if appointment.status == wanted:
        return
    order = [Status.REQUESTED, Status.SCHEDULED, Status.ARRIVED, Status.IN_SESSION, Status.COMPLETED]
    now = Status(appointment.status)
    if now in order and order.index(now) < order.index(wanted):
        raise NotNow(first)
    words = {
        Status.ARRIVED: _("The patient has been marked as arrived already."),
        Status.IN_SESSION: _("The visit has been started already."),
        Status.COMPLETED: _("The visit has been completed already."),
        Status.NO_SHOW: _("The patient was marked as not having come."),
        Status.CANCELLED: _("This appointment was cancelled."),
    }
    raise NotNow(words[now])
