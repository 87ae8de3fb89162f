"""Money: exact amounts in the clinic's own currency, with that currency's number of decimals. Never float."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from math import lcm

from django.utils.translation import gettext as _

from apps.core.refusals import Refusal

ZERO = Decimal(0)
MINUS = "\N{MINUS SIGN}"
NO_BREAK = "\N{NO-BREAK SPACE}"


class AmountRefused(Refusal):
    code = "invalid_amount"
    field = "amount"


@dataclass(frozen=True, slots=True)
class Currency:
    """``decimals`` as in ISO 4217: 2 for INR, 0 for JPY, 3 for KWD. ``symbol`` as the clinic prints it."""

    code: str
    decimals: int
    symbol: str

    @property
    def unit(self) -> Decimal:
        """The smallest amount that exists: 0.01, 1 or 0.001."""
        return Decimal(1).scaleb(-self.decimals)

    @property
    def ceiling(self) -> Decimal:
        """Amounts from here on are taken for slips of the finger, or for a telephone number."""
        return Decimal(10) ** (11 if self.decimals == 0 else 9)


def currency_of(code: str) -> Currency:
    """The currency with this ISO 4217 code. Raises KeyError for a code that no clinic can use."""
    return CURRENCIES[code.upper()]


def round_half_up(amount: Decimal, currency: Currency) -> Decimal:
    """Round to the currency's decimals as invoices do: a half goes away from zero."""
    return amount.quantize(currency.unit, rounding=ROUND_HALF_UP)


def parse_amount(text: str | Decimal | int, currency: Currency, *, locale: str = "en") -> Decimal:
    """The amount that somebody typed (with the separators of ``locale``) or a program sent.

    Raises AmountRefused, in words, for anything negative, over-precise, absurdly large or not a number. Zero is an
    amount; whether a rule accepts it is the rule's business.
    """
    amount = _read(text, currency, locale) if isinstance(text, str) else _finite(Decimal(text))
    if amount < 0:
        raise AmountRefused(_("An amount cannot be negative."))
    if amount >= currency.ceiling:
        raise AmountRefused(
            _("This amount is too large: the most is below %(limit)s.")
            % {"limit": format_money(currency.ceiling, currency, locale)}
        )
    if amount != amount.quantize(currency.unit, rounding=ROUND_DOWN):
        raise AmountRefused(_too_precise(currency))
    return amount.quantize(currency.unit)


