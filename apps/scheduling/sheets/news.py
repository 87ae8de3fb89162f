"""What open pages show although no move tells of it: names, reasons, colours, hours, leave, blocks.

Counted in the trail, which misses no writer and is indexed by time. What a transaction of minutes commits late is found
when the page compares everything (static/js/live.js).
"""

from datetime import datetime, timedelta

from django.db.models import Count, Max, Q
from django.db.models.functions import Now

from apps.audit.models import AuditEvent
from apps.clinic.models import Department, Provider, Room
from apps.patients.models import Patient
from apps.scheduling.models import (
    Appointment,
    AppointmentType,
    Block,
    OneOffOpening,
    Resource,
    TimeOff,
    WeeklyBreak,
    WeeklyHours,
)
from apps.scheduling.sheets.live import also_count

LATELY = timedelta(minutes=3)
WHOLE = (
    *(Department, Provider, Room),
    *(AppointmentType, Block, OneOffOpening, Resource, TimeOff, WeeklyBreak, WeeklyHours),
)
# Of these only some columns matter: the rest is written all day, or is a move and told as such.
PARTS = {Patient: ["given_name", "middle_name", "family_name", "is_vip"], Appointment: ["reason"]}


def written_lately(start: datetime, end: datetime) -> int:
    """A number that differs when something of this kind is written. Hours and names belong to every day: the span does
    not matter."""
    shown = Q(table_name__in=[model._meta.db_table for model in WHOLE]) & ~Q(action=AuditEvent.Action.READ)
    for model, columns in PARTS.items():
        shown |= Q(table_name=model._meta.db_table, action=AuditEvent.Action.UPDATE, changed__overlap=columns)
    lately = AuditEvent.objects.order_by().filter(shown, at__gt=Now() - LATELY)
    seen = lately.aggregate(count=Count("pk"), last=Max("pk"))
    return int((seen["last"] or 0) * 1000 + seen["count"] % 1000)


def hang_up() -> None:
    """Let open pages look again. Called when the app is loaded."""
    also_count("words", written_lately)
