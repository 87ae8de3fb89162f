"""Every move of an appointment is made on the locked row and leaves a row of its own."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from apps.accounts.models import User
from apps.scheduling.models import Appointment, AppointmentTransition


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


def locked(appointment: Appointment) -> Appointment:
    """The row as it is now, locked, with its people. Lock the provider before it where time or provider change."""
    rows = Appointment.objects.select_for_update(no_key=True, of=("self",)).with_people()
    return rows.get(pk=appointment.pk)


def record(
    appointment: Appointment,
    *,
    before: Before | None,
    by: User,
    at: datetime,
    reason: str = "",
    undoes: AppointmentTransition | None = None,
) -> AppointmentTransition:
    """Write down where it came from (nowhere: it was booked) and where it stands now."""
    return AppointmentTransition.objects.create(
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
