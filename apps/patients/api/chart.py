"""The chart through the API: alerts, and all that happened to a patient."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller
from apps.audit.reads import record_read
from apps.core.clock import now
from apps.patients import record
from apps.patients.alerts import alerts_of, asked_about_allergies
from apps.patients.models import Patient
from apps.patients.models.record import Kind
from apps.patients.timeline import timeline_of


class AlertSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    words = serializers.CharField()
    tone = serializers.ChoiceField(choices=["red", "amber", "blue", "grey"])


@extend_schema_serializer(component_name="PatientAlerts")
class AlertsSerializer(serializers.Serializer[Any]):
    allergies = serializers.ChoiceField(choices=["not_asked", "none_known", "known"])
    alerts = AlertSerializer(many=True)


@extend_schema_serializer(component_name="TimelineEntry")
class StreamSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    kind = serializers.CharField()
    words = serializers.CharField()
    detail = serializers.CharField()
    status = serializers.CharField()
    by = serializers.CharField()
    url = serializers.CharField()


@extend_schema_serializer(component_name="Timeline")
class TimelineSerializer(serializers.Serializer[Any]):
    results = StreamSerializer(many=True)
    before = serializers.DateTimeField(allow_null=True, help_text="Ask for what lies before this moment next.")


class Alerts(APIView):
    """What must not be overlooked about a patient."""

    permission_classes = [Needs("patients.view_alerts")]  # type: ignore[list-item]

    @extend_schema(responses=AlertsSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Alerts, the gravest first; flags for clinical staff only for them."""
        patient = get_object_or_404(Patient, pk=pk)
        record_read(patient.pk, "alerts")
        alerts = alerts_of(patient, clinical=request.user.has_perm("patients.view_record"))
        return Response(AlertsSerializer({"allergies": asked_about_allergies(patient), "alerts": alerts}).data)


class NoKnownAllergies(APIView):
    """The statement that a patient has no known allergies."""

    permission_classes = [Needs("patients.edit_record")]  # type: ignore[list-item]

    @extend_schema(request=None, responses=AlertsSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """The patient was asked and knows of none. 409 if allergies are recorded."""
        patient = get_object_or_404(Patient, pk=pk)
        record.say_no_known_allergies(patient, by=caller(request), at=now())
        record_read(patient.pk, Kind.ALLERGY)
        alerts = alerts_of(patient, clinical=True)
        return Response(AlertsSerializer({"allergies": asked_about_allergies(patient), "alerts": alerts}).data)


class Timeline(APIView):
    """All that happened to a patient."""

    permission_classes = [Needs("patients.view_patient")]  # type: ignore[list-item]

    @extend_schema(responses=TimelineSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """The newest first, 25 at a time, of the kinds that the caller may see (`?kind=visits&before=…`)."""
        patient = get_object_or_404(Patient, pk=pk)
        record_read(patient.pk, "timeline")
        text = request.query_params.get("before")
        before = serializers.DateTimeField().run_validation(text) if text else None
        kinds = set(request.query_params.getlist("kind"))
        shown = timeline_of(patient, user=request.user, kinds=kinds, before=before)
        results = [
            {name: getattr(entry, name) for name in ("at", "words", "detail", "status", "by", "url")}
            | {"kind": source.key}
            for source, entry in shown.entries
        ]
        return Response(TimelineSerializer({"results": results, "before": shown.older}).data)


urlpatterns: list[URLPattern | URLResolver] = [
    path("patients/<uuid:pk>/alerts/", Alerts.as_view(), name="api-patient-alerts"),
    path("patients/<uuid:pk>/no-known-allergies/", NoKnownAllergies.as_view(), name="api-no-known-allergies"),
    path("patients/<uuid:pk>/timeline/", Timeline.as_view(), name="api-patient-timeline"),
]
