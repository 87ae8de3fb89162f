"""What a patient owes and has paid, through the API."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller
from apps.audit.reads import record_read
from apps.billing import statements
from apps.billing.api.money import MoneyOut
from apps.billing.documents.statement import statement_paper
from apps.billing.patient_statement import statement
from apps.core import clock
from apps.ledger.api.accounts import DaysAskedSerializer, days_asked
from apps.ledger.asking import known_words, today
from apps.ledger.documents.papers import as_pdf, too_long
from apps.patients.models import Patient


class StatementMovementSerializer(serializers.Serializer[Any]):
    """One line of a patient's statement."""

    on = serializers.DateField()
    at = serializers.DateTimeField()
    words = serializers.CharField()
    number = serializers.CharField()
    charge, credited, paid, balance = MoneyOut(), MoneyOut(), MoneyOut(), MoneyOut()
    entry = serializers.UUIDField(help_text="Where it stands in the journal.")


class PatientAccountSerializer(serializers.Serializer[Any]):
    """What a patient owes and has paid."""

    patient = serializers.UUIDField()
    owed, credit = MoneyOut(help_text="Now."), MoneyOut(help_text="Now.")
    opening, charged, credited, paid, closing = MoneyOut(), MoneyOut(), MoneyOut(), MoneyOut(), MoneyOut()
    movements = StatementMovementSerializer(many=True)


class Account(APIView):
    """What one patient owes and has paid."""

    permission_classes = [Needs("billing.view_invoice")]  # type: ignore[list-item]

    @extend_schema(parameters=[DaysAskedSerializer], responses=PatientAccountSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Balance and statement, the oldest movement first."""
        patient = get_object_or_404(Patient, pk=pk)
        record_read(patient.pk, "billing account")
        found = statement(patient, days_asked(request), reader=caller(request))
        now = statements.balance_of(patient)
        told = {
            name: getattr(found, name) for name in ("opening", "charged", "credited", "paid", "closing", "movements")
        }
        account = {"patient": patient.pk, "owed": now.owed, "credit": now.credit, **told}
        return Response(PatientAccountSerializer(account).data)


class StatementOnPaper(APIView):
    """A patient's statement on paper."""

    permission_classes = [Needs("billing.view_invoice")]  # type: ignore[list-item]

    @extend_schema(parameters=[DaysAskedSerializer], responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """As PDF."""
        patient, days = get_object_or_404(Patient, pk=pk), days_asked(request)
        record_read(patient.pk, "billing account")
        found = statement(patient, days, reader=caller(request))
        if refused := too_long(len(found.movements)):
            return refused
        is_now = days.known_at is None and days.last is not None and days.last >= today()
        words = " · ".join(filter(None, [days.words, known_words(days.known_at)]))
        return as_pdf(statement_paper(patient, found, words=words, is_now=is_now), at=clock.now())


urlpatterns: list[URLPattern | URLResolver] = [
    path("patients/<uuid:pk>/account/", Account.as_view(), name="api-patient-account"),
    path("patients/<uuid:pk>/statement/", StatementOnPaper.as_view(), name="api-patient-statement"),
]
