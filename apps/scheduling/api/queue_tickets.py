"""Tokens of the waiting room through the API: where each stands, and what is done with it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.audit.reads import record_read, record_reads
from apps.clinic.models import Provider
from apps.core.clock import now
from apps.core.idempotency import idempotent
from apps.core.refusals import NotPermitted
from apps.scheduling.api.asking import IN_THE_WAY
from apps.scheduling.arrival import waiting_room as rules
from apps.scheduling.fitting import SEE_PATIENTS
from apps.scheduling.models import (
    Priority,
    QueueTicket,
    TicketEntry,
    TicketStatus,
)

RUN = "scheduling.run_waiting_room"
SEE = "scheduling.view_appointment"
WORD_OF = {priority.value: priority.name.lower() for priority in Priority}
PRIORITY_OF = {word: value for value, word in WORD_OF.items()}


@extend_schema_field({"type": "string", "enum": list(PRIORITY_OF)})
class PriorityField(serializers.ChoiceField):
    """emergency, urgent, frail, normal, can_wait: in this order."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=[(word, word) for word in PRIORITY_OF], **options)

    def to_representation(self, value: Any) -> Any:
        return WORD_OF.get(value, value)

    def to_internal_value(self, data: Any) -> Any:
        return PRIORITY_OF[super().to_internal_value(data)]


class QueueTicketSerializer(serializers.ModelSerializer[QueueTicket]):
    """A token. It names no patient: who holds it is told by its appointment, to those who may see patients."""

    token = serializers.CharField()
    priority = PriorityField()
    provider = serializers.UUIDField(source="appointment.provider_id")
    provider_name = serializers.CharField(source="appointment.provider.name")
    called_to = serializers.CharField(source="called_to.name", default=None, help_text="The room.")
    patient_name = serializers.SerializerMethodField(help_text="Only for those who may see patients.")

    class Meta:
        model = QueueTicket
        fields = (
            *("id", "tenant_id", "token", "day", "status", "priority", "appointment", "provider", "provider_name"),
            *("patient_name", "issued_at", "queued_at", "called_at", "called_to"),
        )
        read_only_fields = fields

    def get_patient_name(self, ticket: QueueTicket) -> str | None:
        request: Request = self.context["request"]
        return ticket.appointment.patient.full_name if request.user.has_perm(SEE_PATIENTS) else None


class TicketEntrySerializer(serializers.ModelSerializer[TicketEntry]):
    """One thing that was done with a token."""

    by_name = serializers.CharField(source="by.full_name")
    room = serializers.CharField(source="room.name", default=None)
    from_priority, to_priority = PriorityField(), PriorityField()
    reason = serializers.SerializerMethodField(help_text="Only for those who may see patients.")

    class Meta:
        model = TicketEntry
        fields = (
            *("id", "kind", "at", "by", "by_name", "room", "from_provider", "to_provider"),
            *("from_priority", "to_priority", "reason"),
        )
        read_only_fields = fields

    def get_reason(self, entry: TicketEntry) -> str | None:
        request: Request = self.context["request"]
        return entry.reason if request.user.has_perm(SEE_PATIENTS) else None


class SkipSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True)


class PriorityChangeSerializer(serializers.Serializer[Any]):
    """Earlier or later than their turn."""

    priority = PriorityField()
    reason = serializers.CharField(max_length=300, help_text="Why.")


class QueueMoveSerializer(serializers.Serializer[Any]):
    """Another provider."""

    provider = serializers.PrimaryKeyRelatedField(queryset=Provider.objects.filter(is_active=True))
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True)


class TicketFilter(django_filters.FilterSet):  # type: ignore[misc]
    """`day` is a day of the clinic."""

    day = django_filters.DateFilter()
    status = django_filters.MultipleChoiceFilter(choices=TicketStatus.choices)
    provider = django_filters.UUIDFilter("appointment__provider_id")
    appointment = django_filters.UUIDFilter("appointment_id")

    class Meta:
        model = QueueTicket
        fields: tuple[str, ...] = ()


class QueueTickets(generics.ListAPIView[QueueTicket]):
    """Tokens, by day and number."""

    permission_classes = [Needs(SEE)]  # type: ignore[list-item]
    serializer_class = QueueTicketSerializer
    filterset_class = TicketFilter

    def get_queryset(self) -> QuerySet[QueueTicket]:
        return QueueTicket.objects.with_people().order_by("-day", "prefix", "number")

    def paginate_queryset(self, queryset: Any) -> Any:
        rows = super().paginate_queryset(queryset)
        record_reads({ticket.appointment.patient_id for ticket in rows or ()}, "waiting_room")
        return rows


