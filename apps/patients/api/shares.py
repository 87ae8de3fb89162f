"""Links to a document for people outside, through the API."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.audit.reads import record_read
from apps.core.clock import now
from apps.patients.api.documents import document_of
from apps.patients.documents import sharing
from apps.patients.models import (
    DocumentShare,
    ShareOpening,
)
from apps.patients.views.shares import link_of


class OpeningSerializer(serializers.ModelSerializer[ShareOpening]):
    """Somebody came with the link."""

    class Meta:
        model = ShareOpening
        fields = ("outcome", "at", "ip")
        read_only_fields = fields


@extend_schema_serializer(component_name="DocumentShare")
class ShareSerializer(serializers.ModelSerializer[DocumentShare]):
    """A link that was made; its token and PIN are not kept."""

    version = serializers.IntegerField(source="version.n", read_only=True)
    has_pin = serializers.SerializerMethodField()
    is_over = serializers.SerializerMethodField()
    openings = OpeningSerializer(many=True, read_only=True)

    class Meta:
        model = DocumentShare
        fields = (
            *("id", "version", "recipient", "expires_at", "most_downloads", "downloads", "wrong_pins", "has_pin"),
            *("is_over", "created_at", "revoked_at", "openings"),
        )
        read_only_fields = fields

    def get_has_pin(self, share: DocumentShare) -> bool:
        return bool(share.pin_hash)

    def get_is_over(self, share: DocumentShare) -> bool:
        return share.is_over(now())


@extend_schema_serializer(component_name="DocumentShareMade")
class GivenSerializer(serializers.Serializer[Any]):
    """A new link. `link` and `pin` are told this once."""

    share = ShareSerializer()
    link = serializers.CharField()
    pin = serializers.CharField(allow_blank=True)


@extend_schema_serializer(component_name="DocumentSharing")
class SharingSerializer(serializers.Serializer[Any]):
    """A link for somebody outside, to the newest version."""

    recipient = serializers.CharField(max_length=sharing.LONGEST_RECIPIENT)
    days = serializers.IntegerField(min_value=1, max_value=sharing.LONGEST.days, default=7)
    most_downloads = serializers.IntegerField(min_value=1, max_value=sharing.MOST_DOWNLOADS, default=5)
    with_pin = serializers.BooleanField(default=True)


class Shares(APIView):
    """Links to a document for people outside."""

    permission_classes = [Needs("patients.share_document")]  # type: ignore[list-item]

    @extend_schema(responses=ShareSerializer(many=True))
    def get(self, request: Request, pk: UUID) -> Response:
        """Newest first, with who came."""
        document = document_of(pk)
        record_read(document.patient_id, f"document:{document.pk}")
        rows = DocumentShare.objects.filter(version__document=document).order_by("-created_at")
        rows = rows.select_related("version").prefetch_related("openings")
        return Response({"results": ShareSerializer(rows, many=True).data})

    @extend_schema(request=SharingSerializer, responses={201: GivenSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Make a link. Not idempotent on purpose: its secrets are kept nowhere, so they cannot be told twice."""
        document = document_of(pk)
        said = checked(SharingSerializer(data=request.data))
        given = sharing.share(document.newest, by=caller(request), at=now(), **said)
        made = {"share": given.share, "link": link_of(request._request, given.token), "pin": given.pin}
        return Response(GivenSerializer(made).data, status=201)


class OneShare(APIView):
    """One link."""

    permission_classes = [Needs("patients.share_document")]  # type: ignore[list-item]

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Take the link back."""
        sharing.revoke(get_object_or_404(DocumentShare, pk=pk), by=caller(request), at=now())
        return Response(status=204)


urlpatterns: list[URLPattern | URLResolver] = [
    path("documents/<uuid:pk>/shares/", Shares.as_view(), name="api-document-shares"),
    path("document-shares/<uuid:pk>/", OneShare.as_view(), name="api-document-share"),
]
