"""Drawer sessions through the API: opened, counted, locked, handed over. Every POST takes an Idempotency-Key.

What should be in a drawer is in no answer before it is counted.
"""

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import Prefetch, Q, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.accounts.models import User
from apps.billing.api.drawers import ALL, MINE
from apps.billing.api.money import MoneyIn, MoneyOut
from apps.billing.drawers import counting, sessions
from apps.billing.drawers.counting import Counted
from apps.billing.models import Drawer, DrawerCount, DrawerMovement, DrawerSession
from apps.core.clock import now
from apps.core.idempotency import idempotent
from apps.core.refusals import NotPermitted


class MovementSerializer(serializers.ModelSerializer[DrawerMovement]):
    """Cash put in (`into` positive) or taken out."""

    amount, into = MoneyOut(), MoneyOut()

    class Meta:
        model = DrawerMovement
        fields = ("id", "session", "kind", "amount", "into", "reason", "at", "by")
        read_only_fields = fields


class CountSerializer(serializers.ModelSerializer[DrawerCount]):
    """What was counted by one method, and what should have been there. `turn`: 1 was the first, `at` and `by` say who
    counted again; the first are the session's `counted_at` and `counted_by`."""

    counted, expected, variance = MoneyOut(), MoneyOut(), MoneyOut()

    class Meta:
        model = DrawerCount
        fields = ("turn", "at", "by", "method", "counted", "pieces", "expected", "variance", "reason")
        read_only_fields = fields


class SessionSerializer(serializers.ModelSerializer[DrawerSession]):
    """The time in which one person answers for one drawer. `counts` is empty until the count is handed in;
    when it was counted again, they are what was counted last, and `earlier_counts` what before."""

    status = serializers.ChoiceField(choices=DrawerSession.Status.choices)
    opening_float = MoneyOut()
    movements = MovementSerializer(many=True)
    counts = CountSerializer(many=True, source="standing")
    earlier_counts = CountSerializer(many=True, source="earlier")

    class Meta:
        model = DrawerSession
        fields = (
            *("id", "tenant_id", "number", "status", "drawer", "cashier", "follows", "currency", "opened_on"),
            *("opened_at", "opening_float", "opening_pieces", "movements", "counted_at", "counted_by"),
            *("counts", "earlier_counts", "handed_to", "locked_at", "locked_by"),
        )
        read_only_fields = fields


class PiecesField(serializers.DictField):
    """How many of each note and coin, by its worth, and the sum of the loose rest."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", 'Notes and coins: {"500": 3, "10": 12, "loose": "7.50"}.')
        super().__init__(child=serializers.CharField(max_length=40, allow_blank=True), **options)


class OpeningSerializer(serializers.Serializer[Any]):
    """Which drawer, and the float in it."""

    drawer = serializers.PrimaryKeyRelatedField(queryset=Drawer.objects.all())
    pieces = PiecesField()


class MovementDetailsSerializer(serializers.Serializer[Any]):
    """Cash put in or taken out that is no payment."""

    kind = serializers.ChoiceField(choices=DrawerMovement.Kind.choices)
    amount = MoneyIn()
    reason = serializers.CharField(max_length=300)


class CountDetailsSerializer(serializers.Serializer[Any]):
    """What lies in the drawer, the float as well. Handed in once."""

    pieces = PiecesField()
    card = MoneyIn(required=False, default="0", help_text="The sum of the card slips.")
    upi = MoneyIn(required=False, default="0", help_text="The sum of the UPI receipts.")
    cheque = MoneyIn(required=False, default="0", help_text="The sum of the cheques.")


class LockSerializer(serializers.Serializer[Any]):
    """Why each method that differs differs."""

    reasons = serializers.DictField(
        child=serializers.CharField(max_length=300), required=False, help_text='{"cash": "…"}'
    )


class HandoverSerializer(LockSerializer):
    """Who goes on with the drawer."""

    to = serializers.PrimaryKeyRelatedField(queryset=User.objects.filter(is_active=True))


class SessionFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Which drawer's, whose, in which state."""

    status = django_filters.MultipleChoiceFilter(choices=DrawerSession.Status.choices)
    drawer = django_filters.UUIDFilter()
    cashier = django_filters.UUIDFilter()
    opened_from = django_filters.DateFilter("opened_on", "gte")
    opened_to = django_filters.DateFilter("opened_on", "lte")

    class Meta:
        model = DrawerSession
        fields: tuple[str, ...] = ()


