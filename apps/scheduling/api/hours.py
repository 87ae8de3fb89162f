"""When providers see patients, and when not, through the API: weekly hours, extra sessions, leave and closed days."""

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_serializer
from rest_framework import generics, serializers
from rest_framework.fields import empty
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.clinic import profile
from apps.clinic.models import Provider, Room, Site
from apps.core.clock import day_of, now
from apps.scheduling.api.asking import MomentField
from apps.scheduling.calendars import holidays, hours, leave, time_off
from apps.scheduling.calendars.hours import Pause, Session
from apps.scheduling.models import OneOffOpening, TimeOff, WeeklyBreak, WeeklyHours

EDITS = "scheduling.edit_hours"
SEES = "scheduling.view_appointment"


@extend_schema_serializer(component_name="WeeklyBreak")
class BreakSerializer(serializers.ModelSerializer[WeeklyBreak]):
    """A pause inside a session."""

    class Meta:
        model = WeeklyBreak
        fields = ("starts", "ends", "label")


@extend_schema_serializer(component_name="WeeklyHours")
class HoursSerializer(serializers.ModelSerializer[WeeklyHours]):
    """A session that repeats every week, on the clinic's clock. An end of 00:00 is midnight."""

    breaks = BreakSerializer(many=True)

    class Meta:
        model = WeeklyHours
        fields = (
            *("id", "provider", "weekday", "starts", "ends", "capacity", "site", "room", "breaks"),
            *("effective_from", "effective_until"),
        )
        read_only_fields = fields


@extend_schema_serializer(component_name="WeeklySession")
class SessionSerializer(serializers.Serializer[Any]):
    weekday = serializers.IntegerField(min_value=0, max_value=6, help_text="0 is Monday.")
    starts = serializers.TimeField()
    ends = serializers.TimeField()
    capacity = serializers.IntegerField(required=False, help_text="Patients at a time.")
    site = serializers.PrimaryKeyRelatedField(queryset=Site.objects.all(), required=False, allow_null=True)
    room = serializers.PrimaryKeyRelatedField(queryset=Room.objects.all(), required=False, allow_null=True)
    breaks = BreakSerializer(many=True, required=False)


@extend_schema_serializer(component_name="Week")
class WeekSerializer(serializers.Serializer[Any]):
    """New weekly hours from a day on; with a last day, the former ones come back after it."""

    sessions = SessionSerializer(many=True)
    effective_from = serializers.DateField()
    effective_until = serializers.DateField(required=False, allow_null=True)


@extend_schema_serializer(component_name="ExtraSession")
class OpeningSerializer(serializers.ModelSerializer[OneOffOpening]):
    """An extra session."""

    class Meta:
        model = OneOffOpening
        fields = (
            *("id", "tenant_id", "provider", "starts_at", "ends_at", "capacity", "site", "room", "reason"),
            *("opened_at", "withdrawn_at"),
        )
        read_only_fields = fields


@extend_schema_serializer(component_name="ExtraSessionDetails")
class OpeningDetailsSerializer(serializers.Serializer[Any]):
    starts_at = MomentField()
    ends_at = MomentField()
    capacity = serializers.IntegerField(required=False)
    site = serializers.PrimaryKeyRelatedField(queryset=Site.objects.all(), required=False, allow_null=True)
    room = serializers.PrimaryKeyRelatedField(queryset=Room.objects.all(), required=False, allow_null=True)
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True)


@extend_schema_serializer(component_name="TimeOff")
class TimeOffSerializer(serializers.ModelSerializer[TimeOff]):
    """Leave of a provider, or a time in which the clinic is closed (no provider)."""

    class Meta:
        model = TimeOff
        fields = ("id", "tenant_id", "provider", "starts_at", "ends_at", "reason", "entered_at", "withdrawn_at")
        read_only_fields = fields


class OneOrAll(serializers.PrimaryKeyRelatedField[Provider]):
    """Empty text names nobody. To leave it out is another thing: that is the whole clinic."""

    def run_validation(self, data: Any = empty) -> Any:
        if data == "":
            self.fail("does_not_exist", pk_value=data)
        return super().run_validation(data)


@extend_schema_serializer(component_name="TimeOffDetails")
class TimeOffDetailsSerializer(serializers.Serializer[Any]):
    provider = OneOrAll(
        queryset=Provider.objects.all(), required=False, allow_null=True, help_text="The whole clinic if left out."
    )
    starts_at = MomentField()
    ends_at = MomentField()
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True)
    keep_appointments = serializers.BooleanField(required=False, help_text="To be moved by hand afterwards.")


class ClosedDaySerializer(serializers.Serializer[Any]):
    day = serializers.DateField()
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


@extend_schema_serializer(component_name="ClosedDays")
class ClosedDaysSerializer(serializers.Serializer[Any]):
    """A year's list: all or none."""

    days = ClosedDaySerializer(many=True, allow_empty=False)
    keep_appointments = serializers.BooleanField(required=False, default=False)


