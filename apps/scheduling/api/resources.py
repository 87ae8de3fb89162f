"""Rooms, equipment, what types need, and blocked time through the API."""

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_serializer
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.clinic.models import Provider
from apps.core.clock import now
from apps.core.idempotency import idempotent
from apps.scheduling import resources
from apps.scheduling.api.asking import MomentField
from apps.scheduling.calendars import blocking
from apps.scheduling.models import AppointmentType, Block, Need, Resource, Sort


@extend_schema_serializer(component_name="Resource")
class ResourceSerializer(serializers.ModelSerializer[Resource]):
    """A room or a piece of equipment that one patient uses at a time."""

    class Meta:
        model = Resource
        fields = ("id", "tenant_id", "name", "kind", "sort", "is_active")
        read_only_fields = fields


@extend_schema_serializer(component_name="ResourceDetails")
class ResourceDetailsSerializer(serializers.Serializer[Any]):
    """What is booked with a provider."""

    name = serializers.CharField(max_length=80)
    kind = serializers.CharField(
        max_length=80, required=False, allow_blank=True, help_text="Those of one kind stand in for each other."
    )
    sort = serializers.ChoiceField(choices=Sort.choices, required=False)


@extend_schema_serializer(component_name="AppointmentNeed")
class NeedSerializer(serializers.ModelSerializer[Need]):
    """One of this kind is taken with each appointment of the type."""

    class Meta:
        model = Need
        fields = ("kind", "is_required")
        read_only_fields = fields


@extend_schema_serializer(component_name="AppointmentNeeds")
class NeedsSerializer(serializers.Serializer[Any]):
    """Kinds that the type is not booked without, and kinds that it takes where one is free."""

    required = serializers.ListField(  # type: ignore[assignment]  # a field, not whether this one is required
        child=serializers.CharField(max_length=80), max_length=20
    )
    proposed = serializers.ListField(child=serializers.CharField(max_length=80), max_length=20, required=False)


@extend_schema_serializer(component_name="Block")
class BlockSerializer(serializers.ModelSerializer[Block]):
    """Time of a provider, a room or equipment in which nobody is booked."""

    class Meta:
        model = Block
        fields = (
            *("id", "tenant_id", "provider", "resource", "starts_at", "ends_at", "reason"),
            *("entered_by", "entered_at", "lifted_by", "lifted_at"),
        )
        read_only_fields = fields


