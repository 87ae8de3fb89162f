"""Leave of a provider, and days on which the whole clinic is closed: entered and withdrawn."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.clinic.models import Provider
from apps.core.refusals import Conflict
from apps.scheduling.calendars.hours import lock_provider, refuse_bad_span, short_reason, withdraw
from apps.scheduling.models import Appointment, TimeOff
from apps.scheduling.models.appointment import AppointmentQuerySet
from apps.scheduling.signals import time_opened

LONGEST_LEAVE = timedelta(days=731)
MOST_IN_THE_WAY = 200


class AppointmentsInTheWay(Conflict):
    """`appointments` are those that leave would fall on."""

    code = "appointments_in_the_way"
    appointments: Sequence[Appointment] = ()


@transaction.atomic
def take_leave(
    provider: Provider | None,
    *,
    starts_at: datetime,
    ends_at: datetime,
    by: User,
    at: datetime,
    reason: str = "",
    keep_appointments: bool = False,
) -> TimeOff:
    """Close a provider's time, or the whole clinic's (no provider), to booking.

    Raises BadHours, and AppointmentsInTheWay unless these are to be kept (and moved by hand).
    """
    refuse_bad_span(starts_at, ends_at, longest=LONGEST_LEAVE)
    if provider is not None:
        lock_provider(provider)
    else:
        list(Provider.objects.select_for_update(no_key=True, of=("self",)).order_by("id").values_list("id", flat=True))
    if not keep_appointments:
        _refuse_booked(provider, starts_at, ends_at)
    return TimeOff.objects.create(
        provider=provider,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=short_reason(reason),
        entered_by=by,
        entered_at=at,
    )


@transaction.atomic
def withdraw_leave(leave: TimeOff, *, by: User, at: datetime) -> TimeOff:
    """Take leave back: the provider's hours hold again. Raises AlreadyWithdrawn."""
    back = withdraw(TimeOff.objects.select_for_update(of=("self",)).get(pk=leave.pk), by=by, at=at)
    time_opened.send(TimeOff, provider=back.provider, starts_at=back.starts_at, ends_at=back.ends_at, by=by, at=at)
    return back


def still_booked() -> AppointmentQuerySet:
    """What is expected or going on, with its people: what leave could fall on."""
    waiting = ["requested", "scheduled", "arrived", "in_session"]
    return Appointment.objects.filter(status__in=waiting).with_people().order_by("starts_at", "id")


def _refuse_booked(provider: Provider | None, starts_at: datetime, ends_at: datetime) -> None:
    booked = still_booked().between(starts_at, ends_at)
    if provider is not None:
        booked = booked.of_provider(provider)
    if appointments := list(booked[:MOST_IN_THE_WAY]):
        refusal = AppointmentsInTheWay(
            _("%(count)s appointments are booked then: move or cancel them first, or keep them knowingly.")
            % {"count": len(appointments)},
            details={"in_the_way": [{"id": str(one.pk), "number": one.number} for one in appointments]},
        )
        refusal.appointments = appointments
        raise refusal
