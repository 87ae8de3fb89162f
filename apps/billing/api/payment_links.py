"""Payment links through the API. The POST takes an Idempotency-Key."""

from typing import Any
from uuid import UUID

from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.audit.reads import record_read
from apps.billing.api.invoices import invoice_of
from apps.billing.api.money import MoneyIn, MoneyOut
from apps.billing.gateways import links
from apps.billing.gateways.links import MOST_DAYS, USUAL_DAYS
from apps.billing.models import Invoice, PaymentLink, PaymentStatus
from apps.core.clock import now
from apps.core.idempotency import idempotent


class PaymentLinkSerializer(serializers.ModelSerializer[PaymentLink]):
    """A link; `url` is empty until the gateway has made it, `status` is that of its payment."""

    amount = MoneyOut(source="payment.amount")
    status = serializers.ChoiceField(source="payment.status", choices=PaymentStatus.choices)
    url = serializers.CharField()
    ending = serializers.SerializerMethodField(help_text="Whether it is being ended at the gateway.")
    late_payment = serializers.SerializerMethodField(help_text="As what money was booked that came after it had ended.")

    class Meta:
        model = PaymentLink
        fields = (
            "id",
            "tenant_id",
            "payment",
            "amount",
            "status",
            "url",
            "expires_at",
            "made_at",
            "ending",
            "late_payment",
        )
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=["", "asked", "ended", "not_ended"]))
    def get_ending(self, link: PaymentLink) -> str:
        asked = getattr(link, "ending", None)
        if asked is None:
            return ""
        return next((event.outcome for event in link.events.all() if event.event_id == links.name_of(asked)), "asked")

    def get_late_payment(self, link: PaymentLink) -> UUID | None:
        return next((event.payment_id for event in link.events.all() if event.payment_id), None)


class PaymentLinkDetailsSerializer(serializers.Serializer[Any]):
    """How much, and for how long it works."""

    amount = MoneyIn(required=False, help_text="What is owed, if left out.")
    days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, default=USUAL_DAYS)


class PaymentLinks(APIView):
    """Links for an invoice."""

    permission_classes = [Needs("billing.view_invoice", POST="billing.receive_payment")]  # type: ignore[list-item]

    @extend_schema(responses=PaymentLinkSerializer(many=True))
    def get(self, request: Request, pk: UUID) -> Response:
        """The latest first."""
        return Response({"results": PaymentLinkSerializer(_links(invoice_of(pk)), many=True).data})

    @extend_schema(request=PaymentLinkDetailsSerializer, responses={201: PaymentLinkSerializer})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Have one made: the payment is on its way until the gateway says more."""
        invoice = invoice_of(pk)
        wanted = checked(PaymentLinkDetailsSerializer(data=request.data))
        link = links.ask(invoice, by=caller(request), at=now(), **wanted)
        return Response(PaymentLinkSerializer(link).data, status=201)


def _links(invoice: Invoice) -> Any:
    record_read(invoice.patient_id, "payment")
    rows = (
        PaymentLink.objects.select_related("payment", "ending")
        .prefetch_related("events")
        .filter(payment__meant_for=invoice)
    )
    return rows.order_by("-payment__created_at", "-id")


urlpatterns: list[URLPattern | URLResolver] = [
    path("invoices/<uuid:pk>/payment-links/", PaymentLinks.as_view(), name="api-payment-links"),
]
