"""The clinic's providers, departments and rooms, and its own particulars, through the API."""

from typing import Any, cast
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs
from apps.accounts.models import User
from apps.clinic import places, profile, providers
from apps.clinic.models import ClinicProfile, Colour, Department, Provider, Room, Site
from apps.core.clock import now


class ClinicSerializer(serializers.ModelSerializer[ClinicProfile]):
    """What stands on the clinic's door."""

    class Meta:
        model = ClinicProfile
        fields = (
            "tenant_id",
            "name",
            "address",
            "phone",
            "email",
            "tax_id",
            "upi_address",
            "timezone",
            "currency",
            "locale",
        )
        read_only_fields = fields


class ProviderSerializer(serializers.ModelSerializer[Provider]):
    """A person whose time patients book."""

    user = serializers.UUIDField(source="user_id", allow_null=True, read_only=True, help_text="Who signs in as them.")

    class Meta:
        model = Provider
        fields = (
            *("id", "tenant_id", "name", "user", "specialty", "qualification", "licence_number"),
            *("department", "room", "colour", "position", "is_active"),
        )
        read_only_fields = fields


class ProviderDetailsSerializer(serializers.Serializer[Any]):
    """What is known about a provider. Whether it makes sense is for the rules to say."""

    name = serializers.CharField(max_length=120)
    user = serializers.PrimaryKeyRelatedField(queryset=User.objects.all(), required=False, allow_null=True)
    specialty = serializers.CharField(max_length=120, required=False, allow_blank=True)
    qualification = serializers.CharField(max_length=120, required=False, allow_blank=True)
    licence_number = serializers.CharField(max_length=60, required=False, allow_blank=True)
    department = serializers.PrimaryKeyRelatedField(queryset=Department.objects.all(), required=False, allow_null=True)
    room = serializers.PrimaryKeyRelatedField(queryset=Room.objects.all(), required=False, allow_null=True)
    colour = serializers.ChoiceField(choices=Colour.choices, required=False)
    position = serializers.IntegerField(min_value=0, max_value=32767, required=False)


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


class ProviderFilter(django_filters.FilterSet):  # type: ignore[misc]
    is_active = django_filters.BooleanFilter()
    department = django_filters.UUIDFilter("department_id")


class OwnClinic(APIView):
    """This clinic."""

    permission_classes = [Needs("clinic.view_provider")]  # type: ignore[list-item]

    @extend_schema(responses=ClinicSerializer)
    def get(self, request: Request) -> Response:
        """Name, address, time zone, currency."""
        return Response(ClinicSerializer(profile.current()).data)


class Providers(generics.ListAPIView[Provider]):
    """The people whose time patients book."""

    permission_classes = [Needs("clinic.view_provider", POST="clinic.edit_provider")]  # type: ignore[list-item]
    serializer_class = ProviderSerializer
    filterset_class = ProviderFilter

    def get_queryset(self) -> QuerySet[Provider]:
        return Provider.objects.all()

    @extend_schema(request=ProviderDetailsSerializer, responses={201: ProviderSerializer})
    def post(self, request: Request) -> Response:
        """Add a provider; hours are given afterwards."""
        asked = ProviderDetailsSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        made = providers.add_provider(by=cast(User, request.user), at=now(), **asked.validated_data)
        return Response(ProviderSerializer(made).data, status=201)


