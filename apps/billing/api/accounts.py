"""What a patient owes and has paid, through the API."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs
from apps.audit.reads import record_read
from apps.billing import statements
from apps.billing.api.money import MoneyOut
from apps.patients.models import Patient


class StatementMovementSerializer(serializers.Serializer[Any]):
    """One line of a patient's statement."""

    on = serializers.DateField()
    at = serializers.DateTimeField()
    words = serializers.CharField()
    number = serializers.CharField()
    charge, paid, balance = MoneyOut(), MoneyOut(), MoneyOut()


class PatientAccountSerializer(serializers.Serializer[Any]):
    """What a patient owes and has paid."""

    patient = serializers.UUIDField()
    owed, credit = MoneyOut(), MoneyOut()
    movements = StatementMovementSerializer(many=True)


class Account(APIView):
    """What one patient owes and has paid."""

    permission_classes = [Needs("billing.view_invoice")]  # type: ignore[list-item]

    @extend_schema(responses=PatientAccountSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Balance and statement, the oldest movement first."""
        patient = get_object_or_404(Patient, pk=pk)
        record_read(patient.pk, "billing account")
        balance = statements.balance_of(patient)
        account = {
            "patient": patient.pk,
            "owed": balance.owed,
            "credit": balance.credit,
            "movements": statements.statement(patient),
        }
        return Response(PatientAccountSerializer(account).data)


urlpatterns: list[URLPattern | URLResolver] = [
    path("patients/<uuid:pk>/account/", Account.as_view(), name="api-patient-account"),
]
