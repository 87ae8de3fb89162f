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
from apps.clinic.api.money import MoneyOut
from apps.core.api_pages import Pages
from apps.ledger.api.accounts import DayAskedSerializer, DayField, KnownAtSerializer
from apps.ledger.asking import today
from apps.reports import taxes
from apps.reports.ageing import READ_AS, Ageing, Debtor
from apps.reports.breakdown import COLUMNS, WAYS, breakdown
from apps.reports.periods import LONGEST, Period


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
        chosen = _chosen(AgeingAskedSerializer, request)
        day = chosen.get("day") or today()
        pages = Pages()
        first = pages.get_page_size(request) or 0
        ageing = Ageing(day=day, known_at=chosen.get("known_at"), order=chosen["order"], first=first)
        debtors: Any = pages.paginate_queryset(ageing, request, view=self)
        record_reads({debtor.person for debtor in debtors}, READ_AS)
        leaves = pages.get_paginated_response(DebtorSerializer(debtors, many=True).data).data
        return Response({**leaves, "day": day, "totals": AgesSerializer(ageing.totals).data})


class PeriodAskedSerializer(KnownAtSerializer):
    first = DayField(required=False, help_text="The first day; of this month if left out.")
    last = DayField(required=False, help_text="The last day; today if left out.")

    def validate(self, chosen: dict[str, Any]) -> dict[str, Any]:
        last = chosen.get("last") or today()
        first = chosen.get("first") or last.replace(day=1)
        if first > last:
            raise serializers.ValidationError({"last": "The last day comes before the first."})
        if last - first >= LONGEST:
            raise serializers.ValidationError({"last": "A report covers three years at most."})
        return {**chosen, "period": Period(first, last)}


class RevenueAskedSerializer(PeriodAskedSerializer):
    by = serializers.ChoiceField(choices=list(WAYS), default="day")


class RevenueRowSerializer(serializers.Serializer[Any]):
    """`key` is a day, a month, an id or a method; empty for what belongs to none."""

    key = serializers.CharField(allow_blank=True)
    words = serializers.CharField()
    charged, earned, received = MoneyOut(), MoneyOut(), MoneyOut()


class RevenueSerializer(serializers.Serializer[Any]):
    first, last = serializers.DateField(), serializers.DateField()
    by = serializers.CharField()
    charged, earned, received = MoneyOut(), MoneyOut(), MoneyOut()
    rows = RevenueRowSerializer(many=True)


class Revenue(APIView):
    """What was charged, earned and received."""

    permission_classes = [Needs("reports.view_revenue")]  # type: ignore[list-item]

    @extend_schema(
        tags=["reports"], parameters=[RevenueAskedSerializer], responses=RevenueSerializer, summary="Revenue, cut up"
    )
    def get(self, request: Request) -> Response:
        """By day, month, provider, department, kind of visit or method; by method nothing is charged."""
        chosen = _chosen(RevenueAskedSerializer, request)
        period = chosen["period"]
        found = breakdown(chosen["by"], period, known_at=chosen.get("known_at"))
        sums = {column: found.total(column) for column in COLUMNS}
        told = {"first": period.first, "last": period.last, "by": found.by, "rows": found.rows, **sums}
        return Response(RevenueSerializer(told).data)


class TaxRowSerializer(serializers.Serializer[Any]):
    """One tax at one rate; `rate` is null for what moved the account otherwise."""

    name = serializers.CharField(allow_blank=True)
    rate = serializers.DecimalField(max_digits=6, decimal_places=3, allow_null=True)
    base_charged, tax_charged, base_reduced, tax_reduced, base, tax = (MoneyOut() for _ in range(6))


class TaxReportSerializer(serializers.Serializer[Any]):
    first, last = serializers.DateField(), serializers.DateField()
    base, tax = MoneyOut(), MoneyOut()
    rows = TaxRowSerializer(many=True)


class TaxReport(APIView):
    """What was taxed at which rate."""

    permission_classes = [Needs("reports.view_revenue")]  # type: ignore[list-item]

    @extend_schema(tags=["reports"], parameters=[PeriodAskedSerializer], responses=TaxReportSerializer, summary="Taxes")
    def get(self, request: Request) -> Response:
        """What was charged and what was taken back, by tax and rate."""
        chosen = _chosen(PeriodAskedSerializer, request)
        period = chosen["period"]
        rows = taxes.report(period, known_at=chosen.get("known_at"))
        sums = {column: taxes.total(rows, column) for column in ("base", "tax")}
        return Response(TaxReportSerializer({"first": period.first, "last": period.last, "rows": rows, **sums}).data)


def _chosen(serializer: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    asked = serializer(data=request.query_params)
    asked.is_valid(raise_exception=True)
    chosen: dict[str, Any] = asked.validated_data
    return chosen


urlpatterns: list[URLPattern | URLResolver] = [
    path("receivables-ageing/", ReceivablesAgeing.as_view(), name="api-receivables-ageing"),
    path("revenue/", Revenue.as_view(), name="api-revenue"),
    path("tax-report/", TaxReport.as_view(), name="api-tax-report"),
]
