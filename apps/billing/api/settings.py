"""What the clinic has chosen about its money, through the API."""

from typing import Any

from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.billing.paying import credit_rule
from apps.core.clock import now


class BillingSettingsSerializer(serializers.Serializer[Any]):
    """The clinic's choices."""

    credit_by_itself = serializers.BooleanField(
        help_text="An invoice that is issued is paid from the patient's credit, the oldest first."
    )


class Settings(APIView):
    """The clinic's choices about its money."""

    permission_classes = [
        Needs("billing.view_invoice", PUT="billing.change_catalogue")  # type: ignore[list-item]
    ]

    @extend_schema(responses=BillingSettingsSerializer)
    def get(self, request: Request) -> Response:
        """What is chosen."""
        return Response(BillingSettingsSerializer(credit_rule.settings()).data)

    @extend_schema(request=BillingSettingsSerializer, responses=BillingSettingsSerializer)
    def put(self, request: Request) -> Response:
        """Choose."""
        wanted = checked(BillingSettingsSerializer(data=request.data))
        return Response(BillingSettingsSerializer(credit_rule.choose(by=caller(request), at=now(), **wanted)).data)


urlpatterns: list[URLPattern | URLResolver] = [
    path("billing-settings/", Settings.as_view(), name="api-billing-settings"),
]
