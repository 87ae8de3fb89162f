"""Free times through the API: what can be booked, with whom, where."""

from typing import Any

from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, checked
from apps.clinic import profile
from apps.clinic.models import Department, Provider, Site
from apps.core.api_shapes import Input, shaped
from apps.core.clock import day_of, now
from apps.core.references import Reference
from apps.scheduling.finding import providers_who
from apps.scheduling.models import AppointmentType
from apps.scheduling.slots import MOST_DAYS, free_slots


class FreeTimesAskedSerializer(Input):
    """Where and when to look."""

    type = Reference(queryset=AppointmentType.objects.all())
    provider = serializers.ListField(
        child=serializers.PrimaryKeyRelatedField(queryset=Provider.objects.all()),
        required=False,
        help_text="May be repeated; all active providers if left out.",
    )
    department = serializers.PrimaryKeyRelatedField(
        queryset=Department.objects.all(), required=False, help_text="Only providers of this department."
    )
    site = serializers.PrimaryKeyRelatedField(
        queryset=Site.objects.all(), required=False, help_text="Only sessions at this site."
    )
    specialty = serializers.CharField(max_length=120, required=False, help_text="Only providers with this specialty.")
    weekday = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=6),
        required=False,
        help_text="May be repeated; 0 is Monday.",
    )
    # `from` is a word of the language: the field is declared below.
    to = serializers.DateField(required=False, help_text=f"The last day; at most {MOST_DAYS} days.")
    after = serializers.TimeField(required=False, help_text="On the clinic's clock: not before this time of day.")
    before = serializers.TimeField(required=False, help_text="On the clinic's clock: before this time of day.")
    limit = serializers.IntegerField(
        min_value=1, max_value=2000, default=500, help_text="The first so many: the fewer, the quicker."
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        first_day = serializers.DateField(required=False, help_text="The first day; today if left out.")
        return {**super().get_fields(), "from": first_day}


class SlotSerializer(serializers.Serializer[Any]):
    """A time that can be booked now."""

    provider = serializers.UUIDField(source="provider.pk")
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    places = serializers.IntegerField(help_text="How many more patients it would take.")
    site = serializers.UUIDField(source="site_id", allow_null=True)
    room = serializers.UUIDField(source="room_id", allow_null=True)


class FoundTimesSerializer(serializers.Serializer[Any]):
    """The first times that fit."""

    results = SlotSerializer(many=True)
    count = serializers.IntegerField(help_text="How many are shown.")
    more = serializers.BooleanField(help_text="Whether there are more: ask again from the last one on.")


class FreeTimes(APIView):
    """Times that can be booked."""

    permission_classes = [Needs("scheduling.view_appointment")]  # type: ignore[list-item]

    @extend_schema(parameters=[FreeTimesAskedSerializer], responses=FoundTimesSerializer)
    def get(self, request: Request) -> Response:
        """In order of time, from now on, with any of the providers who fit."""
        asked = checked(FreeTimesAskedSerializer(data=request.query_params))
        at = now()
        first_day = asked.get("from") or day_of(at, profile.current().zone)
        who = providers_who(
            department=asked.get("department"), specialty=asked.get("specialty", ""), among=asked.get("provider", ())
        )
        found = free_slots(
            providers=who if asked["type"].is_active else (),
            appointment_type=asked["type"],
            first_day=first_day,
            last_day=asked.get("to") or first_day,
            at=at,
            from_time=asked.get("after"),
            until_time=asked.get("before"),
            weekdays=asked.get("weekday", ()),
            site=asked.get("site"),
            limit=asked["limit"] + 1,
        )
        shown = found[: asked["limit"]]
        answer = {"results": shown, "count": len(shown), "more": len(found) > len(shown)}
        return Response(shaped(FoundTimesSerializer, answer))


urlpatterns: list[URLPattern | URLResolver] = [
    path("free-times/", FreeTimes.as_view(), name="api-free-times"),
]
