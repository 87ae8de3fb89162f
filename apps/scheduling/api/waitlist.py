"""The waitlist through the API: who waits, offers made by hand, accepted or declined."""

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
from apps.clinic.models import Department, Provider
from apps.core.clock import now
from apps.core.idempotency import idempotent
from apps.patients.models import Patient
from apps.scheduling.api.appointments import AppointmentSerializer
from apps.scheduling.api.asking import IN_THE_WAY, MomentField, PersonFilter
from apps.scheduling.fitting import SEE_PATIENTS
from apps.scheduling.models import AppointmentType, WaitlistEntry, WaitlistOffer
from apps.scheduling.models.waitlist import Priority, Waiting, WaitlistMove
from apps.scheduling.waitlist import answers, joining, offering


class WaitlistOfferSerializer(serializers.ModelSerializer[WaitlistOffer]):
    """A time that is or was kept for a waiting patient."""

    class Meta:
        model = WaitlistOffer
        fields = (
            *("id", "entry", "provider", "starts_at", "ends_at", "status", "expires_at"),
            *("offered_by", "offered_at", "settled_at"),
        )
        read_only_fields = fields


class WaitlistEntrySerializer(serializers.ModelSerializer[WaitlistEntry]):
    """A patient who would come earlier."""

    patient_number = serializers.CharField(source="patient.number")
    providers = serializers.SerializerMethodField()
    note = serializers.SerializerMethodField(help_text="Only for those who may see patients.")

    class Meta:
        model = WaitlistEntry
        fields: tuple[str, ...] = (
            *("id", "tenant_id", "patient", "patient_number", "appointment_type", "providers", "department"),
            *("any_provider", "earliest_day", "latest_day", "from_time", "until_time", "priority", "note"),
            *("status", "appointment", "created_by", "created_at"),
        )
        read_only_fields = fields

    def get_providers(self, entry: WaitlistEntry) -> list[UUID]:
        return [choice.provider_id for choice in entry.choices.all()]

    def get_note(self, entry: WaitlistEntry) -> str | None:
        request: Request = self.context["request"]
        return entry.note if request.user.has_perm(SEE_PATIENTS) else None


class WaitlistMoveSerializer(serializers.ModelSerializer[WaitlistMove]):
    """One step of an entry."""

    class Meta:
        model = WaitlistMove
        fields = ("from_status", "to_status", "offer", "by", "at")
        read_only_fields = fields


@extend_schema_serializer(component_name="WaitlistEntryInFull")
class WaitlistEntryInFullSerializer(WaitlistEntrySerializer):
    """An entry with its offers and everything that has happened to it."""

    offers = WaitlistOfferSerializer(many=True)
    moves = WaitlistMoveSerializer(many=True)

    class Meta(WaitlistEntrySerializer.Meta):
        fields = (*WaitlistEntrySerializer.Meta.fields, "offers", "moves")
        read_only_fields = fields


class WaitlistJoiningSerializer(serializers.Serializer[Any]):
    """Who waits for what, with whom, and when they could come."""

    patient = serializers.PrimaryKeyRelatedField(queryset=Patient.objects.all())
    appointment_type = serializers.PrimaryKeyRelatedField(queryset=AppointmentType.objects.all())
    providers = serializers.ListField(
        child=serializers.PrimaryKeyRelatedField(queryset=Provider.objects.all()), default=list, max_length=50
    )
    department = serializers.PrimaryKeyRelatedField(
        queryset=Department.objects.all(), required=False, allow_null=True, default=None
    )
    earliest_day = serializers.DateField()
    latest_day = serializers.DateField()
    from_time = serializers.TimeField(required=False, allow_null=True, default=None)
    until_time = serializers.TimeField(required=False, allow_null=True, default=None)
    priority = serializers.ChoiceField(choices=Priority.choices, default=Priority.ROUTINE)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class OfferingSerializer(serializers.Serializer[Any]):
    """Which time is to be kept."""

    provider = serializers.PrimaryKeyRelatedField(queryset=Provider.objects.all())
    starts_at = MomentField()


class WhySerializer(serializers.Serializer[Any]):
    """Why, if anybody said."""

    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class WaitlistFilter(django_filters.FilterSet):  # type: ignore[misc]
    status = django_filters.MultipleChoiceFilter(choices=Waiting.choices)
    patient = PersonFilter()
    appointment_type = django_filters.UUIDFilter("appointment_type_id")

    class Meta:
        model = WaitlistEntry
        fields: tuple[str, ...] = ()


