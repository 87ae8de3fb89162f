"""What workers do for the patients' department."""

from typing import Any
from uuid import UUID

from apps.core import clock
from apps.outbox import outbox
from apps.outbox.handlers import handler
from apps.outbox.models import Message
from apps.patients import indexing, review
from apps.patients.documents import scanning
from apps.patients.files import steps
from apps.patients.models import PatientImport


@handler(scanning.KIND)
def scan_document(payload: dict[str, Any], message: Message) -> None:
    """Ask the virus scanner; if it is away the outbox tries again."""
    scanning.scan(UUID(payload["version"]), at=clock.now())


@handler(review.KIND)
def compare_register(payload: dict[str, Any], message: Message) -> None:
    """The next stretch of the whole register."""
    if not review.compare_step(at=clock.now()):
        outbox.put(review.KIND, {})


@handler(indexing.KIND)
def index_anew(payload: dict[str, Any], message: Message) -> None:
    """The next rows of a register that an earlier version has indexed."""
    if not indexing.step():
        outbox.put(indexing.KIND, {})


@handler(steps.KIND)
def import_step(payload: dict[str, Any], message: Message) -> None:
    """The next rows of a file."""
    if file := PatientImport.objects.filter(pk=payload["import"]).first():
        steps.step(file, at=clock.now())