@extend_schema_serializer(component_name="BlockDetails")
class BlockDetailsSerializer(serializers.Serializer[Any]):
    """Whose time is blocked, when and why. Either a provider or a resource."""

    provider = serializers.PrimaryKeyRelatedField(queryset=Provider.objects.all(), required=False, allow_null=True)
    resource = serializers.PrimaryKeyRelatedField(queryset=Resource.objects.all(), required=False, allow_null=True)
    starts_at = MomentField()
    ends_at = MomentField()
    reason = serializers.CharField(max_length=200)
    keep_appointments = serializers.BooleanField(required=False, help_text="Those booked then stay, knowingly.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        whose = [one for one in (attrs.pop("provider", None), attrs.pop("resource", None)) if one]
        if len(whose) != 1:
            raise serializers.ValidationError({"provider": ["Name a provider or a resource, one of the two."]})
        return {**attrs, "what": whose[0]}


class BlockFilter(django_filters.FilterSet):  # type: ignore[misc]
    """`from` and `to` are moments; blocks that touch the span are shown. Lifted ones only with `lifted=true`."""

    provider = django_filters.UUIDFilter("provider_id")
    resource = django_filters.UUIDFilter("resource_id")
    to = django_filters.IsoDateTimeFilter("starts_at", lookup_expr="lt")
    lifted = django_filters.BooleanFilter("lifted_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Block
        fields: tuple[str, ...] = ()


BlockFilter.base_filters["from"] = django_filters.IsoDateTimeFilter("ends_at", lookup_expr="gt")


class Resources(generics.ListAPIView[Resource]):
    """Rooms and equipment."""

    permission_classes = [
        Needs("scheduling.view_appointment", POST="scheduling.edit_resource")  # type: ignore[list-item]
    ]
    serializer_class = ResourceSerializer
    filterset_fields = ("is_active", "sort", "kind")

    def get_queryset(self) -> QuerySet[Resource]:
        return Resource.objects.all()

    @extend_schema(request=ResourceDetailsSerializer, responses={201: ResourceSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Let a room or a piece of equipment be booked."""
        details = checked(ResourceDetailsSerializer(data=request.data))
        made = resources.add_resource(by=caller(request), at=now(), **details)
        return Response(ResourceSerializer(made).data, status=201)


class OneResource(APIView):
    """One room or piece of equipment."""

    permission_classes = [
        Needs("scheduling.view_appointment", PATCH="scheduling.edit_resource")  # type: ignore[list-item]
    ]

    @extend_schema(responses=ResourceSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """What it is."""
        return Response(ResourceSerializer(get_object_or_404(Resource, pk=pk)).data)

    @extend_schema(request=ResourceDetailsSerializer(partial=True), responses=ResourceSerializer)
    def patch(self, request: Request, pk: UUID) -> Response:
        """Rename it or say of which kind it is."""
        found = get_object_or_404(Resource, pk=pk)
        changes = checked(ResourceDetailsSerializer(data=request.data, partial=True))
        return Response(
            ResourceSerializer(resources.amend_resource(found, by=caller(request), at=now(), **changes)).data
        )


class ResourceClosing(APIView):
    """POST to book it no longer, DELETE to book it again."""

    permission_classes = [Needs("scheduling.edit_resource")]  # type: ignore[list-item]

    @extend_schema(request=None, responses=ResourceSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Book it no longer; appointments that have it keep it."""
        found = get_object_or_404(Resource, pk=pk)
        return Response(ResourceSerializer(resources.close_resource(found, by=caller(request), at=now())).data)

    @extend_schema(responses={200: ResourceSerializer})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Book it again."""
        found = get_object_or_404(Resource, pk=pk)
        return Response(ResourceSerializer(resources.reopen_resource(found, by=caller(request), at=now())).data)


class TypeNeeds(APIView):
    """What a kind of appointment needs."""

    permission_classes = [
        Needs("scheduling.view_appointment", PUT="scheduling.edit_resource")  # type: ignore[list-item]
    ]

    @extend_schema(responses=NeedSerializer(many=True))
    def get(self, request: Request, pk: UUID) -> Response:
        """Kinds of rooms and equipment."""
        found = get_object_or_404(AppointmentType, pk=pk)
        return Response({"results": NeedSerializer(Need.objects.filter(appointment_type=found), many=True).data})

    @extend_schema(request=NeedsSerializer, responses=NeedSerializer(many=True))
    def put(self, request: Request, pk: UUID) -> Response:
        """Say it anew."""
        found = get_object_or_404(AppointmentType, pk=pk)
        wanted = checked(NeedsSerializer(data=request.data))
        made = resources.set_needs(found, by=caller(request), at=now(), **wanted)
        return Response({"results": NeedSerializer(made, many=True).data})


class Blocks(generics.ListAPIView[Block]):
    """Blocked time."""

    permission_classes = [Needs("scheduling.view_appointment", POST="scheduling.block_time")]  # type: ignore[list-item]
    serializer_class = BlockSerializer
    filterset_class = BlockFilter

    def get_queryset(self) -> QuerySet[Block]:
        rows = Block.objects.all()
        return rows if "lifted" in self.request.query_params else rows.filter(lifted_at=None)

    @extend_schema(
        request=BlockDetailsSerializer,
        responses={201: BlockSerializer, 409: OpenApiResponse(description="Somebody is booked then: `in_the_way`.")},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Block time of a provider, a room or equipment."""
        wanted = checked(BlockDetailsSerializer(data=request.data))
        made = blocking.block(wanted.pop("what"), by=caller(request), at=now(), **wanted)
        return Response(BlockSerializer(made).data, status=201)


class OneBlock(APIView):
    """One blocked time; DELETE lifts it (it stays as history)."""

    permission_classes = [
        Needs("scheduling.view_appointment", DELETE="scheduling.block_time")  # type: ignore[list-item]
    ]

    @extend_schema(responses=BlockSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Whose, when and why."""
        return Response(BlockSerializer(get_object_or_404(Block, pk=pk)).data)

    @extend_schema(responses={200: BlockSerializer})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Let the time be booked again."""
        found = get_object_or_404(Block, pk=pk)
        return Response(BlockSerializer(blocking.lift(found, by=caller(request), at=now())).data)


urlpatterns: list[URLPattern | URLResolver] = [
    path("resources/", Resources.as_view(), name="api-resources"),
    path("resources/<uuid:pk>/", OneResource.as_view(), name="api-resource"),
    path("resources/<uuid:pk>/closing/", ResourceClosing.as_view(), name="api-resource-closing"),
    path("appointment-types/<uuid:pk>/needs/", TypeNeeds.as_view(), name="api-appointment-type-needs"),
    path("blocks/", Blocks.as_view(), name="api-blocks"),
    path("blocks/<uuid:pk>/", OneBlock.as_view(), name="api-block"),
]
