"""The provider's own day: the next patient on top, one click to start, one to complete."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.views.decorators.http import require_GET

from apps.accounts.access import requires
from apps.audit.reads import record_reads
from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.clock import day_of, local_day, now
from apps.core.pages import addresses
from apps.core.prepared import prepared
from apps.core.sealed import opener_of
from apps.patients.models import Patient, Sex
from apps.patients.models.patient import age_between
from apps.scheduling.models import Appointment, QueueTicket, Status, TicketEntry, TicketStatus
from apps.scheduling.sheets import live
from apps.scheduling.sheets.sheet import NAMES, name_opener

# Whom the provider sees first: who is in the room, then who waits, then who is expected.
ORDER = {Status.IN_SESSION: 0, Status.ARRIVED: 1, Status.SCHEDULED: 2}
# Among those who wait: who was called, then the queue (waiting_room.py), then who was set aside.
IN_QUEUE = {TicketStatus.CALLED: 0, TicketStatus.WAITING: 1, TicketStatus.SKIPPED: 2}
LAST = (1, 10_000)  # arrived without a token


class Row(NamedTuple):
    """A visit as it is read; `reason`, `birth_date` and `names` still sealed."""

    pk: UUID
    patient_id: UUID
    status: str
    starts_at: datetime
    ends_at: datetime
    arrived_at: datetime | None
    started_at: datetime | None
    reason: Any
    type_name: str
    patient_number: str
    sex: str
    birth_date: Any
    names: tuple[Any, ...]


class Line(NamedTuple):
    """A visit as the page shows it."""

    pk: UUID
    status: str
    word: str
    starts: str
    ends: str
    name: str
    type_name: str
    reason: str
    url: str
    invoice_url: str


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
    rows = [Row._make((*row[:12], row[12:])) for row in _rows(provider=provider.pk, start=start, end=end)]
    lines = _lines(rows, zone, sees_invoices=request.user.has_perm("billing.view_invoice"))
    open_ones = [row for row in rows if row.status in ORDER]
    turns = _turns(provider, today) if any(row.status == Status.ARRIVED for row in rows) else {}
    following = min(
        open_ones,
        key=lambda row: (ORDER[Status(row.status)], turns.get(row.pk, LAST), row.arrived_at or row.starts_at),
        default=None,
    )
    context: dict[str, Any] = {
        "provider": provider,
        "day": date_format(today, "D j M Y"),
        "visits": lines,
        "left": len(open_ones),
        "waiting": sum(row.status == Status.ARRIVED for row in rows),
        "done": sum(row.status == Status.COMPLETED for row in rows),
    }
    if following:
        context |= {
            "next": next(line for line in lines if line.pk == following.pk),
            "visit": following,
            "waits": _minutes(following, at),  # since the patient arrived or the visit began
            "age": age_between(opener_of(Patient, "birth_date")(following.birth_date, following.patient_id), today),
            "sex": Sex(following.sex).label if following.sex != Sex.UNKNOWN else "",
        }
    context["mark"] = live.fingerprint((lines, following and (following.pk, context["waits"])))
    if mark:
        answer = live.answer(request, "scheduling/_my_day.html", context, name="my-day", mark=mark)
        if answer.status_code == 204:
            return answer
    record_reads({row.patient_id for row in rows}, "my_day")
    return answer if mark else render(request, "scheduling/my_day.html", context)


@prepared
def _provider(*, user: Any) -> QuerySet[Provider]:
    return Provider.objects.filter(user=user).select_related("room")


@prepared
def _rows(*, provider: Any, start: Any, end: Any) -> QuerySet[Any, Any]:
    rows = Appointment.objects.of_provider(provider).between(start, end).exclude(status=Status.CANCELLED)
    return rows.order_by("starts_at", "lane").values_list(
        *("id", "patient_id", "status", "starts_at", "ends_at", "arrived_at", "started_at", "reason"),
        *("appointment_type__name", "patient__number", "patient__sex", "patient__birth_date"),
        *(f"patient__{name}" for name in NAMES),
    )


def _lines(rows: Sequence[Row], zone: ZoneInfo, *, sees_invoices: bool) -> list[Line]:
    """Each visit ready to be shown; whoever runs visits knows the patient's name and why they come."""
    address, invoice = addresses("scheduling:appointment"), addresses("billing:visit")
    words = {value: str(label) for value, label in Status.choices}
    name_of, reason_of = name_opener(NAMES), opener_of(Appointment, "reason")
    return [
        Line(
            row.pk,
            row.status,
            words[row.status],
            f"{row.starts_at.astimezone(zone):%H:%M}",
            f"{row.ends_at.astimezone(zone):%H:%M}",
            name_of(row.names, row.patient_id),
            row.type_name,
            reason_of(row.reason, row.pk),
            address(row.pk),
            invoice(row.pk) if sees_invoices and row.status == Status.COMPLETED else "",
        )
        for row in rows
    ]


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


def _minutes(visit: Row, at: datetime) -> int | None:
    """How long somebody has waited, or the visit has lasted."""
    since = {Status.ARRIVED: visit.arrived_at, Status.IN_SESSION: visit.started_at}.get(Status(visit.status))
    return max(0, int((at - since).total_seconds() // 60)) if since else None
