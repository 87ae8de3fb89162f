"""Clinics whose money has no decimals, or three."""

from typing import Any

import pytest
from django.db import connection
from django.utils.translation import override

from apps.billing import invoicing
from apps.billing.documents import papers
from apps.billing.paying import refunds
from apps.clinic import profile
from apps.clinic.models import ClinicProfile
from apps.core.money import NO_BREAK, AmountRefused, currency_of
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


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("ar", ("2.125", "12.345 %", "KD 1,234.500")),
        ("de", ("2,125", "12,345 %", "1.234,500 KD")),
        ("en-us", ("2.125", "12.345 %", "KD 1,234.500")),
    ],
)
def test_quantities_and_percentages_are_written_as_the_amounts_beside_them(
    clinic_of: Any, locale: str, said: tuple[str, ...]
) -> None:
    """In whatever language it is read: 2,125 beside 1,234.500 would be two thousand."""
    cast = clinic_of("KWD", locale)
    line = cast.draft({"unit_price": "1234.500", "quantity": "2.125", "discount_percent": "12.345"}).lines.get()
    money = papers.MoneyWriter(currency_of("KWD"), profile.current())
    for language in ("en", "de", "ar"):
        with override(language):
            shown = papers._line(line, money)
        assert tuple(shown[name].replace(NO_BREAK, " ") for name in ("qty", "discount", "price")) == said
