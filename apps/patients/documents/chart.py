"""The chart's part for documents: the latest, a place to drop new ones, and their line in the timeline."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.patients.chart import Section, add_section
from apps.patients.forms.documents import FilingForm
from apps.patients.models import Document, Patient
from apps.patients.timeline import Entry, Source, add_source

LATEST = 6


def hang_up() -> None:
    add_section(
        Section("documents", _("Documents"), "patients.view_document", "patients/_documents_of.html", _of, position=60)
    )
    add_source(Source("documents", _("Documents"), "patients.view_document", _entries, position=60))


def _of(request: HttpRequest, patient: Patient) -> dict[str, Any]:
    shown = Document.objects.of_patient(patient).shown()
    return {
        "documents": shown.with_versions().newest_first()[:LATEST],
        "document_count": shown.count(),
        "filing_form": FilingForm(),
    }


def _entries(patient: Patient, before: datetime | None, limit: int) -> list[Entry]:
    rows = Document.objects.of_patient(patient).shown().select_related("filed_by")
    if before is not None:
        rows = rows.filter(filed_at__lt=before)
    return [
        Entry(
            at=document.filed_at,
            icon="file-text",
            words=document.title,
            detail=document.get_category_display(),
            by=document.filed_by.full_name,
            url=reverse("patients:document", args=[document.pk]),
            key=str(document.pk),
        )
        for document in rows.order_by("-filed_at", "-id")[:limit]
    ]
