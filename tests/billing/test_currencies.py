"""Clinics whose money has no decimals, or three."""

from typing import Any

import pytest
from django.db import connection

from apps.billing import invoicing
from apps.billing.paying import refunds
from apps.clinic import profile
from apps.clinic.models import ClinicProfile
from apps.core.money import AmountRefused
from tests.billing.cast import AT, Cast, D, balances, make_cast


@pytest.fixture
def clinic_of(inside_riverside: Any) -> Any:
    """Riverside, had it been opened with another currency."""

    def opened(currency: str, locale: str) -> Cast:
        ClinicProfile.objects.update(currency=currency, locale=locale)
        connection.context.memo.pop(profile.MEMO, None)  # type: ignore[attr-defined]
        return make_cast()

    return opened


def test_yen_have_no_decimals(clinic_of: Any) -> None:
    cast = clinic_of("JPY", "ja")
    with pytest.raises(AmountRefused, match="no decimals"):
        cast.draft({"unit_price": "980.5"})
    invoice = cast.issued({"unit_price": "985", "quantity": 3, "discount_percent": "7.5", "tax_rate": 10})
    # 2955, less 221.625 → 222, tax 273.3 → 273.
    assert (invoice.net, invoice.tax, invoice.total, invoice.decimals) == (D("2733"), D("273"), D("3006"), 0)
    with pytest.raises(AmountRefused):
        cast.pay("1000.5", invoice)
    cast.pay("1000", invoice)
    # 2733 × 1000 / 3006 = 909.18…
    assert balances()["revenue"] == D("909")
    cast.pay("2006", invoice)
    assert balances() == {"cash": D("3006"), "revenue": D("2733"), "tax_payable": D("273")}


def test_dinars_have_three(clinic_of: Any) -> None:
    cast = clinic_of("KWD", "ar-KW")
    invoice = cast.issued({"unit_price": "12.345", "tax_rate": "5"})
    # 5 % of 12.345 = 0.61725 → 0.617.
    assert (invoice.tax, invoice.total) == (D("0.617"), D("12.962"))
    with pytest.raises(AmountRefused, match="3 decimals"):
        cast.pay("1.2345", invoice)
    payment = cast.pay("0.001", invoice)
    assert balances()["accounts_receivable"] == D("12.961")
    refunds.refund(payment, amount="0.001", reason="Odd", by=cast.bela, at=AT)
    lines = invoicing.discount(
        cast.draft({"unit_price": "1.000"}, {"unit_price": "1.000"}, {"unit_price": "1.000"}),
        amount="0.100",
        reason="Hardship",
        by=cast.bela,
        at=AT,
    )
    assert [line.discount for line in lines] == [D("0.034"), D("0.033"), D("0.033")]
