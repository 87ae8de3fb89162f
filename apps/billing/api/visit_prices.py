"""What visits cost on price lists, through the API."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api_access import Needs, caller, checked
from apps.billing.api.money import MoneyIn, MoneyOut
from apps.billing.models import PriceList, VisitPrice
from apps.billing.prices.visit_prices import set_visit_prices
from apps.clinic.models import Provider
from apps.core.clock import now
from apps.core.idempotency import idempotent
from apps.scheduling.models import AppointmentType


class VisitPriceSerializer(serializers.ModelSerializer[VisitPrice]):
    """What a visit costs on a list, and on which days. Without a provider: with everybody else."""

    amount = MoneyOut()

    class Meta:
        model = VisitPrice
        fields = ("id", "appointment_type", "provider", "part", "amount", "starts_on", "ends_on")
        read_only_fields = fields


class VisitPriceToSetSerializer(serializers.Serializer[Any]):
    """What a visit is to cost."""

    appointment_type = serializers.PrimaryKeyRelatedField(queryset=AppointmentType.objects.all())
    provider = serializers.PrimaryKeyRelatedField(
        queryset=Provider.objects.all(), allow_null=True, default=None, help_text="Left out: with everybody."
    )
    part = serializers.ChoiceField(choices=VisitPrice.Part.choices, default=VisitPrice.Part.VISIT)
    amount = MoneyIn(allow_null=True)


class VisitPricesToSetSerializer(serializers.Serializer[Any]):
    """Prices from a day on; those that are not named stay."""

    starts_on = serializers.DateField(required=False, help_text="Today if left out; never earlier.")
    prices = VisitPriceToSetSerializer(many=True)


class VisitPrices(generics.ListAPIView[VisitPrice]):
    """What visits cost on a list, in the past as well."""

    permission_classes = [Needs("billing.view_invoice", POST="billing.change_catalogue")]  # type: ignore[list-item]
    serializer_class = VisitPriceSerializer

    def get_queryset(self) -> QuerySet[VisitPrice]:
        if getattr(self, "swagger_fake_view", False):
            return VisitPrice.objects.none()
        return get_object_or_404(PriceList, pk=self.kwargs["pk"]).visit_prices.all()

    @extend_schema(request=VisitPricesToSetSerializer, responses={201: VisitPriceSerializer(many=True)})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Set prices from a day on; an amount of null takes the list's own price away."""
        price_list = get_object_or_404(PriceList, pk=pk)
        wanted = checked(VisitPricesToSetSerializer(data=request.data))
        rows = [(one["appointment_type"], one["provider"], one["part"], one["amount"]) for one in wanted["prices"]]
        set_visit_prices(price_list, rows, starts_on=wanted.get("starts_on"), by=caller(request), at=now())
        return Response(VisitPriceSerializer(price_list.visit_prices.all(), many=True).data, status=201)


urlpatterns: list[URLPattern | URLResolver] = [
    path("price-lists/<uuid:pk>/visit-prices/", VisitPrices.as_view(), name="api-price-list-visit-prices"),
]
