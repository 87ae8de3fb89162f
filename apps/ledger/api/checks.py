"""The check of the books through the API: what was found, and asking for one."""

from typing import Any

from django.db.models import QuerySet
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api_access import Needs, caller
from apps.core.api_pages import Cursor
from apps.core.clock import now
from apps.core.idempotency import idempotent
from apps.ledger.checking import running, wording
from apps.ledger.models import BookCheck, BookCheckResult
from apps.ledger.writing import Writer


class Newest(Cursor):
    ordering = ("-begun_at", "-id")  # type: ignore[assignment]


class BookFindingSerializer(serializers.Serializer[Any]):
    """Something that is wrong. `number` is what it is called, `figures` are what contradicts itself."""

    kind = serializers.CharField(help_text="entry, invoice, payment, refund, visit, account, missing (a number) …")
    id = serializers.UUIDField(allow_null=True)
    number = serializers.CharField()
    figures = serializers.DictField(help_text="Strings are amounts, integers are counts.")
    words = serializers.CharField(help_text="The same in a sentence.")


class BookCheckResultSerializer(serializers.ModelSerializer[BookCheckResult]):
    """What one check examined and found. `findings` names the first hundred of all that were `found`."""

    title = serializers.SerializerMethodField()
    findings = serializers.SerializerMethodField()

    class Meta:
        model = BookCheckResult
        fields = ("code", "title", "examined", "found", "milliseconds", "findings")
        read_only_fields = fields

    def get_title(self, result: BookCheckResult) -> str:
        return wording.title(result)

    @extend_schema_field(BookFindingSerializer(many=True))
    def get_findings(self, result: BookCheckResult) -> Any:
        told = wording.sentences(result, self.context["write"]) if result.findings else ()
        return [BookFindingSerializer({**finding, "words": words}).data for finding, words in told]


class BookCheckSerializer(serializers.ModelSerializer[BookCheck]):
    """One examination of all books. `by` is null for the house's own, at night or by command."""

    by = serializers.UUIDField(source="by_id", read_only=True, allow_null=True)
    wrong = serializers.IntegerField(read_only=True, help_text="How many things all checks found.")
    results = BookCheckResultSerializer(many=True, read_only=True)

    class Meta:
        model = BookCheck
        fields = ("id", "tenant_id", "begun_at", "ended_at", "by", "wrong", "results")
        read_only_fields = fields


class BookCheckRequestSerializer(serializers.Serializer[Any]):
    """A check that a worker will make. What it finds is told under the same id."""

    id = serializers.UUIDField()
    asked_at = serializers.DateTimeField()


class _Checks(generics.GenericAPIView[BookCheck]):
    permission_classes = [Needs("ledger.view_journal")]  # type: ignore[list-item]
    serializer_class = BookCheckSerializer
    pagination_class = Newest
    filterset_fields = ()

    def get_queryset(self) -> QuerySet[BookCheck]:
        return BookCheck.objects.newest_first().prefetch_related("results")

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "write": Writer.of_clinic()}


@extend_schema_view(get=extend_schema(tags=["ledger"], summary="The checks of the books, newest first"))
class BookChecks(_Checks, generics.ListAPIView[BookCheck]):
    @extend_schema(
        tags=["ledger"],
        summary="Have the books checked",
        request=None,
        responses={202: BookCheckRequestSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """A worker makes the check. Who asks while one is under way is told that one."""
        asked = running.ask(by=caller(request), at=now())
        answer = BookCheckRequestSerializer({"id": asked.pk, "asked_at": asked.created_at})
        return Response(answer.data, status=202)


@extend_schema_view(get=extend_schema(tags=["ledger"], summary="One check of the books"))
class OneBookCheck(_Checks, generics.RetrieveAPIView[BookCheck]):
    pass


urlpatterns: list[URLPattern | URLResolver] = [
    path("book-checks/", BookChecks.as_view(), name="api-book-checks"),
    path("book-checks/<uuid:pk>/", OneBookCheck.as_view(), name="api-book-check"),
]
