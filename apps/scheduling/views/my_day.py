"""The provider's own day: the next patient on top, one click to start, one to complete."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.accounts.access import requires
from apps.audit.reads import record_reads
from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.clock import day_of, local_day, now
from apps.core.pages import addresses
from apps.core.prepared import prepared
from apps.scheduling.models import Appointment, QueueTicket, Status, TicketEntry, TicketStatus
from apps.scheduling.sheets import live
from apps.scheduling.views.showing import on_the_wall

# Whom the provider sees first: who is in the room, then who waits, then who is expected.
ORDER = {Status.IN_SESSION: 0, Status.ARRIVED: 1, Status.SCHEDULED: 2}
# Among those who wait: who was called, then the queue (waiting_room.py), then who was set aside.
IN_QUEUE = {TicketStatus.CALLED: 0, TicketStatus.WAITING: 1, TicketStatus.SKIPPED: 2}
LAST = (1, 10_000)  # arrived without a token


@dataclass(frozen=True, slots=True)
class Row:
    """A visit as the page shows it: when, where it is opened, and its status in words."""

    visit: Appointment
    starts: str
    ends: str
    url: str
    word: str
    type_name: str
    invoice_url: str


SHOWN = (
    *("patient_id", "appointment_type_id", "status", "starts_at", "ends_at", "arrived_at", "started_at", "reason"),
    *(f"patient__{name}" for name in ("given_name", "middle_name", "family_name", "birth_date", "sex", "number")),
    "appointment_type__name",
)


@require_GET
@requires("scheduling.run_visit")
def my_day(request: HttpRequest) -> HttpResponse:
    """Today's visits of the provider who is signed in."""
    at, zone = now(), profile.current().zone
    today = day_of(at, zone)
    provider = _provider.first(user=request.user.pk)
    if provider is None:
        return render(request, "scheduling/my_day.html", {"provider": None})
    mark = f"{live.mark(today, today, zone=zone)}.{_calls(today)}" if live.asks_itself(request) else ""
    if mark and live.is_unchanged(request, mark):
        return HttpResponse(status=204)
    start, end = local_day(today, zone)
    visits = _visits(provider=provider.pk, start=start, end=end)
    address, words = addresses("scheduling:appointment"), {value: str(label) for value, label in Status.choices}
    invoice = addresses("billing:visit") if request.user.has_perm("billing.view_invoice") else None
    shown = [
        Row(
            one,
            f"{on_the_wall(one.starts_at):%H:%M}",
            f"{on_the_wall(one.ends_at):%H:%M}",
            address(one.pk),
            words[one.status],
            one.appointment_type.name,
            invoice(one.pk) if invoice and one.status == Status.COMPLETED else "",
        )
        for one in visits
    ]
    open_ones = [row for row in shown if row.visit.status in ORDER]
    turns = _turns(provider, today)
    following = min(
        open_ones,
        key=lambda row: (ORDER[Status(row.visit.status)], turns.get(row.visit.pk, LAST), _since(row.visit)),
        default=None,
    )
    context: dict[str, Any] = {
        "provider": provider,
        "today": today,
        "next": following,
        "waits": _minutes(following.visit, at) if following else None,  # since the patient arrived or the visit began
        "age": following.visit.patient.age_on(today) if following else None,
        "visits": shown,
        "left": len(open_ones),
        "waiting": sum(row.visit.status == Status.ARRIVED for row in shown),
        "done": sum(row.visit.status == Status.COMPLETED for row in shown),
    }
    shows = [
        (one.pk, one.status, one.starts_at, one.ends_at, one.patient.full_name, one.reason, one.appointment_type.name)
        for one in visits
    ]
    context["mark"] = live.fingerprint((shows, following and (following.visit.pk, context["waits"])))
    if mark:
        answer = live.answer(request, "scheduling/_my_day.html", context, name="my-day", mark=mark)
        if answer.status_code == 204:
            return answer
    record_reads({one.patient_id for one in visits}, "my_day")
    return answer if mark else render(request, "scheduling/my_day.html", context)


@prepared
def _provider(*, user: Any) -> QuerySet[Provider]:
    return Provider.objects.filter(user=user).select_related("room")


@prepared
def _visits(*, provider: Any, start: Any, end: Any) -> QuerySet[Appointment]:
    rows = Appointment.objects.of_provider(provider).starting(start, end).exclude(status=Status.CANCELLED)
    return rows.select_related("patient", "appointment_type").only(*SHOWN).order_by("starts_at", "lane")


def _calls(today: date) -> int:
    """How often somebody was called, set aside or put elsewhere in the waiting room."""
    return TicketEntry.objects.order_by().filter(ticket__day=today).count()


def _turns(provider: Provider, today: date) -> dict[UUID, tuple[int, int]]:
    """Where the waiting room has each of this provider's visits."""
    rows = _queue(provider=provider.pk, day=today)
    return {visit: (IN_QUEUE[TicketStatus(status)], place) for place, (visit, status) in enumerate(rows)}


@prepared
def _queue(*, provider: Any, day: Any) -> QuerySet[Any, Any]:
    tickets = QueueTicket.objects.of_provider(provider).filter(day=day).here().in_order()
    return tickets.values_list("appointment_id", "status")


def _since(visit: Appointment) -> datetime:
    return visit.arrived_at or visit.starts_at


def _minutes(visit: Appointment, at: datetime) -> int | None:
    """How long somebody has waited, or the visit has lasted."""
    since = {Status.ARRIVED: visit.arrived_at, Status.IN_SESSION: visit.started_at}.get(Status(visit.status))
    return max(0, int((at - since).total_seconds() // 60)) if since else None
