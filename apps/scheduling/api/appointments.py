"""Appointment types, free times and appointments through the API; each step of a visit is a POST to its noun.

A conflict is answered 409 with `in_the_way` and `free_times`. Times without an offset are read on the clinic's clock.
"""

from collections.abc import Callable
from datetime import datetime
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
from apps.audit.reads import record_read, record_reads
from apps.clinic import profile
from apps.clinic.models import Colour, Department, Provider, Site
from apps.core.clock import NoSuchTime, at_wall_time, day_of, local_day, now
from apps.core.idempotency import idempotent
from apps.patients.models import Patient
from apps.patients.models.persons import records_of
from apps.scheduling import attendance, booking, catalogue, undo
from apps.scheduling.finding import providers_who
from apps.scheduling.fitting import SEE_PATIENTS
from apps.scheduling.missed import Answer
from apps.scheduling.models import (
    Appointment,
    AppointmentTransition,
    AppointmentType,
    Channel,
    Resource,
    ResourceUse,
    Status,
)
from apps.scheduling.models.appointment import FeeKind
from apps.scheduling.slots import MOST_DAYS, free_slots

IN_THE_WAY = {409: OpenApiResponse(description="Something is in the way: `in_the_way`, and `free_times` instead.")}


class MomentField(serializers.DateTimeField):
    """A moment. Without an offset it is a time on the clinic's clock; in the hour that comes twice, the first."""

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.tzinfo is None:
            try:
                return at_wall_time(value.date(), value.time(), profile.current().zone)
            except NoSuchTime as refusal:
                raise serializers.ValidationError(str(refusal), code=refusal.code) from None
            except OverflowError:
                self.fail("overflow")
        return super().enforce_timezone(value)


@extend_schema_serializer(component_name="AppointmentType")
class TypeSerializer(serializers.ModelSerializer[AppointmentType]):
    """What can be booked: how long it takes and what it costs."""

    class Meta:
        model = AppointmentType
        fields = (
            *("id", "tenant_id", "name", "duration_minutes", "rate", "tax_name", "tax_rate"),
            *("facility_rate", "facility_tax_name", "facility_tax_rate", "follow_up_days", "follow_up_percent"),
            *("cancel_fee_kind", "cancel_fee_value", "cancel_free_hours", "no_show_fee_kind", "no_show_fee_value"),
            *("buffer_before", "buffer_after", "colour", "position", "is_active"),
        )
        read_only_fields = fields


@extend_schema_serializer(component_name="AppointmentTypeDetails")
class TypeDetailsSerializer(serializers.Serializer[Any]):
    """What is offered. Types only: what makes sense is for the rules to say."""

    name = serializers.CharField(max_length=80)
    duration_minutes = serializers.IntegerField()
    rate = serializers.CharField(max_length=40, help_text="An amount in the clinic's currency.")
    tax_name = serializers.CharField(max_length=40, required=False, allow_blank=True)
    tax_rate = serializers.CharField(max_length=20, required=False, help_text="Percent.")
    facility_rate = serializers.CharField(max_length=40, required=False, help_text="A line of its own; 0 for none.")
    facility_tax_name = serializers.CharField(max_length=40, required=False, allow_blank=True)
    facility_tax_rate = serializers.CharField(max_length=20, required=False, help_text="Percent.")
    follow_up_days = serializers.IntegerField(
        required=False, help_text="A return within so many days of a charged visit with the same provider costs less."
    )
    follow_up_percent = serializers.CharField(max_length=20, required=False, help_text="So much less: 100 is free.")
    cancel_fee_kind = serializers.ChoiceField(choices=FeeKind.choices, required=False)
    cancel_fee_value = serializers.CharField(max_length=40, required=False, help_text="An amount, or percent.")
    cancel_free_hours = serializers.IntegerField(required=False, help_text="Free until so many hours before.")
    no_show_fee_kind = serializers.ChoiceField(choices=FeeKind.choices, required=False)
    no_show_fee_value = serializers.CharField(max_length=40, required=False, help_text="An amount, or percent.")
    buffer_before = serializers.IntegerField(required=False, help_text="Minutes.")
    buffer_after = serializers.IntegerField(required=False, help_text="Minutes.")
    colour = serializers.ChoiceField(choices=Colour.choices, required=False)
    position = serializers.IntegerField(min_value=0, max_value=32767, required=False)


