"""The trail: for the clinic admin and the compliance officer."""

from apps.audit.models import AuditEvent
from apps.core.models import NumberSeries

READS = {"anonymous": 302, "clinic_admin": 200, "compliance_officer": 200, "*": 403}
ROWS = {
    "audit:trail": READS,
    "audit:event": READS,
    "api-audit-events": READS | {"anonymous": 401},
    "api-audit-event": READS | {"anonymous": 401},
}


def kwargs(name, cast):
    NumberSeries.objects.create(series="TABLE", year=2026)
    return {"pk": AuditEvent.objects.order_by("-id").values_list("id", flat=True)[0]}
