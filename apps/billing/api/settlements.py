"""Settlements of the gateway through the API. The POST takes an Idempotency-Key."""

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
from apps.audit.reads import record_reads
from apps.billing.api.money import MoneyIn, MoneyOut
from apps.billing.gateways import settling
from apps.billing.gateways.settling import Held
from apps.billing.models import GatewaySettlement, SettlementPart
from apps.core.clock import now
from apps.core.idempotency import idempotent

MAY = "billing.settle_gateway"


class SettlementPartSerializer(serializers.ModelSerializer[SettlementPart]):
    """One payment, or one refund below zero."""

    amount = MoneyOut()

    class Meta:
        model = SettlementPart
        fields = ("payment", "refund", "amount")
        read_only_fields = fields


class SettlementSerializer(serializers.ModelSerializer[GatewaySettlement]):
    """What reached the bank (`amount`) and what the gateway kept (`fee`) of `gross`."""

    gross, fee, amount = MoneyOut(), MoneyOut(), MoneyOut()
    parts = SettlementPartSerializer(many=True)

    class Meta:
        model = GatewaySettlement
        fields = (
            *("id", "tenant_id", "number", "gross", "fee", "amount", "currency", "reference", "settled_on", "at"),
            *("by", "parts"),
        )
        read_only_fields = fields


class SettlementDetailsSerializer(serializers.Serializer[Any]):
    """For which payments and refunds, and what of them has reached the bank."""

    payments = serializers.ListField(child=serializers.UUIDField(), default=list)
    refunds = serializers.ListField(child=serializers.UUIDField(), default=list)
    amount = MoneyIn()
    settled_on = serializers.DateField(required=False)
    reference = serializers.CharField(max_length=80, required=False, default="", allow_blank=True)


class HeldSerializer(serializers.Serializer[Any]):
    """A payment or refund that the gateway has not settled yet; a refund counts below zero."""

    payment = serializers.UUIDField(source="payment.pk")
    refund = serializers.SerializerMethodField()
    number = serializers.CharField(source="paper.number")
    on = serializers.DateField()
    amount = MoneyOut()

    def get_refund(self, row: Held) -> UUID | None:
        return row.paper.pk if row.is_refund else None


class Settlements(generics.ListAPIView[GatewaySettlement]):
    """What gateways have paid into the bank, the latest first."""

    permission_classes = [Needs(MAY)]  # type: ignore[list-item]
    serializer_class = SettlementSerializer

    def get_queryset(self) -> QuerySet[GatewaySettlement]:
        return GatewaySettlement.objects.prefetch_related("parts")

    @extend_schema(request=SettlementDetailsSerializer, responses={201: SettlementSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Write down what has reached the bank."""
        wanted = checked(SettlementDetailsSerializer(data=request.data))
        fact = settling.settle(by=caller(request), at=now(), **wanted)
        return Response(SettlementSerializer(fact).data, status=201)


class Settlement(APIView):
    """One of them."""

    permission_classes = [Needs(MAY)]  # type: ignore[list-item]

    @extend_schema(responses=SettlementSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        found = get_object_or_404(GatewaySettlement.objects.prefetch_related("parts"), pk=pk)
        return Response(SettlementSerializer(found).data)


class Holdings(APIView):
    """What the gateway holds."""

    permission_classes = [Needs(MAY)]  # type: ignore[list-item]

    @extend_schema(responses=HeldSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Not settled yet, the oldest 500 first."""
        held = settling.held()
        record_reads({row.payment.patient_id for row in held}, "billing list")
        return Response({"results": HeldSerializer(held, many=True).data})


urlpatterns: list[URLPattern | URLResolver] = [
    path("gateway-settlements/", Settlements.as_view(), name="api-gateway-settlements"),
    path("gateway-settlements/<uuid:pk>/", Settlement.as_view(), name="api-gateway-settlement"),
    path("gateway-holdings/", Holdings.as_view(), name="api-gateway-holdings"),
]
