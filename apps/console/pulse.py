"""Ask every clinic how it is. The platform cannot look into a clinic: each answers from inside its own walls."""

from datetime import datetime
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.migrations.loader import MigrationLoader
from django.db.models import Max

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.clinic import profile
from apps.console.models import Pulse
from apps.core import clock
from apps.core.connection import connection
from apps.core.models import PLATFORM_ID
from apps.ledger.models import BookCheck
from apps.outbox.models import Message
from apps.scheduling.models import Appointment
from apps.tenants.models import Clinic

SIZE = """
    SELECT coalesce(sum(pg_catalog.pg_total_relation_size(c.oid)), 0) FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s AND c.relkind IN ('r', 'm')
"""


def take_pulses(*, at: datetime) -> int:
    """Refresh the figures of every clinic that is open or suspended. Returns how many answered."""
    with connection.inside("public", clinic=PLATFORM_ID, actor="pulse"):
        clinics = list(Clinic.objects.filter(state__in=[Clinic.State.OPEN, Clinic.State.SUSPENDED]))
    for clinic in clinics:
        with connection.inside(clinic.schema_name, clinic=clinic.id, actor="pulse"):
            figures = _figures(clinic.schema_name, at)
        with connection.inside("public", clinic=PLATFORM_ID, actor="pulse"):
            Pulse.objects.update_or_create(clinic=clinic, defaults={**figures, "taken_at": at})
    return len(clinics)


def _figures(schema: str, at: datetime) -> dict[str, Any]:
    today = at.astimezone(profile.current().zone).date()
    start, end = clock.local_day(today, profile.current().zone)
    with connection.cursor() as cursor:
        cursor.execute(SIZE, [schema])
        (size,) = cursor.fetchone()
        cursor.execute("SELECT app, name FROM django_migrations")
        have = set(cursor.fetchall())
    labels = {config.label for config in apps.get_app_configs() if config.name in settings.TENANT_APPS}
    wanted = {key for key in MigrationLoader(None, ignore_no_migrations=True).graph.nodes if key[0] in labels}
    checked = BookCheck.objects.prefetch_related("results").first()
    return {
        "staff": User.objects.filter(is_active=True).count(),
        "appointments_today": Appointment.objects.filter(starts_at__gte=start, starts_at__lt=end).count(),
        "waiting_messages": Message.objects.filter(done_at=None, given_up_at=None, due_at__lte=at).count(),
        "failed_messages": Message.objects.exclude(given_up_at=None).count(),
        "books_checked_at": checked.ended_at if checked else None,
        "books_wrong": sum(result.found for result in checked.results.all()) if checked else 0,
        "last_activity_at": AuditEvent.objects.filter(actor__startswith="user:").aggregate(last=Max("at"))["last"],
        "missing_migrations": len(wanted - have),
        "size_bytes": size,
    }
