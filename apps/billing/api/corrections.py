"""Corrections through the API: what would be posted, and posting exactly that."""

from collections.abc import Callable
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
from apps.billing.api.money import MoneyIn, MoneyOut
from apps.billing.correcting import corrections, rehearsing
from apps.billing.models import Correction, Invoice, Payment
from apps.core.clock import now
from apps.core.idempotency import idempotent
from apps.patients.models import Patient
from apps.scheduling.models import Appointment


class _WantedSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=300, allow_blank=True)
    patient = serializers.PrimaryKeyRelatedField(queryset=Patient.objects.all(), required=False)
    seal = serializers.CharField(
        max_length=64, required=False, default="", allow_blank=True,
        help_text="Of the rehearsal: what is posted is exactly what was shown, or nothing.",
    )  # fmt: skip


class PaymentCorrectionDetailsSerializer(_WantedSerializer):
    """What was wrong with a payment, and how it should have been."""

    kind = serializers.ChoiceField(choices=[(kind.value, kind.label) for kind in corrections.OF_PAYMENT])
    method = serializers.CharField(max_length=20, required=False)
    amount = MoneyIn(required=False)


class RightLineSerializer(serializers.Serializer[Any]):
    line = serializers.UUIDField()
    unit_price = MoneyIn(required=False)
    quantity = serializers.CharField(max_length=12, required=False)


class InvoiceCorrectionDetailsSerializer(_WantedSerializer):
    """What was wrong with an invoice, and how it should have been."""

    kind = serializers.ChoiceField(choices=[(kind.value, kind.label) for kind in corrections.OF_INVOICE])
    appointment = serializers.PrimaryKeyRelatedField(queryset=Appointment.objects.all(), required=False)
    lines = RightLineSerializer(many=True, required=False)
    paid = serializers.ChoiceField(
        choices=[corrections.ALONG, "credit", "refund"], required=False,
        help_text="For the wrong patient: goes along to the right one, stays as credit, or is given back.",
    )  # fmt: skip

    def validate_lines(self, lines: list[dict[str, Any]]) -> dict[UUID, dict[str, Any]]:
        return {line.pop("line"): line for line in lines}


class CorrectionSerializer(serializers.ModelSerializer[Correction]):
    """What was reversed, and what took its place."""

    class Meta:
        model = Correction
        fields = ("id", "kind", "payment", "new_payment", "invoice", "new_invoice", "reason", "at", "by")
        read_only_fields = fields


class RehearsedLineSerializer(serializers.Serializer[Any]):
    account = serializers.CharField()
    debit, credit = MoneyOut(), MoneyOut()
    subject = serializers.UUIDField(allow_null=True)


class RehearsedEntrySerializer(serializers.Serializer[Any]):
    words = serializers.CharField()
    lines = RehearsedLineSerializer(many=True)


class RehearsalSerializer(serializers.Serializer[Any]):
    """The debits and credits that the correction would post."""

    entries = RehearsedEntrySerializer(many=True)
    seal = serializers.CharField()


class _Correct(APIView):
    permission_classes = [Needs("billing.correct")]  # type: ignore[list-item]
    model: type[Payment] | type[Invoice]
    details: type[serializers.Serializer[Any]]
    rule: Callable[..., Correction]

    def wanted(self, request: Request, pk: UUID) -> tuple[Callable[[], Correction], Any, str]:
        paper: Any = get_object_or_404(self.model, pk=pk)
        record_read(paper.patient_id, "correction")
        right, at = checked(self.details(data=request.data)), now()
        seal = right.pop("seal", "")
        return lambda: type(self).rule(paper, by=caller(request), at=at, **right), at, seal

    def done(self, request: Request, pk: UUID) -> Response:
        correct, at, seal = self.wanted(request, pk)
        return Response(CorrectionSerializer(rehearsing.confirm(correct, seal=seal, at=at)).data, status=201)

    def shown(self, request: Request, pk: UUID) -> Response:
        correct, at, _seal = self.wanted(request, pk)
        return Response(RehearsalSerializer(rehearsing.rehearse(correct, at=at)).data)


class _OfPayment(_Correct):
    model = Payment
    details = PaymentCorrectionDetailsSerializer
    rule = staticmethod(corrections.correct_payment)


class _OfInvoice(_Correct):
    model = Invoice
    details = InvoiceCorrectionDetailsSerializer
    rule = staticmethod(corrections.correct_invoice)


class PaymentCorrections(_OfPayment):
    """A payment had the wrong method, amount or patient."""

    @extend_schema(request=PaymentCorrectionDetailsSerializer, responses={201: CorrectionSerializer})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Reverse it and receive it anew; with a seal, exactly as was shown."""
        return self.done(request, pk)


class PaymentCorrectionRehearsal(_OfPayment):
    """What that would post."""

    @extend_schema(request=PaymentCorrectionDetailsSerializer, responses=RehearsalSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Nothing is changed."""
        return self.shown(request, pk)


class InvoiceCorrections(_OfInvoice):
    """An invoice had the wrong patient, amount or visit."""

    @extend_schema(request=InvoiceCorrectionDetailsSerializer, responses={201: CorrectionSerializer})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Make it void and issue the right one; with a seal, exactly as was shown."""
        return self.done(request, pk)


class InvoiceCorrectionRehearsal(_OfInvoice):
    """What that would post."""

    @extend_schema(request=InvoiceCorrectionDetailsSerializer, responses=RehearsalSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Nothing is changed."""
        return self.shown(request, pk)


urlpatterns: list[URLPattern | URLResolver] = [
    path("payments/<uuid:pk>/corrections/", PaymentCorrections.as_view(), name="api-payment-corrections"),
    path(
        "payments/<uuid:pk>/corrections/rehearsal/", PaymentCorrectionRehearsal.as_view(), name="api-payment-rehearsal"
    ),
    path("invoices/<uuid:pk>/corrections/", InvoiceCorrections.as_view(), name="api-invoice-corrections"),
    path(
        "invoices/<uuid:pk>/corrections/rehearsal/", InvoiceCorrectionRehearsal.as_view(), name="api-invoice-rehearsal"
    ),
]
