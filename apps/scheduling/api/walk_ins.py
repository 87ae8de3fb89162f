"""Those who come without an appointment, through the API."""

from typing import Any

from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.audit.reads import record_read
from apps.clinic.models import Provider
from apps.core.clock import now
from apps.core.idempotency import idempotent
from apps.core.refusals import NotPermitted
from apps.patients.models import Patient
from apps.scheduling.api.appointments import AppointmentSerializer
from apps.scheduling.api.asking import IN_THE_WAY
from apps.scheduling.arrival import reception
from apps.scheduling.models import (
    Appointment,
    AppointmentType,
)


class WalkInSerializer(serializers.Serializer[Any]):
    """Somebody who came without an appointment."""

    patient = serializers.PrimaryKeyRelatedField(queryset=Patient.objects.all())
    provider = serializers.PrimaryKeyRelatedField(queryset=Provider.objects.all())
    appointment_type = serializers.PrimaryKeyRelatedField(queryset=AppointmentType.objects.all())
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True)
    override_reason = serializers.CharField(
        max_length=500, required=False, allow_blank=True, help_text="Where nothing is free today: clinic admins only."
    )


class WalkIns(APIView):
    """Those who come without an appointment."""

    permission_classes = [Needs("scheduling.book_appointment")]  # type: ignore[list-item]

    @extend_schema(request=WalkInSerializer, responses={201: AppointmentSerializer, **IN_THE_WAY})
    @idempotent
    def post(self, request: Request) -> Response:
        """Book the provider's first free time today, and check them in: they hold a token."""
        if not request.user.has_perm("scheduling.record_attendance"):
            raise NotPermitted
        wanted = checked(WalkInSerializer(data=request.data))
        visit = reception.walk_in(by=caller(request), at=now(), **wanted)
        record_read(visit.patient_id, "appointment")
        fresh = Appointment.objects.with_people().get(pk=visit.pk)
        return Response(AppointmentSerializer(fresh, context={"request": request}).data, status=201)


urlpatterns: list[URLPattern | URLResolver] = [path("walk-ins/", WalkIns.as_view(), name="api-walk-ins")]
