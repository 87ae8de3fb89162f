"""Appointment types through the API."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.clinic.models import Colour
from apps.core.clock import now
from apps.scheduling import catalogue
from apps.scheduling.models import (
    AppointmentType,
)
from apps.scheduling.models.appointment_type import ChargedWhen, FeeKind


@extend_schema_serializer(component_name="AppointmentType")
class TypeSerializer(serializers.ModelSerializer[AppointmentType]):
    """What can be booked: how long it takes and what it costs."""

    class Meta:
        model = AppointmentType
        fields = (
            *("id", "tenant_id", "name", "duration_minutes", "rate", "tax_name", "tax_rate"),
            *("facility_rate", "facility_tax_name", "facility_tax_rate"),
            *("charged_when", "follow_up_days", "follow_up_percent"),
            *("cancel_fee_kind", "cancel_fee_value", "cancel_free_hours", "no_show_fee_kind", "no_show_fee_value"),
            *("buffer_before", "buffer_after", "colour", "position", "is_active"),
        )
        read_only_fields = fields


@extend_schema_serializer(component_name="AppointmentTypeDetails")
class TypeDetailsSerializer(serializers.Serializer[Any]):
    """What is offered. Types only: what makes sense is for the rules to say."""

    name = serializers.CharField(max_length=80)
    duration_minutes = serializers.IntegerField()
    rate = serializers.CharField(max_length=40, help_text="An amount in the clinic's currency.")
    tax_name = serializers.CharField(max_length=40, required=False, allow_blank=True)
    tax_rate = serializers.CharField(max_length=20, required=False, help_text="Percent.")
    facility_rate = serializers.CharField(max_length=40, required=False, help_text="A line of its own; 0 for none.")
    facility_tax_name = serializers.CharField(max_length=40, required=False, allow_blank=True)
    facility_tax_rate = serializers.CharField(max_length=20, required=False, help_text="Percent.")
    charged_when = serializers.ChoiceField(
        choices=ChargedWhen.choices, required=False, help_text="When a visit's draft invoice is made."
    )
    follow_up_days = serializers.IntegerField(
        required=False, help_text="A return within so many days of a charged visit with the same provider costs less."
    )
    follow_up_percent = serializers.CharField(max_length=20, required=False, help_text="So much less: 100 is free.")
    cancel_fee_kind = serializers.ChoiceField(choices=FeeKind.choices, required=False)
    cancel_fee_value = serializers.CharField(max_length=40, required=False, help_text="An amount, or percent.")
    cancel_free_hours = serializers.IntegerField(required=False, help_text="Free until so many hours before.")
    no_show_fee_kind = serializers.ChoiceField(choices=FeeKind.choices, required=False)
    no_show_fee_value = serializers.CharField(max_length=40, required=False, help_text="An amount, or percent.")
    buffer_before = serializers.IntegerField(required=False, help_text="Minutes.")
    buffer_after = serializers.IntegerField(required=False, help_text="Minutes.")
    colour = serializers.ChoiceField(choices=Colour.choices, required=False)
    position = serializers.IntegerField(min_value=0, max_value=32767, required=False)


class AppointmentTypes(generics.ListAPIView[AppointmentType]):
    """What can be booked."""

    permission_classes = [
        Needs("scheduling.view_appointment", POST="scheduling.edit_appointment_type")  # type: ignore[list-item]
    ]
    serializer_class = TypeSerializer
    filterset_fields = ("is_active",)

    def get_queryset(self) -> QuerySet[AppointmentType]:
        return AppointmentType.objects.all()

    @extend_schema(request=TypeDetailsSerializer, responses={201: TypeSerializer})
    def post(self, request: Request) -> Response:
        """Offer a new kind of appointment."""
        details = checked(TypeDetailsSerializer(data=request.data))
        made = catalogue.add_type(by=caller(request), at=now(), **details)
        return Response(TypeSerializer(made).data, status=201)


class OneAppointmentType(APIView):
    """One kind of appointment."""

    permission_classes = [
        Needs("scheduling.view_appointment", PATCH="scheduling.edit_appointment_type")  # type: ignore[list-item]
    ]

    @extend_schema(responses=TypeSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """How long it takes and what it costs."""
        return Response(TypeSerializer(get_object_or_404(AppointmentType, pk=pk)).data)

    @extend_schema(request=TypeDetailsSerializer(partial=True), responses=TypeSerializer)
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change it. Booked appointments keep their time; visits completed after this cost the new fee."""
        found = get_object_or_404(AppointmentType, pk=pk)
        changes = checked(TypeDetailsSerializer(data=request.data, partial=True))
        return Response(TypeSerializer(catalogue.amend_type(found, by=caller(request), at=now(), **changes)).data)


urlpatterns: list[URLPattern | URLResolver] = [
    path("appointment-types/", AppointmentTypes.as_view(), name="api-appointment-types"),
    path("appointment-types/<uuid:pk>/", OneAppointmentType.as_view(), name="api-appointment-type"),
]
