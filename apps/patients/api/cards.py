"""ID cards through the API."""

from typing import Any
from uuid import UUID

from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.audit.reads import record_read
from apps.core.clock import now
from apps.core.idempotency import idempotent
from apps.core.typesetting import pdf_answer
from apps.patients.cards import issuing, printing
from apps.patients.models import CardReason, IdCard, Patient


class CardSerializer(serializers.ModelSerializer[IdCard]):
    """A card that was handed out."""

    class Meta:
        model = IdCard
        fields = ("id", "tenant_id", "patient", "serial", "reason", "issued_at", "issued_by", "voided_at", "voided_by")
        read_only_fields = fields


@extend_schema_serializer(component_name="IdCardIssue")
class IssueSerializer(serializers.Serializer[Any]):
    """A new card."""

    reason = serializers.ChoiceField(choices=CardReason.choices, required=False, help_text="Needed for another card.")
    replaces = serializers.UUIDField(required=False, allow_null=True, help_text="The card that becomes void.")


class Cards(APIView):
    """A patient's cards."""

    permission_classes = [Needs("patients.issue_card")]  # type: ignore[list-item]

    @extend_schema(responses=CardSerializer(many=True))
    def get(self, request: Request, pk: UUID) -> Response:
        """Newest first; at most one is valid."""
        patient = get_object_or_404(Patient, pk=pk)
        record_read(patient.pk, "card")
        cards = IdCard.objects.of_patient(patient).order_by("-issued_at")
        return Response({"results": CardSerializer(cards, many=True).data})

    @extend_schema(
        request=IssueSerializer,
        responses={201: CardSerializer, 409: OpenApiResponse(description="`replaces` is not the valid card.")},
    )
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Issue a card. The valid one, which `replaces` must name, becomes void."""
        patient = get_object_or_404(Patient, pk=pk)
        said = checked(IssueSerializer(data=request.data))
        card = issuing.issue(patient, by=caller(request), at=now(), **said)
        return Response(CardSerializer(card).data, status=201)


class CardPdf(APIView):
    """A card for the card printer."""

    permission_classes = [Needs("patients.issue_card")]  # type: ignore[list-item]

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:
        """CR80, a page a side. 409 if the card is void."""
        card = get_object_or_404(IdCard.objects.select_related("patient"), pk=pk)
        record_read(card.patient_id, "card")
        return pdf_answer(printing.card_pdf(card, at=now()), card.serial)


urlpatterns: list[URLPattern | URLResolver] = [
    path("patients/<uuid:pk>/cards/", Cards.as_view(), name="api-cards"),
    path("cards/<uuid:pk>/pdf/", CardPdf.as_view(), name="api-card-pdf"),
]
