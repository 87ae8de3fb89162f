"""Credit notes through the API: issued, listed, shown, printed. The POST takes an Idempotency-Key."""

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.audit.reads import record_read, record_reads
from apps.billing.api.invoices import invoice_of
from apps.billing.api.money import MoneyIn, MoneyOut
from apps.billing.documents.credit_note import credit_note_pdf
from apps.billing.lowering import crediting, taking_back
from apps.billing.models import CreditNote, CreditNoteLine, InvoiceLine, PaymentMethod
from apps.core.clock import now
from apps.core.idempotency import idempotent
from apps.patients.models.persons import records_of


class CreditNoteLineSerializer(serializers.ModelSerializer[CreditNoteLine]):
    """What is taken off one line of the invoice."""

    net, tax, total = (MoneyOut() for _ in range(3))

    class Meta:
        model = CreditNoteLine
        fields = ("id", "position", "line", "description", "tax_name", "tax_rate", "net", "tax", "total")
        read_only_fields = fields


class CreditNoteInListSerializer(serializers.ModelSerializer[CreditNote]):
    """A credit note in a list. `released` had been paid above the new total; `disposition` says where it went.

    Below zero where one is taken back (`reverses`): what had become credit pays the invoice again.
    """

    invoice_number = serializers.CharField(source="invoice.number")
    net, tax, total, released, recognised = (MoneyOut() for _ in range(5))

    class Meta:
        model = CreditNote
        fields: tuple[str, ...] = (
            *("id", "tenant_id", "number", "invoice", "invoice_number", "reverses", "reason", "net", "tax", "total"),
            *("released", "disposition", "recognised", "credited_on", "at", "by"),
        )
        read_only_fields = fields


class CreditNoteSerializer(CreditNoteInListSerializer):
    """A credit note with its lines."""

    lines = CreditNoteLineSerializer(many=True)

    class Meta(CreditNoteInListSerializer.Meta):
        fields = (*CreditNoteInListSerializer.Meta.fields, "lines")
        read_only_fields = fields


class CreditedLineSerializer(serializers.Serializer[Any]):
    """A line of the invoice that is credited."""

    line = serializers.PrimaryKeyRelatedField(queryset=InvoiceLine.objects.all())
    amount = MoneyIn(required=False, help_text="With tax; all that is left of the line if left out.")


class CreditSerializer(serializers.Serializer[Any]):
    """What is credited, and why: an amount, lines, or (given neither) all that is left."""

    amount = MoneyIn(required=False, help_text="With tax; shared over the lines.")
    lines = CreditedLineSerializer(many=True, required=False)
    reason = serializers.CharField(max_length=300)
    disposition = serializers.ChoiceField(
        choices=[CreditNote.Disposition.CREDIT, CreditNote.Disposition.REFUND],
        required=False,
        help_text="Needed when more was paid than the invoice comes to then.",
    )
    method = serializers.ChoiceField(
        choices=PaymentMethod.choices, required=False, help_text="How it is given back; the way it came if left out."
    )


class NoteTakenBackSerializer(serializers.Serializer[Any]):
    """Why the invoice stands again."""

    reason = serializers.CharField(max_length=300)


class CreditNoteFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Of which invoice, whose, from when."""

    invoice = django_filters.UUIDFilter("invoice_id")
    patient = django_filters.UUIDFilter(method="of_patient", label="On any record of this person.")
    number = django_filters.CharFilter()
    credited_from = django_filters.DateFilter("credited_on", "gte")
    credited_to = django_filters.DateFilter("credited_on", "lte")

    class Meta:
        model = CreditNote
        fields: tuple[str, ...] = ()

    def of_patient(self, queryset: QuerySet[CreditNote], name: str, patient: UUID) -> QuerySet[CreditNote]:
        return queryset.filter(invoice__patient__in=records_of(patient))


class CreditNotes(generics.ListAPIView[CreditNote]):
    """Credit notes, the latest first."""

    permission_classes = [Needs("billing.view_invoice")]  # type: ignore[list-item]
    serializer_class = CreditNoteInListSerializer
    filterset_class = CreditNoteFilter

    def get_queryset(self) -> QuerySet[CreditNote]:
        return CreditNote.objects.select_related("invoice")

    def paginate_queryset(self, queryset: Any) -> Any:
        rows = super().paginate_queryset(queryset)
        record_reads({note.invoice.patient_id for note in rows or ()}, "billing list")
        return rows


class OneCreditNote(APIView):
    """One credit note."""

    permission_classes = [Needs("billing.view_invoice")]  # type: ignore[list-item]

    @extend_schema(responses=CreditNoteSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Its lines and what became of the money."""
        return _shown(pk)


class CreditNotePaper(APIView):
    """A credit note on paper."""

    permission_classes = [Needs("billing.view_invoice")]  # type: ignore[list-item]

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """As PDF."""
        note = get_object_or_404(
            CreditNote.objects.select_related("invoice__patient", "reverses", "taken_back_by"), pk=pk
        )
        record_read(note.invoice.patient_id, "credit note")
        address = request.build_absolute_uri(f"/billing/credit-notes/{note.pk}/")
        return HttpResponse(credit_note_pdf(note, address=address, at=now()), content_type="application/pdf")


class InvoiceCreditNotes(APIView):
    """Lowering one invoice."""

    permission_classes = [Needs("billing.issue_credit_note")]  # type: ignore[list-item]

    @extend_schema(request=CreditSerializer, responses={201: CreditNoteSerializer})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Issue a credit note: what was paid above the new total becomes credit or is given back."""
        invoice = invoice_of(pk)
        wanted = checked(CreditSerializer(data=request.data))
        if (lines := wanted.pop("lines", None)) is not None:
            wanted["lines"] = [(one["line"], one["amount"]) if "amount" in one else one["line"] for one in lines]
        note = crediting.credit(invoice, by=caller(request), at=now(), **wanted)
        return _shown(note.pk, status=201)


class NoteTakingBack(APIView):
    """The credit note was wrong."""

    permission_classes = [Needs("billing.issue_credit_note")]  # type: ignore[list-item]

    @extend_schema(request=NoteTakenBackSerializer, responses={201: CreditNoteSerializer})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Take it back: the invoice stands again, and credit that it made pays it again."""
        found = get_object_or_404(CreditNote.objects.select_related("invoice"), pk=pk)
        record_read(found.invoice.patient_id, "credit note")
        wanted = checked(NoteTakenBackSerializer(data=request.data))
        mirror = taking_back.take_back(found, by=caller(request), at=now(), **wanted)
        return _shown(mirror.pk, status=201)


def _shown(pk: UUID, *, status: int = 200) -> Response:
    rows = CreditNote.objects.select_related("invoice").prefetch_related("lines")
    note = get_object_or_404(rows, pk=pk)
    record_read(note.invoice.patient_id, "credit note")
    return Response(CreditNoteSerializer(note).data, status=status)


urlpatterns: list[URLPattern | URLResolver] = [
    path("credit-notes/", CreditNotes.as_view(), name="api-credit-notes"),
    path("credit-notes/<uuid:pk>/", OneCreditNote.as_view(), name="api-credit-note"),
    path("credit-notes/<uuid:pk>/pdf/", CreditNotePaper.as_view(), name="api-credit-note-pdf"),
    path("credit-notes/<uuid:pk>/taking-back/", NoteTakingBack.as_view(), name="api-credit-note-taking-back"),
    path("invoices/<uuid:pk>/credit-notes/", InvoiceCreditNotes.as_view(), name="api-invoice-credit-notes"),
]
