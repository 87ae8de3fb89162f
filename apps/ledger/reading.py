"""Whom the lines of the books concern. Whoever is shown with money stands in the trail as read (ARCHITECTURE §6)."""

from collections.abc import Iterable
from uuid import UUID

from django.http import HttpRequest

from apps.audit.reads import record_reads
from apps.core import naming

READ_AS = "books"


def patients_named(subjects: Iterable[UUID | None], request: HttpRequest) -> dict[UUID, naming.Name]:
    """What the patients of these lines are called, as far as the reader may know; noted as read."""
    shown = {subject for subject in subjects if subject is not None}
    record_reads(shown, READ_AS)
    return naming.names("patient", shown, reader=request.user)
