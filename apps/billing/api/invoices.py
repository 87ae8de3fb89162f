"""Invoices through the API: drafted, listed, shown, printed. Every POST takes an Idempotency-Key."""

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.audit.reads import record_read, record_reads
from apps.billing import invoicing
from apps.billing.api.money import AllocationSerializer, MoneyIn, MoneyOut
from apps.billing.documents.papers import invoice_pdf
from apps.billing.fetching import (
    bring_allocations,
    bring_lines,
    fetch_allocations,
    fetch_lines,
    was_brought,
    with_patient_number,
)
from apps.billing.models import Invoice, InvoiceLine, InvoiceLineTax, InvoiceStatus, Service
from apps.billing.prices.tax_words import tax_summary
from apps.core.api_shapes import Input, shaped
from apps.core.clock import now
from apps.core.idempotency import idempotent
from apps.core.prepared import prepared
from apps.core.references import Reference
from apps.patients.models import Patient
from apps.patients.models.persons import records_of
from apps.scheduling.models import Appointment


class LineTaxSerializer(serializers.ModelSerializer[InvoiceLineTax]):
    """One tax on one charge."""

    amount = MoneyOut()

    class Meta:
        model = InvoiceLineTax
        fields = ("name", "rate", "is_included", "amount")
        read_only_fields = fields


class TaxSumSerializer(serializers.Serializer[Any]):
    """What one tax at one rate comes to on an invoice, and on how much."""

    name = serializers.CharField()
    rate = serializers.DecimalField(max_digits=6, decimal_places=3)
    base, tax = MoneyOut(), MoneyOut()


class InvoiceLineSerializer(serializers.ModelSerializer[InvoiceLine]):
    """One charge."""

    unit_price, discount, gross, net, tax, total = (MoneyOut() for _ in range(6))
    discount_reason = serializers.CharField(source="discount_given.reason", default="", help_text="Why it was let off.")
    included = MoneyOut(help_text="Tax that the price has in it.")
    taxes = LineTaxSerializer(many=True)

    class Meta:
        model = InvoiceLine
        fields = (
            *("id", "position", "service", "description", "quantity", "unit_price", "gross"),
            *("discount_percent", "discount", "discount_reason", "included", "net", "tax_name", "tax_rate"),
            *("taxes", "tax", "total", "service_on"),
            *("price_list", "package"),
        )
        read_only_fields = fields


class InvoiceInListSerializer(serializers.ModelSerializer[Invoice]):
    """An invoice in a list. Sums and status follow its lines and payments."""

    number = serializers.CharField(help_text="Given at issue; a draft has none.")
    status = serializers.ChoiceField(choices=InvoiceStatus.choices)
    patient_number = serializers.CharField(source="patient.number")
    net, tax, total, applied, refunded, credited, written_off, due = (MoneyOut() for _ in range(8))

    class Meta:
        model = Invoice
        fields: tuple[str, ...] = (
            *("id", "tenant_id", "number", "status", "patient", "patient_number", "appointment", "source"),
            *("source_reference", "currency", "net", "tax", "total", "applied", "refunded"),
            *("credited", "written_off", "due"),
            *("created_at", "created_by", "issued_on", "issued_at", "issued_by", "due_on", "voided_at"),
        )
        read_only_fields = fields


class InvoiceSerializer(InvoiceInListSerializer):
    """An invoice with its lines and what was paid on it."""

    lines = InvoiceLineSerializer(many=True)
    tax_summary = serializers.SerializerMethodField()
    allocations = AllocationSerializer(many=True)

    class Meta(InvoiceInListSerializer.Meta):
        fields = (*InvoiceInListSerializer.Meta.fields, "lines", "tax_summary", "allocations")
        read_only_fields = fields

    @extend_schema_field(TaxSumSerializer(many=True))
    def get_tax_summary(self, invoice: Invoice) -> Any:
        return [shaped(TaxSumSerializer, one) for one in tax_summary(invoice.lines.all())]


class TypedTaxSerializer(Input):
    """A tax as it is to stand on a line."""

    name = serializers.CharField(max_length=40, required=False, allow_blank=True)
    rate = serializers.CharField(max_length=20, help_text="Percent.")
    is_included = serializers.BooleanField(default=False, help_text="The price has it in it already.")


class LineDetailsSerializer(Input):
    """A charge. With a service, what is left out is copied from it."""

    description = serializers.CharField(max_length=200, required=False)
    quantity = serializers.CharField(max_length=20, required=False, help_text="Up to three decimals; 1 if left out.")
    unit_price = MoneyIn(required=False)
    discount = MoneyIn(required=False, help_text="An amount off the line.")
    discount_percent = serializers.CharField(max_length=20, required=False, help_text="Instead of an amount.")
    discount_reason = serializers.CharField(
        max_length=300, required=False, allow_blank=True, help_text="Needed with a discount, and kept."
    )
    tax_name = serializers.CharField(max_length=40, required=False, allow_blank=True)
    tax_rate = serializers.CharField(max_length=20, required=False, help_text="Percent.")
    taxes = TypedTaxSerializer(many=True, required=False, help_text="Several, instead of tax_name and tax_rate.")


