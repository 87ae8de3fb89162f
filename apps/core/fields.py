"""Field types of the house."""

from decimal import Decimal
from typing import Any

from django.db import models


class MoneyField(models.DecimalField[Decimal | str | int, Decimal]):
    """An amount in the clinic's own currency. Three decimals hold every currency there is (KWD has 3, JPY 0)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 18)
        kwargs.setdefault("decimal_places", 3)
        super().__init__(*args, **kwargs)
