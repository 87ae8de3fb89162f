"""The public screens that hang in waiting rooms, through the API."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path, reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.clinic.models import Department
from apps.core.clock import now
from apps.scheduling.arrival import screens
from apps.scheduling.models import (
    WaitingScreen,
)
from apps.scheduling.models.arrival import Appearance

SET_UP = "scheduling.edit_waiting_room"


class ScreenSerializer(serializers.ModelSerializer[WaitingScreen]):
    """A public screen. Its address is told once, when it is hung up."""

    class Meta:
        model = WaitingScreen
        fields = ("id", "tenant_id", "name", "department", "appearance", "chimes", "hung_at", "revoked_at")
        read_only_fields = fields


class HungScreenSerializer(ScreenSerializer):
    address = serializers.CharField(help_text="Told this once.")

    class Meta(ScreenSerializer.Meta):
        fields = (*ScreenSerializer.Meta.fields, "address")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]


class NewScreenSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80)
    department = serializers.PrimaryKeyRelatedField(
        queryset=Department.objects.all(), required=False, allow_null=True, help_text="The whole clinic if left out."
    )
    appearance = serializers.ChoiceField(choices=Appearance.choices, default=Appearance.DARK)
    chimes = serializers.BooleanField(default=False)


class Screens(APIView):
    """The public screens that hang."""

    permission_classes = [Needs(SET_UP)]  # type: ignore[list-item]

    @extend_schema(responses=ScreenSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Without their addresses: nobody can read those again."""
        return Response({"results": ScreenSerializer(WaitingScreen.objects.all(), many=True).data})

    @extend_schema(request=NewScreenSerializer, responses={201: HungScreenSerializer})
    def post(self, request: Request) -> Response:
        """Hang up a screen. Its secret address is in this answer and nowhere else."""
        wanted = checked(NewScreenSerializer(data=request.data))
        screen, secret = screens.hang_up(by=caller(request), at=now(), **wanted)
        address = request.build_absolute_uri(reverse("scheduling:screen", args=[secret]))
        return Response({**ScreenSerializer(screen).data, "address": address}, status=201)


class OneScreen(APIView):
    """One public screen."""

    permission_classes = [Needs(SET_UP)]  # type: ignore[list-item]

    @extend_schema(request=None, responses=ScreenSerializer)
    def delete(self, request: Request, pk: UUID) -> Response:
        """Take it down: its address leads nowhere from now on."""
        screen = get_object_or_404(WaitingScreen, pk=pk)
        return Response(ScreenSerializer(screens.take_down(screen, by=caller(request), at=now())).data)


urlpatterns: list[URLPattern | URLResolver] = [
    path("waiting-room/screens/", Screens.as_view(), name="api-waiting-screens"),
    path("waiting-room/screens/<uuid:pk>/", OneScreen.as_view(), name="api-waiting-screen"),
]
