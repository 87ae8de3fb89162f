"""Reports through the API: the same figures that the pages show."""

from typing import Any

from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs
from apps.audit.reads import record_reads
from apps.clinic.api_money import MoneyOut
from apps.core.api_pages import Pages
from apps.ledger.api.accounts import DayAskedSerializer
from apps.ledger.asking import today
from apps.reports.ageing import READ_AS, Ageing, Debtor


class AgeingAskedSerializer(DayAskedSerializer):
    order = serializers.ChoiceField(choices=["amount", "age"], default="amount", help_text="Who comes first.")


class AgesSerializer(serializers.Serializer[Any]):
    """What is owed, by the days since it was due."""

    not_due, to_30, to_60, to_90, older, total = (MoneyOut() for _ in range(6))


class DebtorSerializer(serializers.Serializer[Debtor]):
    """A person with everything that they owe, on each of their records."""

    patient = serializers.UUIDField(source="person")
    invoices = serializers.IntegerField()
    days_overdue = serializers.SerializerMethodField()
    amounts = AgesSerializer()

    def get_days_overdue(self, debtor: Debtor) -> int:
        return max(debtor.oldest, 0)


class ReceivablesAgeingSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField(help_text="How many owe something.")
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    day = serializers.DateField()
    totals = AgesSerializer()
    results = DebtorSerializer(many=True)


class ReceivablesAgeing(APIView):
    """Who owes how much, by how long it is overdue."""

    permission_classes = [Needs("reports.view_revenue")]  # type: ignore[list-item]

    @extend_schema(
        tags=["reports"], parameters=[AgeingAskedSerializer], responses=ReceivablesAgeingSerializer,
        summary="Receivables by age",
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """A page of debtors, with the totals of all of them."""
        asked = AgeingAskedSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        chosen = asked.validated_data
        day = chosen.get("day") or today()
        ageing = Ageing(day=day, known_at=chosen.get("known_at"), order=chosen["order"])
        pages = Pages()
        debtors: Any = pages.paginate_queryset(ageing, request, view=self)
        record_reads({debtor.person for debtor in debtors}, READ_AS)
        leaves = pages.get_paginated_response(DebtorSerializer(debtors, many=True).data).data
        return Response({**leaves, "day": day, "totals": AgesSerializer(ageing.totals).data})


urlpatterns: list[URLPattern | URLResolver] = [
    path("receivables-ageing/", ReceivablesAgeing.as_view(), name="api-receivables-ageing"),
]
