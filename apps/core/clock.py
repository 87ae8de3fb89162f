"""Time as a clinic sees it: stored in UTC, worked out on the clinic's own clock, daylight saving included.

Rules never ask the clock; they are told ``at``. Only views, commands and workers call ``now()``.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.refusals import Refusal


class NoSuchTime(Refusal):
    code = "no_such_time"
    message = _("The clocks go forward on that day and skip this time. Choose another one.")


FIRST_YEAR, LAST_YEAR = 1900, 2999


class NoSuchDay(Refusal):
    """A day on which nothing of a clinic happens: of the year 26, a slip for 2026; of 9999, where time ends."""

    code = "no_such_day"
    field = "day"
    message = _("Look at the year again.")


def now() -> datetime:
    """The present moment in UTC."""
    return timezone.now()


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """The calendar day on the clinic's wall at this moment."""
    return moment.astimezone(zone).date()


def local_day(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The clinic's calendar day as a half-open range in UTC: 23, 24 or 25 hours long. Raises NoSuchDay."""
    try:
        return _start_of(day, zone), _start_of(day + timedelta(days=1), zone)
    except OverflowError:
        raise NoSuchDay from None


def refuse_odd_year(day: date, *, field: str) -> None:
    """Raises NoSuchDay beside ``field`` for a day (or moment) outside of the years 1900 to 2999."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise NoSuchDay(field=field)


def at_wall_time(day: date, wall: time, zone: ZoneInfo, *, fold: int = 0) -> datetime:
    """The moment (UTC) when the clinic's clock shows ``wall`` on ``day``.

    When clocks go back a time comes twice: ``fold`` 0 is the first, 1 the second.
    Raises NoSuchTime when clocks go forward over it.
    """
    local = datetime.combine(day, wall.replace(tzinfo=None), tzinfo=zone).replace(fold=fold)
    moment = local.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise NoSuchTime
    return moment


def comes_twice(local: datetime) -> bool:
    """Whether the clock shows this time twice on its day, because clocks go back."""
    first, second = local.replace(fold=0), local.replace(fold=1)
    # In a gap the two differ as well, but there the first pass is the later one.
    return first.astimezone(UTC) < second.astimezone(UTC)


def _start_of(day: date, zone: ZoneInfo) -> datetime:
    """Where midnight is skipped (Beirut in spring) the day begins after the gap; where it comes twice, at the first."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def ask_for_zone(answer: Callable[[], ZoneInfo]) -> None:
    """How those below the clinic's profile (the trail) learn on which clock to show a time."""
    global _answer
    _answer = answer


def clinic_zone() -> ZoneInfo:
    """The time zone of the clinic that was entered."""
    return _answer()


def _utc() -> ZoneInfo:
    return ZoneInfo("UTC")


_answer: Callable[[], ZoneInfo] = _utc