class FreeTimesAskedSerializer(serializers.Serializer[Any]):
    """Where and when to look."""

    type = serializers.PrimaryKeyRelatedField(queryset=AppointmentType.objects.all())
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


@extend_schema_serializer(component_name="AppointmentInList")
class LineSerializer(serializers.ModelSerializer[Appointment]):
    """An appointment in a list."""

    patient_number = serializers.CharField(source="patient.number")
    patient_name = serializers.SerializerMethodField(help_text="Only for those who may see patients.")
    provider_name = serializers.CharField(source="provider.name")
    appointment_type_name = serializers.CharField(source="appointment_type.name")

    class Meta:
        model = Appointment
        fields: tuple[str, ...] = (
            *("id", "tenant_id", "number", "status", "starts_at", "ends_at"),
            *("patient", "patient_number", "patient_name", "provider", "provider_name"),
            *("appointment_type", "appointment_type_name", "buffer_before", "buffer_after"),
            *("channel", "follow_up_for", "reschedule_of"),
            *("is_override", "booked_at", "arrived_at", "started_at", "completed_at"),
        )
        read_only_fields = fields

    def get_patient_name(self, appointment: Appointment) -> str | None:
        return appointment.patient.full_name if self.may_see_patients else None

    @property
    def may_see_patients(self) -> bool:
        request: Request = self.context["request"]
        return bool(request.user.has_perm(SEE_PATIENTS))


@extend_schema_serializer(component_name="Appointment")
class AppointmentSerializer(LineSerializer):
    """An appointment with what was written about it."""

    reason = serializers.SerializerMethodField(help_text="Only for those who may see patients.")
    notes = serializers.SerializerMethodField(help_text="Only for those who may see patients.")
    override_reason = serializers.SerializerMethodField(help_text="Only for those who may see patients.")
    rescheduled_as = serializers.SerializerMethodField(help_text="What was booked in its place.")
    resources = serializers.SerializerMethodField(help_text="Rooms and equipment.")

    class Meta(LineSerializer.Meta):
        fields = (*LineSerializer.Meta.fields, "reason", "notes", "override_reason", "rescheduled_as", "resources")
        read_only_fields = fields

    def get_resources(self, appointment: Appointment) -> list[UUID]:
        return list(ResourceUse.objects.filter(appointment=appointment).values_list("resource_id", flat=True))

    def get_rescheduled_as(self, appointment: Appointment) -> UUID | None:
        instead = getattr(appointment, "rescheduled_as", None)
        return instead.pk if instead else None

    def get_reason(self, appointment: Appointment) -> str | None:
        return appointment.reason if self.may_see_patients else None

    def get_notes(self, appointment: Appointment) -> str | None:
        return appointment.notes if self.may_see_patients else None

    def get_override_reason(self, appointment: Appointment) -> str | None:
        return appointment.override_reason if self.may_see_patients else None


@extend_schema_serializer(component_name="AppointmentPlace")
class PlaceSerializer(serializers.Serializer[Any]):
    """Where an appointment is to go."""

    starts_at = MomentField()
    ends_at = MomentField(required=False, allow_null=True, help_text="From the length of the appointment if left out.")
    provider = serializers.PrimaryKeyRelatedField(queryset=Provider.objects.all(), required=False)
    override_reason = serializers.CharField(
        max_length=500,
        required=False,
        allow_blank=True,
        help_text="Why it goes over another or outside hours: clinic admins only (FR-S01).",
    )
    patient_sees_both = serializers.BooleanField(
        required=False, help_text="True once somebody has seen that the patient is with another provider then."
    )
    resources = serializers.PrimaryKeyRelatedField(
        queryset=Resource.objects.all(),
        many=True,
        required=False,
        help_text="Rooms and equipment by name; if left out, what the type needs is found.",
    )


