"""The clinic's providers and its own particulars, through the API."""

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
from apps.clinic import profile, providers
from apps.clinic.models import ClinicProfile, Colour, Department, Provider, Room
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


urlpatterns: list[URLPattern | URLResolver] = [
    path("clinic/", OwnClinic.as_view(), name="api-clinic"),
    path("providers/", Providers.as_view(), name="api-providers"),
    path("providers/<uuid:pk>/", OneProvider.as_view(), name="api-provider"),
    path("providers/<uuid:pk>/deactivation/", Deactivation.as_view(), name="api-provider-deactivation"),
]
