"""The waiting room through the API: who waits for whom, and who is called next.

Money at check-in is billing's: POST appointments/<id>/check-in/.
"""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.audit.reads import record_reads
from apps.clinic.models import Provider
from apps.core.clock import now
from apps.core.idempotency import idempotent
from apps.scheduling.api.queue_tickets import RUN, SEE, PriorityField, QueueTicketSerializer, shown, ticket_of
from apps.scheduling.arrival import waiting_room as rules
from apps.scheduling.arrival.queues import Place, Queue, queues


class WaitSerializer(serializers.Serializer[Any]):
    """Minutes from now: between this and that."""

    low = serializers.IntegerField()
    high = serializers.IntegerField()


class PlaceSerializer(serializers.Serializer[Place]):
    """Somebody in a queue."""

    ticket = serializers.UUIDField(source="ticket.pk")
    token = serializers.CharField(source="ticket.token")
    appointment = serializers.UUIDField(source="ticket.appointment_id")
    status = serializers.CharField(source="ticket.status")
    priority = PriorityField(source="ticket.priority")
    minutes = serializers.IntegerField(help_text="Since they came.")
    estimated_wait = WaitSerializer(source="wait", allow_null=True)


@extend_schema_serializer(component_name="WaitingQueue")
class QueueSerializer(serializers.Serializer[Queue]):
    """One provider's waiting room, in the order in which patients are called."""

    provider = serializers.UUIDField(source="provider.pk")
    provider_name = serializers.CharField(source="provider.name")
    with_provider = PlaceSerializer(many=True)
    called = PlaceSerializer(many=True)
    waiting = PlaceSerializer(many=True)
    set_aside = PlaceSerializer(source="aside", many=True)


class NextCallSerializer(serializers.Serializer[Any]):
    """Whom the caller expects to be first, so that a repeat calls nobody else."""

    expecting = serializers.UUIDField(required=False, help_text="The ticket that was seen on top.")
    begin = serializers.BooleanField(default=False, help_text="Start the visit at once.")


class WaitingRoom(APIView):
    """Who waits for whom now."""

    permission_classes = [Needs(SEE)]  # type: ignore[list-item]

    @extend_schema(
        parameters=[OpenApiParameter("provider", UUID, many=True, description="All active ones if left out.")],
        responses=QueueSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Each provider's queue with honest waits."""
        providers = Provider.objects.filter(is_active=True).select_related("room")
        wanted = request.query_params.getlist("provider")
        if wanted:
            ids = checked(_ProvidersAsked(data={"provider": wanted}))["provider"]
            providers = providers.filter(pk__in=ids)
        lines = queues(list(providers), at=now(), reader=caller(request))
        seen = {
            place.ticket.appointment.patient_id
            for queue in lines
            for line in (queue.with_provider, queue.called, queue.waiting, queue.aside)
            for place in line
        }
        record_reads(seen, "waiting_room")
        return Response({"results": QueueSerializer(lines, many=True).data})  # type: ignore[arg-type]


class _ProvidersAsked(serializers.Serializer[Any]):
    provider = serializers.ListField(child=serializers.UUIDField())


class NextCall(APIView):
    """Whoever is first in a provider's queue."""

    permission_classes = [Needs(RUN)]  # type: ignore[list-item]

    @extend_schema(request=NextCallSerializer, responses=QueueTicketSerializer)
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Call them into the room; 409 if nobody waits, or if the expected one has been called by somebody else."""
        provider = get_object_or_404(Provider.objects.select_related("room"), pk=pk)
        how = checked(NextCallSerializer(data=request.data))
        who: dict[str, Any] = {"by": caller(request), "at": now(), "expecting": how.get("expecting")}
        if how["begin"]:
            visit = rules.call_in(provider, **who)
            return shown(ticket_of(visit.tickets.open().get().pk), request)
        return shown(rules.call_next(provider, **who), request)


urlpatterns: list[URLPattern | URLResolver] = [
    path("waiting-room/", WaitingRoom.as_view(), name="api-waiting-room"),
    path("providers/<uuid:pk>/next-call/", NextCall.as_view(), name="api-next-call"),
]
