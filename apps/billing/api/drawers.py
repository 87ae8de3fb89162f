"""Drawers through the API. Every POST takes an Idempotency-Key."""

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
from apps.billing.drawers import tills
from apps.billing.models import Drawer
from apps.core.clock import now
from apps.core.idempotency import idempotent

MINE, ALL = "billing.use_drawer", "billing.manage_drawers"


class DrawerSerializer(serializers.ModelSerializer[Drawer]):
    """A till at a desk."""

    class Meta:
        model = Drawer
        fields = ("id", "tenant_id", "name", "is_active")
        read_only_fields = fields


class DrawerDetailsSerializer(serializers.Serializer[Any]):
    """What it is called, and whether it is in use."""

    name = serializers.CharField(max_length=60)


class DrawerChangesSerializer(serializers.Serializer[Any]):
    """What is left out stays."""

    name = serializers.CharField(max_length=60, required=False)
    is_active = serializers.BooleanField(required=False)


class Drawers(APIView):
    """The tills of the clinic."""

    permission_classes = [Needs(MINE, ALL, POST=ALL)]  # type: ignore[list-item]

    @extend_schema(responses=DrawerSerializer(many=True))
    def get(self, request: Request) -> Response:
        """All of them, also those that are put away."""
        return Response({"results": DrawerSerializer(Drawer.objects.all(), many=True).data})

    @extend_schema(request=DrawerDetailsSerializer, responses={201: DrawerSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Add one. From the first on, only people who have one open take cash."""
        added = tills.add_drawer(**checked(DrawerDetailsSerializer(data=request.data)), by=caller(request), at=now())
        return Response(DrawerSerializer(added).data, status=201)


class OneDrawer(APIView):
    """One till."""

    permission_classes = [Needs(ALL)]  # type: ignore[list-item]

    @extend_schema(request=DrawerChangesSerializer, responses=DrawerSerializer)
    def patch(self, request: Request, pk: UUID) -> Response:
        """Call it something else, put it away, take it into use again."""
        found = get_object_or_404(Drawer, pk=pk)
        changes = checked(DrawerChangesSerializer(data=request.data))
        return Response(DrawerSerializer(tills.amend_drawer(found, **changes, by=caller(request), at=now())).data)


urlpatterns: list[URLPattern | URLResolver] = [
    path("drawers/", Drawers.as_view(), name="api-drawers"),
    path("drawers/<uuid:pk>/", OneDrawer.as_view(), name="api-drawer"),
]
