"""A day through the API: its flow board, everything that has changed on it, and how it stood at a past moment."""

from datetime import date, datetime
from typing import Any

from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.audit.reads import record_read
from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.clock import day_of, now, refuse_odd_year
from apps.scheduling.api.asking import MomentField
from apps.scheduling.api.steps import TransitionSerializer
from apps.scheduling.models import AppointmentTransition, Status
from apps.scheduling.sheets import history, replay
from apps.scheduling.sheets.drawing import Line
from apps.scheduling.sheets.face import Face
from apps.scheduling.sheets.flow import flow_board


class DayAskedSerializer(serializers.Serializer[Any]):
    """Which day of the clinic."""

    day = serializers.DateField(required=False, help_text="Today if left out.")


class PastAskedSerializer(DayAskedSerializer):
    """Which day, and as of which moment."""

    as_of = MomentField(help_text="That very moment included. Without an offset a time of the clinic's clock.")


class ChangesAskedSerializer(DayAskedSerializer):
    """Whose changes of which day."""

    by = serializers.UUIDField(required=False, help_text="Only those of this person.")


@extend_schema_serializer(component_name="AppointmentAsOf")
class LineAsOfSerializer(serializers.Serializer[Any]):
    """Where an appointment stood then."""

    id = serializers.UUIDField()
    provider = serializers.UUIDField(source="provider_id")
    patient = serializers.UUIDField(source="patient_id")
    patient_name = serializers.CharField(source="name", help_text="The number, for those who may not see patients.")
    appointment_type = serializers.UUIDField(source="type_id")
    starts_at = serializers.SerializerMethodField()
    minutes = serializers.IntegerField()
    status = serializers.ChoiceField(choices=Status.choices)
    is_override = serializers.BooleanField()

    def get_starts_at(self, line: Line) -> datetime:
        return datetime.fromtimestamp(line.minute * 60, tz=profile.current().zone)


@extend_schema_serializer(component_name="CardAsOf")
class CardSerializer(serializers.Serializer[Any]):
    """A visit on the flow board."""

    id = serializers.UUIDField()
    provider = serializers.UUIDField(source="provider.pk")
    patient_name = serializers.CharField(source="name")
    appointment_type_name = serializers.CharField(source="type_name")
    starts = serializers.CharField(help_text="On the clinic's clock.")
    status = serializers.ChoiceField(choices=Status.choices)
    minutes = serializers.IntegerField(help_text="In this state; negative: until its time.")
    is_slow = serializers.BooleanField(help_text="It takes longer than it should.")
    token = serializers.CharField(help_text="Its number in the waiting room, if it has one.")
    due = serializers.CharField(help_text="What is to be paid; for those who may see invoices.")


class LaneSerializer(serializers.Serializer[Any]):
    """One column of the flow board."""

    key = serializers.ChoiceField(choices=["expected", "waiting", "seen", "pay", "done"])
    title = serializers.CharField()
    count = serializers.IntegerField()
    cards = CardSerializer(many=True)


class FlowBoard(APIView):
    """Today as people walk through it."""

    permission_classes = [Needs("scheduling.view_appointment")]  # type: ignore[list-item]

    @extend_schema(responses=LaneSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Expected, waiting, in session, ready to pay, done."""
        at, zone = now(), profile.current().zone
        today = day_of(at, zone)
        record_read(None, f"flow_board {today}")
        providers = list(Provider.objects.filter(is_active=True).select_related("room"))
        board = flow_board(today, providers=providers, zone=zone, reader=caller(request), at=at)
        return Response({"day": today, "lanes": LaneSerializer(board.lanes, many=True).data})


class DayAsOf(APIView):
    """A day at a past moment."""

    permission_classes = [Needs("scheduling.view_appointment")]  # type: ignore[list-item]

    @extend_schema(parameters=[PastAskedSerializer], responses=LineAsOfSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Who stood where then, from the moves that had been written down."""
        asked = checked(PastAskedSerializer(data=request.query_params))
        day, zone = _day(asked), profile.current().zone
        record_read(None, f"day_sheet {day}")
        found = replay.lines_as_of(day, asked["as_of"], face=Face.of([day], zone), reader=caller(request))
        lines = sorted((line for lines in found.values() for line in lines), key=lambda line: (line.minute, line.id))
        return Response({"results": LineAsOfSerializer(lines, many=True).data})


class DayChanges(generics.ListAPIView[AppointmentTransition]):
    """Everything that has changed on a day."""

    permission_classes = [Needs("scheduling.view_appointment")]  # type: ignore[list-item]
    serializer_class = TransitionSerializer
    queryset = AppointmentTransition.objects.none()

    @extend_schema(parameters=[ChangesAskedSerializer])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The latest first: who moved which appointment from where to where."""
        asked = checked(ChangesAskedSerializer(data=request.query_params))
        day = _day(asked)
        record_read(None, f"day_log {day}")
        entries = history.of_day(day, zone=profile.current().zone, by=asked.get("by"))
        page = self.paginate_queryset(entries)
        return self.get_paginated_response(TransitionSerializer(page, many=True).data)


def _day(asked: dict[str, Any]) -> date:
    day: date = asked.get("day") or day_of(now(), profile.current().zone)
    refuse_odd_year(day, field="day")
    return day


urlpatterns: list[URLPattern | URLResolver] = [
    path("flow-board/", FlowBoard.as_view(), name="api-flow-board"),
    path("days/as-of/", DayAsOf.as_view(), name="api-day-as-of"),
    path("days/changes/", DayChanges.as_view(), name="api-day-changes"),
]
