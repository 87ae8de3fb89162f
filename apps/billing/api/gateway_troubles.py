"""What a gateway said that does not fit the books, through the API. The POST takes an Idempotency-Key."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.billing.gateways import trouble
from apps.billing.models import GatewayEvent, SeenTo
from apps.core.clock import now
from apps.core.idempotency import idempotent


class GatewayTroubleSerializer(serializers.ModelSerializer[GatewayEvent]):
    """What was said (`said`: another amount, as it was told) of a payment, or of a refund through the gateway."""

    payment = serializers.UUIDField(source="of_payment.pk")
    outcome = serializers.ChoiceField(choices=[(each.value, each.label) for each in trouble.TROUBLE])

    class Meta:
        model = GatewayEvent
        fields = ("id", "tenant_id", "payment", "gateway_refund", "kind", "outcome", "said", "at")
        read_only_fields = fields


class SeenToSerializer(serializers.ModelSerializer[SeenTo]):
    class Meta:
        model = SeenTo
        fields = ("id", "tenant_id", "event", "note", "at", "by")
        read_only_fields = fields


class SeenToDetailsSerializer(serializers.Serializer[Any]):
    note = serializers.CharField(max_length=trouble.LONGEST_NOTE, help_text="What was done.")


class GatewayTroubles(generics.ListAPIView[GatewayEvent]):
    """What nobody has seen to yet, the oldest first."""

    permission_classes = [Needs("billing.view_invoice")]  # type: ignore[list-item]
    serializer_class = GatewayTroubleSerializer

    def get_queryset(self) -> QuerySet[GatewayEvent]:
        return trouble.open_troubles().select_related("link__payment", "gateway_refund__payment")


class GatewayTroubleSeen(APIView):
    """Writing down what was done about it."""

    permission_classes = [Needs("billing.settle_gateway")]  # type: ignore[list-item]

    @extend_schema(request=SeenToDetailsSerializer, responses={201: SeenToSerializer})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """It waits no longer."""
        event = get_object_or_404(trouble.troubles().select_related("link__payment", "gateway_refund__payment"), pk=pk)
        typed = checked(SeenToDetailsSerializer(data=request.data))
        seen = trouble.see_to(event, by=caller(request), at=now(), **typed)
        return Response(SeenToSerializer(seen).data, status=201)


urlpatterns: list[URLPattern | URLResolver] = [
    path("gateway-troubles/", GatewayTroubles.as_view(), name="api-gateway-troubles"),
    path("gateway-troubles/<uuid:pk>/seen/", GatewayTroubleSeen.as_view(), name="api-gateway-trouble-seen"),
]
