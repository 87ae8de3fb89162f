from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.money import (
    CURRENCIES,
    AmountRefused,
    currency_of,
    format_money,
    parse_amount,
    round_half_up,
    split,
)

USD, INR, JPY, KWD, EUR = (currency_of(code) for code in ("USD", "INR", "JPY", "KWD", "EUR"))


def test_a_half_goes_away_from_zero() -> None:
    assert round_half_up(Decimal("0.505"), USD) == Decimal("0.51")
    assert round_half_up(Decimal("2.5"), JPY) == Decimal("3")
    assert round_half_up(Decimal("-0.505"), USD) == Decimal("-0.51")
    assert round_half_up(Decimal("1.0005"), KWD) == Decimal("1.001")


@pytest.mark.parametrize(
    ("text", "currency", "locale", "amount"),
    [
        ("10", USD, "en", "10.00"),
        (" 1,234.5 ", USD, "en", "1234.50"),
        ("$45.00", USD, "en-US", "45.00"),
        ("USD 45", USD, "en-US", "45.00"),
        ("1,23,456.78", INR, "en-IN", "123456.78"),
        ("1.234,50", EUR, "de-DE", "1234.50"),
        ("12.50", EUR, "de-DE", "12.50"),
        ("1 234,50", EUR, "fr-FR", "1234.50"),
        ("1.125", KWD, "en", "1.125"),
        ("٤٥٫٥", KWD, "ar", "45.500"),
        ("500", JPY, "ja", "500"),
        (7, USD, "en", "7.00"),
        (Decimal("7.10"), USD, "en", "7.10"),
        ("0", USD, "en", "0.00"),
    ],
)
def test_amounts_are_read_as_typed(text: str, currency: object, locale: str, amount: str) -> None:
    read = parse_amount(text, currency, locale=locale)
    assert str(read) == amount


@pytest.mark.parametrize(
    "text",
    ["", " ", "−20", "-20", "10.005", "NaN", "Infinity", "1e9", "1E2", "1,5", "1,23", "12,34.5.6", "ten", "0x1f",
     "1_000", "9" * 10, "9" * 5000, Decimal("NaN"), Decimal("Infinity"), Decimal("-1"), Decimal("10.005"),
     Decimal("1e400"), Decimal("1e-400")],
)  # fmt: skip
def test_nonsense_is_refused_in_words(text: str) -> None:
    with pytest.raises(AmountRefused) as refusal:
        parse_amount(text, USD)
    assert len(str(refusal.value)) > 10
    assert len(str(refusal.value)) < 120


def test_yen_has_no_decimals() -> None:
    with pytest.raises(AmountRefused, match="JPY has no decimals"):
        parse_amount("10.5", JPY)


def test_a_separator_in_the_wrong_place_is_not_guessed_at() -> None:
    for text, locale in (("1.234.5", "de"), ("1.234", "en"), ("1,234,5", "en")):
        with pytest.raises(AmountRefused):
            parse_amount(text, USD, locale=locale)


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "text"),
    [
        ("1234.5", USD, "en-US", "$1,234.50"),
        ("-1234.5", USD, "en-US", "−$1,234.50"),
        ("123456.78", INR, "en-IN", "₹1,23,456.78"),
        ("12345678", INR, "hi", "₹1,23,45,678.00"),
        ("1234.5", EUR, "de-DE", "1.234,50\N{NO-BREAK SPACE}€"),
        ("1234567", JPY, "ja-JP", "¥1,234,567"),
        ("1.5", KWD, "en-KW", "KD\N{NO-BREAK SPACE}1.500"),
        ("0", USD, "en", "$0.00"),
        ("-0.001", USD, "en", "$0.00"),
    ],
)
def test_amounts_are_written_as_people_there_write_them(amount: str, currency: object, locale: str, text: str) -> None:
    assert format_money(Decimal(amount), currency, locale) == text


def test_a_discount_is_shared_to_the_last_cent() -> None:
    """The worked case of the issue: 10.00 over 33.33, 33.33 and 33.34."""
    shares = split(Decimal("10.00"), [Decimal("33.33"), Decimal("33.33"), Decimal("33.34")], USD)
    assert shares == [Decimal("3.33"), Decimal("3.33"), Decimal("3.34")]


def test_nothing_to_weigh_by_shares_equally() -> None:
    assert split(Decimal("0.05"), [0, 0, 0], USD) == [Decimal("0.02"), Decimal("0.02"), Decimal("0.01")]


@given(
    units=st.integers(-(10**14), 10**14),
    weights=st.lists(st.decimals(0, 10**9, places=3, allow_nan=False), min_size=1, max_size=12),
    code=st.sampled_from(["USD", "JPY", "KWD"]),
)
def test_parts_add_up_and_stay_within_a_unit_of_their_share(units: int, weights: list[Decimal], code: str) -> None:
    currency = currency_of(code)
    total = Decimal(units).scaleb(-currency.decimals)
    parts = split(total, weights, currency)
    assert sum(parts) == total
    if any(weights):
        for part, weight in zip(parts, weights, strict=True):
            exact = Decimal(units) * weight / sum(weights)
            assert abs(part.scaleb(currency.decimals) - exact) < Decimal("1.0001")


@given(
    st.decimals(0, 10**8, places=3, allow_nan=False),
    st.sampled_from(sorted(CURRENCIES)),
    st.sampled_from(["en", "en-IN", "de", "fr", "pt", "de-CH", "ar"]),
)
def test_what_is_written_can_be_typed_back(amount: Decimal, code: str, locale: str) -> None:
    currency = currency_of(code)
    rounded = round_half_up(amount, currency)
    assert parse_amount(format_money(rounded, currency, locale), currency, locale=locale) == rounded
