"""Holds and override requests through the API."""

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.audit.reads import record_read, record_reads
from apps.clinic.models import Provider
from apps.core.clock import now
from apps.core.idempotency import idempotent
from apps.patients.models import Patient
from apps.scheduling import holding, overrides
from apps.scheduling.api.asking import IN_THE_WAY, MomentField, PersonFilter
from apps.scheduling.fitting import OVERRIDE, SEE_PATIENTS
from apps.scheduling.models import Appointment, AppointmentType, Channel, Hold, OverrideRequest, Resource


@extend_schema_serializer(component_name="Hold")
class HoldSerializer(serializers.ModelSerializer[Hold]):
    """A place that the caller keeps."""

    class Meta:
        model = Hold
        fields = (
            *("id", "tenant_id", "form_key", "provider", "starts_at", "ends_at", "resources"),
            *("taken_at", "expires_at"),
        )
        read_only_fields = fields


@extend_schema_serializer(component_name="HoldDetails")
class HoldDetailsSerializer(serializers.Serializer[Any]):
    """What to keep. The same key moves or extends the hold; a booking with `form_key` uses it up."""

    form_key = serializers.UUIDField()
    provider = serializers.PrimaryKeyRelatedField(queryset=Provider.objects.all())
    appointment_type = serializers.PrimaryKeyRelatedField(queryset=AppointmentType.objects.all())
    starts_at = MomentField()
    ends_at = MomentField(required=False, allow_null=True)
    resources = serializers.PrimaryKeyRelatedField(queryset=Resource.objects.all(), many=True, required=False)


@extend_schema_serializer(component_name="OverrideRequest")
class RequestSerializer(serializers.ModelSerializer[OverrideRequest]):
    """A wish to be booked over another appointment."""

    has_expired = serializers.SerializerMethodField(help_text="Nobody answered before the time had passed.")
    why = serializers.SerializerMethodField(help_text="Only for those who may see patients.")
    visit_reason = serializers.SerializerMethodField(help_text="Only for those who may see patients.")
    answer = serializers.SerializerMethodField(help_text="Only for those who may see patients.")

    class Meta:
        model = OverrideRequest
        fields = (
            *("id", "tenant_id", "state", "has_expired", "patient", "provider", "appointment_type", "starts_at"),
            *("ends_at", "channel", "resources", "follow_up_for", "reschedule_of", "why", "visit_reason"),
            *("requested_by", "requested_at"),
            *("answered_by", "answered_at", "answer", "appointment"),
        )
        read_only_fields = fields

    def get_has_expired(self, one: OverrideRequest) -> bool:
        return one.has_expired(now())

    def get_why(self, one: OverrideRequest) -> str | None:
        return one.why if self._may_see else None

    def get_visit_reason(self, one: OverrideRequest) -> str | None:
        return one.visit_reason if self._may_see else None

    def get_answer(self, one: OverrideRequest) -> str | None:
        return one.answer if self._may_see else None

    @property
    def _may_see(self) -> bool:
        return bool(self.context["request"].user.has_perm(SEE_PATIENTS))


@extend_schema_serializer(component_name="OverrideRequestDetails")
class RequestDetailsSerializer(serializers.Serializer[Any]):
    """Who shall be booked when, and why it cannot wait."""

    patient = serializers.PrimaryKeyRelatedField(queryset=Patient.objects.all())
    provider = serializers.PrimaryKeyRelatedField(queryset=Provider.objects.all())
    appointment_type = serializers.PrimaryKeyRelatedField(queryset=AppointmentType.objects.all())
    starts_at = MomentField()
    ends_at = MomentField(required=False, allow_null=True)
    why = serializers.CharField(max_length=500)
    visit_reason = serializers.CharField(max_length=500, required=False, allow_blank=True)
    channel = serializers.ChoiceField(choices=Channel.choices, required=False)
    resources = serializers.PrimaryKeyRelatedField(
        queryset=Resource.objects.all(), many=True, required=False, help_text="Rooms and equipment by name."
    )
    follow_up_for = serializers.PrimaryKeyRelatedField(
        queryset=Appointment.objects.all(), required=False, allow_null=True, help_text="As of a booking."
    )
    reschedule_of = serializers.PrimaryKeyRelatedField(
        queryset=Appointment.objects.all(), required=False, allow_null=True, help_text="As of a booking."
    )


@extend_schema_serializer(component_name="OverrideRequestDecline")
class DeclineSerializer(serializers.Serializer[Any]):
    """Why not."""

    answer = serializers.CharField(max_length=500)


class RequestFilter(django_filters.FilterSet):  # type: ignore[misc]
    state = django_filters.MultipleChoiceFilter(choices=OverrideRequest.State.choices)
    provider = django_filters.UUIDFilter("provider_id")
    patient = PersonFilter()

    class Meta:
        model = OverrideRequest
        fields: tuple[str, ...] = ()


