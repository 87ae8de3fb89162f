"""A booked visit becomes another kind of visit: longer or shorter, at another price."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.clinic.models import Provider
from apps.scheduling.booking import PLACED, NotMovable, put, refuse_out_of_use
from apps.scheduling.fitting import DoesNotFit, Place, Wish, free_times_after, refuse_bad_time
from apps.scheduling.locking import locked_for_moving
from apps.scheduling.models import Appointment, AppointmentType, Status
from apps.scheduling.moves import Before, record
from apps.scheduling.offered import place_for
from apps.scheduling.taking import kept, let_go, take

CHANGEABLE = (Status.REQUESTED, Status.SCHEDULED)


def change_type(
    appointment: Appointment,
    *,
    appointment_type: AppointmentType,
    by: User,
    at: datetime,
    provider: Provider | None = None,
    starts_at: datetime | None = None,
    patient_sees_both: bool = False,
) -> Appointment:
    """Make an appointment one of another type, which says how long it takes and what it costs; before it begins only.

    May go to another time or provider in the same step. Raises as `booking.reschedule`.
    """
    fresh = appointment
    try:
        with transaction.atomic():
            fresh, to_provider, claimed = locked_for_moving(appointment, provider, as_type=appointment_type)
            if fresh.status not in CHANGEABLE:
                raise NotMovable(_("The visit has begun or is over: it stays what it is."))
            start = starts_at or fresh.starts_at
            wish = Wish(
                fresh.patient,
                to_provider,
                start,
                start + appointment_type.duration,
                appointment_type.buffer_before,
                appointment_type.buffer_after,
                ignoring=fresh.pk,
                claim=claimed,
            )
            refuse_bad_time(wish.starts_at, wish.ends_at, at=at)
            refuse_out_of_use(wish, appointment_type)
            before, was = Before.of(fresh), fresh.appointment_type
            place = Place(0, 1, uses=dict.fromkeys(kept(fresh), False))
            if fresh.status != Status.REQUESTED:
                place = place_for(wish, by=by, at=at, override_reason="", patient_sees_both=patient_sees_both)
            fresh.appointment_type = appointment_type
            fresh.buffer_before, fresh.buffer_after = wish.buffer_before, wish.buffer_after
            put(fresh, wish, place, by=by)
            let_go(fresh, place.uses)
            fresh.save(update_fields=[*PLACED, "appointment_type", "buffer_before", "buffer_after"])
            take(fresh, place.uses)
            words = _("%(now)s instead of %(before)s") % {"now": appointment_type, "before": was}
            record(fresh, before=before, by=by, at=at, reason=words)
    except DoesNotFit as refusal:
        refusal.offer(free_times_after(wish, appointment_type, by=by, at=at))
        raise
    return fresh
