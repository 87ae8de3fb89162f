"""A provider's calendar for a phone, through the API."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path, reverse
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller
from apps.clinic.models import Provider
from apps.core.clock import now
from apps.scheduling.calendars import feeds
from apps.scheduling.models import CalendarFeed


@extend_schema_serializer(component_name="CalendarFeed")
class FeedSerializer(serializers.Serializer[Any]):
    """A secret address, shown this once."""

    id = serializers.UUIDField()
    address = serializers.URLField(help_text="Whoever has it can read the calendar; it is kept nowhere.")
    opened_at = serializers.DateTimeField()


class CalendarFeeds(APIView):
    """The secret address of a provider's calendar: POST for a new one (the old one stops working), DELETE to take it
    back. For the provider and for whoever may change hours."""

    permission_classes = [Needs("scheduling.view_appointment")]  # type: ignore[list-item]

    @extend_schema(request=None, responses={201: FeedSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """A new address."""
        provider = get_object_or_404(Provider, pk=pk)
        feed, key = feeds.open_feed(provider, by=caller(request), at=now())
        address = request.build_absolute_uri(f"{reverse('scheduling:feed')}?key={key}")
        answer = FeedSerializer({"id": feed.pk, "address": address, "opened_at": feed.opened_at})
        return Response(answer.data, status=201)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """The address works no longer."""
        feed = get_object_or_404(CalendarFeed, provider=pk, revoked_at=None)
        feeds.revoke_feed(feed, by=caller(request), at=now())
        return Response(status=204)


urlpatterns: list[URLPattern | URLResolver] = [
    path("providers/<uuid:pk>/calendar-feed/", CalendarFeeds.as_view(), name="api-calendar-feeds"),
]
