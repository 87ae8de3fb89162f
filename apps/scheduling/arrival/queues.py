"""The waiting room as it is now: each provider's queue, ready to be shown. Reads only."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from apps.accounts.models import User
from apps.clinic import profile
from apps.clinic.models import Provider, Room
from apps.core.clock import day_of
from apps.scheduling.arrival.waits import Wait, lengths, waits
from apps.scheduling.fitting import SEE_PATIENTS
from apps.scheduling.models import Priority, QueueTicket, TicketStatus
from apps.scheduling.sheets.remarks import remarks_on, visit_remarks_on


@dataclass(slots=True)
class Place:
    """Somebody in a queue. `name` is the patient's number for those who may not see patients."""

    ticket: QueueTicket
    name: str
    minutes: int  # since they came
    remark: str
    wait: Wait | None = None

    @property
    def is_special(self) -> bool:
        return self.ticket.priority != Priority.NORMAL


@dataclass(slots=True)
class Queue:
    """One provider's: whom they see now, who was called, who waits in order, who was set aside."""

    provider: Provider
    with_provider: list[Place] = field(default_factory=list)
    called: list[Place] = field(default_factory=list)
    waiting: list[Place] = field(default_factory=list)
    aside: list[Place] = field(default_factory=list)
    mark: str = ""

    @property
    def next(self) -> Place | None:
        return self.waiting[0] if self.waiting else None

    @property
    def is_empty(self) -> bool:
        return not (self.with_provider or self.called or self.waiting or self.aside)

    @property
    def longest(self) -> int:
        return max((place.minutes for place in self.waiting), default=0)

    @property
    def new_wait(self) -> Wait | None:
        """What somebody would wait who came now."""
        return self.waiting[-1].wait if self.waiting else None


def queues(providers: Sequence[Provider], *, at: datetime, reader: User) -> list[Queue]:
    """The queues of these providers today; a handful of queries for any number of them."""
    today = day_of(at, profile.current().zone)
    rows = QueueTicket.objects.open().filter(day=today, appointment__provider__in=list(providers))
    tickets = list(rows.with_people().in_order())
    named = reader.has_perm(SEE_PATIENTS)
    patients = {ticket.appointment.patient_id for ticket in tickets}
    owes = remarks_on(patients, reader=reader)
    unpaid = visit_remarks_on([ticket.appointment_id for ticket in tickets], reader=reader)
    found = {provider.pk: Queue(provider) for provider in providers}
    for ticket in tickets:
        visit = ticket.appointment
        said = [owes.get(visit.patient_id, ""), unpaid.get(visit.pk, "")]
        place = Place(
            ticket,
            visit.patient.full_name if named else visit.patient.number,
            max(0, int((at - (visit.arrived_at or ticket.issued_at)).total_seconds() // 60)),
            " · ".join(words for words in said if words),
        )
        _line(found[visit.provider_id], ticket).append(place)
    _estimate(list(found.values()), at=at)
    for queue in found.values():
        queue.mark = _mark(queue)
    return list(found.values())


def _line(queue: Queue, ticket: QueueTicket) -> list[Place]:
    return {
        TicketStatus.WITH_PROVIDER: queue.with_provider,
        TicketStatus.CALLED: queue.called,
        TicketStatus.SKIPPED: queue.aside,
    }.get(TicketStatus(ticket.status), queue.waiting)


def _estimate(found: list[Queue], *, at: datetime) -> None:
    busy = [queue for queue in found if queue.waiting]
    seen = [
        place.ticket.appointment for queue in busy for place in (*queue.with_provider, *queue.called, *queue.waiting)
    ]
    types = {visit.appointment_type_id: visit.appointment_type for visit in seen}
    known = lengths({(visit.provider_id, visit.appointment_type_id) for visit in seen}, types=types)
    for queue in busy:
        # Who was called is as good as in: they are before everybody who waits.
        called = [place.ticket.appointment for place in queue.called]
        waiting = [place.ticket.appointment for place in queue.waiting]
        going_on = [place.ticket.appointment for place in queue.with_provider]
        told = waits(called + waiting, going_on, known, at=at)[len(called) :]
        for place, wait in zip(queue.waiting, told, strict=True):
            place.wait = wait


def _mark(queue: Queue) -> str:
    """Changes when anything on this queue's card does."""
    digest = hashlib.blake2b(digest_size=8)
    for line in (queue.with_provider, queue.called, queue.waiting, queue.aside):
        for place in line:
            told = (
                place.ticket.pk,
                place.ticket.status,
                place.ticket.priority,
                place.minutes,
                place.remark,
                place.wait,
            )
            digest.update(repr((told, place.ticket.called_at)).encode())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Call:
    """What a public screen says: a token and where it is to go. Nothing of a patient."""

    token: str
    room: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Board:
    """A public screen's content; `mark` changes when any of it does."""

    calls: list[Call]
    waiting: int
    mark: str


MOST_CALLS = 8
ON_SCREEN = (TicketStatus.CALLED, TicketStatus.WITH_PROVIDER)


def board(*, day: date, department_id: UUID | None) -> Board:
    """The latest calls of a day and how many wait, by tokens only: no patient is even read."""
    tickets = QueueTicket.objects.filter(day=day)
    if department_id is not None:
        tickets = tickets.filter(appointment__provider__department=department_id)
    latest = tickets.filter(status__in=ON_SCREEN, called_at__isnull=False).order_by("-called_at", "-id")
    rows = latest.values_list("prefix", "number", "called_to", "status", "called_at")[:MOST_CALLS]
    rooms = dict(Room.objects.filter(pk__in={row[2] for row in rows}).values_list("pk", "name"))
    calls = [
        Call(
            QueueTicket(prefix=prefix, number=number).token,
            rooms.get(room, ""),
            status == TicketStatus.CALLED,
        )
        for prefix, number, room, status, _at in rows
    ]
    waiting = tickets.waiting().count()
    told = repr((list(rows), waiting, calls))
    return Board(calls, waiting, hashlib.blake2b(told.encode(), digest_size=8).hexdigest())
