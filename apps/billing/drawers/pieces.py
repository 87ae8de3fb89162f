"""Notes and coins: which there are of a currency, and what a handful of them comes to."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.core.money import AmountRefused, Currency, parse_amount
from apps.core.refusals import Refusal

LOOSE = "loose"  # what nobody sorts: a bag of small coins, by its amount
MOST = 100_000  # of one piece
_USUAL = "1000 500 200 100 50 20 10 5 2 1 0.5 0.2 0.1 0.05"
_OF_CURRENCY = {
    "INR": "500 200 100 50 20 10 5 2 1",
    "USD": "100 50 20 10 5 1 0.25 0.1 0.05 0.01",
    "CAD": "100 50 20 10 5 2 1 0.25 0.1 0.05",
    "EUR": "500 200 100 50 20 10 5 2 1 0.5 0.2 0.1 0.05 0.02 0.01",
    "GBP": "50 20 10 5 2 1 0.5 0.2 0.1 0.05 0.02 0.01",
    "JPY": "10000 5000 2000 1000 500 100 50 10 5 1",
    "KWD": "20 10 5 1 0.5 0.25 0.1 0.05 0.02 0.01 0.005",
    "AED": "1000 500 200 100 50 20 10 5 1 0.5 0.25",
    "CHF": "1000 200 100 50 20 10 5 2 1 0.5 0.2 0.1 0.05",
    "NGN": "1000 500 200 100 50 20 10 5",
    "KES": "1000 500 200 100 50 40 20 10 5 1",
    "BDT": "1000 500 200 100 50 20 10 5 2 1",
    "PKR": "5000 1000 500 100 50 20 10 5 2 1",
}


class PiecesRefused(Refusal):
    """What was counted is no handful of this currency's notes and coins."""

    code = "invalid_pieces"
    field = "pieces"


@dataclass(frozen=True, slots=True)
class Handful:
    """How many of each note and coin, as the database keeps it, and what they come to."""

    pieces: dict[str, Any]
    total: Decimal


def pieces_of(currency: Currency) -> list[str]:
    """The notes and coins of a currency, the largest first, as keys: "500", "0.25"."""
    known = _OF_CURRENCY.get(currency.code)
    if known:
        return known.split()
    return [piece for piece in _USUAL.split() if Decimal(piece) % currency.unit == 0]


def read_pieces(counted: Mapping[str, Any], currency: Currency) -> Handful:
    """Add up what was counted, `{"500": 3, "10": "12", "loose": "7.50"}`; left out is none. Raises PiecesRefused."""
    pieces: dict[str, Any] = {}
    total = Decimal(0)
    known = pieces_of(currency)
    for piece, count in counted.items():
        if piece == LOOSE:
            continue
        if piece not in known:
            raise PiecesRefused(_("There is no note or coin of %(piece)s.") % {"piece": str(piece)[:12]})
        if number := _count(count, piece):
            pieces[piece] = number
            total += Decimal(piece) * number
    if str(loose := counted.get(LOOSE) or "").strip():
        amount = _loose(loose, currency)
        if amount:
            pieces[LOOSE] = f"{amount:f}"
            total += amount
    total = total.quantize(currency.unit)
    if total >= currency.ceiling:
        raise PiecesRefused(_("This is more money than a drawer holds. Look at the numbers again."))
    return Handful(pieces, total)


def _count(count: Any, piece: str) -> int:
    text = str("" if count is None else count).strip() or "0"
    if isinstance(count, bool) or not text.isdecimal() or len(text) > 6 or int(text) >= MOST:
        raise PiecesRefused(_("Say how many of %(piece)s there are: a whole number.") % {"piece": piece})
    return int(text)


def _loose(loose: Any, currency: Currency) -> Decimal:
    try:
        return parse_amount(loose if isinstance(loose, str | int | Decimal) else str(loose), currency)
    except AmountRefused as refusal:
        raise PiecesRefused(str(refusal)) from refusal
