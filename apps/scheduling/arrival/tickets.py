"""Tokens: given out at arrival, and in step with the appointment ever after.

`follow` is called from where every move of an appointment is written down (moves.record), so that no way of moving one
can leave its ticket behind; at COMMIT the database compares the two (`queue_agrees`).
Lock order: appointment, then its ticket, then the counter of tokens.
"""

from datetime import date, datetime
from uuid import UUID

from django.db import connection
from django.db.models import F, Q

from apps.clinic import profile
from apps.core.clock import day_of
from apps.core.ids import new_id
from apps.scheduling.models import Appointment, QueueTicket, Status, TicketStatus, TokenCounter, TokenPrefix
from apps.scheduling.models.queue import OPEN, QueueTicketQuerySet

USUAL_PREFIX = "A"


def follow(appointment: Appointment, *, was: str, was_with: UUID, at: datetime) -> None:
    """Bring the ticket in step with an appointment that has just moved (and is locked)."""
    status = Status(appointment.status)
    if status == was:
        if status == Status.ARRIVED and appointment.provider_id != was_with:
            _of(appointment).filter(status=TicketStatus.CALLED).update(status=TicketStatus.WAITING)
        return
    if status == Status.ARRIVED and was == Status.IN_SESSION:
        _of(appointment).filter(called_at__isnull=False).update(status=TicketStatus.CALLED)
        _of(appointment).filter(called_at__isnull=True).update(status=TicketStatus.WAITING)
    elif status == Status.ARRIVED:
        _give(appointment, at=at)
    elif status == Status.IN_SESSION:
        _of(appointment).update(status=TicketStatus.WITH_PROVIDER)
    elif status == Status.COMPLETED:
        _of(appointment).update(status=TicketStatus.DONE)
    elif was in (Status.ARRIVED, Status.IN_SESSION):
        _of(appointment).update(status=TicketStatus.LEFT)


def ticket_of(appointment: Appointment) -> QueueTicket | None:
    """The token that the patient of this appointment holds, if they have come."""
    return appointment.tickets.exclude(status=TicketStatus.LEFT).order_by("-day").first()


def _of(appointment: Appointment) -> QueueTicketQuerySet:
    return QueueTicket.objects.filter(appointment=appointment, status__in=OPEN)


def _give(appointment: Appointment, *, at: datetime) -> None:
    """A new token, or on the same day the one that they already hold."""
    day = day_of(at, profile.current().zone)
    held = QueueTicket.objects.filter(appointment=appointment, day=day, status=TicketStatus.LEFT)
    since = appointment.arrived_at or at
    if held.update(status=TicketStatus.WAITING, queued_at=since, called_at=None, called_to=None):
        return
    prefix = _prefix_of(appointment)
    QueueTicket.objects.create(
        appointment=appointment,
        day=day,
        prefix=prefix,
        number=_next_number(day, prefix),
        issued_at=at,
        queued_at=since,
    )


def _prefix_of(appointment: Appointment) -> str:
    """The provider's own letters, else their department's, else the house's."""
    provider = appointment.provider
    theirs = Q(provider=provider)
    if provider.department_id:
        theirs |= Q(department=provider.department_id)
    found = TokenPrefix.objects.filter(theirs).order_by(F("provider").asc(nulls_last=True)).first()
    return found.letters if found else USUAL_PREFIX


def _next_number(day: date, prefix: str) -> int:
    """Taken last, in the transaction that uses it: a rollback gives it back, and the day has no gaps."""
    table = connection.ops.quote_name(TokenCounter._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} AS counter (id, day, prefix, last) VALUES (%s, %s, %s, 1)"  # noqa: S608 - our own table
            " ON CONFLICT (day, prefix) DO UPDATE SET last = counter.last + 1 RETURNING last",
            [new_id(), day, prefix],
        )
        (last,) = cursor.fetchone()
    return int(last)
