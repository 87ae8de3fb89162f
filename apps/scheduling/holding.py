"""Holding a place while a booking form is open: for five minutes, longer while the form is worked on."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.clinic.models import Provider
from apps.scheduling.booking import refuse_withdrawn
from apps.scheduling.fitting import Wish, refuse_bad_time
from apps.scheduling.locking import lock_providers
from apps.scheduling.models import Appointment, AppointmentType, Hold, Resource
from apps.scheduling.offered import place_for
from apps.scheduling.sheets.live import also_count
from apps.scheduling.taking import claim

LASTS = timedelta(minutes=5)
LONGEST = timedelta(minutes=15)
KEPT = timedelta(hours=1)
# Differs when somebody takes a place in the span or lets go of it.
STANDING = """
    (SELECT count(*) * 1000000000 + coalesce(extract(epoch FROM max(taken_at))::bigint %% 1000000000, 0)
       FROM scheduling_hold
      WHERE expires_at > statement_timestamp() AND busy_from < %(end)s AND busy_until > %(start)s)
"""
PLACE = ("provider", "starts_at", "ends_at", "busy_from", "busy_until", "resources", "taken_at", "expires_at")


@transaction.atomic
def hold(
    *,
    provider: Provider,
    appointment_type: AppointmentType,
    starts_at: datetime,
    form_key: UUID,
    by: User,
    at: datetime,
    ends_at: datetime | None = None,
    resources: Iterable[Resource] | None = None,
) -> Hold:
    """Keep a place for this person's form, so that nobody else books it. The same form holds one place; asked for
    again, the hold lasts five minutes from now, but no longer than a quarter of an hour in all.

    Raises as `booking.book` where the place cannot be had.
    """
    ends_at = ends_at or starts_at + appointment_type.duration
    refuse_bad_time(starts_at, ends_at, at=at)
    wish = Wish(None, provider, starts_at, ends_at, appointment_type.buffer_before, appointment_type.buffer_after)
    wish.provider = lock_providers([provider.pk])[provider.pk]
    refuse_withdrawn(wish.provider, appointment_type)
    wish.claim = claim(appointment_type, named=resources)
    before = Hold.objects.select_for_update(no_key=True).filter(by=by, form_key=form_key).first()
    place = place_for(wish, by=by, at=at, override_reason="", patient_sees_both=True)
    same = (
        before is not None
        and before.expires_at > at
        and (before.provider_id, before.starts_at, before.ends_at) == (wish.provider.pk, starts_at, ends_at)
    )
    taken_at = before.taken_at if before is not None and same else at
    held = Hold(by=by, form_key=form_key, provider=wish.provider, starts_at=starts_at, ends_at=ends_at)
    held.busy_from, held.busy_until = wish.busy_from, wish.busy_until
    held.resources = list(place.uses)
    held.taken_at, held.expires_at = taken_at, min(at + LASTS, taken_at + LONGEST)
    # The same form may ask for another provider's time at this moment, under that provider's lock: the last one counts.
    Hold.objects.bulk_create([held], update_conflicts=True, unique_fields=["by", "form_key"], update_fields=PLACE)
    return Hold.objects.get(by=by, form_key=form_key)


@transaction.atomic
def release(*, form_key: UUID, by: User) -> bool:
    """Let go of what this form holds; whether it held anything."""
    return bool(Hold.objects.filter(by=by, form_key=form_key).delete()[0])


def is_used_up(*, form_key: UUID, by: User) -> bool:
    """Whether this form has booked: what it asked for besides, a moment before, is in nobody's way any more."""
    return Appointment.objects.filter(booked_by=by, form_key=form_key).exists()


def hang_up() -> None:
    """Let open day sheets look again when a place is taken in hand. Called when the app is loaded."""
    also_count("holds", STANDING)


def tidy(*, at: datetime) -> int:
    """Forget holds that ran out an hour ago; they have been in nobody's way since."""
    return Hold.objects.filter(expires_at__lt=at - KEPT).delete()[0]