@extend_schema_serializer(component_name="AppointmentBooking")
class BookingSerializer(PlaceSerializer):
    """A new appointment."""

    patient = serializers.PrimaryKeyRelatedField(queryset=Patient.objects.all())
    provider = serializers.PrimaryKeyRelatedField(queryset=Provider.objects.all())
    appointment_type = serializers.PrimaryKeyRelatedField(queryset=AppointmentType.objects.all())
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True)
    notes = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    requested = serializers.BooleanField(required=False, help_text="Only a wish, which holds no place until confirmed.")
    form_key = serializers.UUIDField(required=False, help_text="The key of the hold that this booking uses up.")
    channel = serializers.ChoiceField(choices=Channel.choices, required=False, help_text="How the wish arrived.")
    follow_up_for = serializers.PrimaryKeyRelatedField(
        queryset=Appointment.objects.all(),
        required=False,
        allow_null=True,
        help_text="The patient's earlier visit that this one comes back for.",
    )
    reschedule_of = serializers.PrimaryKeyRelatedField(
        queryset=Appointment.objects.all(),
        required=False,
        allow_null=True,
        help_text="The patient's cancelled or missed appointment that this one replaces.",
    )


@extend_schema_serializer(component_name="AppointmentAmendment")
class AmendmentSerializer(serializers.Serializer[Any]):
    """Changes of what is written; with a time or a provider, of the place too."""

    reason = serializers.CharField(max_length=500, required=False, allow_blank=True)
    notes = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    starts_at = MomentField(required=False)
    ends_at = MomentField(required=False, allow_null=True)
    provider = serializers.PrimaryKeyRelatedField(queryset=Provider.objects.all(), required=False)
    override_reason = serializers.CharField(max_length=500, required=False, allow_blank=True)
    patient_sees_both = serializers.BooleanField(required=False)
    resources = serializers.PrimaryKeyRelatedField(
        queryset=Resource.objects.all(), many=True, required=False, help_text="Other rooms and equipment by name."
    )


@extend_schema_serializer(component_name="AppointmentMove")
class MoveSerializer(PlaceSerializer):
    """Another time, provider or length."""

    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, help_text="Why it is moved.")


@extend_schema_serializer(component_name="AppointmentConfirmation")
class ConfirmationSerializer(serializers.Serializer[Any]):
    """How a request is to get its place."""

    override_reason = serializers.CharField(max_length=500, required=False, allow_blank=True)
    patient_sees_both = serializers.BooleanField(required=False)


@extend_schema_serializer(component_name="AppointmentCancellation")
class CancellationSerializer(serializers.Serializer[Any]):
    """Why it does not take place."""

    reason = serializers.CharField(max_length=500)
    called_off_by_clinic = serializers.BooleanField(
        required=False, default=False, help_text="Not the patient cancels but the clinic: then it costs nothing."
    )
    waiver = serializers.CharField(
        max_length=500,
        required=False,
        allow_blank=True,
        default="",
        help_text="Why no fee is asked: clinic admins only.",
    )


@extend_schema_serializer(component_name="AppointmentTransition")
class TransitionSerializer(serializers.ModelSerializer[AppointmentTransition]):
    """One move: who, when, from where to where."""

    by_name = serializers.CharField(source="by.full_name")

    class Meta:
        model = AppointmentTransition
        fields = (
            *("id", "at", "by", "by_name", "from_status", "to_status", "from_provider", "to_provider"),
            *("from_starts_at", "from_ends_at", "to_starts_at", "to_ends_at", "is_override", "undoes"),
        )
        read_only_fields = fields


