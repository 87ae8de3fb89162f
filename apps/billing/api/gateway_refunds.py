"""Refunds through the gateway, by the API. The POSTs take an Idempotency-Key."""

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
from apps.billing.gateways import returns
from apps.billing.models import GatewayRefund, Payment
from apps.core.clock import now
from apps.core.idempotency import idempotent


class GatewayRefundSerializer(serializers.ModelSerializer[GatewayRefund]):
    """Pending until the gateway says more; done, it has a refund."""

    amount = MoneyOut()
    status = serializers.ChoiceField(choices=GatewayRefund.Status.choices)
    refund = serializers.UUIDField(source="refund.pk", default=None)

    class Meta:
        model = GatewayRefund
        fields = (
            *("id", "tenant_id", "payment", "amount", "reason", "status", "failure", "at", "by", "sent_at", "done_at"),
            *("failed_at", "refund"),
        )
        read_only_fields = fields


class GatewayRefundDetailsSerializer(serializers.Serializer[Any]):
    """How much is to go back, and why."""

    amount = MoneyIn()
    reason = serializers.CharField(max_length=300)


class GatewayRefunds(APIView):
    """What was asked back of a payment that came by a link."""

    permission_classes = [Needs("billing.view_invoice", POST="billing.refund_payment")]  # type: ignore[list-item]

    @extend_schema(responses=GatewayRefundSerializer(many=True))
    def get(self, request: Request, pk: UUID) -> Response:
        """In order."""
        payment = get_object_or_404(Payment, pk=pk)
        record_read(payment.patient_id, "payment")
        wishes = payment.gateway_refunds.select_related("refund").order_by("at", "id")
        return Response({"results": GatewayRefundSerializer(wishes, many=True).data})

    @extend_schema(request=GatewayRefundDetailsSerializer, responses={201: GatewayRefundSerializer})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Have the gateway give a part or all of it back: in the books when it has."""
        payment = get_object_or_404(Payment, pk=pk)
        wanted = checked(GatewayRefundDetailsSerializer(data=request.data))
        wish = returns.ask(payment, by=caller(request), at=now(), **wanted)
        return Response(GatewayRefundSerializer(wish).data, status=201)


class GatewayRefundSending(APIView):
    """Telling the gateway of it."""

    permission_classes = [Needs("billing.refund_payment")]  # type: ignore[list-item]

    @extend_schema(request=None, responses=GatewayRefundSerializer)
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Tell the gateway again what it could not be told while it was away."""
        wish = get_object_or_404(GatewayRefund, pk=pk)
        wish = returns.ask_again(wish, by=caller(request), at=now())
        return Response(GatewayRefundSerializer(wish).data)


urlpatterns: list[URLPattern | URLResolver] = [
    path("payments/<uuid:pk>/gateway-refunds/", GatewayRefunds.as_view(), name="api-payment-gateway-refunds"),
    path("gateway-refunds/<uuid:pk>/sending/", GatewayRefundSending.as_view(), name="api-gateway-refund-sending"),
]
