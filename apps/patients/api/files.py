"""Files of patients through the API: uploaded, checked, confirmed, looked at; and exported."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_serializer
from rest_framework import generics, serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.audit.reads import record_reads
from apps.core.clock import now
from apps.core.sheets import sheet_of
from apps.patients.files import columns, csv_files, exporting, importing
from apps.patients.models import ImportLine, Patient, PatientImport

COLUMNS = [(field, field) for field in ("number", *columns.DETAILS)]
MOVED_ON = {409: OpenApiResponse(description="It was confirmed, given up or imported already.")}


@extend_schema_serializer(component_name="PatientImport")
class ImportSerializer(serializers.ModelSerializer[PatientImport]):
    """A file of patients and how far it has come. `mapping` says for each column which field it is."""

    class Meta:
        model = PatientImport
        fields = (
            *("id", "tenant_id", "file_name", "size", "encoding", "separator", "date_order", "mapping"),
            *("on_duplicate", "state", "rows", "reached", "fine", "refused", "duplicates"),
            *("uploaded_at", "uploaded_by", "confirmed_at", "confirmed_by", "ended_at", "emptied_at"),
        )
        read_only_fields = fields


@extend_schema_serializer(component_name="PatientImportLine")
class LineSerializer(serializers.ModelSerializer[ImportLine]):
    """What was found about a row, and what became of it."""

    class Meta:
        model = ImportLine
        fields = ("row", "outcome", "problems", "known", "points", "choice", "patient")
        read_only_fields = fields


class UploadSerializer(serializers.Serializer[Any]):
    """A CSV file."""

    file = serializers.FileField()


@extend_schema_serializer(component_name="PatientImportCheck")
class CheckSerializer(serializers.Serializer[Any]):
    """How the file is read; what is left out stays as it was guessed."""

    encoding = serializers.ChoiceField(choices=list(csv_files.ENCODINGS), required=False)
    separator = serializers.ChoiceField(choices=list(csv_files.SEPARATORS), required=False)
    mapping = serializers.ListField(child=serializers.CharField(allow_blank=True), required=False)
    date_order = serializers.ChoiceField(choices=list(columns.DATES), required=False)
    on_duplicate = serializers.ChoiceField(choices=ImportLine.CHOICES, required=False)


@extend_schema_serializer(component_name="PatientExportRequest")
class ExportSerializer(serializers.Serializer[Any]):
    """Which patients and which columns."""

    status = serializers.ChoiceField(choices=["active", "inactive", "all"], default="active")
    flag = serializers.ChoiceField(choices=["", "vip", "blocked"], default="", allow_blank=True)
    columns = serializers.MultipleChoiceField(choices=COLUMNS, allow_empty=False)
    with_mark = serializers.BooleanField(default=False, help_text="Begin with a byte order mark, for Excel.")


class Imports(generics.ListAPIView[PatientImport]):
    """Files of patients, the latest first."""

    permission_classes = [Needs("patients.import_patient")]  # type: ignore[list-item]
    serializer_class = ImportSerializer
    parser_classes = [MultiPartParser]

    def get_queryset(self) -> QuerySet[PatientImport]:
        return PatientImport.objects.order_by("-uploaded_at", "-pk")

    @extend_schema(request={"multipart/form-data": UploadSerializer}, responses={201: ImportSerializer})
    def post(self, request: Request) -> Response:
        """Upload a file. Nothing is imported before it is checked and confirmed."""
        file = checked(UploadSerializer(data=request.data))["file"]
        if file.size > csv_files.MOST_BYTES:
            raise csv_files.BadFile("This file is larger than 20 MB. Split it.")
        made = importing.upload(file.read(), file_name=file.name, by=caller(request), at=now())
        return Response(ImportSerializer(made).data, status=201)


class OneImport(APIView):
    """One file."""

    permission_classes = [Needs("patients.import_patient")]  # type: ignore[list-item]

    @extend_schema(responses=ImportSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """How far it has come."""
        return Response(ImportSerializer(get_object_or_404(PatientImport, pk=pk)).data)

    @extend_schema(responses={200: ImportSerializer, **MOVED_ON})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Give it up; the file is deleted."""
        return Response(ImportSerializer(importing.give_up(get_object_or_404(PatientImport, pk=pk), at=now())).data)


