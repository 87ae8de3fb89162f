"""Dates as people write them at the desk: 12/03/1984, 12.3.84, 1984-03-12, 12 Mar 1984, 12031984."""

import re
from datetime import date
from functools import lru_cache

from django.utils.dates import MONTHS, MONTHS_3
from django.utils.translation import get_language

from apps.core.blind_index import fold, plain_figures

# Who writes the month first, and who the year; everybody else begins with the day.
MONTH_FIRST = frozenset({"en-us", "en-ph", "es-us", "en-bz"})
YEAR_FIRST = frozenset({"ja", "zh", "ko", "hu", "lt", "mn"})
ENGLISH = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
PARTED = re.compile(r"(\d{1,4})\s*[-/.\s]\s*(\d{1,2})\s*[-/.\s]\s*(\d{1,4})\.?")
TOGETHER = re.compile(r"\d{6}|\d{8}")
_MONTH, _YEAR, _GAP = r"(?P<month>[^\W\d_]{3,})", r"(?P<year>\d{4}|\d{2})(?!\d)", r"[\s.,/-]*"
WITH_MONTH = (
    re.compile(rf"(?<!\d)(?P<day>\d{{1,2}}){_GAP}{_MONTH}{_GAP}{_YEAR}"),
    re.compile(rf"{_MONTH}{_GAP}(?P<day>\d{{1,2}})[\s.,/-]+{_YEAR}"),
)


def spelled_day(text: str, *, locale: str, today: date) -> date | None:
    """The day that a text spells in full, read as people of `locale` ("en-in") write it; None if it spells none.

    Where their order gives no day (13/25/1984 cannot), the other orders are tried. A year of two digits is the
    latest that is not after `today`: it is about dates of birth.
    """
    text = plain_figures(text.strip())
    if match := PARTED.fullmatch(text):
        return _first_day(list(match.groups()), locale, today)
    if TOGETHER.fullmatch(text):
        return _first_day_together(text, locale, today)
    matches = (pattern.fullmatch(text) for pattern in WITH_MONTH)
    return next((_day_with_month(match, today) for match in matches if match), None)


def day_in_order(text: str, *, order: str, today: date) -> date | None:
    """The same for a column of dates that are all written in one order ("dmy", "mdy"): no other order is tried.

    A year that stands first, or a month in letters, leaves no doubt.
    """
    text = plain_figures(text.strip())
    # 1984-03-12T00:00:00 and 12/03/1984 00:00: programs add a time of day to dates that have none.
    text = re.sub(r"[T\s]+0{1,2}:00(:00(\.0+)?)?Z?$", "", text)
    if match := PARTED.fullmatch(text):
        parts = list(match.groups())
        return _day(dict(zip("ymd" if len(parts[0]) > 2 else order, parts, strict=True)), today)
    if re.fullmatch(r"(18|19|20)\d{6}", text):
        return _day({"y": text[:4], "m": text[4:6], "d": text[6:]}, today)
    matches = (pattern.fullmatch(text) for pattern in WITH_MONTH)
    return next((_day_with_month(match, today) for match in matches if match), None)


def day_within(text: str, *, locale: str, today: date) -> tuple[date | None, str]:
    """A day with its month in letters somewhere in a text, and the text without it."""
    for pattern in WITH_MONTH:
        for match in pattern.finditer(text):
            if day := _day_with_month(match, today):
                return day, f"{text[: match.start()]} {text[match.end() :]}"
    return None, text


def order_of(locale: str) -> str:
    """ "dmy", "mdy" or "ymd": how people of a locale write a date in figures."""
    locale = locale.lower().replace("_", "-")
    if locale in MONTH_FIRST:
        return "mdy"
    return "ymd" if locale.split("-")[0] in YEAR_FIRST or locale == "sv" else "dmy"


def _first_day(parts: list[str], locale: str, today: date) -> date | None:
    if len(parts[0]) > 2:
        orders = ["ymd"]
    elif len(parts[2]) > 2:
        orders = ["mdy", "dmy"] if order_of(locale) == "mdy" else ["dmy", "mdy"]
    else:
        orders = list(dict.fromkeys([order_of(locale), "dmy", "mdy"]))
    days = (_day(dict(zip(order, parts, strict=True)), today) for order in orders)
    return next((day for day in days if day), None)


def _first_day_together(text: str, locale: str, today: date) -> date | None:
    orders = list(dict.fromkeys([order_of(locale), "dmy", "mdy", "ymd"]))
    for order in orders:
        lengths = {"d": 2, "m": 2, "y": len(text) - 4}
        parts, at = {}, 0
        for part in order:
            parts[part] = text[at : at + lengths[part]]
            at += lengths[part]
        if day := _day(parts, today):
            return day
    return None


def _day_with_month(match: "re.Match[str]", today: date) -> date | None:
    month = _months(get_language() or "en").get(fold(match["month"]))
    if month is None:
        return None
    return _day({"d": match["day"], "m": str(month), "y": match["year"]}, today)


def _day(parts: dict[str, str], today: date) -> date | None:
    year = int(parts["y"])
    if len(parts["y"]) == 2:
        year += today.year // 100 * 100
        year -= 100 if year > today.year else 0
    elif len(parts["y"]) != 4:
        return None
    try:
        day = date(year, int(parts["m"]), int(parts["d"]))
    except ValueError:
        return None
    return day if 1880 <= day.year <= today.year else None


@lru_cache(maxsize=16)
def _months(language: str) -> dict[str, int]:
    """Names of months, in English and in the language in use, whole and cut to three letters."""
    known = {}
    for number, name in enumerate(ENGLISH, 1):
        known[name] = known[name[:3]] = number
    known["sept"] = 9
    for names in (MONTHS, MONTHS_3):
        for number, words in names.items():
            known[fold(str(words)).strip(".")] = number
    return known
