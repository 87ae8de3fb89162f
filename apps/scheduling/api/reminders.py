"""Reminders through the API: those of an appointment, the clinic's rules, and what patients agreed to."""

from datetime import time
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.audit.reads import record_read
from apps.core.clock import now
from apps.patients.models import Patient
from apps.scheduling import reminders
from apps.scheduling.models import Appointment, AppointmentType
from apps.scheduling.models.reminder import (
    MOST_HOURS,
    ContactWish,
    QuietHours,
    Reminder,
    ReminderChannel,
    ReminderRule,
)


class ReminderSerializer(serializers.ModelSerializer[Reminder]):
    """One reminder of an appointment."""

    class Meta:
        model = Reminder
        fields = ("id", "channel", "hours_before", "starts_at", "due_at", "status", "why_not", "settled_at")
        read_only_fields = fields


class NoticeSerializer(serializers.Serializer[Any]):
    """So many hours before, by this channel; of one type, or of all without rules of their own."""

    hours_before = serializers.IntegerField(min_value=1, max_value=MOST_HOURS)
    channel = serializers.ChoiceField(choices=ReminderChannel.choices)
    appointment_type = serializers.PrimaryKeyRelatedField(
        queryset=AppointmentType.objects.all(), required=False, allow_null=True
    )


class ReminderRulesSerializer(serializers.Serializer[Any]):
    """All rules of the clinic; writing replaces them."""

    rules = NoticeSerializer(many=True)
    quiet_from = serializers.TimeField(default=time(21))
    quiet_until = serializers.TimeField(default=time(8))


class ContactWishSerializer(serializers.ModelSerializer[ContactWish]):
    """Whether a patient agreed to be reminded by a channel; the newest of a channel holds."""

    class Meta:
        model = ContactWish
        fields = ("id", "channel", "agreed", "by", "at")
        read_only_fields = ("id", "by", "at")


class RemindersOfAppointment(APIView):
    """Reminders of an appointment."""

    permission_classes = [Needs("scheduling.view_appointment")]  # type: ignore[list-item]

    @extend_schema(responses=ReminderSerializer(many=True))
    def get(self, request: Request, pk: UUID) -> Response:
        """Planned, sent and withdrawn ones."""
        appointment = get_object_or_404(Appointment, pk=pk)
        record_read(appointment.patient_id, "appointment")
        return Response(
            {"results": ReminderSerializer(Reminder.objects.filter(appointment=appointment), many=True).data}
        )


class ReminderRules(APIView):
    """Which reminders are sent."""

    permission_classes = [
        Needs("scheduling.view_appointment", PUT="scheduling.edit_reminders")  # type: ignore[list-item]
    ]

    @extend_schema(responses=ReminderRulesSerializer)
    def get(self, request: Request) -> Response:
        """The clinic's rules and its quiet hours."""
        return _rules()

    @extend_schema(request=ReminderRulesSerializer, responses=ReminderRulesSerializer)
    def put(self, request: Request) -> Response:
        """Replace them; coming appointments follow at once."""
        wanted = checked(ReminderRulesSerializer(data=request.data))
        notices = [
            reminders.Notice(
                one["hours_before"],
                one["channel"],
                one["appointment_type"].pk if one.get("appointment_type") else None,
            )
            for one in wanted["rules"]
        ]
        reminders.set_rules(
            notices,
            quiet_from=wanted["quiet_from"],
            quiet_until=wanted["quiet_until"],
            by=caller(request),
            at=now(),
        )
        return _rules()


class ContactWishes(APIView):
    """What a patient agreed to."""

    permission_classes = [
        Needs("scheduling.view_appointment", POST="scheduling.book_appointment")  # type: ignore[list-item]
    ]

    @extend_schema(responses=ContactWishSerializer(many=True))
    def get(self, request: Request, pk: UUID) -> Response:
        """In order; the newest of a channel holds."""
        patient = _patient(pk)
        return Response({"results": ContactWishSerializer(ContactWish.objects.of_patient(patient), many=True).data})

    @extend_schema(request=ContactWishSerializer, responses={201: ContactWishSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Write down an answer."""
        patient = _patient(pk)
        wanted = checked(ContactWishSerializer(data=request.data))
        noted = reminders.note_wish(patient, **wanted, by=caller(request), at=now())
        return Response(ContactWishSerializer(noted).data, status=201)


def _patient(pk: UUID) -> Patient:
    patient = get_object_or_404(Patient, pk=pk)
    record_read(patient.pk, "reminders")
    return patient


def _rules() -> Response:
    quiet = QuietHours.objects.first() or QuietHours()
    shown = {
        "rules": [
            {"hours_before": one.hours_before, "channel": one.channel, "appointment_type": one.appointment_type_id}
            for one in ReminderRule.objects.all()
        ],
        "quiet_from": quiet.begins.isoformat(),
        "quiet_until": quiet.ends.isoformat(),
    }
    return Response(shown)


urlpatterns: list[URLPattern | URLResolver] = [
    path("appointments/<uuid:pk>/reminders/", RemindersOfAppointment.as_view(), name="api-appointment-reminders"),
    path("reminder-rules/", ReminderRules.as_view(), name="api-reminder-rules"),
    path("patients/<uuid:pk>/contact-wishes/", ContactWishes.as_view(), name="api-contact-wishes"),
]
