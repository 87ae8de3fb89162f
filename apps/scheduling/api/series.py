"""Appointments that repeat, through the API: previewed, booked all or none, changed and cancelled from one on."""

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import Count, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field, extend_schema_serializer
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.audit.reads import record_read, record_reads
from apps.clinic.models import Provider
from apps.core.clock import now
from apps.core.idempotency import idempotent
from apps.patients.models import Patient
from apps.scheduling.api.appointments import LineSerializer
from apps.scheduling.api.asking import MomentField, PersonFilter
from apps.scheduling.api.steps import CancellationSerializer
from apps.scheduling.missed import Answer
from apps.scheduling.models import Appointment, AppointmentSeries, AppointmentType
from apps.scheduling.models.series import MOST_TIMES, Unit
from apps.scheduling.repeating import series
from apps.scheduling.repeating.recurrence import Rule, in_words

CONFLICT = {
    409: OpenApiResponse(description="Nothing was changed: `conflicts` says which dates cannot be had and why.")
}


class DateChoiceSerializer(serializers.Serializer[Any]):
    """What becomes of one date of the rule."""

    day = serializers.DateField(help_text="A day of the rule.")
    starts_at = MomentField(allow_null=True, help_text="Another moment instead; null leaves the date out.")


@extend_schema_serializer(component_name="AppointmentSeriesRule")
class SeriesRuleSerializer(serializers.Serializer[Any]):
    """Who comes to whom, how often, and until when."""

    patient = serializers.PrimaryKeyRelatedField(queryset=Patient.objects.all())
    provider = serializers.PrimaryKeyRelatedField(queryset=Provider.objects.all())
    appointment_type = serializers.PrimaryKeyRelatedField(queryset=AppointmentType.objects.all())
    first_day = serializers.DateField()
    starts = serializers.TimeField(help_text="On the clinic's clock: 10:00 stays 10:00 in summer and winter.")
    every = serializers.IntegerField(min_value=1, max_value=90, default=1)
    unit = serializers.ChoiceField(choices=Unit.choices, default=Unit.WEEK)
    weekdays = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=6), default=list, help_text="0 is Monday."
    )
    times = serializers.IntegerField(
        required=False, allow_null=True, help_text=f"2 to {MOST_TIMES}; either this or `until`."
    )
    until = serializers.DateField(required=False, allow_null=True, help_text="The last day, included.")
    instead = DateChoiceSerializer(many=True, required=False, help_text="Dates to be swapped or left out.")
    patient_sees_both = serializers.BooleanField(default=False)


@extend_schema_serializer(component_name="AppointmentSeriesBooking")
class SeriesBookingSerializer(SeriesRuleSerializer):
    """A series to be booked, all of it or none."""

    reason = serializers.CharField(max_length=500, required=False, allow_blank=True)


class BookingInTheWaySerializer(serializers.Serializer[Any]):
    """An appointment that is in the way."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    provider = serializers.UUIDField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


@extend_schema_serializer(component_name="AppointmentSeriesDate")
class SeriesDateSerializer(serializers.Serializer[Any]):
    """One date of a series: whether it can be had, what is in the way, and what is free instead."""

    day = serializers.DateField()
    starts_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True)
    fits = serializers.BooleanField()
    code = serializers.CharField()
    refusal = serializers.CharField()
    note = serializers.CharField(help_text="What the clocks do that night.")
    in_the_way = BookingInTheWaySerializer(many=True)
    nearest = serializers.DateTimeField(allow_null=True)


class SeriesPreviewSerializer(serializers.Serializer[Any]):
    """All dates of a rule."""

    rule = serializers.CharField()
    dates = SeriesDateSerializer(many=True)
    conflicts = serializers.IntegerField()


@extend_schema_serializer(component_name="AppointmentSeriesInList")
class SeriesLineSerializer(serializers.ModelSerializer[AppointmentSeries]):
    """A series in a list."""

    provider_name = serializers.CharField(source="provider.name")
    appointment_type_name = serializers.CharField(source="appointment_type.name")
    rule = serializers.SerializerMethodField()
    count = serializers.IntegerField(help_text="How many appointments were booked.")

    class Meta:
        model = AppointmentSeries
        fields: tuple[str, ...] = (
            *("id", "tenant_id", "patient", "provider", "provider_name", "appointment_type", "appointment_type_name"),
            *("every", "unit", "weekdays", "first_day", "starts", "times", "until", "rule", "count"),
            *("created_by", "created_at"),
        )
        read_only_fields = fields

    def get_rule(self, one: AppointmentSeries) -> str:
        return in_words(Rule.of(one))


@extend_schema_serializer(component_name="AppointmentSeries")
class SeriesSerializer(SeriesLineSerializer):
    """A series with its appointments."""

    appointments = serializers.SerializerMethodField()

    class Meta(SeriesLineSerializer.Meta):
        fields = (*SeriesLineSerializer.Meta.fields, "appointments")
        read_only_fields = fields

    @extend_schema_field(LineSerializer(many=True))
    def get_appointments(self, one: AppointmentSeries) -> Any:
        rows = Appointment.objects.filter(series=one).with_people().order_by("starts_at")
        return LineSerializer(rows, many=True, context=self.context).data


@extend_schema_serializer(component_name="AppointmentFollowingChange")
class FollowingSerializer(serializers.Serializer[Any]):
    """What is to be different from this visit on."""

    provider = serializers.PrimaryKeyRelatedField(queryset=Provider.objects.all(), required=False)
    appointment_type = serializers.PrimaryKeyRelatedField(queryset=AppointmentType.objects.all(), required=False)
    day = serializers.DateField(required=False, help_text="Where this one goes; the others move by as many days.")
    starts = serializers.TimeField(required=False, help_text="On the clinic's clock.")
    patient_sees_both = serializers.BooleanField(default=False)
    only_this = serializers.BooleanField(default=False)


class SeriesFilter(django_filters.FilterSet):  # type: ignore[misc]
    patient = PersonFilter()
    provider = django_filters.UUIDFilter("provider_id")

    class Meta:
        model = AppointmentSeries
        fields: tuple[str, ...] = ()


class ManySeries(generics.ListAPIView[AppointmentSeries]):
    """Appointments that repeat, newest first."""

    permission_classes = [
        Needs("scheduling.view_appointment", POST="scheduling.book_appointment")  # type: ignore[list-item]
    ]
    serializer_class = SeriesLineSerializer
    filterset_class = SeriesFilter

    def get_queryset(self) -> QuerySet[AppointmentSeries]:
        rows = AppointmentSeries.objects.with_people().annotate(count=Count("appointments"))
        return rows.order_by("-created_at", "-id")

    def paginate_queryset(self, queryset: Any) -> Any:
        rows = super().paginate_queryset(queryset)
        record_reads({one.patient_id for one in rows or ()}, "schedule")
        return rows

    @extend_schema(request=SeriesBookingSerializer, responses={201: SeriesSerializer, **CONFLICT})
    @idempotent
    def post(self, request: Request) -> Response:
        """Book a series: all of its dates, or none (409)."""
        wanted = checked(SeriesBookingSerializer(data=request.data))
        reason = wanted.pop("reason", "")
        made = series.book_series(**_asked(wanted), reason=reason, by=caller(request), at=now())
        return _shown(made.pk, request, status=201)


class SeriesPreview(APIView):
    """What a series would look like."""

    permission_classes = [Needs("scheduling.book_appointment")]  # type: ignore[list-item]

    @extend_schema(request=SeriesRuleSerializer, responses=SeriesPreviewSerializer)
    def post(self, request: Request) -> Response:
        """All dates with what is in the way of each. Nothing is saved."""
        asked = _asked(checked(SeriesRuleSerializer(data=request.data)))
        plan = series.preview(**asked, at=now())
        shown = {
            "rule": in_words(asked["rule"]),
            "dates": [series.described(plan, visit) for visit in plan.visits],
            "conflicts": len(plan.conflicts),
        }
        return Response(shown)


class OneSeries(APIView):
    """One series."""

    permission_classes = [Needs("scheduling.view_appointment")]  # type: ignore[list-item]

    @extend_schema(responses=SeriesSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Its rule and its appointments."""
        return _shown(pk, request)