class NewLineSerializer(LineDetailsSerializer):
    """A charge to add."""

    service = serializers.PrimaryKeyRelatedField(queryset=Service.objects.all(), required=False)
    service_on = serializers.DateField(required=False, help_text="Whose taxes hold: the visit's day, or today.")


class DraftSerializer(Input):
    """An invoice to draft, perhaps with its lines."""

    patient = Reference(queryset=Patient.objects.only("number", "merged_into"))
    appointment = serializers.PrimaryKeyRelatedField(queryset=Appointment.objects.all(), required=False)
    lines = NewLineSerializer(many=True, required=False)


class InvoiceFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Whose, which, from when."""

    status = django_filters.MultipleChoiceFilter(choices=InvoiceStatus.choices)
    patient = django_filters.UUIDFilter(method="of_patient", label="On any record of this person.")
    appointment = django_filters.UUIDFilter("appointment_id")
    number = django_filters.CharFilter()
    source = django_filters.ChoiceFilter(choices=Invoice.Source.choices)
    is_owed = django_filters.BooleanFilter(method="owed", label="Something is still owed on it.")
    issued_from = django_filters.DateFilter("issued_on", "gte")
    issued_to = django_filters.DateFilter("issued_on", "lte")

    class Meta:
        model = Invoice
        fields: tuple[str, ...] = ()

    def of_patient(self, queryset: QuerySet[Invoice], name: str, patient: UUID) -> QuerySet[Invoice]:
        return queryset.filter(patient__in=records_of(patient))

    def owed(self, queryset: QuerySet[Invoice], name: str, wanted: bool) -> QuerySet[Invoice]:
        return queryset.filter(due__gt=0) if wanted else queryset.filter(due=0)


class Invoices(generics.ListAPIView[Invoice]):
    """Invoices, the latest first."""

    permission_classes = [Needs("billing.view_invoice", POST="billing.edit_draft")]  # type: ignore[list-item]
    serializer_class = InvoiceInListSerializer
    filterset_class = InvoiceFilter

    def get_queryset(self) -> QuerySet[Invoice]:
        return Invoice.objects.select_related("patient")

    def paginate_queryset(self, queryset: Any) -> Any:
        rows = super().paginate_queryset(queryset)
        record_reads({invoice.patient_id for invoice in rows or ()}, "billing list")
        return rows

    @extend_schema(request=DraftSerializer, responses={201: InvoiceSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Draft an invoice."""
        wanted = checked(DraftSerializer(data=request.data))
        lines = wanted.pop("lines", [])
        invoice = invoicing.draft(charges=lines, named="lines", by=caller(request), at=now(), **wanted)
        return shown(invoice, status=201)


class OneInvoice(APIView):
    """One invoice."""

    permission_classes = [Needs("billing.view_invoice")]  # type: ignore[list-item]

    @extend_schema(responses=InvoiceSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Its lines, sums, status and payments."""
        return shown(invoice_of(pk))


class InvoicePaper(APIView):
    """An invoice on paper."""

    permission_classes = [Needs("billing.view_invoice")]  # type: ignore[list-item]

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """As PDF."""
        invoice = get_object_or_404(Invoice.objects.select_related("patient", "appointment__provider"), pk=pk)
        record_read(invoice.patient_id, "invoice")
        address = request.build_absolute_uri(f"/billing/invoices/{invoice.pk}/")
        return HttpResponse(invoice_pdf(invoice, address=address, at=now()), content_type="application/pdf")


def invoice_of(pk: UUID) -> Invoice:
    """The invoice that an address names, or 404: only which it is and whose, because every rule reads it afresh."""
    invoice = _named.first(pk=pk)
    if invoice is None:
        raise Http404
    return invoice


def shown(invoice: Invoice, *, status: int = 200, as_it_stands: bool = False) -> Response:
    """The invoice as it is now, whatever was just done to it; its lines as they are on it, where the rule brought them.
    ``as_it_stands``: it was read under its lock, nothing is paid on it, and it is not read again."""
    record_read(invoice.patient_id, "invoice")
    lines = list(invoice.lines.all()) if was_brought(invoice, "lines") else None
    if as_it_stands:
        bring_allocations(invoice, [])
    else:
        (invoice,) = _fresh(pk=invoice.pk)
        fetch_allocations(invoice)
    if lines is None:
        fetch_lines(invoice)
    else:
        bring_lines(invoice, lines)
    return Response(shaped(InvoiceSerializer, invoice), status=status)


@prepared
def _named(*, pk: Any) -> QuerySet[Invoice]:
    return Invoice.objects.filter(pk=pk).only("patient").order_by()


@prepared
def _fresh(*, pk: Any) -> QuerySet[Invoice]:
    return with_patient_number(Invoice.objects.filter(pk=pk).order_by())


urlpatterns: list[URLPattern | URLResolver] = [
    path("invoices/", Invoices.as_view(), name="api-invoices"),
    path("invoices/<uuid:pk>/", OneInvoice.as_view(), name="api-invoice"),
    path("invoices/<uuid:pk>/pdf/", InvoicePaper.as_view(), name="api-invoice-pdf"),
]
