"""Appointments through the API: listed, booked, shown, amended. Times without an offset are on the clinic's clock."""

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.audit.reads import record_read, record_reads
from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.api_shapes import Input, shaped
from apps.core.clock import local_day, now
from apps.core.idempotency import idempotent
from apps.core.references import Reference
from apps.patients.models import Patient
from apps.scheduling import booking
from apps.scheduling.api.asking import IN_THE_WAY, MomentField, PersonFilter
from apps.scheduling.fitting import SEE_PATIENTS
from apps.scheduling.models import Appointment, AppointmentType, Channel, Resource, Status
from apps.scheduling.taking import kept


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
        if "may_see_patients" in self.context:
            return bool(self.context["may_see_patients"])
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
        return kept(appointment)

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
class PlaceSerializer(Input):
    """Where an appointment is to go."""

    starts_at = MomentField()
    ends_at = MomentField(required=False, allow_null=True, help_text="From the length of the appointment if left out.")
    provider = Reference(queryset=Provider.objects.all(), required=False)
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

    patient = Reference(queryset=Patient.objects.all())
    provider = Reference(queryset=Provider.objects.all())
    appointment_type = Reference(queryset=AppointmentType.objects.all())
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
    provider = Reference(queryset=Provider.objects.all(), required=False)
    override_reason = serializers.CharField(max_length=500, required=False, allow_blank=True)
    patient_sees_both = serializers.BooleanField(required=False)
    resources = serializers.PrimaryKeyRelatedField(
        queryset=Resource.objects.all(), many=True, required=False, help_text="Other rooms and equipment by name."
    )


class AppointmentFilter(django_filters.FilterSet):  # type: ignore[misc]
    """`day`, `from` and `to` are days of the clinic: an appointment at 20:30 is on its local day only."""

    day = django_filters.DateFilter(method="on_day")
    to = django_filters.DateFilter(method="to_day")
    provider = django_filters.UUIDFilter("provider_id")
    patient = PersonFilter()
    appointment_type = django_filters.UUIDFilter("appointment_type_id")
    status = django_filters.MultipleChoiceFilter(choices=Status.choices)
    number = django_filters.CharFilter()
    resource = django_filters.UUIDFilter("uses__resource_id")
    channel = django_filters.MultipleChoiceFilter(choices=Channel.choices)
    follow_up_for = django_filters.UUIDFilter("follow_up_for_id")

    class Meta:
        model = Appointment
        fields: tuple[str, ...] = ()

    def on_day(self, queryset: QuerySet[Appointment], name: str, day: Any) -> QuerySet[Appointment]:
        start, end = local_day(day, profile.current().zone)
        return queryset.filter(starts_at__gte=start, starts_at__lt=end)

    def from_day(self, queryset: QuerySet[Appointment], name: str, day: Any) -> QuerySet[Appointment]:
        return queryset.filter(starts_at__gte=local_day(day, profile.current().zone)[0])

    def to_day(self, queryset: QuerySet[Appointment], name: str, day: Any) -> QuerySet[Appointment]:
        return queryset.filter(starts_at__lt=local_day(day, profile.current().zone)[1])


# `from` is a word of the language, so it cannot be declared like the others.
AppointmentFilter.base_filters["from"] = django_filters.DateFilter(method="from_day")


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
        return shown(booking.book(by=caller(request), at=now(), **wanted), request, status=201)


class OneAppointment(APIView):
    """One appointment."""

    permission_classes = [
        Needs("scheduling.view_appointment", PATCH="scheduling.book_appointment")  # type: ignore[list-item]
    ]

    @extend_schema(responses=AppointmentSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """When, who, with whom, and where it stands."""
        return shown(found(pk), request)

    @extend_schema(request=AmendmentSerializer, responses={200: AppointmentSerializer, **IN_THE_WAY})
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change what is written about it; with `starts_at`, `ends_at`, `provider` or `resources`, move it."""
        appointment = found(pk)
        wanted = checked(AmendmentSerializer(data=request.data))
        words = {name: wanted.pop(name) for name in ("reason", "notes") if name in wanted}
        if {"starts_at", "ends_at", "provider", "resources"} & wanted.keys():
            wanted.setdefault("starts_at", appointment.starts_at)
            appointment = booking.reschedule(appointment, by=caller(request), at=now(), **wanted)
        if words:
            appointment = booking.amend(appointment, by=caller(request), at=now(), **words)
        return shown(appointment, request)


def found(pk: UUID) -> Appointment:
    return get_object_or_404(Appointment.objects.with_people(), pk=pk)


def shown(appointment: Appointment, request: Request, *, status: int = 200) -> Response:
    record_read(appointment.patient_id, "appointment")
    may_see_patients = bool(request.user.has_perm(SEE_PATIENTS))
    return Response(shaped(AppointmentSerializer, appointment, may_see_patients=may_see_patients), status=status)


urlpatterns: list[URLPattern | URLResolver] = [
    path("appointments/", Appointments.as_view(), name="api-appointments"),
    path("appointments/<uuid:pk>/", OneAppointment.as_view(), name="api-appointment"),
]