class Sessions(generics.ListAPIView[DrawerSession]):
    """Drawer sessions, the latest first: one's own and those handed over to one, or all for who looks after them."""

    permission_classes = [Needs(MINE, ALL, POST=MINE)]  # type: ignore[list-item]
    serializer_class = SessionSerializer
    filterset_class = SessionFilter

    def get_queryset(self) -> QuerySet[DrawerSession]:
        if getattr(self, "swagger_fake_view", False):
            return DrawerSession.objects.none()
        rows = _whole()
        me = caller(self.request)
        return rows if me.has_perm(ALL) else rows.filter(Q(cashier=me) | Q(handed_to=me))

    @extend_schema(request=OpeningSerializer, responses={201: SessionSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Open a drawer with the float that lies in it."""
        opened = sessions.open_session(**checked(OpeningSerializer(data=request.data)), by=caller(request), at=now())
        return _shown(opened, status=201)


class OneSession(APIView):
    """One drawer session."""

    permission_classes = [Needs(MINE, ALL)]  # type: ignore[list-item]

    @extend_schema(responses=SessionSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """With what was counted, once it is."""
        return _shown(_fetch(request, pk))


class Movements(APIView):
    """Cash in and out that is no payment."""

    permission_classes = [Needs(MINE, ALL)]  # type: ignore[list-item]

    @extend_schema(request=MovementDetailsSerializer, responses={201: MovementSerializer})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Put in or take out, and say what for."""
        found = _fetch(request, pk)
        said = checked(MovementDetailsSerializer(data=request.data))
        moved = sessions.move(found, **said, by=caller(request), at=now())
        moved.refresh_from_db()
        return Response(MovementSerializer(moved).data, status=201)


class Count(APIView):
    """The blind count at the end."""

    permission_classes = [Needs(MINE, ALL)]  # type: ignore[list-item]

    @extend_schema(request=CountDetailsSerializer, responses=SessionSerializer)
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Hand it in, once; the answer says what should have been there."""
        found = _fetch(request, pk)
        counted = Counted(**checked(CountDetailsSerializer(data=request.data)))
        return _shown(counting.count(found, counted, by=caller(request), at=now()))


class Recount(APIView):
    """It is counted once more."""

    permission_classes = [Needs(MINE, ALL)]  # type: ignore[list-item]

    @extend_schema(request=CountDetailsSerializer, responses=SessionSerializer)
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Until it is locked, as often as wanted. What was counted before stays, the last count stands."""
        found = _fetch(request, pk)
        counted = Counted(**checked(CountDetailsSerializer(data=request.data)))
        return _shown(counting.recount(found, counted, by=caller(request), at=now()))


class Lock(APIView):
    """Closed for ever."""

    permission_classes = [Needs(MINE, ALL)]  # type: ignore[list-item]

    @extend_schema(request=LockSerializer, responses=SessionSerializer)
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """What is over or short goes into the books."""
        found = _fetch(request, pk)
        said = checked(LockSerializer(data=request.data))
        return _shown(sessions.lock(found, **said, by=caller(request), at=now()))


class Handover(APIView):
    """A counted drawer is offered to somebody else."""

    permission_classes = [Needs(MINE, ALL)]  # type: ignore[list-item]

    @extend_schema(request=HandoverSerializer, responses=SessionSerializer)
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """They accept it, or it is locked without them."""
        found = _fetch(request, pk)
        said = checked(HandoverSerializer(data=request.data))
        return _shown(sessions.hand_over(found, **said, by=caller(request), at=now()))


class Acceptance(APIView):
    """Somebody takes a drawer over."""

    permission_classes = [Needs(MINE)]  # type: ignore[list-item]

    @extend_schema(request=None, responses={201: SessionSerializer})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """The session before is locked; the answer is one's own, which begins with what was counted."""
        offered = get_object_or_404(DrawerSession, pk=pk)
        return _shown(sessions.accept(offered, by=caller(request), at=now()), status=201)


def _fetch(request: Request, pk: UUID) -> DrawerSession:
    found = get_object_or_404(DrawerSession, pk=pk)
    me = caller(request)
    if me.pk not in {found.cashier_id, found.handed_to_id} and not me.has_perm(ALL):
        raise NotPermitted
    return found


def _shown(session: DrawerSession, *, status: int = 200) -> Response:
    return Response(SessionSerializer(_whole().get(pk=session.pk)).data, status=status)


def _whole() -> QuerySet[DrawerSession]:
    counts = DrawerCount.objects.order_by("turn", "id")
    return DrawerSession.objects.prefetch_related(
        "movements",
        Prefetch("counts", counts.filter(stands=True), to_attr="standing"),
        Prefetch("counts", counts.filter(stands=False), to_attr="earlier"),
    )


urlpatterns: list[URLPattern | URLResolver] = [
    path("drawer-sessions/", Sessions.as_view(), name="api-drawer-sessions"),
    path("drawer-sessions/<uuid:pk>/", OneSession.as_view(), name="api-drawer-session"),
    path("drawer-sessions/<uuid:pk>/movements/", Movements.as_view(), name="api-drawer-movements"),
    path("drawer-sessions/<uuid:pk>/count/", Count.as_view(), name="api-drawer-count"),
    path("drawer-sessions/<uuid:pk>/recount/", Recount.as_view(), name="api-drawer-recount"),
    path("drawer-sessions/<uuid:pk>/lock/", Lock.as_view(), name="api-drawer-lock"),
    path("drawer-sessions/<uuid:pk>/handover/", Handover.as_view(), name="api-drawer-handover"),
    path("drawer-sessions/<uuid:pk>/acceptance/", Acceptance.as_view(), name="api-drawer-acceptance"),
]
