"""Who is called next, and what else is done with the tokens of the waiting room.

The order: first by priority (emergency, urgent, frail, normal, can wait); within one priority by the moment at which
the patient was due *and* here, that is the later of their appointment and their arrival. So whoever is punctual is seen
in the order of the appointments, whoever comes early does not pass anybody, whoever comes late takes their turn from
when they came, and a walk-in from the time that was found for them. Whoever missed their call and was set aside queues
again from the moment of their return.

Locks: provider (only where one is chosen from their queue), then the appointment, then its ticket. So two people who
call at once wait for each other, and each gets another patient or is told what the other has done.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.clock import day_of
from apps.core.refusals import Conflict, Refusal
from apps.scheduling import attendance, booking, locking
from apps.scheduling.models import Appointment, Priority, QueueTicket, TicketEntry, TicketStatus
from apps.scheduling.moves import locked
from apps.scheduling.slots import free_slots

Kind = TicketEntry.Kind
LONGEST_REASON = 300


class NobodyWaits(Conflict):
    code = "nobody_waits"
    message = gettext_lazy("Nobody is waiting.")


class CalledAlready(Conflict):
    """Somebody was quicker: nobody is called twice by a double click."""

    code = "called_already"


class NotInTheQueue(Conflict):
    code = "not_in_the_queue"


class PriorityUnknown(Refusal):
    code = "priority_unknown"
    field = "priority"
    message = gettext_lazy("Choose a priority.")


class PriorityNeedsReason(Refusal):
    code = "reason_missing"
    field = "reason"
    message = gettext_lazy("Say why this patient is seen before or after the others.")


class ReasonTooLong(Refusal):
    code = "too_long"
    field = "reason"
    message = gettext_lazy("Say it in at most 300 letters.")


class SameQueue(Conflict):
    code = "same_queue"
    field = "provider"
    message = gettext_lazy("This patient is in that queue already.")


class NoTimeThere(Conflict):
    code = "no_time_there"
    field = "provider"


@transaction.atomic
def call_next(provider: Provider, *, by: User, at: datetime, expecting: UUID | None = None) -> QueueTicket:
    """Call whoever is first in this provider's queue into the room.

    `expecting` is the ticket that the caller saw on top: if it has been called meanwhile (a double click, somebody else
    at the same moment), they are told and nobody else is called. If somebody more urgent came first, that one is
    called. Raises NobodyWaits, CalledAlready.
    """
    locking.lock_providers([provider.pk])
    _refuse_if_called(expecting)
    today = day_of(at, profile.current().zone)
    queue = QueueTicket.objects.of_provider(provider).filter(day=today).waiting().in_order()
    for ticket_id in queue.values_list("pk", flat=True):
        ticket = _held(ticket_id)
        if ticket.is_waiting and ticket.appointment.provider_id == provider.pk:
            return _called(ticket, Kind.CALLED, by=by, at=at)
    raise NobodyWaits


@transaction.atomic
def call_in(provider: Provider, *, by: User, at: datetime, expecting: UUID | None = None) -> Appointment:
    """Call the next patient and begin their visit at once: the provider's one key. Raises as `call_next`, and
    attendance.NotYourVisit.
    """
    ticket = call_next(provider, by=by, at=at, expecting=expecting)
    return attendance.start(ticket.appointment, by=by, at=at)


@transaction.atomic
def call(ticket: QueueTicket, *, by: User, at: datetime) -> QueueTicket:
    """Call this one, out of turn or once more. Raises NotInTheQueue."""
    fresh = _held(ticket.pk)
    _refuse_unless(fresh, TicketStatus.WAITING, TicketStatus.SKIPPED, TicketStatus.CALLED)
    again = fresh.status == TicketStatus.CALLED
    return _called(fresh, Kind.CALLED_AGAIN if again else Kind.CALLED, by=by, at=at)


@transaction.atomic
def skip(ticket: QueueTicket, *, by: User, at: datetime, reason: str = "") -> QueueTicket:
    """Set somebody aside who did not answer the call; the queue goes on. Raises NotInTheQueue."""
    reason = _worded(reason)
    fresh = _held(ticket.pk)
    _refuse_unless(fresh, TicketStatus.WAITING, TicketStatus.CALLED)
    fresh.status = TicketStatus.SKIPPED
    fresh.save(update_fields=["status"])
    _note(fresh, Kind.SKIPPED, by=by, at=at, reason=reason)
    return fresh


@transaction.atomic
def put_back(ticket: QueueTicket, *, by: User, at: datetime) -> QueueTicket:
    """They are here after all: who was set aside queues again from now, who was called by mistake keeps their place.

    Raises NotInTheQueue.
    """
    fresh = _held(ticket.pk)
    _refuse_unless(fresh, TicketStatus.SKIPPED, TicketStatus.CALLED)
    if fresh.status == TicketStatus.SKIPPED:
        fresh.queued_at = at
    fresh.status = TicketStatus.WAITING
    fresh.save(update_fields=["status", "queued_at"])
    _note(fresh, Kind.RETURNED, by=by, at=at)
    return fresh


@transaction.atomic
def reprioritise(ticket: QueueTicket, *, priority: int, by: User, at: datetime, reason: str) -> QueueTicket:
    """Let somebody be seen earlier or later than their turn, for a reason that is kept.

    Raises PriorityUnknown, PriorityNeedsReason, NotInTheQueue.
    """
    if priority not in Priority.values:
        raise PriorityUnknown
    reason = _worded(reason)
    fresh = _held(ticket.pk)
    _refuse_unless(fresh, TicketStatus.WAITING, TicketStatus.CALLED, TicketStatus.SKIPPED)
    if fresh.priority == priority:
        return fresh
    if not reason:
        raise PriorityNeedsReason
    before, fresh.priority = fresh.priority, priority
    fresh.save(update_fields=["priority"])
    _note(fresh, Kind.PRIORITY, by=by, at=at, reason=reason, from_priority=before, to_priority=priority)
    return fresh


@transaction.atomic
def move(ticket: QueueTicket, provider: Provider, *, by: User, at: datetime, reason: str = "") -> QueueTicket:
    """Let another provider see this patient: the appointment moves into their first free time today, the token stays.

    Raises SameQueue, NoTimeThere, NotInTheQueue, and as `booking.reschedule`.
    """
    reason = _worded(reason)
    from_provider_id = ticket.appointment.provider_id
    if provider.pk == from_provider_id:
        raise SameQueue
    locking.lock_providers([provider.pk, from_provider_id])
    fresh = _held(ticket.pk)
    _refuse_unless(fresh, TicketStatus.WAITING, TicketStatus.CALLED, TicketStatus.SKIPPED)
    booking.reschedule(
        fresh.appointment,
        provider=provider,
        starts_at=_first_free(fresh.appointment, provider, at=at),
        by=by,
        at=at,
        reason=reason,
    )
    _note(fresh, Kind.MOVED, by=by, at=at, reason=reason, from_provider_id=from_provider_id, to_provider=provider)
    return _held(ticket.pk)


def _first_free(appointment: Appointment, provider: Provider, *, at: datetime) -> datetime:
    today = day_of(at, profile.current().zone)
    found = free_slots(
        providers=[provider],
        appointment_type=appointment.appointment_type,
        measure=appointment.measure,
        first_day=today,
        last_day=today,
        at=at,
        limit=1,
    )
    if not found:
        raise NoTimeThere(
            _("%(provider)s has no free time left today. A clinic admin can move the appointment over another.")
            % {"provider": provider}
        )
    return found[0].starts_at


def _held(ticket_id: UUID) -> QueueTicket:
    """The ticket as it is now, it and its appointment locked."""
    appointment_id = QueueTicket.objects.values_list("appointment_id", flat=True).get(pk=ticket_id)
    appointment = locked(Appointment(pk=appointment_id))
    ticket = QueueTicket.objects.select_for_update(no_key=True, of=("self",)).get(pk=ticket_id)
    ticket.appointment = appointment
    return ticket


def _called(ticket: QueueTicket, kind: str, *, by: User, at: datetime) -> QueueTicket:
    room = ticket.appointment.provider.room
    ticket.status, ticket.called_at, ticket.called_to = TicketStatus.CALLED, at, room
    ticket.save(update_fields=["status", "called_at", "called_to"])
    _note(ticket, kind, by=by, at=at, room=room)
    return ticket


def _note(ticket: QueueTicket, kind: str, *, by: User, at: datetime, **more: object) -> None:
    TicketEntry.objects.create(ticket=ticket, kind=kind, by=by, at=at, **more)


def _refuse_if_called(ticket_id: UUID | None) -> None:
    if ticket_id is None:
        return
    seen = QueueTicket.objects.filter(pk=ticket_id).first()
    if seen is None or seen.is_waiting:
        return
    last = seen.entries.filter(kind__in=(Kind.CALLED, Kind.CALLED_AGAIN)).select_related("by").last()
    if last is not None and seen.status in (TicketStatus.CALLED, TicketStatus.WITH_PROVIDER, TicketStatus.DONE):
        raise CalledAlready(
            _("%(token)s was just called by %(who)s.") % {"token": seen.token, "who": last.by},
            details={"ticket": str(seen.pk), "token": seen.token, "called_at": last.at.isoformat()},
        )
    raise CalledAlready(_("The queue has changed meanwhile. Look again."), details={"ticket": str(seen.pk)})


def _refuse_unless(ticket: QueueTicket, *wanted: str) -> None:
    if ticket.status in wanted:
        return
    words = {
        TicketStatus.WAITING: _("%(token)s is waiting and has not been called."),
        TicketStatus.CALLED: _("%(token)s has been called."),
        TicketStatus.SKIPPED: _("%(token)s has been set aside."),
        TicketStatus.WITH_PROVIDER: _("%(token)s is with the provider already."),
        TicketStatus.DONE: _("%(token)s has been seen already."),
        TicketStatus.LEFT: _("%(token)s has left the queue."),
    }
    raise NotInTheQueue(words[TicketStatus(ticket.status)] % {"token": ticket.token})


def _worded(reason: str) -> str:
    reason = reason.strip()
    if len(reason) > LONGEST_REASON:
        raise ReasonTooLong
    return reason
