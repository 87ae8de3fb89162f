"""The books through the API: read only. Nothing is ever posted from outside; documents post themselves."""

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, serializers

from apps.accounts.api_access import Needs
from apps.core.api_pages import Cursor
from apps.ledger.models import Account, JournalEntry, JournalLine


class Newest(Cursor):
    ordering = ("-effective_on", "-number")  # type: ignore[assignment]


class JournalLineSerializer(serializers.ModelSerializer[JournalLine]):
    """One side of one account. `subject` is the patient, `document` the invoice."""

    account = serializers.CharField(source="account.code")
    account_name = serializers.CharField(source="account.name")
    role = serializers.CharField(source="account.role")

    class Meta:
        model = JournalLine
        fields = ("account", "account_name", "role", "debit", "credit", "subject", "document")
        read_only_fields = fields


class JournalEntrySerializer(serializers.ModelSerializer[JournalEntry]):
    """An event of the books with its lines."""

    lines = JournalLineSerializer(many=True, read_only=True)
    by = serializers.UUIDField(source="by_id", read_only=True, allow_null=True)
    reverses = serializers.UUIDField(source="reverses_id", read_only=True, allow_null=True)
    reversed_by = serializers.SerializerMethodField()

    class Meta:
        model = JournalEntry
        fields = (
            *("id", "tenant_id", "number", "effective_on", "recorded_at", "source", "source_id", "description"),
            *("by", "reverses", "reversed_by", "lines"),
        )
        read_only_fields = fields

    def get_reversed_by(self, entry: JournalEntry) -> UUID | None:
        mirror: JournalEntry | None = getattr(entry, "reversed_by", None)
        return mirror.pk if mirror else None


class JournalEntryFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Which entries: by day, source, account, patient or document."""

    first = django_filters.DateFilter(field_name="effective_on", lookup_expr="gte", label="Effective on or after")
    last = django_filters.DateFilter(field_name="effective_on", lookup_expr="lte", label="Effective on or before")
    known_at = django_filters.IsoDateTimeFilter(field_name="recorded_at", lookup_expr="lte", label="Recorded until")
    number = django_filters.CharFilter(field_name="number", lookup_expr="iexact")
    source = django_filters.CharFilter()
    source_id = django_filters.UUIDFilter()
    role = django_filters.ChoiceFilter(choices=Account.Role.choices, method="on_role", label="Has a line on this role")
    subject = django_filters.UUIDFilter(method="on_line", label="Has a line about this patient")
    document = django_filters.UUIDFilter(method="on_line", label="Has a line about this invoice")

    class Meta:
        model = JournalEntry
        fields = ("first", "last", "known_at", "number", "source", "source_id", "role", "subject", "document")

    def on_role(self, entries: QuerySet[JournalEntry], name: str, value: str) -> QuerySet[JournalEntry]:
        return _with_line(entries, account__role=value)

    def on_line(self, entries: QuerySet[JournalEntry], name: str, value: object) -> QuerySet[JournalEntry]:
        return _with_line(entries, **{name: value})


def _with_line(entries: QuerySet[JournalEntry], **which: Any) -> QuerySet[JournalEntry]:
    return entries.filter(Exists(JournalLine.objects.filter(entry=OuterRef("pk"), **which)))


@extend_schema_view(get=extend_schema(tags=["ledger"], summary="The journal, newest first"))
class JournalEntries(generics.ListAPIView[JournalEntry]):
    permission_classes = [Needs("ledger.view_journal")]  # type: ignore[list-item]
    serializer_class = JournalEntrySerializer
    pagination_class = Newest
    filterset_class = JournalEntryFilter
    queryset = JournalEntry.objects.select_related("reversed_by").prefetch_related("lines__account")


@extend_schema_view(get=extend_schema(tags=["ledger"], summary="One journal entry"))
class OneJournalEntry(generics.RetrieveAPIView[JournalEntry]):
    permission_classes = [Needs("ledger.view_journal")]  # type: ignore[list-item]
    serializer_class = JournalEntrySerializer
    queryset = JournalEntry.objects.select_related("reversed_by").prefetch_related("lines__account")


urlpatterns: list[URLPattern | URLResolver] = [
    path("journal-entries/", JournalEntries.as_view(), name="api-journal-entries"),
    path("journal-entries/<uuid:pk>/", OneJournalEntry.as_view(), name="api-journal-entry"),
]