class Waitlist(generics.ListAPIView[WaitlistEntry]):
    """Who waits, first in line first."""

    permission_classes = [
        Needs("scheduling.view_appointment", POST="scheduling.book_appointment")  # type: ignore[list-item]
    ]
    serializer_class = WaitlistEntrySerializer
    filterset_class = WaitlistFilter

    def get_queryset(self) -> QuerySet[WaitlistEntry]:
        return WaitlistEntry.objects.with_people().in_line()

    def paginate_queryset(self, queryset: Any) -> Any:
        rows = super().paginate_queryset(queryset)
        record_reads({one.patient_id for one in rows or ()}, "waitlist")
        return rows

    @extend_schema(request=WaitlistJoiningSerializer, responses={201: WaitlistEntryInFullSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Put a patient on the list."""
        wanted = checked(WaitlistJoiningSerializer(data=request.data))
        return _shown(joining.join(**wanted, by=caller(request), at=now()).pk, request, status=201)


class OneWaitlistEntry(APIView):
    """One entry of the waitlist."""

    permission_classes = [Needs("scheduling.view_appointment")]  # type: ignore[list-item]

    @extend_schema(responses=WaitlistEntryInFullSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """With its offers and its history."""
        return _shown(pk, request)


class WaitlistWithdrawal(APIView):
    """Off the list."""

    permission_classes = [Needs("scheduling.book_appointment")]  # type: ignore[list-item]

    @extend_schema(request=WhySerializer, responses=WaitlistEntryInFullSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """An open offer goes to the next in line."""
        entry = get_object_or_404(WaitlistEntry, pk=pk)
        why = checked(WhySerializer(data=request.data))
        return _shown(answers.take_off(entry, **why, by=caller(request), at=now()).pk, request)


class Offers(APIView):
    """Times kept for a waiting patient."""

    permission_classes = [Needs("scheduling.book_appointment")]  # type: ignore[list-item]

    @extend_schema(request=OfferingSerializer, responses={201: WaitlistOfferSerializer, **IN_THE_WAY})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Keep a time until the patient answers: as long as the clinic has chosen, never past the time itself."""
        entry = get_object_or_404(WaitlistEntry.objects.with_people(), pk=pk)
        wanted = checked(OfferingSerializer(data=request.data))
        record_read(entry.patient_id, "waitlist")
        made = offering.offer(entry, **wanted, by=caller(request), at=now())
        return Response(WaitlistOfferSerializer(made).data, status=201)


class OfferAcceptance(APIView):
    """The patient takes it."""

    permission_classes = [Needs("scheduling.book_appointment")]  # type: ignore[list-item]

    @extend_schema(request=None, responses={201: AppointmentSerializer, **IN_THE_WAY})
    def post(self, request: Request, pk: UUID) -> Response:
        """Book it. Of two who answer at once the second gets 409."""
        found = get_object_or_404(WaitlistOffer, pk=pk)
        appointment = answers.accept(found, by=caller(request), at=now())
        record_read(appointment.patient_id, "appointment")
        return Response(AppointmentSerializer(appointment, context={"request": request}).data, status=201)


class OfferRefusal(APIView):
    """The patient does not take it."""

    permission_classes = [Needs("scheduling.book_appointment")]  # type: ignore[list-item]

    @extend_schema(request=WhySerializer, responses=WaitlistEntryInFullSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """They wait on; the next in line is offered it."""
        found = get_object_or_404(WaitlistOffer, pk=pk)
        why = checked(WhySerializer(data=request.data))
        return _shown(answers.decline(found, **why, by=caller(request), at=now()).pk, request)


def _shown(pk: UUID, request: Request, *, status: int = 200) -> Response:
    entry = get_object_or_404(WaitlistEntry.objects.with_people().prefetch_related("offers", "moves"), pk=pk)
    record_read(entry.patient_id, "waitlist")
    return Response(WaitlistEntryInFullSerializer(entry, context={"request": request}).data, status=status)


urlpatterns: list[URLPattern | URLResolver] = [
    path("waitlist/", Waitlist.as_view(), name="api-waitlist"),
    path("waitlist/<uuid:pk>/", OneWaitlistEntry.as_view(), name="api-waitlist-entry"),
    path("waitlist/<uuid:pk>/withdrawal/", WaitlistWithdrawal.as_view(), name="api-waitlist-withdrawal"),
    path("waitlist/<uuid:pk>/offers/", Offers.as_view(), name="api-waitlist-offers"),
    path("waitlist-offers/<uuid:pk>/acceptance/", OfferAcceptance.as_view(), name="api-offer-acceptance"),
    path("waitlist-offers/<uuid:pk>/refusal/", OfferRefusal.as_view(), name="api-offer-refusal"),
]