class OneQueueTicket(APIView):
    """One token."""

    permission_classes = [Needs(SEE)]  # type: ignore[list-item]

    @extend_schema(responses=QueueTicketSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Where it stands."""
        return shown(ticket_of(pk), request)


class QueueTicketEntries(APIView):
    """Everything that was done with a token: calls, changes of its place."""

    permission_classes = [Needs(SEE)]  # type: ignore[list-item]

    @extend_schema(responses=TicketEntrySerializer(many=True))
    def get(self, request: Request, pk: UUID) -> Response:
        """In order."""
        ticket = ticket_of(pk)
        record_read(ticket.appointment.patient_id, "waiting_room")
        rows = ticket.entries.select_related("by", "room")
        return Response({"results": TicketEntrySerializer(rows, many=True, context={"request": request}).data})


class TicketStep(APIView):
    """Something that is done with a token."""

    rule: Callable[..., QueueTicket]

    @extend_schema(request=None, responses=QueueTicketSerializer)
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        return shown(type(self).rule(ticket_of(pk), by=caller(request), at=now()), request)


class Call(TicketStep):
    """Call this one, out of turn or again."""

    permission_classes = [Needs(RUN)]  # type: ignore[list-item]
    rule = staticmethod(rules.call)


class Return(TicketStep):
    """They are here after all."""

    permission_classes = [Needs(RUN)]  # type: ignore[list-item]
    rule = staticmethod(rules.put_back)


class Skip(APIView):
    """They did not answer the call."""

    permission_classes = [Needs(RUN)]  # type: ignore[list-item]

    @extend_schema(request=SkipSerializer, responses=QueueTicketSerializer)
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Set them aside."""
        ticket = ticket_of(pk)
        why = checked(SkipSerializer(data=request.data))
        return shown(rules.skip(ticket, by=caller(request), at=now(), **why), request)


class PriorityChange(APIView):
    """Earlier or later than their turn."""

    permission_classes = [Needs(RUN)]  # type: ignore[list-item]

    @extend_schema(request=PriorityChangeSerializer, responses=QueueTicketSerializer)
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Change the priority, with a reason that is kept."""
        ticket = ticket_of(pk)
        wanted = checked(PriorityChangeSerializer(data=request.data))
        return shown(rules.reprioritise(ticket, by=caller(request), at=now(), **wanted), request)


class QueueMove(APIView):
    """Another provider's queue."""

    permission_classes = [Needs(RUN)]  # type: ignore[list-item]

    @extend_schema(request=QueueMoveSerializer, responses={200: QueueTicketSerializer, **IN_THE_WAY})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Move the appointment into that provider's first free time today; the token stays."""
        ticket = ticket_of(pk)
        if not request.user.has_perm("scheduling.book_appointment"):
            raise NotPermitted
        wanted = checked(QueueMoveSerializer(data=request.data))
        provider = wanted.pop("provider")
        return shown(rules.move(ticket, provider, by=caller(request), at=now(), **wanted), request)


def ticket_of(pk: UUID) -> QueueTicket:
    """The token with its people, or 404."""
    return get_object_or_404(QueueTicket.objects.with_people(), pk=pk)


def shown(ticket: QueueTicket, request: Request) -> Response:
    """The answer that tells where a token stands now; its patient is noted as read."""
    record_read(ticket.appointment.patient_id, "waiting_room")
    fresh = ticket_of(ticket.pk)
    return Response(QueueTicketSerializer(fresh, context={"request": request}).data)


urlpatterns: list[URLPattern | URLResolver] = [
    path("queue-tickets/", QueueTickets.as_view(), name="api-queue-tickets"),
    path("queue-tickets/<uuid:pk>/", OneQueueTicket.as_view(), name="api-queue-ticket"),
    path("queue-tickets/<uuid:pk>/entries/", QueueTicketEntries.as_view(), name="api-queue-ticket-entries"),
    path("queue-tickets/<uuid:pk>/call/", Call.as_view(), name="api-queue-ticket-call"),
    path("queue-tickets/<uuid:pk>/skip/", Skip.as_view(), name="api-queue-ticket-skip"),
    path("queue-tickets/<uuid:pk>/return/", Return.as_view(), name="api-queue-ticket-return"),
    path("queue-tickets/<uuid:pk>/priority/", PriorityChange.as_view(), name="api-queue-ticket-priority"),
    path("queue-tickets/<uuid:pk>/move/", QueueMove.as_view(), name="api-queue-ticket-move"),
]
