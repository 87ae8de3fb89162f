"""Leave that providers ask for, through the API."""

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
from apps.clinic.models import Provider
from apps.core.clock import now
from apps.scheduling.api.asking import MomentField
from apps.scheduling.calendars import leave
from apps.scheduling.models import LeaveRequest, LeaveStep

# Whose leave it is, the rules know; this is for everybody who sees the schedule.
OWN_OR_ALL = Needs("scheduling.view_appointment")


@extend_schema_serializer(component_name="LeaveStep")
class StepSerializer(serializers.ModelSerializer[LeaveStep]):
    """Asked, approved, declined, withdrawn."""

    class Meta:
        model = LeaveStep
        fields = ("to_status", "words", "by", "at")
        read_only_fields = fields


@extend_schema_serializer(component_name="LeaveRequest")
class RequestSerializer(serializers.ModelSerializer[LeaveRequest]):
    """A provider would like to be away."""

    steps = StepSerializer(many=True)

    class Meta:
        model = LeaveRequest
        fields = (
            *("id", "tenant_id", "provider", "starts_at", "ends_at", "reason", "status"),
            *("asked_by", "asked_at", "time_off", "steps"),
        )
        read_only_fields = fields


@extend_schema_serializer(component_name="LeaveWish")
class WishSerializer(serializers.Serializer[Any]):
    """When."""

    starts_at = MomentField()
    ends_at = MomentField()
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True)


@extend_schema_serializer(component_name="LeaveApproval")
class ApprovalSerializer(serializers.Serializer[Any]):
    words = serializers.CharField(max_length=200, required=False, allow_blank=True)
    keep_appointments = serializers.BooleanField(required=False, help_text="To be moved by hand afterwards.")


@extend_schema_serializer(component_name="LeaveRefusal")
class RefusalSerializer(serializers.Serializer[Any]):
    words = serializers.CharField(max_length=200, help_text="Why.")


class LeaveRequests(generics.ListAPIView[LeaveRequest]):
    """Own requests; those of all providers for whoever may change hours."""

    permission_classes = [OWN_OR_ALL]  # type: ignore[list-item]
    serializer_class = RequestSerializer
    filterset_fields = ("provider", "status")
    queryset = LeaveRequest.objects.none()  # for the description, which nobody in particular asks for

    def get_queryset(self) -> QuerySet[LeaveRequest]:
        rows = LeaveRequest.objects.prefetch_related("steps").order_by("-starts_at", "id")
        user = caller(self.request)
        return rows if user.has_perm(leave.EDIT_HOURS) else rows.filter(provider__user=user)

    @extend_schema(request=WishSerializer, responses={201: RequestSerializer})
    def post(self, request: Request) -> Response:
        """Ask for own leave. Nothing is closed until it is approved."""
        provider = get_object_or_404(Provider, user=caller(request))
        wish = checked(WishSerializer(data=request.data))
        made = leave.ask_for_leave(provider, by=caller(request), at=now(), **wish)
        return Response(RequestSerializer(made).data, status=201)


class Approval(APIView):
    """Yes."""

    permission_classes = [Needs("scheduling.edit_hours")]  # type: ignore[list-item]

    @extend_schema(
        request=ApprovalSerializer,
        responses={200: RequestSerializer, 409: OpenApiResponse(description="Answered already, or `in_the_way`.")},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Close the time that was asked for."""
        found = get_object_or_404(LeaveRequest, pk=pk)
        how = checked(ApprovalSerializer(data=request.data))
        return Response(RequestSerializer(leave.approve_leave(found, by=caller(request), at=now(), **how)).data)


class Refusal(APIView):
    """No."""

    permission_classes = [Needs("scheduling.edit_hours")]  # type: ignore[list-item]

    @extend_schema(request=RefusalSerializer, responses=RequestSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Say no, and why."""
        found = get_object_or_404(LeaveRequest, pk=pk)
        why = checked(RefusalSerializer(data=request.data))
        return Response(RequestSerializer(leave.decline_leave(found, by=caller(request), at=now(), **why)).data)


class Withdrawal(APIView):
    """Not after all."""

    permission_classes = [OWN_OR_ALL]  # type: ignore[list-item]

    @extend_schema(request=None, responses=RequestSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Take a request, or approved leave, back."""
        found = get_object_or_404(LeaveRequest, pk=pk)
        return Response(RequestSerializer(leave.withdraw_request(found, by=caller(request), at=now())).data)


urlpatterns: list[URLPattern | URLResolver] = [
    path("leave-requests/", LeaveRequests.as_view(), name="api-leave-requests"),
    path("leave-requests/<uuid:pk>/approval/", Approval.as_view(), name="api-leave-approval"),
    path("leave-requests/<uuid:pk>/refusal/", Refusal.as_view(), name="api-leave-refusal"),
    path("leave-requests/<uuid:pk>/withdrawal/", Withdrawal.as_view(), name="api-leave-withdrawal"),
]
