"""The clinic's closed days, a year's list at once: "2026-12-25 Christmas", one a line."""

import re
from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.clinic import profile
from apps.core.clock import local_day
from apps.scheduling.calendars.hours import BadHours
from apps.scheduling.calendars.time_off import take_leave
from apps.scheduling.models import TimeOff

MOST = 200  # lines, and days after repeating them
MOST_YEARS = 10
DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})[./](\d{1,2})[./](\d{4})")
LINE = re.compile(rf"\s*({DAY.pattern})(?!\d)\s*[,;:–-]?\s*(.*)")
EARLIEST, LATEST = date(2000, 1, 1), date(2200, 1, 1)


def read_days(text: str, *, years: int = 1) -> list[tuple[date, str]]:
    """Days with their words, one a line; 2026-12-25 or 25.12.2026 (day first). With `years`, the same dates in so many
    years; 29 February only where there is one. Raises BadHours that names the line.
    """
    if not 1 <= years <= MOST_YEARS:
        raise BadHours(_("Between 1 and 10 years."), field="years")
    found: dict[date, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        day, words = _read(line, number)
        for later in range(years):
            try:
                found[day.replace(year=day.year + later)] = words
            except ValueError:
                continue
    if not found:
        raise BadHours(_("Write at least one day, like 2026-12-25 Christmas."), field="days")
    if len(found) > MOST:
        raise BadHours(_("At most 200 days at once."), field="days")
    return sorted(found.items())


@transaction.atomic
def close_days(
    days: Iterable[tuple[date, str]], *, by: User, at: datetime, keep_appointments: bool = False
) -> list[TimeOff]:
    """Close the clinic on these days, all or none; a day that is closed already stays as it is.

    Raises BadHours, and AppointmentsInTheWay unless these are to be kept.
    """
    days, zone = list(days), profile.current().zone
    if len(days) > MOST:
        raise BadHours(_("At most 200 days at once."), field="days")
    closed = []
    for day, words in days:
        start, end = local_day(day, zone)
        if end <= at:
            raise BadHours(_("%(day)s has passed.") % {"day": day.isoformat()}, field="days")
        if TimeOff.objects.filter(provider=None, withdrawn_at=None, starts_at__lte=start, ends_at__gte=end).exists():
            continue
        closed.append(
            take_leave(
                None, starts_at=start, ends_at=end, reason=words, keep_appointments=keep_appointments, by=by, at=at
            )
        )
    return closed


def _read(line: str, number: int) -> tuple[date, str]:
    match = LINE.fullmatch(line)
    try:
        if match is None:
            raise ValueError
        year, month, day = match.group(2, 3, 4) if match.group(2) else match.group(7, 6, 5)
        found = date(int(year), int(month), int(day))
    except ValueError:
        raise BadHours(
            _("Line %(number)s is no day: “%(line)s”. Write 2026-12-25 Christmas.")
            % {"number": number, "line": line.strip()[:40]},
            field="days",
        ) from None
    if not EARLIEST <= found <= LATEST:
        raise BadHours(_("Line %(number)s: look at the year again.") % {"number": number}, field="days")
    words = match.group(8).strip()
    if len(words) > 200:
        raise BadHours(_("Line %(number)s is too long.") % {"number": number}, field="days")
    return found, words
