"""Write-offs through the API: what will not be paid, and what is owed again. POSTs take an Idempotency-Key."""

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.audit.reads import record_read, record_reads
from apps.billing.api.invoices import invoice_of
from apps.billing.api.money import MoneyIn, MoneyOut
from apps.billing.lowering import write_offs
from apps.billing.models import WriteOff
from apps.core.clock import now
from apps.core.idempotency import idempotent
from apps.patients.models.persons import records_of


class WriteOffSerializer(serializers.ModelSerializer[WriteOff]):
    """A part of an invoice that is no longer expected to be paid; below zero where one is taken back (`reverses`)."""

    invoice_number = serializers.CharField(source="invoice.number")
    amount, net, tax, recognised = (MoneyOut() for _ in range(4))

    class Meta:
        model = WriteOff
        fields = (
            *("id", "tenant_id", "number", "invoice", "invoice_number", "reverses", "category", "reason"),
            *("amount", "net", "tax", "recognised", "written_off_on", "at", "by"),
        )
        read_only_fields = fields


class WriteOffDetailsSerializer(serializers.Serializer[Any]):
    """What is written off, and why."""

    amount = MoneyIn(required=False, help_text="All that is owed if left out.")
    category = serializers.ChoiceField(choices=WriteOff.Category.choices)
    reason = serializers.CharField(max_length=300)


class TakeBackSerializer(serializers.Serializer[Any]):
    """Why it is owed again."""

    reason = serializers.CharField(max_length=300)


class WriteOffFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Of which invoice, whose, from when."""

    invoice = django_filters.UUIDFilter("invoice_id")
    patient = django_filters.UUIDFilter(method="of_patient", label="On any record of this person.")
    category = django_filters.ChoiceFilter(choices=WriteOff.Category.choices)
    written_off_from = django_filters.DateFilter("written_off_on", "gte")
    written_off_to = django_filters.DateFilter("written_off_on", "lte")

    class Meta:
        model = WriteOff
        fields: tuple[str, ...] = ()

    def of_patient(self, queryset: QuerySet[WriteOff], name: str, patient: UUID) -> QuerySet[WriteOff]:
        return queryset.filter(invoice__patient__in=records_of(patient))


class WriteOffs(generics.ListAPIView[WriteOff]):
    """Write-offs and what took them back, the latest first."""

    permission_classes = [Needs("billing.view_invoice")]  # type: ignore[list-item]
    serializer_class = WriteOffSerializer
    filterset_class = WriteOffFilter

    def get_queryset(self) -> QuerySet[WriteOff]:
        return WriteOff.objects.select_related("invoice")

    def paginate_queryset(self, queryset: Any) -> Any:
        rows = super().paginate_queryset(queryset)
        record_reads({fact.invoice.patient_id for fact in rows or ()}, "billing list")
        return rows


class InvoiceWriteOffs(APIView):
    """Writing off on one invoice."""

    permission_classes = [Needs("billing.write_off")]  # type: ignore[list-item]

    @extend_schema(request=WriteOffDetailsSerializer, responses={201: WriteOffSerializer})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """No longer expect what is owed, or a part of it."""
        invoice = invoice_of(pk)
        record_read(invoice.patient_id, "invoice")
        wanted = checked(WriteOffDetailsSerializer(data=request.data))
        fact = write_offs.write_off(invoice, by=caller(request), at=now(), **wanted)
        return Response(WriteOffSerializer(fact).data, status=201)


class TakingBack(APIView):
    """The money comes after all."""

    permission_classes = [Needs("billing.write_off")]  # type: ignore[list-item]

    @extend_schema(request=TakeBackSerializer, responses={201: WriteOffSerializer})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Take a write-off back: it is owed again."""
        found = get_object_or_404(WriteOff.objects.select_related("invoice"), pk=pk)
        record_read(found.invoice.patient_id, "invoice")
        wanted = checked(TakeBackSerializer(data=request.data))
        fact = write_offs.take_back(found, by=caller(request), at=now(), **wanted)
        return Response(WriteOffSerializer(fact).data, status=201)


urlpatterns: list[URLPattern | URLResolver] = [
    path("write-offs/", WriteOffs.as_view(), name="api-write-offs"),
    path("write-offs/<uuid:pk>/taking-back/", TakingBack.as_view(), name="api-write-off-taking-back"),
    path("invoices/<uuid:pk>/write-offs/", InvoiceWriteOffs.as_view(), name="api-invoice-write-offs"),
]
