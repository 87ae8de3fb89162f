"""What packages consist of, through the API."""

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
from apps.billing.models import Service
from apps.billing.prices import packages
from apps.core.clock import now


class PartSerializer(serializers.Serializer[Any]):
    """A service in a package, and how many of it."""

    service = serializers.PrimaryKeyRelatedField(queryset=Service.objects.all())
    quantity = serializers.CharField(max_length=20, default="1", help_text="Up to three decimals.")


class PartsSerializer(serializers.Serializer[Any]):
    """What a package consists of."""

    parts = PartSerializer(many=True)


class Parts(APIView):
    """The parts of a package; its price is shared over them in proportion to what they cost singly."""

    permission_classes = [Needs("billing.view_invoice", PUT="billing.change_catalogue")]  # type: ignore[list-item]

    @extend_schema(responses=PartsSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """What it consists of."""
        return _shown(get_object_or_404(Service, pk=pk))

    @extend_schema(request=PartsSerializer, responses=PartsSerializer)
    def put(self, request: Request, pk: UUID) -> Response:
        """Say it anew, for charges to come."""
        package = get_object_or_404(Service, pk=pk)
        wanted = checked(PartsSerializer(data=request.data))["parts"]
        pairs = [(part["service"], part["quantity"]) for part in wanted]
        packages.set_parts(package, pairs, by=caller(request), at=now())
        return _shown(package)


def _shown(package: Service) -> Response:
    return Response(PartsSerializer({"parts": package.parts.select_related("service")}).data)


urlpatterns: list[URLPattern | URLResolver] = [
    path("services/<uuid:pk>/parts/", Parts.as_view(), name="api-service-parts"),
]
