"""Documents through the API: listed, filed (multipart), versioned, fetched, taken out of use."""

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_serializer
from rest_framework import generics, serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.audit.reads import record_read
from apps.core.clock import now
from apps.core.idempotency import idempotent
from apps.core.problems import StrictJson
from apps.core.refusals import Refusal
from apps.patients.documents import filing, scanning, vault
from apps.patients.models import (
    Category,
    Document,
    DocumentStatus,
    DocumentVersion,
    Patient,
)
from apps.patients.views.documents import too_large
from apps.patients.views.files import answer_with


class RequestTooLarge(Refusal):
    code = "too_large"
    status = 413
    message = _("The request is larger than a document may be. It was not read.")


class Multipart(MultiPartParser):
    """Refuses what no document could be before reading it."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        if parser_context and too_large(parser_context["request"]):
            raise RequestTooLarge
        return super().parse(stream, media_type, parser_context)


class VersionSerializer(serializers.ModelSerializer[DocumentVersion]):
    """One file of a document."""

    uploaded_by = serializers.CharField(source="uploaded_by.full_name", read_only=True)

    class Meta:
        model = DocumentVersion
        fields = ("n", "file_name", "media_type", "size", "sha256", "scan", "scanned_at", "uploaded_at", "uploaded_by")
        read_only_fields = fields


class DocumentSerializer(serializers.ModelSerializer[Document]):
    """A document with its versions, newest first."""

    versions = VersionSerializer(many=True, read_only=True)
    tags = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Document
        fields = (
            *("id", "tenant_id", "patient", "title", "category", "tags", "dated_on", "status", "status_reason"),
            *("status_at", "filed_at", "versions"),
        )
        read_only_fields = fields


class DescriptionSerializer(serializers.Serializer[Any]):
    """What is said about a document."""

    title = serializers.CharField(
        required=False, max_length=filing.LONGEST_TITLE, help_text="Default: the file's name."
    )
    category = serializers.ChoiceField(required=False, choices=Category.choices)
    dated_on = serializers.DateField(required=False, help_text="Default: today.")
    tags = serializers.ListField(required=False, child=serializers.CharField(max_length=filing.LONGEST_TAG))


@extend_schema_serializer(component_name="DocumentFiling")
class FilingSerializer(DescriptionSerializer):
    """A new document (multipart/form-data)."""

    file = serializers.FileField(allow_empty_file=True, max_length=None)


@extend_schema_serializer(component_name="DocumentFile")
class FileSerializer(serializers.Serializer[Any]):
    """A newer file (multipart/form-data)."""

    file = serializers.FileField(allow_empty_file=True)


@extend_schema_serializer(component_name="DocumentClosing")
class ClosingSerializer(serializers.Serializer[Any]):
    """Why a document goes out of use; needed for `entered-in-error`."""

    status = serializers.ChoiceField(choices=DocumentStatus.choices)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=filing.LONGEST_REASON)


class DocumentFilter(django_filters.FilterSet):  # type: ignore[misc]
    """By kind and status; tags are for whoever reads the list."""

    category = django_filters.ChoiceFilter(choices=Category.choices)
    status = django_filters.ChoiceFilter(choices=DocumentStatus.choices)


class Documents(generics.ListAPIView[Document]):
    """A patient's documents, newest first."""

    permission_classes = [Needs("patients.view_document", POST="patients.file_document")]  # type: ignore[list-item]
    parser_classes = [Multipart]
    serializer_class = DocumentSerializer
    filterset_class = DocumentFilter

    def get_queryset(self) -> QuerySet[Document]:
        if getattr(self, "swagger_fake_view", False):
            return Document.objects.none()
        patient = get_object_or_404(Patient, pk=self.kwargs["pk"])
        record_read(patient.pk, "documents")
        return Document.objects.of_patient(patient).with_versions().newest_first()

    @extend_schema(
        request={"multipart/form-data": FilingSerializer},
        responses={201: DocumentSerializer, 409: OpenApiResponse(description="This very file is filed: `document`.")},
    )
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """File a document."""
        patient = get_object_or_404(Patient, pk=pk)
        said = checked(FilingSerializer(data=request.data))
        document = filing.file_document(patient, upload=said.pop("file"), by=caller(request), at=now(), **said)
        return Response(DocumentSerializer(document_of(document.pk)).data, status=201)


