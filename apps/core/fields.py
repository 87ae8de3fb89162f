"""Field types of the house."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:  # Django's own class takes no type arguments at run time
    Amount = models.DecimalField[Decimal | str | int, Decimal]
else:
    Amount = models.DecimalField


class MoneyField(Amount):
    """An amount in the clinic's own currency. Three decimals hold every currency there is (KWD has 3, JPY 0)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 18)
        kwargs.setdefault("decimal_places", 3)
        super().__init__(*args, **kwargs)
