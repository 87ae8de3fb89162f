"""Searching the trail (reads only)."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from apps.audit.models import AuditEvent
from apps.core.clock import local_day

# Rows of one moment may be numbered a little out of their order in time: so many at most.
OUT_OF_ORDER = 2000


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for; whatever is empty does not matter. ``patients`` None is everybody, [] is nobody."""

    actor: str = ""
    patients: list[UUID] | None = None
    table: str = ""
    row_id: str = ""
    action: str = ""
    request_id: str = ""
    first: date | None = None
    last: date | None = None

    @property
    def is_empty(self) -> bool:
        return self == Search()


def search(asked: Search, zone: ZoneInfo) -> QuerySet[AuditEvent]:
    """The events that match. Days are the clinic's own, both included."""
    found = AuditEvent.objects.all()
    if asked.actor:
        found = found.filter(actor=asked.actor)
    if asked.patients is not None:
        found = found.filter(patient_id__in=asked.patients)
    exact = {"table_name": asked.table, "row_id": asked.row_id, "action": asked.action, "request_id": asked.request_id}
    found = found.filter(**{column: value for column, value in exact.items() if value})
    if asked.first:
        start = local_day(asked.first, zone)[0]
        found = found.filter(at__gte=start)
        if edge := AuditEvent.objects.filter(at__gte=start).order_by("at", "id").values_list("id", flat=True).first():
            found = found.filter(id__gte=edge - OUT_OF_ORDER)  # the list is walked by id: tell where the days begin
    if asked.last:
        end = local_day(asked.last, zone)[1]
        found = found.filter(at__lt=end)
        if edge := AuditEvent.objects.filter(at__lt=end).order_by("-at", "-id").values_list("id", flat=True).first():
            found = found.filter(id__lte=edge + OUT_OF_ORDER)
    return found
