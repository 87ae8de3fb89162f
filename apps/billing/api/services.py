"""The catalogue through the API: what is charged for, and how much."""

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
from apps.billing.api.money import MoneyIn, MoneyOut
from apps.billing.models import Service
from apps.billing.prices import catalogue
from apps.core.clock import now
from apps.core.idempotency import idempotent


class ServiceSerializer(serializers.ModelSerializer[Service]):
    """What is charged for, and how much."""

    price = MoneyOut()

    class Meta:
        model = Service
        fields = ("id", "tenant_id", "name", "category", "price", "tax_name", "tax_rate", "is_active")
        read_only_fields = fields


class ServiceDetailsSerializer(serializers.Serializer[Any]):
    """A service as it is offered."""

    name = serializers.CharField(max_length=120)
    category = serializers.ChoiceField(choices=Service.Category.choices, required=False)
    price = MoneyIn()
    tax_name = serializers.CharField(max_length=40, required=False, allow_blank=True)
    tax_rate = serializers.CharField(max_length=20, required=False, help_text="Percent.")
    is_active = serializers.BooleanField(required=False)


class Services(generics.ListAPIView[Service]):
    """The catalogue."""

    permission_classes = [Needs("billing.view_invoice", POST="billing.change_catalogue")]  # type: ignore[list-item]
    serializer_class = ServiceSerializer
    filterset_fields = ("is_active", "category")

    def get_queryset(self) -> QuerySet[Service]:
        return Service.objects.all()

    @extend_schema(request=ServiceDetailsSerializer, responses={201: ServiceSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Offer something new."""
        details = checked(ServiceDetailsSerializer(data=request.data))
        return Response(
            ServiceSerializer(catalogue.add_service(by=caller(request), at=now(), **details)).data, status=201
        )


class OneService(APIView):
    """One service."""

    permission_classes = [Needs("billing.view_invoice", PATCH="billing.change_catalogue")]  # type: ignore[list-item]

    @extend_schema(responses=ServiceSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """What it costs."""
        return Response(ServiceSerializer(get_object_or_404(Service, pk=pk)).data)

    @extend_schema(request=ServiceDetailsSerializer(partial=True), responses=ServiceSerializer)
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change it for invoices to come."""
        service = get_object_or_404(Service, pk=pk)
        changes = checked(ServiceDetailsSerializer(data=request.data, partial=True))
        return Response(
            ServiceSerializer(catalogue.amend_service(service, by=caller(request), at=now(), **changes)).data
        )


urlpatterns: list[URLPattern | URLResolver] = [
    path("services/", Services.as_view(), name="api-services"),
    path("services/<uuid:pk>/", OneService.as_view(), name="api-service"),
]
