"""Each step of an appointment is a POST to its noun; a conflict is answered 409 with `in_the_way` and `free_times`."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.core.clock import now
from apps.scheduling import attendance, booking, undo
from apps.scheduling.api.appointments import AppointmentSerializer, PlaceSerializer, found, shown
from apps.scheduling.api.asking import IN_THE_WAY
from apps.scheduling.missed import Answer
from apps.scheduling.models import (
    Appointment,
    AppointmentTransition,
)


@extend_schema_serializer(component_name="AppointmentMove")
class MoveSerializer(PlaceSerializer):
    """Another time, provider or length."""

    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, help_text="Why it is moved.")


@extend_schema_serializer(component_name="AppointmentConfirmation")
class ConfirmationSerializer(serializers.Serializer[Any]):
    """How a request is to get its place."""

    override_reason = serializers.CharField(max_length=500, required=False, allow_blank=True)
    patient_sees_both = serializers.BooleanField(required=False)


@extend_schema_serializer(component_name="AppointmentCancellation")
class CancellationSerializer(serializers.Serializer[Any]):
    """Why it does not take place."""

    reason = serializers.CharField(max_length=500)
    called_off_by_clinic = serializers.BooleanField(
        required=False, default=False, help_text="Not the patient cancels but the clinic: then it costs nothing."
    )
    waiver = serializers.CharField(
        max_length=500,
        required=False,
        allow_blank=True,
        default="",
        help_text="Why no fee is asked: clinic admins only.",
    )


@extend_schema_serializer(component_name="AppointmentTransition")
class TransitionSerializer(serializers.ModelSerializer[AppointmentTransition]):
    """One move: who, when, from where to where."""

    by_name = serializers.CharField(source="by.full_name")

    class Meta:
        model = AppointmentTransition
        fields = (
            *("id", "at", "by", "by_name", "from_status", "to_status", "from_provider", "to_provider"),
            *("from_starts_at", "from_ends_at", "to_starts_at", "to_ends_at", "is_override", "undoes"),
        )
        read_only_fields = fields


class Rescheduling(APIView):
    """Another time or provider."""

    permission_classes = [Needs("scheduling.book_appointment")]  # type: ignore[list-item]

    @extend_schema(request=MoveSerializer, responses={200: AppointmentSerializer, **IN_THE_WAY})
    def post(self, request: Request, pk: UUID) -> Response:
        """Move it. Where it does not fit, nothing changes."""
        appointment = found(pk)
        wanted = checked(MoveSerializer(data=request.data))
        return shown(booking.reschedule(appointment, by=caller(request), at=now(), **wanted), request)


class Confirmation(APIView):
    """A request gets its place."""

    permission_classes = [Needs("scheduling.book_appointment")]  # type: ignore[list-item]

    @extend_schema(request=ConfirmationSerializer, responses={200: AppointmentSerializer, **IN_THE_WAY})
    def post(self, request: Request, pk: UUID) -> Response:
        """Confirm a requested appointment."""
        appointment = found(pk)
        how = checked(ConfirmationSerializer(data=request.data))
        return shown(booking.confirm(appointment, by=caller(request), at=now(), **how), request)


class Cancellation(APIView):
    """It does not take place."""

    permission_classes = [Needs("scheduling.book_appointment")]  # type: ignore[list-item]

    @extend_schema(request=CancellationSerializer, responses=AppointmentSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Cancel it with a reason; its time is free again. What that costs: `costs/`."""
        appointment = found(pk)
        why = checked(CancellationSerializer(data=request.data))
        answer = Answer(why["called_off_by_clinic"], why["waiver"])
        cancelled = booking.cancel(appointment, by=caller(request), at=now(), reason=why["reason"], answer=answer)
        return shown(cancelled, request)


class Step(APIView):
    """One step of a visit. Skipping, repeating and going back are refused with the reason."""

    rule: Callable[..., Appointment]

    @extend_schema(request=None, responses=AppointmentSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        return shown(type(self).rule(found(pk), by=caller(request), at=now()), request)


class Arrival(Step):
    """The patient is here."""

    permission_classes = [Needs("scheduling.record_attendance")]  # type: ignore[list-item]
    rule = staticmethod(attendance.arrive)


class Start(Step):
    """The provider sees the patient."""

    permission_classes = [Needs(*attendance.RUN)]  # type: ignore[list-item]
    rule = staticmethod(attendance.start)


class Completion(Step):
    """The visit is over; its draft invoice appears by itself (UC-02)."""

    permission_classes = [Needs(*attendance.RUN)]  # type: ignore[list-item]
    rule = staticmethod(attendance.complete)


class NoShow(Step):
    """The patient did not come; the time is free again."""

    permission_classes = [Needs("scheduling.record_attendance")]  # type: ignore[list-item]
    rule = staticmethod(attendance.no_show)


class Undoing(Step):
    """The last change of status is taken back; a booking is cancelled at no cost. Within a quarter of an hour."""

    permission_classes = [Needs(*undo.MAY_ASK)]  # type: ignore[list-item]
    rule = staticmethod(undo.take_back)


class Transitions(APIView):
    """Every move of an appointment: who moved it, when, from where to where."""

    permission_classes = [Needs("scheduling.view_appointment")]  # type: ignore[list-item]

    @extend_schema(responses=TransitionSerializer(many=True))
    def get(self, request: Request, pk: UUID) -> Response:
        """In order."""
        moves = found(pk).transitions.select_related("by")
        return Response({"results": TransitionSerializer(moves, many=True).data})


urlpatterns: list[URLPattern | URLResolver] = [
    path("appointments/<uuid:pk>/reschedule/", Rescheduling.as_view(), name="api-appointment-reschedule"),
    path("appointments/<uuid:pk>/confirmation/", Confirmation.as_view(), name="api-appointment-confirmation"),
    path("appointments/<uuid:pk>/cancellation/", Cancellation.as_view(), name="api-appointment-cancellation"),
    path("appointments/<uuid:pk>/arrival/", Arrival.as_view(), name="api-appointment-arrival"),
    path("appointments/<uuid:pk>/start/", Start.as_view(), name="api-appointment-start"),
    path("appointments/<uuid:pk>/completion/", Completion.as_view(), name="api-appointment-completion"),
    path("appointments/<uuid:pk>/no-show/", NoShow.as_view(), name="api-appointment-no-show"),
    path("appointments/<uuid:pk>/undo/", Undoing.as_view(), name="api-appointment-undo"),
    path("appointments/<uuid:pk>/transitions/", Transitions.as_view(), name="api-appointment-transitions"),
]