class Holds(generics.ListAPIView[Hold]):
    """The caller's own holds."""

    permission_classes = [Needs("scheduling.book_appointment")]  # type: ignore[list-item]
    serializer_class = HoldSerializer

    def get_queryset(self) -> QuerySet[Hold]:
        return Hold.objects.standing(now()).filter(by=self.request.user.pk).order_by("taken_at", "id")

    @extend_schema(request=HoldDetailsSerializer, responses={201: HoldSerializer, **IN_THE_WAY})
    def post(self, request: Request) -> Response:
        """Keep a place for five minutes; asked again with the same key, five minutes from now, fifteen at most."""
        wanted = checked(HoldDetailsSerializer(data=request.data))
        return Response(HoldSerializer(holding.hold(by=caller(request), at=now(), **wanted)).data, status=201)


class OneHold(APIView):
    """One hold, by the key of its form."""

    permission_classes = [Needs("scheduling.book_appointment")]  # type: ignore[list-item]

    @extend_schema(responses={204: None})
    def delete(self, request: Request, key: UUID) -> Response:
        """Let go of it. One that has run out or was used up is let go of already."""
        holding.release(form_key=key, by=caller(request))
        return Response(status=204)


class OverrideRequests(generics.ListAPIView[OverrideRequest]):
    """Wishes to be booked over another appointment: a clinic admin sees all, others their own."""

    permission_classes = [Needs("scheduling.book_appointment")]  # type: ignore[list-item]
    serializer_class = RequestSerializer
    filterset_class = RequestFilter

    def get_queryset(self) -> QuerySet[OverrideRequest]:
        return _theirs(self.request)

    def paginate_queryset(self, queryset: Any) -> Any:
        rows = super().paginate_queryset(queryset)
        record_reads({one.patient_id for one in rows or ()}, "schedule")
        return rows

    @extend_schema(request=RequestDetailsSerializer, responses={201: RequestSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Ask a clinic admin."""
        wanted = checked(RequestDetailsSerializer(data=request.data))
        return _shown(overrides.ask(by=caller(request), at=now(), **wanted), request, status=201)


class OneOverrideRequest(APIView):
    """One wish."""

    permission_classes = [Needs("scheduling.book_appointment")]  # type: ignore[list-item]

    @extend_schema(responses=RequestSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """What was asked, and what became of it."""
        return _shown(get_object_or_404(_theirs(request), pk=pk), request)


class OverrideApproval(APIView):
    """Yes."""

    permission_classes = [Needs(OVERRIDE)]  # type: ignore[list-item]

    @extend_schema(request=None, responses=RequestSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Book it over what is in the way."""
        found = get_object_or_404(OverrideRequest, pk=pk)
        return _shown(overrides.approve(found, by=caller(request), at=now()), request)


class OverrideDecline(APIView):
    """No."""

    permission_classes = [Needs(OVERRIDE)]  # type: ignore[list-item]

    @extend_schema(request=DeclineSerializer, responses=RequestSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Say why not."""
        found = get_object_or_404(OverrideRequest, pk=pk)
        words = checked(DeclineSerializer(data=request.data))
        return _shown(overrides.decline(found, by=caller(request), at=now(), **words), request)


class OverrideWithdrawal(APIView):
    """Not needed any more."""

    permission_classes = [Needs("scheduling.book_appointment")]  # type: ignore[list-item]

    @extend_schema(request=None, responses=RequestSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Only who asked may."""
        found = get_object_or_404(OverrideRequest, pk=pk)
        return _shown(overrides.withdraw(found, by=caller(request), at=now()), request)


def _theirs(request: Any) -> QuerySet[OverrideRequest]:
    rows = OverrideRequest.objects.with_people()
    return rows if request.user.has_perm(OVERRIDE) else rows.filter(requested_by=request.user.pk)


def _shown(one: OverrideRequest, request: Request, *, status: int = 200) -> Response:
    record_read(one.patient_id, "schedule")
    return Response(RequestSerializer(one, context={"request": request}).data, status=status)


urlpatterns: list[URLPattern | URLResolver] = [
    path("holds/", Holds.as_view(), name="api-holds"),
    path("holds/<uuid:key>/", OneHold.as_view(), name="api-hold"),
    path("override-requests/", OverrideRequests.as_view(), name="api-override-requests"),
    path("override-requests/<uuid:pk>/", OneOverrideRequest.as_view(), name="api-override-request"),
    path("override-requests/<uuid:pk>/approval/", OverrideApproval.as_view(), name="api-override-approval"),
    path("override-requests/<uuid:pk>/decline/", OverrideDecline.as_view(), name="api-override-decline"),
    path("override-requests/<uuid:pk>/withdrawal/", OverrideWithdrawal.as_view(), name="api-override-withdrawal"),
]
