"""Closing the books and opening them again through the API. POSTs take an Idempotency-Key."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.core.api_pages import Cursor
from apps.core.clock import now
from apps.core.idempotency import idempotent
from apps.ledger import closing
from apps.ledger.models import BookClosing, ReopeningRefusal, ReopeningRequest

ACCESS = [Needs("ledger.view_journal", POST="ledger.close_books")]


class LastFirst(Cursor):
    ordering = ("-place",)  # type: ignore[assignment]


class AskedLast(Cursor):
    ordering = ("-at", "-id")  # type: ignore[assignment]


class BookClosingSerializer(serializers.ModelSerializer[BookClosing]):
    """The books were closed up to a day, or (`reopened`) opened again from the day after `closed_until`."""

    class Meta:
        model = BookClosing
        fields = ("id", "tenant_id", "place", "kind", "closed_until", "request", "at", "by")
        read_only_fields = fields


class BookCloseSerializer(serializers.Serializer[Any]):
    """Up to which day, with it."""

    closed_until = serializers.DateField()


class ReopeningRefusalSerializer(serializers.ModelSerializer[ReopeningRefusal]):
    """Why the books stayed closed."""

    class Meta:
        model = ReopeningRefusal
        fields = ("reason", "at", "by")
        read_only_fields = fields


class ReopeningRequestSerializer(serializers.ModelSerializer[ReopeningRequest]):
    """A request to open the books again; `approval` or `refusal` answers it, null while it waits."""

    approval = BookClosingSerializer(read_only=True, allow_null=True, default=None)
    refusal = ReopeningRefusalSerializer(read_only=True, allow_null=True, default=None)

    class Meta:
        model = ReopeningRequest
        fields = ("id", "tenant_id", "reopen_from", "reason", "at", "by", "approval", "refusal")
        read_only_fields = fields


class ReopenSerializer(serializers.Serializer[Any]):
    """From which day on, and why."""

    reopen_from = serializers.DateField()
    reason = serializers.CharField(max_length=300)


class RefuseSerializer(serializers.Serializer[Any]):
    """Why the books stay closed."""

    reason = serializers.CharField(max_length=300)


@extend_schema_view(get=extend_schema(tags=["ledger"], summary="Closings and re-openings, the last first"))
class BookClosings(generics.ListAPIView[BookClosing]):
    """The first one says up to which day the books are closed now."""

    permission_classes = ACCESS  # type: ignore[assignment]
    serializer_class = BookClosingSerializer
    pagination_class = LastFirst
    filterset_fields = ()

    def get_queryset(self) -> QuerySet[BookClosing]:
        return BookClosing.objects.all()

    @extend_schema(
        tags=["ledger"], summary="Close the books", request=BookCloseSerializer, responses={201: BookClosingSerializer}
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Up to a day, with it: from then on no entry counts on these days."""
        wanted = checked(BookCloseSerializer(data=request.data))
        made = closing.close(wanted["closed_until"], by=caller(request), at=now())
        return Response(BookClosingSerializer(made).data, status=201)


@extend_schema_view(get=extend_schema(tags=["ledger"], summary="Requests to open the books, the last first"))
class Reopenings(generics.ListAPIView[ReopeningRequest]):
    """Each with its answer."""

    permission_classes = ACCESS  # type: ignore[assignment]
    serializer_class = ReopeningRequestSerializer
    pagination_class = AskedLast
    filterset_fields = ()

    def get_queryset(self) -> QuerySet[ReopeningRequest]:
        return ReopeningRequest.objects.select_related("approval", "refusal")

    @extend_schema(
        tags=["ledger"],
        summary="Ask to open the books",
        request=ReopenSerializer,
        responses={201: ReopeningRequestSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Another clinic admin has to approve it."""
        made = closing.ask_to_reopen(by=caller(request), at=now(), **checked(ReopenSerializer(data=request.data)))
        return Response(ReopeningRequestSerializer(made).data, status=201)


class Approval(APIView):
    """A request is approved by somebody else."""

    permission_classes = [Needs("ledger.close_books")]  # type: ignore[list-item]

    @extend_schema(tags=["ledger"], summary="Open the books", request=None, responses={201: BookClosingSerializer})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """As somebody else asked for."""
        made = closing.approve(get_object_or_404(ReopeningRequest, pk=pk), by=caller(request), at=now())
        return Response(BookClosingSerializer(made).data, status=201)


class Refusal(APIView):
    """A request is refused, or taken back."""

    permission_classes = [Needs("ledger.close_books")]  # type: ignore[list-item]

    @extend_schema(
        tags=["ledger"],
        summary="Leave the books closed",
        request=RefuseSerializer,
        responses={201: ReopeningRefusalSerializer},
    )
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Say why."""
        found = get_object_or_404(ReopeningRequest, pk=pk)
        made = closing.refuse(found, by=caller(request), at=now(), **checked(RefuseSerializer(data=request.data)))
        return Response(ReopeningRefusalSerializer(made).data, status=201)


urlpatterns: list[URLPattern | URLResolver] = [
    path("book-closings/", BookClosings.as_view(), name="api-book-closings"),
    path("book-reopenings/", Reopenings.as_view(), name="api-book-reopenings"),
    path("book-reopenings/<uuid:pk>/approval/", Approval.as_view(), name="api-book-reopening-approval"),
    path("book-reopenings/<uuid:pk>/refusal/", Refusal.as_view(), name="api-book-reopening-refusal"),
]