class AppointmentFilter(django_filters.FilterSet):  # type: ignore[misc]
    """`day`, `from` and `to` are days of the clinic: an appointment at 20:30 is on its local day only."""

    day = django_filters.DateFilter(method="on_day")
    to = django_filters.DateFilter(method="to_day")
    provider = django_filters.UUIDFilter("provider_id")
    patient = django_filters.UUIDFilter(method="of_patient", label="On any record of this person.")
    appointment_type = django_filters.UUIDFilter("appointment_type_id")
    status = django_filters.MultipleChoiceFilter(choices=Status.choices)
    number = django_filters.CharFilter()
    resource = django_filters.UUIDFilter("uses__resource_id")
    channel = django_filters.MultipleChoiceFilter(choices=Channel.choices)
    follow_up_for = django_filters.UUIDFilter("follow_up_for_id")

    class Meta:
        model = Appointment
        fields: tuple[str, ...] = ()

    def of_patient(self, queryset: QuerySet[Appointment], name: str, patient: UUID) -> QuerySet[Appointment]:
        return queryset.filter(patient__in=records_of(patient))

    def on_day(self, queryset: QuerySet[Appointment], name: str, day: Any) -> QuerySet[Appointment]:
        start, end = local_day(day, profile.current().zone)
        return queryset.filter(starts_at__gte=start, starts_at__lt=end)

    def from_day(self, queryset: QuerySet[Appointment], name: str, day: Any) -> QuerySet[Appointment]:
        return queryset.filter(starts_at__gte=local_day(day, profile.current().zone)[0])

    def to_day(self, queryset: QuerySet[Appointment], name: str, day: Any) -> QuerySet[Appointment]:
        return queryset.filter(starts_at__lt=local_day(day, profile.current().zone)[1])


# `from` is a word of the language, so it cannot be declared like the others.
AppointmentFilter.base_filters["from"] = django_filters.DateFilter(method="from_day")


class AppointmentTypes(generics.ListAPIView[AppointmentType]):
    """What can be booked."""

    permission_classes = [
        Needs("scheduling.view_appointment", POST="scheduling.edit_appointment_type")  # type: ignore[list-item]
    ]
    serializer_class = TypeSerializer
    filterset_fields = ("is_active",)

    def get_queryset(self) -> QuerySet[AppointmentType]:
        return AppointmentType.objects.all()

    @extend_schema(request=TypeDetailsSerializer, responses={201: TypeSerializer})
    def post(self, request: Request) -> Response:
        """Offer a new kind of appointment."""
        details = checked(TypeDetailsSerializer(data=request.data))
        made = catalogue.add_type(by=caller(request), at=now(), **details)
        return Response(TypeSerializer(made).data, status=201)