def split(total: Decimal, weights: Sequence[Decimal | int], currency: Currency) -> list[Decimal]:
    """Share ``total`` in proportion to ``weights`` so that the parts add up to it exactly (largest remainder).

    Of equal remainders the earlier part gets the odd unit. Weights that are all zero share equally.
    """
    if not weights or any(weight < 0 for weight in weights):
        raise ValueError("split needs weights, none of them negative")
    if total != round_half_up(total, currency):
        raise ValueError("split shares whole units of the currency")
    if not any(weights):
        weights = [1] * len(weights)
    # Whole units and whole weights: integer division leaves exact remainders.
    units = int(abs(total).scaleb(currency.decimals))
    ratios = [Decimal(weight).as_integer_ratio() for weight in weights]
    scale = lcm(*(denominator for _numerator, denominator in ratios))
    whole = [numerator * (scale // denominator) for numerator, denominator in ratios]
    shares = [divmod(units * weight, sum(whole)) for weight in whole]
    parts = [quotient for quotient, _remainder in shares]
    by_remainder = sorted(range(len(shares)), key=lambda index: -shares[index][1])
    for index in by_remainder[: units - sum(parts)]:
        parts[index] += 1
    sign = -1 if total < 0 else 1
    return [(Decimal(part) * sign).scaleb(-currency.decimals).quantize(currency.unit) for part in parts]


def format_money(amount: Decimal, currency: Currency, locale: str = "en") -> str:
    """The amount as people there write it: ₹1,23,456.00 in India, 1.234,50 € in Germany, KD 1.250 in Kuwait."""
    style = _style(locale)
    number = format_amount(abs(amount), currency, locale)
    gap = NO_BREAK if currency.symbol[-1].isalpha() or style.symbol_after else ""
    text = f"{number}{gap}{currency.symbol}" if style.symbol_after else f"{currency.symbol}{gap}{number}"
    return f"{MINUS}{text}" if round_half_up(amount, currency) < 0 else text


def format_amount(amount: Decimal, currency: Currency, locale: str = "en") -> str:
    """The bare number, grouped and with the currency's decimals, for columns whose head names the currency."""
    style = _style(locale)
    whole, _point, decimals = f"{abs(round_half_up(amount, currency)):f}".partition(".")
    text = _grouped(whole, style) + (style.decimal + decimals if decimals else "")
    return f"{MINUS}{text}" if round_half_up(amount, currency) < 0 else text


def format_number(number: Decimal, locale: str = "en") -> str:
    """A quantity or a percentage beside amounts, with their decimal sign: 2 rather than 2.000, and 2.5 or 2,5."""
    return f"{number.normalize():f}".replace(".", _style(locale).decimal)


@dataclass(frozen=True, slots=True)
class _Style:
    group: str = ","
    decimal: str = "."
    symbol_after: bool = False
    lakh: bool = False  # 12,34,567 instead of 1,234,567


_ENGLISH = _Style()
_INDIAN = _Style(lakh=True)
_CONTINENTAL = _Style(group=".", decimal=",", symbol_after=True)
_SPACED = _Style(group=NO_BREAK, decimal=",", symbol_after=True)
_STYLES = {
    "en-IN": _INDIAN, "hi": _INDIAN, "bn": _INDIAN, "ta": _INDIAN, "te": _INDIAN, "mr": _INDIAN, "gu": _INDIAN,
    "kn": _INDIAN, "ml": _INDIAN, "pa": _INDIAN, "ur": _INDIAN, "ne": _INDIAN, "en-PK": _INDIAN, "en-BD": _INDIAN,
    "de": _CONTINENTAL, "es": _CONTINENTAL, "it": _CONTINENTAL, "da": _CONTINENTAL, "el": _CONTINENTAL,
    "tr": _CONTINENTAL, "id": _CONTINENTAL, "vi": _CONTINENTAL, "ro": _CONTINENTAL, "hr": _CONTINENTAL,
    "nl": _Style(group=".", decimal=","), "pt": _Style(group=".", decimal=","), "pt-PT": _SPACED,
    "es-MX": _ENGLISH, "de-CH": _Style(group="’"),
    "fr": _SPACED, "pl": _SPACED, "cs": _SPACED, "sk": _SPACED, "ru": _SPACED, "uk": _SPACED, "sv": _SPACED,
    "nb": _SPACED, "fi": _SPACED, "hu": _SPACED, "bg": _SPACED,
}  # fmt: skip


def _style(locale: str) -> _Style:
    tag = locale.replace("_", "-")
    language, _dash, region = tag.partition("-")
    return _STYLES.get(f"{language.lower()}-{region.upper()}") or _STYLES.get(language.lower(), _ENGLISH)


def _grouped(whole: str, style: _Style) -> str:
    head, tail = whole[:-3], whole[-3:]
    size = 2 if style.lakh else 3
    groups = [tail]
    while head:
        head, piece = head[:-size], head[-size:]
        groups.insert(0, piece)
    return style.group.join(groups)


def _read(text: str, currency: Currency, locale: str) -> Decimal:
    style = _style(locale)
    plain = "".join(_digit(letter) for letter in text.strip())
    plain = plain.removeprefix(currency.symbol).removesuffix(currency.symbol)
    plain = re.sub(rf"^{currency.code}|{currency.code}$", "", plain, flags=re.IGNORECASE).strip().replace(MINUS, "-")
    if not plain:
        raise AmountRefused(_("Enter an amount."))
    group = r"\s" if style.group == NO_BREAK else re.escape(style.group)
    point = re.escape(style.decimal)
    # Grouping must stand where it belongs: "1,5" typed for one and a half must not become fifteen.
    match = re.fullmatch(rf"(-?)(\d+|\d{{1,3}}(?:{group}\d{{2,3}})*{group}\d{{3}})(?:{point}(\d*))?", plain)
    if match is None and style.decimal != ".":
        match = re.fullmatch(r"(-?)(\d+)(?:\.(\d{1,2}))?", plain)  # a keypad types the point everywhere
    if match is None:
        raise AmountRefused(_("“%(text)s” is not an amount. Write it like %(example)s.") % {
            "text": text.strip()[:30], "example": format_amount(Decimal("1234.5"), currency, locale),
        })  # fmt: skip
    sign, whole, decimals = match.groups()
    return _finite(Decimal(f"{sign}{re.sub(r'[^0-9]', '', whole)}.{decimals or 0}"))


def _digit(letter: str) -> str:
    """Arabic, Devanagari and other digits are digits; so is the Arabic decimal point a point."""
    if letter == "\N{ARABIC DECIMAL SEPARATOR}":
        return "."
    return str(unicodedata.decimal(letter)) if letter.isdecimal() else letter


def _finite(amount: Decimal) -> Decimal:
    if amount.is_finite() and abs(amount.adjusted()) < 30:
        return amount
    raise AmountRefused(_("This is not an amount."))


def _too_precise(currency: Currency) -> str:
    if currency.decimals == 0:
        return _("%(code)s has no decimals.") % {"code": currency.code}
    return _("%(code)s has only %(decimals)s decimals.") % {"code": currency.code, "decimals": currency.decimals}


# ISO 4217, the currencies in circulation; those without a common short sign are printed with their code.
_WITHOUT_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_WITH_THREE = "BHD IQD JOD KWD LYD OMR TND"
_DECIMALS = dict.fromkeys(_WITHOUT_DECIMALS.split(), 0) | dict.fromkeys(_WITH_THREE.split(), 3)
_SYMBOLS = {
    "AED": "AED", "ARS": "$", "AUD": "$", "BDT": "৳", "BHD": "BD", "BRL": "R$", "CAD": "$", "CHF": "CHF", "CLP": "$",
    "CNY": "¥", "COP": "$", "CRC": "₡", "CZK": "Kč", "DKK": "kr", "EGP": "E£", "EUR": "€", "GBP": "£", "GHS": "₵",
    "HKD": "HK$", "HUF": "Ft", "IDR": "Rp", "ILS": "₪", "INR": "₹", "ISK": "kr", "JOD": "JD", "JPY": "¥", "KRW": "₩",
    "KWD": "KD", "KZT": "₸", "LKR": "Rs", "MXN": "$", "MYR": "RM", "NGN": "₦", "NOK": "kr", "NPR": "Rs", "NZD": "$",
    "PHP": "₱", "PKR": "Rs", "PLN": "zł", "PYG": "₲", "QAR": "QR", "RON": "lei", "RUB": "₽", "SEK": "kr", "SGD": "$",
    "THB": "฿", "TRY": "₺", "TWD": "NT$", "UAH": "₴", "USD": "$", "VND": "₫", "ZAR": "R",
}  # fmt: skip
_CIRCULATING = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP
    CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR
    ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT
    MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD
    SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND
    VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG
"""
CURRENCIES = {code: Currency(code, _DECIMALS.get(code, 2), _SYMBOLS.get(code, code)) for code in _CIRCULATING.split()}