class Following(APIView):
    """An appointment of a series and those after it."""

    permission_classes = [Needs("scheduling.book_appointment")]  # type: ignore[list-item]

    @extend_schema(request=FollowingSerializer, responses={200: LineSerializer(many=True), **CONFLICT})
    def post(self, request: Request, pk: UUID) -> Response:
        """Give them another time, provider or type: all of them or none."""
        appointment = get_object_or_404(Appointment, pk=pk)
        wanted = checked(FollowingSerializer(data=request.data))
        changed = series.change_following(appointment, **wanted, by=caller(request), at=now())
        return _lines(changed, request)


class FollowingCancellation(APIView):
    """They do not take place."""

    permission_classes = [Needs("scheduling.book_appointment")]  # type: ignore[list-item]

    @extend_schema(request=CancellationSerializer, responses=LineSerializer(many=True))
    def post(self, request: Request, pk: UUID) -> Response:
        """Cancel this one and those after it, with a reason."""
        appointment = get_object_or_404(Appointment, pk=pk)
        why = checked(CancellationSerializer(data=request.data))
        answer = Answer(why["called_off_by_clinic"], why["waiver"])
        gone = series.cancel_following(appointment, reason=why["reason"], answer=answer, by=caller(request), at=now())
        return _lines(gone, request)


def _asked(wanted: dict[str, Any]) -> dict[str, Any]:
    names = ("first_day", "starts", "unit", "every", "times", "until")
    rule = Rule(**{name: wanted[name] for name in names if name in wanted}, weekdays=tuple(wanted["weekdays"]))
    people = {name: wanted[name] for name in ("patient", "provider", "appointment_type", "patient_sees_both")}
    return {"rule": rule, **people, "instead": {one["day"]: one["starts_at"] for one in wanted.get("instead", ())}}


def _shown(pk: UUID, request: Request, *, status: int = 200) -> Response:
    rows = AppointmentSeries.objects.with_people().annotate(count=Count("appointments"))
    found = get_object_or_404(rows, pk=pk)
    record_read(found.patient_id, "appointment")
    return Response(SeriesSerializer(found, context={"request": request}).data, status=status)


def _lines(rows: list[Appointment], request: Request) -> Response:
    record_reads({row.patient_id for row in rows}, "appointment")
    return Response({"results": LineSerializer(rows, many=True, context={"request": request}).data})


urlpatterns: list[URLPattern | URLResolver] = [
    path("appointment-series/", ManySeries.as_view(), name="api-appointment-series"),
    path("appointment-series/preview/", SeriesPreview.as_view(), name="api-appointment-series-preview"),
    path("appointment-series/<uuid:pk>/", OneSeries.as_view(), name="api-one-appointment-series"),
    path("appointments/<uuid:pk>/following/", Following.as_view(), name="api-appointment-following"),
    path(
        "appointments/<uuid:pk>/following/cancellation/",
        FollowingCancellation.as_view(),
        name="api-appointment-following-cancellation",
    ),
]