class OneAppointmentType(APIView):
    """One kind of appointment."""

    permission_classes = [
        Needs("scheduling.view_appointment", PATCH="scheduling.edit_appointment_type")  # type: ignore[list-item]
    ]

    @extend_schema(responses=TypeSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """How long it takes and what it costs."""
        return Response(TypeSerializer(get_object_or_404(AppointmentType, pk=pk)).data)

    @extend_schema(request=TypeDetailsSerializer(partial=True), responses=TypeSerializer)
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change it. Booked appointments keep their time; visits completed after this cost the new fee."""
        found = get_object_or_404(AppointmentType, pk=pk)
        changes = checked(TypeDetailsSerializer(data=request.data, partial=True))
        return Response(TypeSerializer(catalogue.amend_type(found, by=caller(request), at=now(), **changes)).data)


class FreeTimes(APIView):
    """Times that can be booked."""

    permission_classes = [Needs("scheduling.view_appointment")]  # type: ignore[list-item]

    @extend_schema(parameters=[FreeTimesAskedSerializer], responses=FoundTimesSerializer)
    def get(self, request: Request) -> Response:
        """In order of time, from now on, with any of the providers who fit."""
        asked = checked(FreeTimesAskedSerializer(data=request.query_params))
        at = now()
        first_day = asked.get("from") or day_of(at, profile.current().zone)
        found = free_slots(
            providers=providers_who(
                department=asked.get("department"),
                specialty=asked.get("specialty", ""),
                among=asked.get("provider", ()),
            ),
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
        return Response(
            FoundTimesSerializer({"results": shown, "count": len(shown), "more": len(found) > len(shown)}).data
        )


class Appointments(generics.ListAPIView[Appointment]):
    """The schedule, in order of time."""

    permission_classes = [
        Needs("scheduling.view_appointment", POST="scheduling.book_appointment")  # type: ignore[list-item]
    ]
    serializer_class = LineSerializer
    filterset_class = AppointmentFilter

    def get_queryset(self) -> QuerySet[Appointment]:
        return Appointment.objects.with_people()

    def paginate_queryset(self, queryset: Any) -> Any:
        rows = super().paginate_queryset(queryset)
        record_reads({appointment.patient_id for appointment in rows or ()}, "schedule")
        return rows

    @extend_schema(request=BookingSerializer, responses={201: AppointmentSerializer, **IN_THE_WAY})
    @idempotent
    def post(self, request: Request) -> Response:
        """Book a patient into a provider's time (UC-01)."""
        wanted = checked(BookingSerializer(data=request.data))
        return _shown(booking.book(by=caller(request), at=now(), **wanted), request, status=201)


class OneAppointment(APIView):
    """One appointment."""

    permission_classes = [
        Needs("scheduling.view_appointment", PATCH="scheduling.book_appointment")  # type: ignore[list-item]
    ]

    @extend_schema(responses=AppointmentSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """When, who, with whom, and where it stands."""
        return _shown(_found(pk), request)

    @extend_schema(request=AmendmentSerializer, responses={200: AppointmentSerializer, **IN_THE_WAY})
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change what is written about it; with `starts_at`, `ends_at`, `provider` or `resources`, move it."""
        appointment = _found(pk)
        wanted = checked(AmendmentSerializer(data=request.data))
        words = {name: wanted.pop(name) for name in ("reason", "notes") if name in wanted}
        if {"starts_at", "ends_at", "provider", "resources"} & wanted.keys():
            wanted.setdefault("starts_at", appointment.starts_at)
            appointment = booking.reschedule(appointment, by=caller(request), at=now(), **wanted)
        if words:
            appointment = booking.amend(appointment, by=caller(request), at=now(), **words)
        return _shown(appointment, request)


class Rescheduling(APIView):
    """Another time or provider."""

    permission_classes = [Needs("scheduling.book_appointment")]  # type: ignore[list-item]

    @extend_schema(request=MoveSerializer, responses={200: AppointmentSerializer, **IN_THE_WAY})
    def post(self, request: Request, pk: UUID) -> Response:
        """Move it. Where it does not fit, nothing changes."""
        appointment = _found(pk)
        wanted = checked(MoveSerializer(data=request.data))
        return _shown(booking.reschedule(appointment, by=caller(request), at=now(), **wanted), request)


class Confirmation(APIView):
    """A request gets its place."""

    permission_classes = [Needs("scheduling.book_appointment")]  # type: ignore[list-item]

    @extend_schema(request=ConfirmationSerializer, responses={200: AppointmentSerializer, **IN_THE_WAY})
    def post(self, request: Request, pk: UUID) -> Response:
        """Confirm a requested appointment."""
        appointment = _found(pk)
        how = checked(ConfirmationSerializer(data=request.data))
        return _shown(booking.confirm(appointment, by=caller(request), at=now(), **how), request)


class Cancellation(APIView):
    """It does not take place."""

    permission_classes = [Needs("scheduling.book_appointment")]  # type: ignore[list-item]

    @extend_schema(request=CancellationSerializer, responses=AppointmentSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Cancel it with a reason; its time is free again. What that costs: `costs/`."""
        appointment = _found(pk)
        why = checked(CancellationSerializer(data=request.data))
        answer = Answer(why["called_off_by_clinic"], why["waiver"])
        cancelled = booking.cancel(appointment, by=caller(request), at=now(), reason=why["reason"], answer=answer)
        return _shown(cancelled, request)


class Step(APIView):
    """One step of a visit. Skipping, repeating and going back are refused with the reason."""

    rule: Callable[..., Appointment]

    @extend_schema(request=None, responses=AppointmentSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        return _shown(type(self).rule(_found(pk), by=caller(request), at=now()), request)


class Arrival(Step):
    """The patient is here."""

    permission_classes = [Needs("scheduling.record_attendance")]  # type: ignore[list-item]
    rule = staticmethod(attendance.arrive)


class Start(Step):
    """The provider sees the patient."""

    permission_classes = [Needs(*attendance.RUN)]  # type: ignore[list-item]
    rule = staticmethod(attendance.start)


class Completion(Step):
    """The visit is over; its draft invoice appears by itself (UC-02)."""

    permission_classes = [Needs(*attendance.RUN)]  # type: ignore[list-item]
    rule = staticmethod(attendance.complete)


class NoShow(Step):
    """The patient did not come; the time is free again."""

    permission_classes = [Needs("scheduling.record_attendance")]  # type: ignore[list-item]
    rule = staticmethod(attendance.no_show)


class Undoing(Step):
    """The last change of status is taken back."""

    permission_classes = [Needs(*undo.MAY_ASK)]  # type: ignore[list-item]
    rule = staticmethod(undo.take_back)


class Transitions(APIView):
    """Every move of an appointment: who moved it, when, from where to where."""

    permission_classes = [Needs("scheduling.view_appointment")]  # type: ignore[list-item]

    @extend_schema(responses=TransitionSerializer(many=True))
    def get(self, request: Request, pk: UUID) -> Response:
        """In order."""
        moves = _found(pk).transitions.select_related("by")
        return Response({"results": TransitionSerializer(moves, many=True).data})


def _found(pk: UUID) -> Appointment:
    return get_object_or_404(Appointment.objects.with_people(), pk=pk)


def _shown(appointment: Appointment, request: Request, *, status: int = 200) -> Response:
    record_read(appointment.patient_id, "appointment")
    return Response(AppointmentSerializer(appointment, context={"request": request}).data, status=status)


urlpatterns: list[URLPattern | URLResolver] = [
    path("appointment-types/", AppointmentTypes.as_view(), name="api-appointment-types"),
    path("appointment-types/<uuid:pk>/", OneAppointmentType.as_view(), name="api-appointment-type"),
    path("free-times/", FreeTimes.as_view(), name="api-free-times"),
    path("appointments/", Appointments.as_view(), name="api-appointments"),
    path("appointments/<uuid:pk>/", OneAppointment.as_view(), name="api-appointment"),
    path("appointments/<uuid:pk>/reschedule/", Rescheduling.as_view(), name="api-appointment-reschedule"),
    path("appointments/<uuid:pk>/confirmation/", Confirmation.as_view(), name="api-appointment-confirmation"),
    path("appointments/<uuid:pk>/cancellation/", Cancellation.as_view(), name="api-appointment-cancellation"),
    path("appointments/<uuid:pk>/arrival/", Arrival.as_view(), name="api-appointment-arrival"),
    path("appointments/<uuid:pk>/start/", Start.as_view(), name="api-appointment-start"),
    path("appointments/<uuid:pk>/completion/", Completion.as_view(), name="api-appointment-completion"),
    path("appointments/<uuid:pk>/no-show/", NoShow.as_view(), name="api-appointment-no-show"),
    path("appointments/<uuid:pk>/undo/", Undoing.as_view(), name="api-appointment-undo"),
    path("appointments/<uuid:pk>/transitions/", Transitions.as_view(), name="api-appointment-transitions"),
]
