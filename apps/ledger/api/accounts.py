"""The accounts through the API: trial balance, statement of an account, general ledger."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
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
from apps.core.clock import FIRST_YEAR, LAST_YEAR
from apps.ledger import balances
from apps.ledger.asking import today
from apps.ledger.general import Days, GeneralLedger, lines_of, moved_by, running
from apps.ledger.models import Account
from apps.ledger.reading import READ_AS


class DayField(serializers.DateField):
    """A day of this or the last century."""

    def to_internal_value(self, value: Any) -> Any:
        day = super().to_internal_value(value)
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise serializers.ValidationError("Choose a day of this or the last century.")
        return day


class KnownAtSerializer(serializers.Serializer[Any]):
    known_at = serializers.DateTimeField(required=False, help_text="As the books knew it at this moment.")


class DayAskedSerializer(KnownAtSerializer):
    day = DayField(required=False, help_text="As effective at the end of this day of the clinic; today if left out.")


class DaysAskedSerializer(KnownAtSerializer):
    first = DayField(required=False, help_text="The first day; from the beginning if left out.")
    last = DayField(required=False, help_text="The last day; today if left out.")

    def validate(self, chosen: dict[str, Any]) -> dict[str, Any]:
        chosen["last"] = chosen.get("last") or today()
        if chosen.get("first") and chosen["first"] > chosen["last"]:
            raise serializers.ValidationError({"last": "The last day comes before the first."})
        return chosen


def day_asked(request: Request) -> tuple[date, datetime | None]:
    asked = DayAskedSerializer(data=request.query_params)
    asked.is_valid(raise_exception=True)
    return asked.validated_data.get("day") or today(), asked.validated_data.get("known_at")


def days_asked(request: Request) -> Days:
    asked = DaysAskedSerializer(data=request.query_params)
    asked.is_valid(raise_exception=True)
    chosen = asked.validated_data
    return Days(chosen.get("first"), chosen["last"], chosen.get("known_at"))


class TrialBalanceRowSerializer(serializers.Serializer[Any]):
    """An account with its balance, on the side that weighs more."""

    account = serializers.UUIDField(source="account.pk")
    code = serializers.CharField(source="account.code")
    name = serializers.CharField(source="account.name")
    kind = serializers.CharField(source="account.kind")
    role = serializers.CharField(source="account.role")
    debit, credit = MoneyOut(source="debit_balance"), MoneyOut(source="credit_balance")


class TrialBalanceSerializer(serializers.Serializer[Any]):
    day = serializers.DateField()
    known_at = serializers.DateTimeField(allow_null=True)
    rows = TrialBalanceRowSerializer(many=True)
    debit_total, credit_total = MoneyOut(), MoneyOut()
    is_balanced = serializers.BooleanField()


class LedgerAccountSerializer(serializers.Serializer[Any]):
    """What an account held before some days, what moved in them, what it held after."""

    account = serializers.UUIDField(source="account.pk")
    code = serializers.CharField(source="account.code")
    name = serializers.CharField(source="account.name")
    opening, debits, credits, closing = MoneyOut(), MoneyOut(), MoneyOut(), MoneyOut()
    lines = serializers.IntegerField()


class LedgerLineSerializer(serializers.Serializer[Any]):
    """A line of an account and the balance after it. `document` is the invoice."""

    code = serializers.CharField(source="line.account.code")
    effective_on = serializers.DateField(source="line.effective_on")
    recorded_at = serializers.DateTimeField(source="line.recorded_at")
    entry = serializers.UUIDField(source="line.entry_id")
    number = serializers.CharField(source="line.entry.number")
    description = serializers.CharField(source="line.entry.description")
    document = serializers.UUIDField(source="line.document", allow_null=True)
    debit, credit, balance = MoneyOut(source="line.debit"), MoneyOut(source="line.credit"), MoneyOut()


class StatementLineSerializer(LedgerLineSerializer):
    """The same with the patient whom it concerns."""

    subject = serializers.UUIDField(source="line.subject", allow_null=True)


class GeneralLedgerSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    next, previous = serializers.URLField(allow_null=True), serializers.URLField(allow_null=True)
    accounts = LedgerAccountSerializer(many=True)
    results = LedgerLineSerializer(many=True)


class AccountStatementSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    next, previous = serializers.URLField(allow_null=True), serializers.URLField(allow_null=True)
    opening, closing = MoneyOut(), MoneyOut()
    results = StatementLineSerializer(many=True)


class TrialBalance(APIView):
    """Every account with its balance."""

    permission_classes = [Needs("ledger.view_journal")]  # type: ignore[list-item]

    @extend_schema(
        tags=["ledger"], parameters=[DayAskedSerializer], responses=TrialBalanceSerializer, summary="Trial balance"
    )
    def get(self, request: Request) -> Response:
        """As effective on a day, as known at a moment."""
        day, known_at = day_asked(request)
        trial = balances.trial_balance(effective_on=day, known_at=known_at)
        told = {name: getattr(trial, name) for name in ("rows", "debit_total", "credit_total", "is_balanced")}
        return Response(TrialBalanceSerializer({**told, "day": day, "known_at": known_at}).data)


class WholeLedger(APIView):
    """Every account with what moved on it."""

    permission_classes = [Needs("ledger.view_journal")]  # type: ignore[list-item]

    @extend_schema(
        tags=["ledger"], parameters=[DaysAskedSerializer], responses=GeneralLedgerSerializer, summary="General ledger"
    )
    def get(self, request: Request) -> Response:
        """All accounts, and a page of their lines, account by account."""
        ledger, pages = GeneralLedger(days_asked(request)), Pages()
        sections: Any = pages.paginate_queryset(ledger, request, view=self)
        moved = [each for section in sections for each in section.moved]
        found = pages.get_paginated_response(LedgerLineSerializer(moved, many=True).data).data
        return Response({**found, "accounts": LedgerAccountSerializer(ledger.spans, many=True).data})


class AccountStatement(APIView):
    """What moved on one account."""

    permission_classes = [Needs("ledger.view_journal")]  # type: ignore[list-item]

    @extend_schema(
        tags=["ledger"], parameters=[DaysAskedSerializer], responses=AccountStatementSerializer,
        summary="Statement of an account",
    )  # fmt: skip
    def get(self, request: Request, pk: UUID) -> Response:
        """A page of its lines, with the balance after each."""
        account, days, pages = get_object_or_404(Account, pk=pk), days_asked(request), Pages()
        lines = lines_of(account, days).select_related("entry", "account")
        opening = moved_by(account, days.before().filter(account=account))
        shown: Any = pages.paginate_queryset(lines, request, view=self)
        assert pages.page is not None
        skipped = pages.page.start_index() - 1 if pages.page.number > 1 else 0
        before = opening + (moved_by(account, lines_of(account, days)[:skipped]) if skipped else 0)
        record_reads({line.subject for line in shown if line.subject}, READ_AS)
        moved = StatementLineSerializer(running(account, shown, before), many=True).data
        closing = opening + moved_by(account, lines_of(account, days))
        sums = {name: MoneyOut().to_representation(each) for name, each in (("opening", opening), ("closing", closing))}
        return Response({**pages.get_paginated_response(moved).data, **sums})


urlpatterns: list[URLPattern | URLResolver] = [
    path("trial-balance/", TrialBalance.as_view(), name="api-trial-balance"),
    path("general-ledger/", WholeLedger.as_view(), name="api-general-ledger"),
    path("ledger-accounts/<uuid:pk>/lines/", AccountStatement.as_view(), name="api-account-statement"),
]
