"""Ask every clinic how it is. The platform cannot look into a clinic: each answers from inside its own walls."""

import logging
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Max

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.clinic import profile
from apps.console.models import Pulse
from apps.core import clock
from apps.core.connection import connection
from apps.core.models import PLATFORM_ID
from apps.core.released import released_migrations
from apps.ledger.models import BookCheck
from apps.outbox.models import Message
from apps.scheduling.models import Appointment
from apps.tenants.models import Clinic

log = logging.getLogger(__name__)

SIZE = """
    SELECT coalesce(sum(pg_catalog.pg_total_relation_size(c.oid)), 0) FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s AND c.relkind IN ('r', 'm')
"""


def take_pulses(*, at: datetime) -> int:
    """Refresh the figures of every clinic that is open or suspended. Returns how many answered.

    One that does not (it lags behind this release, say) keeps nobody waiting: its pulse says what it still can.
    """
    with connection.inside("public", clinic=PLATFORM_ID, actor="pulse"):
        clinics = list(Clinic.objects.filter(state__in=[Clinic.State.OPEN, Clinic.State.SUSPENDED]))
    return sum(_take_pulse(clinic, at) for clinic in clinics)


def _take_pulse(clinic: Clinic, at: datetime) -> bool:
    told: dict[str, Any] = {"taken_at": at, "failure": ""}
    try:
        with connection.inside(clinic.schema_name, clinic=clinic.id, actor="pulse"):
            told |= _schema(clinic.schema_name)  # what a clinic can tell that lacks columns of this release
            told |= _figures(at)
    except Exception as problem:  # whatever ails this clinic, the others are asked; its kind is kept, never its text
        told["failure"] = type(problem).__name__[:200]
        log.warning("Clinic %s could not be asked (%s).", clinic.slug, told["failure"])
    with connection.inside("public", clinic=PLATFORM_ID, actor="pulse"):
        if Clinic.objects.select_for_update(no_key=True).filter(pk=clinic.pk).first():  # it may be erased by now
            Pulse.objects.update_or_create(clinic=clinic, defaults=told)
    return not told["failure"]


def _schema(schema: str) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        have = set(cursor.fetchall())
        cursor.execute(SIZE, [schema])
        (size,) = cursor.fetchone()
    return {"missing_migrations": len(released_migrations(settings.TENANT_APPS) - have), "size_bytes": size}


def _figures(at: datetime) -> dict[str, Any]:
    today = at.astimezone(profile.current().zone).date()
    start, end = clock.local_day(today, profile.current().zone)
    checked = BookCheck.objects.prefetch_related("results").first()
    return {
        "staff": User.objects.filter(is_active=True).count(),
        "appointments_today": Appointment.objects.filter(starts_at__gte=start, starts_at__lt=end).count(),
        "waiting_messages": Message.objects.waiting().filter(due_at__lte=at).count(),
        "failed_messages": Message.objects.given_up().count(),
        "books_checked_at": checked.ended_at if checked else None,
        "books_wrong": sum(result.found for result in checked.results.all()) if checked else 0,
        "last_activity_at": AuditEvent.objects.filter(actor__startswith="user:").aggregate(last=Max("at"))["last"],
    }
