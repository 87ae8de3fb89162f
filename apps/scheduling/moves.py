"""Every move of an appointment is made on the locked row and leaves a row of its own."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.core.clock import clinic_zone
from apps.core.inserting import insert
from apps.core.refusals import Conflict
from apps.scheduling.arrival import tickets
from apps.scheduling.models import Appointment, AppointmentTransition
from apps.scheduling.signals import appointment_moved


@dataclass(frozen=True, slots=True)
class Before:
    """Where an appointment stood before it moved."""

    status: str
    provider_id: UUID
    starts_at: datetime
    ends_at: datetime

    @classmethod
    def of(cls, appointment: Appointment) -> Self:
        return cls(appointment.status, appointment.provider_id, appointment.starts_at, appointment.ends_at)


@dataclass(frozen=True, slots=True)
class Seen:
    """Where somebody who is about to move an appointment saw it; as pages carry it, to the minute:
    "<provider> <minutes since 1970> <minutes long>"."""

    provider_id: UUID
    minute: int
    minutes: int

    @classmethod
    def of(cls, appointment: Appointment) -> Self:
        start, length = minutes_of(appointment.starts_at, appointment.ends_at)
        return cls(appointment.provider_id, start, length)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """What a page sent; nothing if it is not one."""
        provider_id, _space, minutes = text.partition(" ")
        try:
            start, length = (int(part) for part in minutes.split())
            return cls(UUID(provider_id), start, length)
        except ValueError:
            return None

    def __str__(self) -> str:
        return f"{self.provider_id} {self.minute} {self.minutes}"


class MovedMeanwhile(Conflict):
    code = "moved_meanwhile"
    message = gettext_lazy("Somebody has just moved this appointment. Look again, then try again.")


def refuse_if_moved(appointment: Appointment, seen: Seen | None) -> None:
    """For the second of two people who move the same appointment: says who was first, and to where.

    `seen` is where the second one saw it; nothing if that is not known. Raises MovedMeanwhile.
    """
    if seen is None or seen == Seen.of(appointment):
        return
    last = appointment.transitions.select_related("by").last()
    if last is None:
        raise MovedMeanwhile
    local = appointment.starts_at.astimezone(clinic_zone())
    raise MovedMeanwhile(
        _("%(who)s has just moved this to %(when)s, %(provider)s. Look again, then try again.")
        % {
            "who": last.by.full_name or last.by,
            "when": f"{date_format(local, 'D j M')} {local:%H:%M}",
            "provider": appointment.provider,
        }
    )


def minutes_of(starts_at: datetime, ends_at: datetime) -> tuple[int, int]:
    """A place in whole minutes: since 1970, and how long."""
    start = minute_of(starts_at)
    return start, minute_of(ends_at) - start


def minute_of(moment: datetime) -> int:
    """Whole minutes since 1970."""
    return int(moment.timestamp()) // 60


def locked(appointment: Appointment) -> Appointment:
    """The row as it is now, locked, with its people. Lock the provider before it where time or provider change."""
    # Locked alone, then read: joined to its provider the row would seem gone to whoever waited for its lock while it
    # was moved to another one.
    Appointment.objects.select_for_update(no_key=True).values_list("pk").get(pk=appointment.pk)
    return Appointment.objects.with_people().get(pk=appointment.pk)


def record(
    appointment: Appointment,
    *,
    before: Before | None,
    by: User,
    at: datetime,
    reason: str = "",
    undoes: AppointmentTransition | None = None,
) -> AppointmentTransition:
    """Write down where it came from (nowhere: it was booked) and where it stands now; its queue ticket goes along."""
    if before is not None:
        tickets.follow(appointment, was=before.status, was_with=before.provider_id, at=at)
    move = AppointmentTransition(
        appointment=appointment,
        from_status=before.status if before else "",
        to_status=appointment.status,
        from_provider_id=before.provider_id if before else None,
        to_provider_id=appointment.provider_id,
        from_starts_at=before.starts_at if before else None,
        from_ends_at=before.ends_at if before else None,
        to_starts_at=appointment.starts_at,
        to_ends_at=appointment.ends_at,
        is_override=appointment.is_override,
        undoes=undoes,
        by=by,
        at=at,
        reason=reason,
    )
    insert(move)
    appointment_moved.send(Appointment, appointment=appointment, move=move, by=by, at=at)
    return move
