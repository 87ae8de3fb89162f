"""Price lists through the API: what services cost on them, and who is charged by which."""

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
from apps.billing.api.invoices import InvoiceSerializer, invoice_of, shown
from apps.billing.api.money import MoneyIn, MoneyOut
from apps.billing.models import Price, PriceList, Service
from apps.billing.prices import price_lists, repricing
from apps.core.clock import now
from apps.core.idempotency import idempotent
from apps.patients.models import Patient


class PriceListSerializer(serializers.ModelSerializer[PriceList]):
    """A price list."""

    class Meta:
        model = PriceList
        fields = ("id", "tenant_id", "name", "is_active")
        read_only_fields = fields


class PriceListDetailsSerializer(serializers.Serializer[Any]):
    """A price list as it is to be."""

    name = serializers.CharField(max_length=80)
    is_active = serializers.BooleanField(required=False)


class PriceSerializer(serializers.ModelSerializer[Price]):
    """What a service costs on a list, and on which days."""

    amount = MoneyOut()

    class Meta:
        model = Price
        fields = ("id", "service", "amount", "starts_on", "ends_on")
        read_only_fields = fields


class PriceToSetSerializer(serializers.Serializer[Any]):
    """What a service is to cost."""

    service = serializers.PrimaryKeyRelatedField(queryset=Service.objects.all())
    amount = MoneyIn(allow_null=True)


class PricesToSetSerializer(serializers.Serializer[Any]):
    """Prices from a day on; those that are not named stay."""

    starts_on = serializers.DateField(required=False, help_text="Today if left out; never earlier.")
    prices = PriceToSetSerializer(many=True)


class ChosenListSerializer(serializers.Serializer[Any]):
    """The list that is charged by; null: what the services cost."""

    price_list = serializers.PrimaryKeyRelatedField(queryset=PriceList.objects.all(), allow_null=True)


class PriceLists(generics.ListAPIView[PriceList]):
    """The clinic's price lists."""

    permission_classes = [Needs("billing.view_invoice", POST="billing.change_catalogue")]  # type: ignore[list-item]
    serializer_class = PriceListSerializer

    def get_queryset(self) -> QuerySet[PriceList]:
        return PriceList.objects.all()

    @extend_schema(request=PriceListDetailsSerializer, responses={201: PriceListSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Add one, without prices yet."""
        details = checked(PriceListDetailsSerializer(data=request.data))
        made = price_lists.add_price_list(by=caller(request), at=now(), **details)
        return Response(PriceListSerializer(made).data, status=201)


class OnePriceList(APIView):
    """One price list."""

    permission_classes = [Needs("billing.view_invoice", PATCH="billing.change_catalogue")]  # type: ignore[list-item]

    @extend_schema(responses=PriceListSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Its name, and whether it is in use."""
        return Response(PriceListSerializer(get_object_or_404(PriceList, pk=pk)).data)

    @extend_schema(request=PriceListDetailsSerializer(partial=True), responses=PriceListSerializer)
    def patch(self, request: Request, pk: UUID) -> Response:
        """Call it something else, or take it out of use."""
        price_list = get_object_or_404(PriceList, pk=pk)
        changes = checked(PriceListDetailsSerializer(data=request.data, partial=True))
        amended = price_lists.amend_price_list(price_list, by=caller(request), at=now(), **changes)
        return Response(PriceListSerializer(amended).data)


class Prices(generics.ListAPIView[Price]):
    """The prices of a list, those of the past as well."""

    permission_classes = [Needs("billing.view_invoice", POST="billing.change_catalogue")]  # type: ignore[list-item]
    serializer_class = PriceSerializer

    def get_queryset(self) -> QuerySet[Price]:
        if getattr(self, "swagger_fake_view", False):
            return Price.objects.none()
        return get_object_or_404(PriceList, pk=self.kwargs["pk"]).prices.all()

    @extend_schema(request=PricesToSetSerializer, responses={201: PriceSerializer(many=True)})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Set prices from a day on; an amount of null takes the list's own price away."""
        price_list = get_object_or_404(PriceList, pk=pk)
        wanted = checked(PricesToSetSerializer(data=request.data))
        pairs = [(one["service"], one["amount"]) for one in wanted["prices"]]
        day = wanted.get("starts_on")
        price_lists.set_prices(price_list, pairs, starts_on=day, by=caller(request), at=now())
        return Response(PriceSerializer(price_list.prices.all(), many=True).data, status=201)


class PatientsList(APIView):
    """The price list of a patient."""

    permission_classes = [Needs("billing.view_invoice", PUT="billing.choose_price_list")]  # type: ignore[list-item]

    @extend_schema(responses=ChosenListSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Which one they have."""
        return _chosen(price_lists.list_of(get_object_or_404(Patient, pk=pk)))

    @extend_schema(request=ChosenListSerializer, responses=ChosenListSerializer)
    def put(self, request: Request, pk: UUID) -> Response:
        """Charge them by this one from now on."""
        patient = get_object_or_404(Patient, pk=pk)
        wanted = checked(ChosenListSerializer(data=request.data))["price_list"]
        price_lists.give_list(patient, wanted, by=caller(request), at=now())
        return _chosen(wanted)


class InvoicesList(APIView):
    """The price list of a draft."""

    permission_classes = [Needs("billing.choose_price_list")]  # type: ignore[list-item]

    @extend_schema(request=ChosenListSerializer, responses=InvoiceSerializer)
    def put(self, request: Request, pk: UUID) -> Response:
        """Charge it by this one: its lines are priced anew."""
        invoice = invoice_of(pk)
        wanted = checked(ChosenListSerializer(data=request.data))["price_list"]
        return shown(repricing.choose_list(invoice, wanted, by=caller(request), at=now()))


def _chosen(price_list: PriceList | None) -> Response:
    return Response({"price_list": None if price_list is None else price_list.pk})


urlpatterns: list[URLPattern | URLResolver] = [
    path("price-lists/", PriceLists.as_view(), name="api-price-lists"),
    path("price-lists/<uuid:pk>/", OnePriceList.as_view(), name="api-price-list"),
    path("price-lists/<uuid:pk>/prices/", Prices.as_view(), name="api-price-list-prices"),
    path("patients/<uuid:pk>/price-list/", PatientsList.as_view(), name="api-patient-price-list"),
    path("invoices/<uuid:pk>/price-list/", InvoicesList.as_view(), name="api-invoice-price-list"),
]
