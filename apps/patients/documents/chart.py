"""The chart's part for documents: the latest, and a place to drop new ones."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.patients.chart import Section, add_section
from apps.patients.forms_documents import FilingForm
from apps.patients.models import Document, Patient

LATEST = 6


def hang_up() -> None:
    add_section(
        Section("documents", _("Documents"), "patients.view_document", "patients/_documents_of.html", _of, position=60)
    )


def _of(request: HttpRequest, patient: Patient) -> dict[str, Any]:
    shown = Document.objects.of_patient(patient).shown()
    return {
        "documents": shown.with_versions().newest_first()[:LATEST],
        "document_count": shown.count(),
        "filing_form": FilingForm(),
    }
