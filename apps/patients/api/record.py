"""Allergies, conditions, medication, flags and insurance through the API, by the rules that the pages call."""

from typing import Any, cast
from uuid import UUID

from django.db import models
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.audit.reads import record_read
from apps.core.clock import now
from apps.core.idempotency import idempotent
from apps.patients import record
from apps.patients.api.refused import by_field
from apps.patients.details import BadDetails
from apps.patients.models import Patient, PatientFlag, RecordChange, RecordEntry
from apps.patients.models.flags import Audience
from apps.patients.models.record import Kind, partial_date
from apps.patients.views.record import EDIT, VIEW

PLURALS = {
    Kind.ALLERGY: "allergies",
    Kind.CONDITION: "conditions",
    Kind.MEDICATION: "medication",
    Kind.FLAG: "flags",
    Kind.COVERAGE: "coverage",
}
STAMPS = ("entered_at", "entered_by", "changed_at", "changed_by", "version")


class ReasonSerializer(serializers.Serializer[Any]):
    """Why an entry was wrong."""

    reason = serializers.CharField(max_length=300)


class EndSerializer(serializers.Serializer[Any]):
    """When and why it ended."""

    on = serializers.DateField(required=False, help_text="The clinic's today if it is left out.")
    status = serializers.CharField(required=False, max_length=16, help_text="resolved, stopped, completed …")
    reason = serializers.CharField(required=False, max_length=300, allow_blank=True, default="")


class ChangeSerializer(serializers.ModelSerializer[RecordChange]):
    """One version of an entry."""

    values = serializers.JSONField(source="snapshot", help_text="All that this version said.")

    class Meta:
        model = RecordChange
        fields = ("id", "kind", "record_id", "version", "action", "by", "at", "reason", "values")
        read_only_fields = fields


