"""The files of documents on their way out: as an attachment, or for a look inside the page. Never kept by anybody."""

from collections.abc import Iterator
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.audit.reads import record_read
from apps.core.refusals import Refusal
from apps.core.sealed_files import OpenedFile
from apps.patients.documents import kinds, scanning, vault
from apps.patients.models import DocumentVersion

# A file is data, not a page of ours: it may load nothing, run nothing and belongs to no origin.
SEALED_OFF = "default-src 'none'; sandbox; frame-ancestors 'self'"
# A browser's own reader of PDFs does not work in a sandbox; it runs apart from pages anyway.
FOR_PDF = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'self'"


@require_safe
@requires("patients.view_document")
def download(request: HttpRequest, pk: UUID, n: int) -> HttpResponseBase:
    """A version's file, to keep."""
    return _given(request, _fetch(pk, n), as_attachment=True)


@require_safe
@requires("patients.view_document")
def preview(request: HttpRequest, pk: UUID, n: int) -> HttpResponseBase:
    """Pictures, PDF and text, for a look inside the page."""
    version = _fetch(pk, n)
    if not kinds.KINDS[version.media_type].preview:
        raise Http404
    return _given(request, version, as_attachment=False)


def answer_with(version: DocumentVersion, file: OpenedFile, *, as_attachment: bool) -> HttpResponseBase:
    """The file with the headers that keep it a file."""
    kind = version.media_type
    response = StreamingHttpResponse(
        _flow(file), content_type="text/plain; charset=utf-8" if kind == "text/plain" else kind
    )
    response["Content-Length"] = str(version.size)
    response["Content-Disposition"] = content_disposition_header(as_attachment, version.file_name) or "attachment"
    response["Content-Security-Policy"] = FOR_PDF if kind == "application/pdf" and not as_attachment else SEALED_OFF
    response["X-Content-Type-Options"] = "nosniff"
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-store"
    return response


def _flow(file: OpenedFile) -> Iterator[bytes]:
    with file:
        yield from file.chunks()


def _given(request: HttpRequest, version: DocumentVersion, *, as_attachment: bool) -> HttpResponseBase:
    record_read(version.patient_id, f"document:{version.document_id}")
    try:
        scanning.refuse_unsafe(version)
        file = vault.opened(version)
    except Refusal as refusal:
        answer: HttpResponse = render(request, "patients/file_refused.html", {"refusal": refusal, "version": version})
        answer.status_code = refusal.status
        return answer
    return answer_with(version, file, as_attachment=as_attachment)


def _fetch(pk: UUID, n: int) -> DocumentVersion:
    return get_object_or_404(DocumentVersion.objects.select_related("document"), document_id=pk, n=n)
