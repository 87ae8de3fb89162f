"""What workers do for the patients' department."""

from typing import Any
from uuid import UUID

from apps.core import clock
from apps.outbox.handlers import handler
from apps.outbox.models import Message
from apps.patients.documents import scanning


@handler(scanning.KIND)
def scan_document(payload: dict[str, Any], message: Message) -> None:
    """Ask the virus scanner; if it is away the outbox tries again."""
    scanning.scan(UUID(payload["version"]), at=clock.now())
