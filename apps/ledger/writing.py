"""Amounts and days as this clinic writes them."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.formats import date_format

from apps.clinic import profile
from apps.core.money import Currency, format_amount, format_money


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes in the clinic's currency and by its locale. Made once a page: a long list formats in Python."""

    currency: Currency
    locale: str
    zone: ZoneInfo

    @classmethod
    def of_clinic(cls) -> "Writer":
        clinic = profile.current()
        return cls(clinic.currency_info, clinic.locale, clinic.zone)

    @property
    def nothing(self) -> Decimal:
        return Decimal(0)

    def amount(self, amount: Decimal) -> str:
        """The bare number: the column's head names the currency."""
        return format_amount(amount, self.currency, self.locale)

    def money(self, amount: Decimal) -> str:
        return format_money(amount, self.currency, self.locale)

    def day(self, day: date) -> str:
        return date_format(day, "j M Y")

    def moment(self, at: datetime) -> str:
        return date_format(at.astimezone(self.zone), "j M Y, H:i")

    def stamp(self, at: datetime) -> str:
        """For programs: ISO 8601, on the clinic's clock."""
        return at.astimezone(self.zone).isoformat()
