"""A slip of the finger taken back: a new move that says which move it undoes. Money and completed visits never are.

A booking taken back is one that the clinic calls off.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.clinic.models import Provider
from apps.core.refusals import Conflict
from apps.scheduling.attendance import RUN
from apps.scheduling.booking import PLACED, cancel, put, refuse_out_of_use, reschedule, wish_of
from apps.scheduling.earlier import OVER, standing_in_for
from apps.scheduling.fitting import OVERRIDE
from apps.scheduling.locking import locked_for_moving
from apps.scheduling.missed import Answer
from apps.scheduling.models import Appointment, AppointmentTransition, Status
from apps.scheduling.moves import Before, Seen, record
from apps.scheduling.offered import place_for
from apps.scheduling.signals import appointment_taken_back
from apps.scheduling.taking import let_go, take
from apps.scheduling.waitlist import answers

MAY_ASK = ("scheduling.record_attendance", "scheduling.book_appointment", *RUN)  # any; whose move it was decides
WITHIN = timedelta(minutes=15)
BOOKING = ""  # from no status
CAN_BE_UNDONE = {
    (BOOKING, Status.REQUESTED),
    (BOOKING, Status.SCHEDULED),
    (Status.SCHEDULED, Status.ARRIVED),
    (Status.SCHEDULED, Status.NO_SHOW),
    (Status.ARRIVED, Status.IN_SESSION),
    (Status.REQUESTED, Status.CANCELLED),
    (Status.SCHEDULED, Status.CANCELLED),
    (Status.ARRIVED, Status.CANCELLED),
}


class NotUndoable(Conflict):
    code = "not_undoable"


@transaction.atomic
def take_back(appointment: Appointment, *, by: User, at: datetime) -> Appointment:
    """Undo the last change of status: an arrival, a start, a no-show, a cancellation; or the booking, at no cost.

    Whoever made it may take it back for a quarter of an hour; a clinic admin may take back anybody's. One that had
    freed its time needs that time to be free still. To undo a move: `move_back`.
    Raises NotUndoable, and as `booking.book` where the time is taken.
    """
    fresh, provider, claimed = locked_for_moving(appointment, None)
    last = fresh.transitions.select_related("by").last()
    last = _refuse_what_stands(fresh, last, by=by, at=at)
    if last.from_status == BOOKING:
        return cancel(fresh, by=by, at=at, reason=_("Booked by mistake"), answer=Answer(by_clinic=True))
    _refuse_what_is_replaced(fresh)
    before = Before.of(fresh)
    was_active = fresh.is_active
    fresh.mark_taken_back(last.from_status)
    uses: dict[UUID, bool] = {}
    fields = ["status", "arrived_at", "started_at"]
    if fresh.is_active and not was_active:
        wish = wish_of(fresh, provider, fresh.starts_at, fresh.ends_at, claimed)
        refuse_out_of_use(wish, None)
        answers.bring_back(fresh, wish, by=by, at=at)
        reason = fresh.override_reason
        place = place_for(wish, by=by, at=at, override_reason=reason, patient_sees_both=True)
        put(fresh, wish, place, by=by)
        let_go(fresh, place.uses)
        uses, fields = place.uses, [*fields, *PLACED]
    record(fresh, before=before, by=by, at=at, undoes=last)
    fresh.save(update_fields=fields)
    take(fresh, uses)
    appointment_taken_back.send(Appointment, appointment=fresh, undone=last, by=by, at=at)
    return fresh


@transaction.atomic
def move_back(
    appointment: Appointment,
    *,
    provider: Provider,
    starts_at: datetime,
    by: User,
    at: datetime,
    ends_at: datetime | None = None,
    seen: Seen | None = None,
) -> Appointment:
    """Undo a move: a new one, back to where the appointment was, at which the patient sees both whom they saw before.

    For a quarter of an hour what that move had left to the waitlist, and nobody has taken yet, is withdrawn.
    Raises as `booking.reschedule`.
    """
    fresh, to_provider, claimed = locked_for_moving(appointment, provider)
    wish = wish_of(fresh, to_provider, starts_at, ends_at or starts_at + fresh.duration, claimed)
    last = fresh.transitions.last()
    if last is not None and at - last.at <= WITHIN:
        was = (last.from_provider_id, last.from_starts_at, last.from_ends_at)
        if was == (to_provider.pk, wish.starts_at, wish.ends_at):
            answers.bring_back(fresh, wish, by=by, at=at)
    place: dict[str, Any] = {"provider": provider, "starts_at": starts_at, "ends_at": ends_at, "seen": seen}
    return reschedule(appointment, **place, patient_sees_both=True, by=by, at=at)


def can_be_taken_back(last: AppointmentTransition | None, *, by: User, at: datetime) -> bool:
    """Whether to offer it: for pages, which know an appointment's last move."""
    if last is None or last.undoes_id is not None:
        return False
    if (last.from_status, last.to_status) not in CAN_BE_UNDONE or at - last.at > WITHIN:
        return False
    return last.by_id == by.pk or by.has_perm(OVERRIDE)


def _refuse_what_is_replaced(appointment: Appointment) -> None:
    instead = standing_in_for(appointment)
    if instead is not None:
        raise NotUndoable(
            _("%(instead)s was booked in its place: cancel that one first.") % {"instead": instead.number}
        )
    old = appointment.reschedule_of
    if appointment.status in OVER and old is not None and old.status not in OVER:
        raise NotUndoable(_("%(number)s, which it replaced, stands again.") % {"number": old.number})


def _refuse_what_stands(
    appointment: Appointment, last: AppointmentTransition | None, *, by: User, at: datetime
) -> AppointmentTransition:
    if last is None or last.undoes_id is not None or (last.from_status, last.to_status) not in CAN_BE_UNDONE:
        if appointment.status == Status.COMPLETED:
            raise NotUndoable(_("A completed visit stays completed: its invoice can be voided."))
        raise NotUndoable(_("There is nothing to take back."))
    if at - last.at > WITHIN:
        raise NotUndoable(_("This can be taken back for a quarter of an hour only."))
    if not can_be_taken_back(last, by=by, at=at):
        raise NotUndoable(_("Only %(who)s or a clinic admin can take this back.") % {"who": last.by})
    return last
