"""The trail through the API: read only."""

from typing import Any

import django_filters
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.audit import reads, values
from apps.audit.models import AuditEvent
from apps.core.api_access import Needs
from apps.core.api_pages import Cursor


class ValueChangeSerializer(serializers.Serializer[values.Column]):
    """A column before and after. `state`: plain, empty, sealed, opened, broken, bytes; null where it had no value."""

    column = serializers.CharField(source="key")
    changed = serializers.BooleanField()
    before = serializers.CharField(source="before.words", allow_null=True, default=None)
    before_state = serializers.CharField(source="before.state", allow_null=True, default=None)
    after = serializers.CharField(source="after.words", allow_null=True, default=None)
    after_state = serializers.CharField(source="after.state", allow_null=True, default=None)


class AuditEventSerializer(serializers.ModelSerializer[AuditEvent]):
    """Who changed or read what, when. For a reading, `table_name` says what was read."""

    class Meta:
        model = AuditEvent
        fields = (
            *("id", "tenant_id", "at", "actor", "roles", "request_id", "ip", "action"),
            *("table_name", "row_id", "patient_id", "changed"),
        )
        read_only_fields = fields


class AuditEventDetailSerializer(AuditEventSerializer):
    """The same with the values before and after."""

    values = serializers.SerializerMethodField()

    class Meta(AuditEventSerializer.Meta):
        fields = (*AuditEventSerializer.Meta.fields, "values")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]

    @extend_schema_field(ValueChangeSerializer(many=True))
    def get_values(self, event: AuditEvent) -> Any:
        request: Request = self.context["request"]
        may_open = request.user.has_perm("audit.view_sealed_values")
        shown = values.columns(event, open_sealed=may_open, reader=request.user)
        return [ValueChangeSerializer(column).data for column in shown]


class AuditEventFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Which events: by actor ("user:<id>"), patient, table, row, action, request or time."""

    actor = django_filters.CharFilter()
    patient = django_filters.UUIDFilter(field_name="patient_id")
    table = django_filters.CharFilter(field_name="table_name")
    row = django_filters.CharFilter(field_name="row_id")
    action = django_filters.ChoiceFilter(choices=AuditEvent.Action.choices)
    request = django_filters.CharFilter(field_name="request_id")
    since = django_filters.IsoDateTimeFilter(field_name="at", lookup_expr="gte")
    until = django_filters.IsoDateTimeFilter(field_name="at", lookup_expr="lt")

    class Meta:
        model = AuditEvent
        fields = ("actor", "patient", "table", "row", "action", "request", "since", "until")


@extend_schema_view(get=extend_schema(tags=["audit"], summary="The audit trail, newest first"))
class AuditEvents(generics.ListAPIView[AuditEvent]):
    permission_classes = [Needs("audit.view_trail")]  # type: ignore[list-item]
    serializer_class = AuditEventSerializer
    pagination_class = Cursor
    filterset_class = AuditEventFilter
    queryset = AuditEvent.objects.defer("old", "new")


@extend_schema_view(get=extend_schema(tags=["audit"], summary="One event with old and new values"))
class OneAuditEvent(generics.RetrieveAPIView[AuditEvent]):
    permission_classes = [Needs("audit.view_trail")]  # type: ignore[list-item]
    serializer_class = AuditEventDetailSerializer
    queryset = AuditEvent.objects.all()

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        event = self.get_object()
        if values.has_sealed(event) and request.user.has_perm("audit.view_sealed_values"):
            reads.record_read(event.patient_id, f"trail:{event.table_name}")
        return Response(self.get_serializer(event).data)


urlpatterns: list[URLPattern | URLResolver] = [
    path("audit-events/", AuditEvents.as_view(), name="api-audit-events"),
    path("audit-events/<int:pk>/", OneAuditEvent.as_view(), name="api-audit-event"),
]
