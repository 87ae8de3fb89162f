"""Checking in with money through the API: what is due, and payment, arrival and token in one request."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.audit.reads import record_read
from apps.billing.api.money import MoneyIn, MoneyOut
from apps.billing.models import AT_THE_DESK, CheckIn, WhyUnpaid
from apps.billing.paying import check_in as checking_in
from apps.core.clock import now
from apps.core.idempotency import idempotent
from apps.core.refusals import NotPermitted
from apps.scheduling.arrival import reception
from apps.scheduling.arrival.tickets import ticket_of
from apps.scheduling.models import Appointment


class CheckInSerializer(serializers.ModelSerializer[CheckIn]):
    """How a patient was checked in."""

    due = MoneyOut()
    payment_number = serializers.CharField(source="payment.number", default=None)
    token = serializers.SerializerMethodField()
    status = serializers.CharField(source="appointment.status")

    class Meta:
        model = CheckIn
        fields = (
            *("id", "tenant_id", "appointment", "status", "token", "due", "payment", "payment_number"),
            *("unpaid_because", "words", "at", "by"),
        )
        read_only_fields = fields

    def get_token(self, made: CheckIn) -> str | None:
        ticket = ticket_of(made.appointment)
        return ticket.token if ticket else None


@extend_schema_serializer(component_name="CheckInAlert")
class AlertSerializer(serializers.Serializer[Any]):
    """Something that must not be overlooked; only for those who may know it."""

    code = serializers.CharField()
    words = serializers.CharField()
    tone = serializers.CharField()


class MissingConsentSerializer(serializers.Serializer[Any]):
    """A required text that the patient has not agreed to, or no longer."""

    id = serializers.UUIDField(source="pk")
    title = serializers.CharField()


class DueTodaySerializer(serializers.Serializer[Any]):
    """What the desk asks for and looks at before it checks somebody in."""

    asked, credit, owed, due = MoneyOut(), MoneyOut(), MoneyOut(), MoneyOut()
    details_due = serializers.BooleanField(help_text="Contact details are to be confirmed.")
    details_confirmed_at = serializers.DateTimeField(allow_null=True)
    alerts = AlertSerializer(many=True)
    consents_missing = MissingConsentSerializer(many=True)
    coverage_missing = AlertSerializer(many=True)
    check_in = CheckInSerializer(allow_null=True)


class CheckInDetailsSerializer(serializers.Serializer[Any]):
    """Either `amount` and `method`, or `unpaid_because` where something is due."""

    amount = MoneyIn(required=False)
    method = serializers.ChoiceField(choices=AT_THE_DESK, required=False)
    reference = serializers.CharField(max_length=80, required=False, allow_blank=True)
    tendered = MoneyIn(required=False, help_text="The cash that was put on the desk.")
    owed_first = serializers.BooleanField(default=False, help_text="Pay open invoices first; the rest is credit.")
    unpaid_because = serializers.ChoiceField(choices=WhyUnpaid.choices, required=False)
    words = serializers.CharField(max_length=300, required=False, allow_blank=True)
    details_confirmed = serializers.BooleanField(default=False, help_text="The patient said the details are right.")


class AppointmentCheckIn(APIView):
    """The patient stands at the desk."""

    permission_classes = [Needs("billing.receive_payment")]  # type: ignore[list-item]

    @extend_schema(responses=DueTodaySerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """What is due, and what is to be asked."""
        found = _fetch(request, pk)
        due = checking_in.due_today(found)
        ready = reception.readiness(found.patient, reader=caller(request), at=now())
        answer = {
            "asked": due.asked,
            "credit": due.credit,
            "owed": due.owed,
            "due": due.due,
            "details_due": ready.details_due,
            "details_confirmed_at": ready.last_confirmed.at if ready.last_confirmed else None,
            "alerts": ready.alerts,
            "consents_missing": ready.consents,
            "coverage_missing": ready.coverage,
            "check_in": checking_in.last_of(found),
        }
        return Response(DueTodaySerializer(answer).data)

    @extend_schema(request=CheckInDetailsSerializer, responses={201: CheckInSerializer})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Take the copay and check in, or say why nothing is taken: all of it, or nothing."""
        found = _fetch(request, pk)
        typed = checked(CheckInDetailsSerializer(data=request.data))
        made = checking_in.check_in(found, by=caller(request), at=now(), **typed)
        return Response(CheckInSerializer(made).data, status=201)


def _fetch(request: Request, pk: UUID) -> Appointment:
    found = get_object_or_404(Appointment.objects.with_people(), pk=pk)
    if not request.user.has_perm("scheduling.record_attendance"):
        raise NotPermitted
    record_read(found.patient_id, "check_in")
    return found


urlpatterns: list[URLPattern | URLResolver] = [
    path("appointments/<uuid:pk>/check-in/", AppointmentCheckIn.as_view(), name="api-appointment-check-in"),
]