class Check(APIView):
    """Every row of a file is looked at."""

    permission_classes = [Needs("patients.import_patient")]  # type: ignore[list-item]

    @extend_schema(request=CheckSerializer, responses={200: ImportSerializer, **MOVED_ON})
    def post(self, request: Request, pk: UUID) -> Response:
        """Check the rows; of a long file a worker does the rest (`state` is then checking)."""
        file = get_object_or_404(PatientImport, pk=pk)
        wanted = checked(CheckSerializer(data=request.data))
        reading = {name: wanted.get(name, getattr(file, name)) for name in ("encoding", "separator")}
        if reading != {"encoding": file.encoding, "separator": file.separator}:
            file = importing.read_otherwise(file, **reading)
        options = {name: wanted.get(name, getattr(file, name)) for name in ("mapping", "date_order", "on_duplicate")}
        return Response(ImportSerializer(importing.check(file, **options, at=now())).data)


class Lines(generics.ListAPIView[ImportLine]):
    """Rows of which there is something to say: refused, likely duplicates; after the import all of them."""

    permission_classes = [Needs("patients.import_patient")]  # type: ignore[list-item]
    serializer_class = LineSerializer

    def get_queryset(self) -> QuerySet[ImportLine]:
        if getattr(self, "swagger_fake_view", False):
            return ImportLine.objects.none()
        return get_object_or_404(PatientImport, pk=self.kwargs["pk"]).lines.order_by("row")

    def paginate_queryset(self, queryset: Any) -> Any:
        rows = super().paginate_queryset(queryset)
        record_reads({line.known_id for line in rows or () if line.known_id}, "duplicates")
        return rows


class Confirmation(APIView):
    """A checked file is imported."""

    permission_classes = [Needs("patients.import_patient")]  # type: ignore[list-item]

    @extend_schema(request=None, responses={202: ImportSerializer, **MOVED_ON})
    def post(self, request: Request, pk: UUID) -> Response:
        """Import it; a worker begins at once. A repeat is answered 409 and imports nothing twice."""
        file = importing.confirm(get_object_or_404(PatientImport, pk=pk), by=caller(request), at=now())
        return Response(ImportSerializer(file).data, status=202)


class Export(APIView):
    """Patients as a CSV file."""

    permission_classes = [Needs("patients.export_patient")]  # type: ignore[list-item]

    @extend_schema(request=ExportSerializer, responses={(200, "text/csv"): OpenApiTypes.BINARY})
    def post(self, request: Request) -> HttpResponseBase:
        """The file; the trail keeps who took what."""
        wanted = checked(ExportSerializer(data=request.data))
        chosen = {name: wanted[name] for name in ("status", "flag") if wanted[name] not in ("", "active")}
        pieces = exporting.export(
            Patient.objects.as_listed(**chosen),
            fields=[field for field, _label in COLUMNS if field in wanted["columns"]],
            chosen=chosen,
            by=caller(request),
            at=now(),
            with_mark=wanted["with_mark"],
        )
        return sheet_of("patients.csv", pieces)


urlpatterns: list[URLPattern | URLResolver] = [
    path("patients/imports/", Imports.as_view(), name="api-patient-imports"),
    path("patients/imports/<uuid:pk>/", OneImport.as_view(), name="api-patient-import"),
    path("patients/imports/<uuid:pk>/check/", Check.as_view(), name="api-patient-import-check"),
    path("patients/imports/<uuid:pk>/lines/", Lines.as_view(), name="api-patient-import-lines"),
    path("patients/imports/<uuid:pk>/confirmation/", Confirmation.as_view(), name="api-patient-import-confirmation"),
    path("patients/exports/", Export.as_view(), name="api-patient-exports"),
]
