"""How much each role may let off, through the API."""

from typing import Any

from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.accounts.models import Role
from apps.billing.prices import discount_limits
from apps.billing.prices.discount_limits import Limited
from apps.core.clock import now


class DiscountLimitSerializer(serializers.Serializer[Limited]):
    """A role that gives discounts, and the most it may let off."""

    role = serializers.CharField(source="role.code")
    percent = serializers.DecimalField(
        max_digits=6, decimal_places=3, allow_null=True, help_text="Percent of what is charged; null: no limit."
    )
    is_fixed = serializers.BooleanField(help_text="A clinic admin may let off everything.")


class DiscountLimitsSerializer(serializers.Serializer[Any]):
    """The most that each role may let off."""

    limits = DiscountLimitSerializer(many=True)


class LimitToSetSerializer(serializers.Serializer[Any]):
    """What a role may let off from now on."""

    role = serializers.SlugRelatedField("code", queryset=Role.objects.all())
    percent = serializers.CharField(max_length=20, allow_null=True, allow_blank=True, help_text="Empty: no limit.")


class LimitsToSetSerializer(serializers.Serializer[Any]):
    """The roles whose limits change; the others stay as they are."""

    limits = LimitToSetSerializer(many=True)


class DiscountLimits(APIView):
    """The most that each role may let off."""

    permission_classes = [Needs("billing.set_discount_limits")]  # type: ignore[list-item]

    @extend_schema(responses=DiscountLimitsSerializer)
    def get(self, request: Request) -> Response:
        """Every role that gives discounts."""
        return _shown(discount_limits.all_limits())

    @extend_schema(request=LimitsToSetSerializer, responses=DiscountLimitsSerializer)
    def put(self, request: Request) -> Response:
        """Say what the named roles may let off."""
        wanted = checked(LimitsToSetSerializer(data=request.data))["limits"]
        pairs = [(one["role"], one["percent"]) for one in wanted]
        return _shown(discount_limits.set_limits(pairs, by=caller(request), at=now()))


def _shown(limits: list[Limited]) -> Response:
    return Response(DiscountLimitsSerializer({"limits": limits}).data)


urlpatterns: list[URLPattern | URLResolver] = [
    path("discount-limits/", DiscountLimits.as_view(), name="api-discount-limits"),
]