class Entries(APIView):
    """What is known of a patient, of one kind."""

    model: type[RecordEntry]
    shape: type[serializers.ModelSerializer[Any]]
    details: type[serializers.Serializer[Any]]

    def get(self, request: Request, pk: UUID) -> Response:
        """All entries, those that are true now first; what was entered in error only with `?struck=true`."""
        patient = get_object_or_404(Patient, pk=pk)
        record_read(patient.pk, self.model.kind)
        rows: Any = self.model._default_manager.of_patient(patient)
        if request.query_params.get("struck") != "true":
            rows = rows.valid()
        if self.model is PatientFlag and not request.user.has_perm("patients.view_record"):
            rows = rows.filter(audience=Audience.EVERYBODY)
        entries = sorted(rows.order_by("-entered_at", "-id"), key=lambda entry: not entry.is_current)
        return Response({"results": self.shape(entries, many=True).data})

    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Enter something new. 409 if it stands there already."""
        patient = get_object_or_404(Patient, pk=pk)
        details = checked(self.details(data=request.data))
        details.pop("version", None)
        record_read(patient.pk, self.model.kind)
        try:
            entry = record.enter(self.model, patient, by=caller(request), at=now(), **details)
        except BadDetails as refusal:
            raise by_field(refusal) from None
        return Response(self.shape(entry).data, status=201)


class OneEntry(APIView):
    """One entry."""

    model: type[RecordEntry]
    shape: type[serializers.ModelSerializer[Any]]
    details: type[serializers.Serializer[Any]]

    def get(self, request: Request, pk: UUID) -> Response:
        """The entry with every version, the newest first."""
        entry = _entry(self.model, pk, request)
        sees_all = request.user.has_perm("patients.view_record") or not isinstance(entry, PatientFlag)
        history = ChangeSerializer(record.history_of(entry, clinical=sees_all), many=True).data
        return Response({**self.shape(entry).data, "history": history})

    def patch(self, request: Request, pk: UUID) -> Response:
        """Correct or complete it. Fields that are left out stay as they are."""
        entry = _entry(self.model, pk, request)
        changes = checked(self.details(data=request.data, partial=True))
        try:
            entry = record.amend(entry, by=caller(request), at=now(), **changes)
        except BadDetails as refusal:
            raise by_field(refusal) from None
        return Response(self.shape(entry).data)


class Ending(APIView):
    """The end of an entry."""

    model: type[RecordEntry]
    shape: type[serializers.ModelSerializer[Any]]

    def post(self, request: Request, pk: UUID) -> Response:
        """It is no longer so. 409 if it has ended already."""
        entry = _entry(self.model, pk, request)
        asked = checked(EndSerializer(data=request.data))
        try:
            entry = record.end(entry, by=caller(request), at=now(), **asked)
        except BadDetails as refusal:
            raise by_field(refusal) from None
        return Response(self.shape(entry).data)


class Striking(APIView):
    """An entry that was an error."""

    model: type[RecordEntry]
    shape: type[serializers.ModelSerializer[Any]]

    def post(self, request: Request, pk: UUID) -> Response:
        """Entered in error: it stays in the history with the reason."""
        entry = _entry(self.model, pk, request)
        reason = checked(ReasonSerializer(data=request.data))["reason"]
        return Response(self.shape(record.strike(entry, by=caller(request), at=now(), reason=reason)).data)


def _entry(model: type[RecordEntry], pk: UUID, request: Request) -> RecordEntry:
    rows: Any = model._default_manager.select_related("patient")
    if model is PatientFlag and not request.user.has_perm("patients.view_record"):
        rows = rows.filter(audience=Audience.EVERYBODY)
    entry: RecordEntry = get_object_or_404(rows, pk=pk)
    record_read(entry.patient_id, model.kind)
    return entry


def _shape_of(model: type[RecordEntry]) -> type[serializers.ModelSerializer[Any]]:
    meta = type(
        "Meta",
        (),
        {
            "model": model,
            "fields": ("id", "tenant_id", "patient", *model.DETAILS, "is_struck", *STAMPS),
            "read_only_fields": ("id", "tenant_id", "patient", *model.DETAILS, "is_struck", *STAMPS),
        },
    )
    made = type(f"{model.__name__}Serializer", (serializers.ModelSerializer,), {"Meta": meta, "__doc__": model.__doc__})
    return cast(type[serializers.ModelSerializer[Any]], made)


def _details_of(model: type[RecordEntry]) -> type[serializers.Serializer[Any]]:
    """Types only: what makes sense is for the rules to say."""
    fields: dict[str, Any] = {name: _typed(model._meta.get_field(name)) for name in model.DETAILS}
    fields["version"] = serializers.IntegerField(
        min_value=1, required=False, help_text="In a PATCH: the version that was read; 409 if it has changed since."
    )
    fields["__doc__"] = f"What is entered: {model._meta.verbose_name}."
    return cast(type[serializers.Serializer[Any]], type(f"{model.__name__}Details", (serializers.Serializer,), fields))


def _typed(field: Any) -> serializers.Field[Any, Any, Any, Any]:
    needed: dict[str, Any] = {"required": not field.blank and not field.has_default()}
    if field.choices:
        if isinstance(field, models.IntegerField):
            return serializers.ChoiceField(choices=field.choices, **needed)
        return serializers.ChoiceField(choices=field.choices, allow_blank=field.blank, **needed)
    if field.get_internal_type() == "DateField":
        return serializers.DateField(allow_null=True, **needed)
    words = "A year, a month or a day: 2015, 2015-03, 2015-03-12." if partial_date in field.validators else ""
    return serializers.CharField(max_length=field.max_length, allow_blank=field.blank, help_text=words, **needed)


def _addresses(kind: Kind) -> list[URLPattern | URLResolver]:
    model, plural = record.MODELS[kind], PLURALS[kind]
    shape, details = _shape_of(model), _details_of(model)
    one, many = Needs(VIEW[kind], PATCH=EDIT[kind]), Needs(VIEW[kind], POST=EDIT[kind])
    write = Needs(EDIT[kind])

    def view(base: Any, needs: Needs, **schemas: Any) -> Any:
        known = {"model": model, "shape": shape, "permission_classes": [needs]}
        if base in (Entries, OneEntry):
            known["details"] = details
        for method, schema in schemas.items():
            known[method] = extend_schema(operation_id=f"{kind}_{base.__name__.lower()}_{method}", **schema)(
                _own(getattr(base, method))
            )
        made: Any = type(f"{model.__name__}{base.__name__}", (base,), {**known, "__doc__": base.__doc__})
        return made.as_view()

    created = {201: shape, 409: OpenApiResponse(description="It stands in the record already, or overlaps.")}
    return [
        path(
            f"patients/<uuid:pk>/{plural}/",
            view(
                Entries,
                many,
                get={"responses": shape(many=True)},
                post={"request": details, "responses": created},
            ),
            name=f"api-{plural}-of-patient",
        ),
        path(
            f"{plural}/<uuid:pk>/",
            view(OneEntry, one, get={"responses": shape}, patch={"request": details(partial=True), "responses": shape}),
            name=f"api-{kind}",
        ),
        path(
            f"{plural}/<uuid:pk>/end/",
            view(Ending, write, post={"request": EndSerializer, "responses": shape}),
            name=f"api-{kind}-end",
        ),
        path(
            f"{plural}/<uuid:pk>/error/",
            view(Striking, write, post={"request": ReasonSerializer, "responses": shape}),
            name=f"api-{kind}-error",
        ),
    ]


def _own(method: Any) -> Any:
    """A function of its own for each kind: a description belongs to one."""

    def own(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        return cast(Response, method(self, request, *args, **kwargs))

    own.__doc__, own.__name__ = method.__doc__, method.__name__
    return own


urlpatterns: list[URLPattern | URLResolver] = [address for kind in Kind for address in _addresses(kind)]
