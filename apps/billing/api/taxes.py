"""Taxes through the API: from which day, at which rate, on what."""

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
from apps.billing.models import Service, Tax
from apps.billing.prices import taxes
from apps.core.clock import now
from apps.core.idempotency import idempotent


class TaxSerializer(serializers.ModelSerializer[Tax]):
    """A tax, its rate, its days and what takes it."""

    categories = serializers.SerializerMethodField()
    services = serializers.SerializerMethodField()

    class Meta:
        model = Tax
        fields = (
            *("id", "tenant_id", "name", "rate", "is_included", "starts_on", "ends_on"),
            *("categories", "services"),
        )
        read_only_fields = fields

    def get_categories(self, tax: Tax) -> list[str]:
        return sorted(scope.category for scope in tax.scopes.all() if scope.category)

    def get_services(self, tax: Tax) -> list[UUID]:
        return sorted(scope.service_id for scope in tax.scopes.all() if scope.service_id)


class TaxDetailsSerializer(serializers.Serializer[Any]):
    """A tax as it is to hold."""

    name = serializers.CharField(max_length=40)
    rate = serializers.CharField(max_length=20, help_text="Percent.")
    is_included = serializers.BooleanField(required=False, help_text="Prices have it in them already.")
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(required=False, allow_null=True)
    categories = serializers.ListField(child=serializers.ChoiceField(Service.Category.choices), required=False)
    services = serializers.PrimaryKeyRelatedField(queryset=Service.objects.all(), many=True, required=False)


class NewRateSerializer(serializers.Serializer[Any]):
    """Another rate from a day on."""

    rate = serializers.CharField(max_length=20, help_text="Percent.")
    starts_on = serializers.DateField()


class Taxes(generics.ListAPIView[Tax]):
    """The clinic's taxes, those of the past as well."""

    permission_classes = [Needs("billing.view_invoice", POST="billing.change_catalogue")]  # type: ignore[list-item]
    serializer_class = TaxSerializer

    def get_queryset(self) -> QuerySet[Tax]:
        return Tax.objects.prefetch_related("scopes")

    @extend_schema(request=TaxDetailsSerializer, responses={201: TaxSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Add one."""
        details = checked(TaxDetailsSerializer(data=request.data))
        return Response(TaxSerializer(taxes.add_tax(by=caller(request), at=now(), **details)).data, status=201)


class OneTax(APIView):
    """One tax."""

    permission_classes = [Needs("billing.view_invoice", PATCH="billing.change_catalogue")]  # type: ignore[list-item]

    @extend_schema(responses=TaxSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Its rate, days, and what takes it."""
        return Response(TaxSerializer(get_object_or_404(Tax, pk=pk)).data)

    @extend_schema(request=TaxDetailsSerializer(partial=True), responses=TaxSerializer)
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change what takes it or when it ends; before its first day everything."""
        tax = get_object_or_404(Tax, pk=pk)
        changes = checked(TaxDetailsSerializer(data=request.data, partial=True))
        return Response(TaxSerializer(taxes.amend_tax(tax, by=caller(request), at=now(), **changes)).data)


class Rate(APIView):
    """The rate of a tax from a day on."""

    permission_classes = [Needs("billing.change_catalogue")]  # type: ignore[list-item]

    @extend_schema(request=NewRateSerializer, responses={201: TaxSerializer})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """It ends the day before, and another follows."""
        tax = get_object_or_404(Tax, pk=pk)
        wanted = checked(NewRateSerializer(data=request.data))
        return Response(TaxSerializer(taxes.change_rate(tax, by=caller(request), at=now(), **wanted)).data, status=201)


urlpatterns: list[URLPattern | URLResolver] = [
    path("tax-rates/", Taxes.as_view(), name="api-taxes"),
    path("tax-rates/<uuid:pk>/", OneTax.as_view(), name="api-tax"),
    path("tax-rates/<uuid:pk>/rate/", Rate.as_view(), name="api-tax-rate"),
]
