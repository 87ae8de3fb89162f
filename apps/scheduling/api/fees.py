"""Fees of providers, what a visit costs, and letting a patient off, through the API."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_serializer
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.audit.reads import record_read
from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.clock import day_of, now
from apps.core.idempotency import idempotent
from apps.patients.models import Patient
from apps.scheduling import fees, missed, own_fees
from apps.scheduling.models import Appointment, AppointmentType, Fee


@extend_schema_serializer(component_name="Fee")
class FeeSerializer(serializers.ModelSerializer[Fee]):
    """What a type costs with one provider, from a day on."""

    class Meta:
        model = Fee
        fields = (
            *("id", "tenant_id", "provider", "appointment_type", "rate", "facility_rate"),
            *("effective_from", "effective_until", "set_at"),
        )
        read_only_fields = fields


@extend_schema_serializer(component_name="FeeDetails")
class FeeDetailsSerializer(serializers.Serializer[Any]):
    """A new fee. It holds until the next change that is planned already."""

    provider = serializers.PrimaryKeyRelatedField(queryset=Provider.objects.all())
    appointment_type = serializers.PrimaryKeyRelatedField(queryset=AppointmentType.objects.all())
    rate = serializers.CharField(max_length=40, help_text="An amount in the clinic's currency.")
    facility_rate = serializers.CharField(
        max_length=40, required=False, allow_null=True, help_text="As the type has it if left out; 0 for none."
    )
    effective_from = serializers.DateField(required=False, help_text="Today if left out; no day before it.")


class FeeAskedSerializer(serializers.Serializer[Any]):
    provider = serializers.PrimaryKeyRelatedField(queryset=Provider.objects.all())
    type = serializers.PrimaryKeyRelatedField(queryset=AppointmentType.objects.all())
    day = serializers.DateField(required=False, help_text="Today if left out.")
    patient = serializers.PrimaryKeyRelatedField(
        queryset=Patient.objects.all(), required=False, help_text="Who may come back free or for less."
    )


class ChargeTaxSerializer(serializers.Serializer[Any]):
    """A tax of the clinic on a charge."""

    name = serializers.CharField()
    rate = serializers.DecimalField(max_digits=6, decimal_places=3)
    is_included = serializers.BooleanField(help_text="The price has it in it already.")


class ChargeSerializer(serializers.Serializer[Any]):
    """A line of the invoice to be."""

    description = serializers.CharField()
    price = serializers.DecimalField(max_digits=18, decimal_places=3, help_text="Without tax, before the discount.")
    discount_percent = serializers.DecimalField(max_digits=6, decimal_places=3)
    tax_name = serializers.CharField()
    tax_rate = serializers.DecimalField(max_digits=6, decimal_places=3)
    taxes = ChargeTaxSerializer(many=True, help_text="The clinic's, where the type has no tax of its own.")
    net = serializers.DecimalField(max_digits=18, decimal_places=3)
    total = serializers.DecimalField(max_digits=18, decimal_places=3, help_text="With tax.")


class CostsSerializer(serializers.Serializer[Any]):
    """What an appointment costs if it takes place, is cancelled at this moment, or is missed."""

    visit = ChargeSerializer(many=True)
    cancellation = ChargeSerializer(many=True)
    no_show = ChargeSerializer(many=True)
    free_to_cancel_until = serializers.DateTimeField()


@extend_schema_serializer(component_name="FeeWaiver")
class WaiverSerializer(serializers.Serializer[Any]):
    """Why the patient is let off."""

    reason = serializers.CharField(max_length=500)


class Fees(generics.ListAPIView[Fee]):
    """Providers' own fees, those that hold now or later."""

    permission_classes = [
        Needs("scheduling.view_appointment", POST="scheduling.edit_appointment_type")  # type: ignore[list-item]
    ]
    serializer_class = FeeSerializer
    filterset_fields = ("provider", "appointment_type")

    def get_queryset(self) -> QuerySet[Fee]:
        return Fee.objects.order_by("provider", "appointment_type", "effective_from")

    @extend_schema(request=FeeDetailsSerializer, responses={201: FeeSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Say what a type costs with a provider from a day on."""
        asked = checked(FeeDetailsSerializer(data=request.data))
        made = own_fees.set_fee(
            asked.pop("provider"), asked.pop("appointment_type"), by=caller(request), at=now(), **asked
        )
        return Response(FeeSerializer(made).data, status=201)


class Costs(APIView):
    """What a visit would cost."""

    permission_classes = [Needs("scheduling.view_appointment")]  # type: ignore[list-item]

    @extend_schema(parameters=[FeeAskedSerializer], responses=ChargeSerializer(many=True))
    def get(self, request: Request) -> Response:
        """With this provider, on this day, for this patient: the lines of the invoice to be."""
        asked = checked(FeeAskedSerializer(data=request.query_params))
        patient = asked.get("patient")
        if patient is not None:
            record_read(patient.pk, "booking")
        charges = fees.charges_of(
            provider=asked["provider"],
            appointment_type=asked["type"],
            day=asked.get("day") or day_of(now(), profile.current().zone),
            patient=patient,
        )
        return Response({"results": ChargeSerializer(charges, many=True).data})


class CostsOfAppointment(APIView):
    """What one appointment costs."""

    permission_classes = [Needs("scheduling.view_appointment")]  # type: ignore[list-item]

    @extend_schema(responses=CostsSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """If it takes place, is cancelled at this moment, or is missed."""
        found = _found(pk)
        record_read(found.patient_id, "appointment")
        costs = {
            "visit": fees.charges_for(found),
            "cancellation": missed.charges_for_cancelling(found, at=now()) if found.is_movable else [],
            "no_show": missed.charges_for_not_coming(found),
            "free_to_cancel_until": missed.free_until(found),
        }
        return Response(CostsSerializer(costs).data)


class Waiver(APIView):
    """The fee of a cancellation or no-show, waived."""

    permission_classes = [Needs("scheduling.waive_fee")]  # type: ignore[list-item]

    @extend_schema(
        request=WaiverSerializer,
        responses={204: None, 409: OpenApiResponse(description="No fee stands, or it is invoiced already.")},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Let the patient off; its draft invoice is withdrawn."""
        found = _found(pk)
        why = checked(WaiverSerializer(data=request.data))
        missed.waive(found, by=caller(request), at=now(), **why)
        return Response(status=204)


def _found(pk: UUID) -> Appointment:
    return get_object_or_404(Appointment.objects.with_people(), pk=pk)


urlpatterns: list[URLPattern | URLResolver] = [
    path("fees/", Fees.as_view(), name="api-fees"),
    path("costs/", Costs.as_view(), name="api-costs"),
    path("appointments/<uuid:pk>/costs/", CostsOfAppointment.as_view(), name="api-appointment-costs"),
    path("appointments/<uuid:pk>/waiver/", Waiver.as_view(), name="api-appointment-waiver"),
]
