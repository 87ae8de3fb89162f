"""Dates as patients remember them: a year, a month, a day. Kept as FHIR writes them: 2015, 2015-03, 2015-03-12."""

import re
from datetime import date

from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from apps.core.blind_index import plain_figures
from apps.patients.spelling import spelled_day

PARTIAL = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
MONTH = re.compile(r"(\d{1,2})[-/. ](\d{4})")
OLDEST = 1880


def is_partial(text: str) -> bool:
    """Whether a text is 2015, 2015-03 or 2015-03-12, and such a day exists."""
    match = PARTIAL.fullmatch(text)
    if match is None:
        return False
    try:
        return date(int(match[1]), int(match[2] or 1), int(match[3] or 1)).year >= OLDEST
    except ValueError:
        return False


def read(text: str, *, locale: str, today: date) -> str:
    """What somebody wrote (2015, 3/2015, 12.3.15, 12 Mar 2015), as it is kept. Raises ValidationError."""
    text = plain_figures(text).strip()
    if not text or is_partial(text):
        return text
    if match := MONTH.fullmatch(text):
        month = f"{match[2]}-{int(match[1]):02d}"
        if is_partial(month):
            return month
    if day := spelled_day(text, locale=locale, today=today):
        return day.isoformat()
    raise ValidationError(_("Write a year, a month and year, or a day."))


def words(text: str) -> str:
    """As it is said: 2015, Mar 2015, 12 Mar 2015."""
    match = PARTIAL.fullmatch(text or "")
    if match is None:
        return ""
    if not match[2]:
        return match[1]
    return date_format(date(int(match[1]), int(match[2]), int(match[3] or 1)), "j M Y" if match[3] else "M Y")


def is_future(text: str, today: date) -> bool:
    """Whether it lies wholly after today."""
    return bool(text) and text > today.isoformat()[: len(text)]