class OneDocument(APIView):
    """One document."""

    permission_classes = [Needs("patients.view_document", PATCH="patients.file_document")]  # type: ignore[list-item]

    @extend_schema(responses=DocumentSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """What is said about it, and its versions."""
        return _shown(pk)

    @extend_schema(request=DescriptionSerializer, responses=DocumentSerializer)
    def patch(self, request: Request, pk: UUID) -> Response:
        """Correct title, kind, date or tags."""
        filing.amend(
            document_of(pk),
            by=caller(request),
            at=now(),
            **checked(DescriptionSerializer(data=request.data, partial=True)),
        )
        return _shown(pk)


class Versions(APIView):
    """The versions of a document."""

    permission_classes = [Needs("patients.view_document", POST="patients.file_document")]  # type: ignore[list-item]
    parser_classes = [Multipart]

    @extend_schema(responses=VersionSerializer(many=True))
    def get(self, request: Request, pk: UUID) -> Response:
        """Newest first."""
        document = document_of(pk)
        record_read(document.patient_id, f"document:{document.pk}")
        return Response({"results": VersionSerializer(document.versions.all(), many=True).data})

    @extend_schema(request={"multipart/form-data": FileSerializer}, responses={201: VersionSerializer})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Bring a newer file."""
        document = document_of(pk)
        said = checked(FileSerializer(data=request.data))
        version = filing.add_version(document, upload=said["file"], by=caller(request), at=now())
        return Response(VersionSerializer(version).data, status=201)


class VersionFile(APIView):
    """A version's file."""

    permission_classes = [Needs("patients.view_document")]  # type: ignore[list-item]

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: Request, pk: UUID, n: int) -> HttpResponseBase:
        """The file as it was brought. 409 while its virus scan is pending, or if a virus was found."""
        version = get_object_or_404(DocumentVersion, document_id=pk, n=n)
        record_read(version.patient_id, f"document:{pk}")
        scanning.refuse_unsafe(version)
        return answer_with(version, vault.opened(version), as_attachment=True)


class Status(APIView):
    """Whether a document is in use."""

    permission_classes = [Needs("patients.retract_document")]  # type: ignore[list-item]
    parser_classes = [StrictJson]

    @extend_schema(request=ClosingSerializer, responses=DocumentSerializer)
    def put(self, request: Request, pk: UUID) -> Response:
        """Mark as superseded or entered in error, or bring back into use."""
        document = document_of(pk)
        said = checked(ClosingSerializer(data=request.data))
        who: dict[str, Any] = {"by": caller(request), "at": now()}
        if said["status"] == DocumentStatus.CURRENT:
            filing.reinstate(document, **who)
        elif said["status"] == DocumentStatus.SUPERSEDED:
            filing.supersede(document, reason=said.get("reason", ""), **who)
        else:
            filing.enter_in_error(document, reason=said.get("reason", ""), **who)
        return _shown(pk)


def document_of(pk: UUID) -> Document:
    """The document with its versions, or 404."""
    return get_object_or_404(Document.objects.select_related("patient").with_versions(), pk=pk)


def _shown(pk: UUID) -> Response:
    document = document_of(pk)
    record_read(document.patient_id, f"document:{document.pk}")
    return Response(DocumentSerializer(document).data)


urlpatterns: list[URLPattern | URLResolver] = [
    path("patients/<uuid:pk>/documents/", Documents.as_view(), name="api-documents"),
    path("documents/<uuid:pk>/", OneDocument.as_view(), name="api-document"),
    path("documents/<uuid:pk>/status/", Status.as_view(), name="api-document-status"),
    path("documents/<uuid:pk>/versions/", Versions.as_view(), name="api-document-versions"),
    path("documents/<uuid:pk>/versions/<int:n>/file/", VersionFile.as_view(), name="api-document-file"),
]
