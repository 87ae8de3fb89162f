"""Amounts as they are shown: strings with the decimals of the clinic's currency."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.clinic import profile


@extend_schema_field(OpenApiTypes.DECIMAL)
class MoneyOut(serializers.Field[Decimal, Any, str, Any]):
    """An amount, with the decimals of the clinic's currency."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, **options)

    def to_representation(self, value: Decimal) -> str:
        return self.for_answer()(value)

    def for_answer(self) -> Callable[[Decimal], str]:
        """What writes all amounts of one answer: the clinic's currency is looked up once."""
        unit = profile.current().currency_info.unit
        return lambda value: f"{value.quantize(unit):f}"
