"""What stands on a draft, through the API: its lines and a discount on all of them."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.billing import invoicing
from apps.billing.api.invoices import InvoiceSerializer, LineDetailsSerializer, NewLineSerializer, invoice_of, shown
from apps.billing.api.money import MoneyIn
from apps.billing.models import InvoiceLine
from apps.core.clock import now
from apps.core.idempotency import idempotent


class WholeDiscountSerializer(serializers.Serializer[Any]):
    """A discount on the whole draft: an amount or a percentage."""

    amount = MoneyIn(required=False)
    percent = serializers.CharField(max_length=20, required=False)
    reason = serializers.CharField(
        max_length=300, required=False, allow_blank=True, help_text="Why it is let off; needed unless it is zero."
    )
    replaces = serializers.BooleanField(
        required=False, help_text="Needed, and true, where lines have discounts of their own: it takes their place."
    )


class Lines(APIView):
    """The lines of a draft."""

    permission_classes = [Needs("billing.edit_draft")]  # type: ignore[list-item]

    @extend_schema(request=NewLineSerializer, responses={201: InvoiceSerializer})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Add a charge."""
        invoice = invoice_of(pk)
        details = checked(NewLineSerializer(data=request.data))
        invoicing.add_charge(invoice, by=caller(request), at=now(), **details)
        return shown(invoice, status=201)


class OneLine(APIView):
    """One line of a draft."""

    permission_classes = [Needs("billing.edit_draft")]  # type: ignore[list-item]

    @extend_schema(request=LineDetailsSerializer(partial=True), responses=InvoiceSerializer)
    def patch(self, request: Request, pk: UUID, line_pk: UUID) -> Response:
        """Change a charge."""
        line = _line(pk, line_pk)
        changes = checked(LineDetailsSerializer(data=request.data, partial=True))
        invoicing.change_line(line, by=caller(request), at=now(), **changes)
        return shown(line.invoice)

    @extend_schema(responses={200: InvoiceSerializer})
    def delete(self, request: Request, pk: UUID, line_pk: UUID) -> Response:
        """Take a charge off."""
        line = _line(pk, line_pk)
        invoicing.remove_line(line, by=caller(request), at=now())
        return shown(line.invoice)


class Discount(APIView):
    """A discount on a whole draft."""

    permission_classes = [Needs("billing.give_discount")]  # type: ignore[list-item]

    @extend_schema(
        request=WholeDiscountSerializer,
        responses={
            200: InvoiceSerializer,
            409: OpenApiResponse(description="`lines` have discounts of their own, and `replaces` is not true."),
        },
    )
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Share it over the lines, so that the parts add up. 409 with `lines` unless it may replace what they have."""
        invoice = invoice_of(pk)
        wanted = checked(WholeDiscountSerializer(data=request.data))
        invoicing.discount(invoice, by=caller(request), at=now(), **wanted)
        return shown(invoice)


def _line(pk: UUID, line_pk: UUID) -> InvoiceLine:
    return get_object_or_404(InvoiceLine.objects.select_related("invoice"), pk=line_pk, invoice=pk)


urlpatterns: list[URLPattern | URLResolver] = [
    path("invoices/<uuid:pk>/lines/", Lines.as_view(), name="api-invoice-lines"),
    path("invoices/<uuid:pk>/lines/<uuid:line_pk>/", OneLine.as_view(), name="api-invoice-line"),
    path("invoices/<uuid:pk>/discount/", Discount.as_view(), name="api-invoice-discount"),
]