class Week(APIView):
    """A provider's weekly hours."""

    permission_classes = [Needs(SEES, PUT=EDITS)]  # type: ignore[list-item]

    @extend_schema(responses=HoursSerializer(many=True))
    def get(self, request: Request, pk: UUID) -> Response:
        """Those that hold today or later."""
        provider = get_object_or_404(Provider, pk=pk)
        today = day_of(now(), profile.current().zone)
        rows = WeeklyHours.objects.filter(Q(effective_until=None) | Q(effective_until__gte=today), provider=provider)
        rows = rows.prefetch_related("breaks").order_by("effective_from", "weekday", "starts")
        return Response({"results": HoursSerializer(rows, many=True).data})

    @extend_schema(request=WeekSerializer, responses=HoursSerializer(many=True))
    def put(self, request: Request, pk: UUID) -> Response:
        """New hours from a day on. Booked appointments stay."""
        provider = get_object_or_404(Provider, pk=pk)
        week = checked(WeekSerializer(data=request.data))
        sessions = [_session(**one) for one in week.pop("sessions")]
        made = hours.set_weekly_hours(provider, sessions=sessions, by=caller(request), at=now(), **week)
        return Response({"results": HoursSerializer(made, many=True).data})


class Openings(generics.ListAPIView[OneOffOpening]):
    """A provider's extra sessions that are not over."""

    permission_classes = [Needs(SEES, POST=EDITS)]  # type: ignore[list-item]
    serializer_class = OpeningSerializer

    queryset = OneOffOpening.objects.none()  # for the description: the rows are those of the provider in the address

    def get_queryset(self) -> QuerySet[OneOffOpening]:
        provider = get_object_or_404(Provider, pk=self.kwargs["pk"])
        return OneOffOpening.objects.filter(provider=provider, withdrawn_at=None, ends_at__gte=now())

    @extend_schema(request=OpeningDetailsSerializer, responses={201: OpeningSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Open an extra session."""
        provider = get_object_or_404(Provider, pk=pk)
        details = checked(OpeningDetailsSerializer(data=request.data))
        made = hours.open_one_off(provider, by=caller(request), at=now(), **details)
        return Response(OpeningSerializer(made).data, status=201)


class OpeningWithdrawal(APIView):
    """An extra session taken back."""

    permission_classes = [Needs(EDITS)]  # type: ignore[list-item]

    @extend_schema(request=None, responses=OpeningSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Appointments already booked into it stay."""
        found = get_object_or_404(OneOffOpening.objects.select_related("provider"), pk=pk)
        return Response(OpeningSerializer(hours.withdraw_one_off(found, by=caller(request), at=now())).data)


class TimesOff(generics.ListAPIView[TimeOff]):
    """Leave and closed times that are not over."""

    permission_classes = [Needs(SEES, POST=EDITS)]  # type: ignore[list-item]
    serializer_class = TimeOffSerializer
    filterset_fields = ("provider",)

    def get_queryset(self) -> QuerySet[TimeOff]:
        return TimeOff.objects.filter(withdrawn_at=None, ends_at__gte=now())

    @extend_schema(
        request=TimeOffDetailsSerializer,
        responses={201: TimeOffSerializer, 409: OpenApiResponse(description="Appointments are `in_the_way`.")},
    )
    def post(self, request: Request) -> Response:
        """Close a provider's time, or the whole clinic's."""
        details = checked(TimeOffDetailsSerializer(data=request.data))
        made = time_off.take_leave(details.pop("provider", None), by=caller(request), at=now(), **details)
        return Response(TimeOffSerializer(made).data, status=201)


class TimeOffWithdrawal(APIView):
    """Leave or a closed time taken back."""

    permission_classes = [Needs(EDITS)]  # type: ignore[list-item]

    @extend_schema(request=None, responses=TimeOffSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """The hours hold again."""
        found = get_object_or_404(TimeOff, pk=pk)
        leave.withdraw_time_off(found, by=caller(request), at=now())
        found.refresh_from_db()
        return Response(TimeOffSerializer(found).data)


class ClosedDays(APIView):
    """Days on which the whole clinic is closed."""

    permission_classes = [Needs(EDITS)]  # type: ignore[list-item]

    @extend_schema(request=ClosedDaysSerializer, responses={201: TimeOffSerializer(many=True)})
    def post(self, request: Request) -> Response:
        """Close the clinic on several days, all or none. What is closed already is left out of the answer."""
        asked = checked(ClosedDaysSerializer(data=request.data))
        closed = holidays.close_days(
            [(one["day"], one["reason"]) for one in asked["days"]],
            keep_appointments=asked["keep_appointments"],
            by=caller(request),
            at=now(),
        )
        return Response({"results": TimeOffSerializer(closed, many=True).data}, status=201)


def _session(*, breaks: Any = (), **details: Any) -> Session:
    pauses = tuple(Pause(one["starts"], one["ends"], one.get("label", "")) for one in breaks)
    return Session(breaks=pauses, **details)


urlpatterns: list[URLPattern | URLResolver] = [
    path("providers/<uuid:pk>/weekly-hours/", Week.as_view(), name="api-weekly-hours"),
    path("providers/<uuid:pk>/extra-sessions/", Openings.as_view(), name="api-openings"),
    path("extra-sessions/<uuid:pk>/withdrawal/", OpeningWithdrawal.as_view(), name="api-opening-withdrawal"),
    path("time-off/", TimesOff.as_view(), name="api-time-off"),
    path("time-off/<uuid:pk>/withdrawal/", TimeOffWithdrawal.as_view(), name="api-time-off-withdrawal"),
    path("closed-days/", ClosedDays.as_view(), name="api-closed-days"),
]