class OneProvider(APIView):
    """One provider."""

    permission_classes = [Needs("clinic.view_provider", PATCH="clinic.edit_provider")]  # type: ignore[list-item]

    @extend_schema(responses=ProviderSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """What is known about the provider."""
        return Response(ProviderSerializer(get_object_or_404(Provider, pk=pk)).data)

    @extend_schema(request=ProviderDetailsSerializer(partial=True), responses=ProviderSerializer)
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change what is known. Fields that are left out stay as they are."""
        provider = get_object_or_404(Provider, pk=pk)
        asked = ProviderDetailsSerializer(data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        changed = providers.amend_provider(provider, by=cast(User, request.user), at=now(), **asked.validated_data)
        return Response(ProviderSerializer(changed).data)


class Deactivation(APIView):
    """A provider's deactivation: POST to take no more appointments, DELETE to take them again."""

    permission_classes = [Needs("clinic.edit_provider")]  # type: ignore[list-item]

    @extend_schema(request=None, responses=ProviderSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Take no more appointments. Those already booked stay."""
        provider = get_object_or_404(Provider, pk=pk)
        gone = providers.deactivate_provider(provider, by=cast(User, request.user), at=now())
        return Response(ProviderSerializer(gone).data)

    @extend_schema(responses={200: ProviderSerializer})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Take appointments again."""
        provider = get_object_or_404(Provider, pk=pk)
        back = providers.restore_provider(provider, by=cast(User, request.user), at=now())
        return Response(ProviderSerializer(back).data)


class Departments(generics.ListAPIView[Department]):
    """The parts of the clinic."""

    permission_classes = [Needs("clinic.view_provider")]  # type: ignore[list-item]
    serializer_class = DepartmentSerializer
    filterset_fields = ("is_active",)

    def get_queryset(self) -> QuerySet[Department]:
        return Department.objects.all()


class SiteDetailsSerializer(serializers.Serializer[Any]):
    """What is known about a site."""

    name = serializers.CharField(max_length=80)
    address = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class Sites(generics.ListAPIView[Site]):
    """The places where the clinic sees patients."""

    permission_classes = [Needs("clinic.view_provider", POST="clinic.edit_provider")]  # type: ignore[list-item]
    serializer_class = SiteSerializer
    filterset_fields = ("is_active",)

    def get_queryset(self) -> QuerySet[Site]:
        return Site.objects.all()

    @extend_schema(request=SiteDetailsSerializer, responses={201: SiteSerializer})
    def post(self, request: Request) -> Response:
        """See patients at one more place."""
        asked = SiteDetailsSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        made = places.add_site(by=cast(User, request.user), at=now(), **asked.validated_data)
        return Response(SiteSerializer(made).data, status=201)


class OneSite(APIView):
    """One site."""

    permission_classes = [Needs("clinic.view_provider", PUT="clinic.edit_provider")]  # type: ignore[list-item]

    @extend_schema(responses=SiteSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Its name and address."""
        return Response(SiteSerializer(get_object_or_404(Site, pk=pk)).data)

    @extend_schema(request=SiteDetailsSerializer, responses=SiteSerializer)
    def put(self, request: Request, pk: UUID) -> Response:
        """Change its name and address."""
        site = get_object_or_404(Site, pk=pk)
        asked = SiteDetailsSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        changed = places.amend_site(site, by=cast(User, request.user), at=now(), **asked.validated_data)
        return Response(SiteSerializer(changed).data)


class SiteClosing(APIView):
    """A site's closing: POST to see patients there no longer, DELETE to see them there again."""

    permission_classes = [Needs("clinic.edit_provider")]  # type: ignore[list-item]

    @extend_schema(request=None, responses=SiteSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Refused while rooms or hours are there."""
        site = get_object_or_404(Site, pk=pk)
        return Response(SiteSerializer(places.close(site, by=cast(User, request.user), at=now())).data)

    @extend_schema(responses={200: SiteSerializer})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Open again."""
        site = get_object_or_404(Site, pk=pk)
        return Response(SiteSerializer(places.reopen(site, by=cast(User, request.user), at=now())).data)


class Rooms(generics.ListAPIView[Room]):
    """Where patients are seen."""

    permission_classes = [Needs("clinic.view_provider")]  # type: ignore[list-item]
    serializer_class = RoomSerializer
    filterset_fields = ("is_active", "department", "site")

    def get_queryset(self) -> QuerySet[Room]:
        return Room.objects.all()


urlpatterns: list[URLPattern | URLResolver] = [
    path("clinic/", OwnClinic.as_view(), name="api-clinic"),
    path("providers/", Providers.as_view(), name="api-providers"),
    path("providers/<uuid:pk>/", OneProvider.as_view(), name="api-provider"),
    path("providers/<uuid:pk>/deactivation/", Deactivation.as_view(), name="api-provider-deactivation"),
    path("departments/", Departments.as_view(), name="api-departments"),
    path("sites/", Sites.as_view(), name="api-sites"),
    path("sites/<uuid:pk>/", OneSite.as_view(), name="api-site"),
    path("sites/<uuid:pk>/closing/", SiteClosing.as_view(), name="api-site-closing"),
    path("rooms/", Rooms.as_view(), name="api-rooms"),
]
