"""Departments, sites and rooms through the API: one shape for the three, by the rules of `places`."""

from collections.abc import Callable
from typing import Any, ClassVar, cast
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.clinic import places
from apps.clinic.models import Department, Room, Site
from apps.core.clock import now

EDIT = "clinic.edit_provider"


class DepartmentSerializer(serializers.ModelSerializer[Department]):
    """A part of the clinic."""

    class Meta:
        model = Department
        fields = ("id", "tenant_id", "name", "position", "is_active")
        read_only_fields = fields


class SiteSerializer(serializers.ModelSerializer[Site]):
    """A place where the clinic sees patients."""

    class Meta:
        model = Site
        fields = ("id", "tenant_id", "name", "address", "is_active")
        read_only_fields = fields


class RoomSerializer(serializers.ModelSerializer[Room]):
    """Where patients are seen."""

    class Meta:
        model = Room
        fields = ("id", "tenant_id", "name", "department", "site", "is_active")
        read_only_fields = fields


class DepartmentDetailsSerializer(serializers.Serializer[Any]):
    """What is known about a department."""

    name = serializers.CharField(max_length=80)
    position = serializers.IntegerField(min_value=0, max_value=32767, required=False, help_text="Its place in lists.")


class SiteDetailsSerializer(serializers.Serializer[Any]):
    """What is known about a site."""

    name = serializers.CharField(max_length=80)
    address = serializers.CharField(max_length=500, required=False, allow_blank=True)


class RoomDetailsSerializer(serializers.Serializer[Any]):
    """What is known about a room."""

    name = serializers.CharField(max_length=80)
    department = serializers.PrimaryKeyRelatedField(queryset=Department.objects.all(), required=False, allow_null=True)
    site = serializers.PrimaryKeyRelatedField(queryset=Site.objects.all(), required=False, allow_null=True)


class Places(generics.ListAPIView[Any]):
    """All places of a kind; POST adds one."""

    permission_classes = [Needs("clinic.view_provider", POST=EDIT)]  # type: ignore[list-item]
    filterset_fields: tuple[str, ...] = ("is_active",)
    model: ClassVar[type[Any]]
    details: ClassVar[type[serializers.Serializer[Any]]]
    adding: ClassVar[Callable[..., Any]]

    def get_queryset(self) -> QuerySet[Any]:
        found: QuerySet[Any] = self.model.objects.all()
        return found

    def post(self, request: Request) -> Response:
        """Add one."""
        wanted = checked(self.details(data=request.data))
        made = type(self).adding(by=caller(request), at=now(), **wanted)
        return Response(self.get_serializer(made).data, status=201)


class OnePlace(APIView):
    """One place."""

    permission_classes = [Needs("clinic.view_provider", PATCH=EDIT)]  # type: ignore[list-item]
    shown: ClassVar[type[serializers.ModelSerializer[Any]]]
    details: ClassVar[type[serializers.Serializer[Any]]]
    amending: ClassVar[Callable[..., Any]]

    def get(self, request: Request, pk: UUID) -> Response:
        """What is known about it."""
        return Response(self.shown(self._found(pk)).data)

    def patch(self, request: Request, pk: UUID) -> Response:
        """Change what is known. Fields that are left out stay as they are."""
        place = self._found(pk)
        wanted = checked(self.details(data=request.data, partial=True))
        return Response(self.shown(type(self).amending(place, by=caller(request), at=now(), **wanted)).data)

    def _found(self, pk: UUID) -> Any:
        return get_object_or_404(self.shown.Meta.model, pk=pk)


class Closing(APIView):
    """A place's closing: POST to take it out of use, DELETE to use it again."""

    permission_classes = [Needs(EDIT)]  # type: ignore[list-item]
    shown: ClassVar[type[serializers.ModelSerializer[Any]]]

    def post(self, request: Request, pk: UUID) -> Response:
        """Take it out of use. Refused while it is still needed."""
        return self._done(places.close, request, pk)

    def delete(self, request: Request, pk: UUID) -> Response:
        """Use it again."""
        return self._done(places.reopen, request, pk)

    def _done(self, rule: Callable[..., Any], request: Request, pk: UUID) -> Response:
        place = get_object_or_404(self.shown.Meta.model, pk=pk)
        return Response(self.shown(rule(place, by=caller(request), at=now())).data)


def _addresses(
    noun: str,
    shown: type[serializers.ModelSerializer[Any]],
    details: type[serializers.Serializer[Any]],
    adding: Callable[..., Any],
    amending: Callable[..., Any],
) -> list[URLPattern | URLResolver]:
    """The three addresses of a kind of place, each with its own description."""
    also = () if noun != "room" else ("department", "site")
    said = {"model": shown.Meta.model, "serializer_class": shown, "shown": shown, "details": details}
    rules = {"adding": staticmethod(adding), "amending": staticmethod(amending)}
    filters = {"filterset_fields": ("is_active", *also)}
    name = noun.title()
    many = cast(type[Places], type(f"All{name}s", (Places,), {**said, **rules, **filters}))
    one = cast(type[OnePlace], type(f"One{name}", (OnePlace,), {**said, **rules}))
    closing = cast(type[Closing], type(f"{name}Closing", (Closing,), said))
    extend_schema_view(post=extend_schema(request=details, responses={201: shown}))(many)
    extend_schema_view(
        get=extend_schema(responses=shown), patch=extend_schema(request=details(partial=True), responses=shown)
    )(one)
    extend_schema_view(post=extend_schema(request=None, responses=shown), delete=extend_schema(responses={200: shown}))(
        closing
    )
    return [
        path(f"{noun}s/", many.as_view(), name=f"api-{noun}s"),
        path(f"{noun}s/<uuid:pk>/", one.as_view(), name=f"api-{noun}"),
        path(f"{noun}s/<uuid:pk>/closing/", closing.as_view(), name=f"api-{noun}-closing"),
    ]


urlpatterns: list[URLPattern | URLResolver] = [
    *_addresses(
        "department",
        DepartmentSerializer,
        DepartmentDetailsSerializer,
        places.add_department,
        places.amend_department,
    ),
    *_addresses("site", SiteSerializer, SiteDetailsSerializer, places.add_site, places.amend_site),
    *_addresses("room", RoomSerializer, RoomDetailsSerializer, places.add_room, places.amend_room),
]
