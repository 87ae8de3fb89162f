"""The days of a rule that repeats, and their moments on the clinic's own clock. Asks nobody, writes nothing."""

from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import count, islice, takewhile
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.clock import FIRST_YEAR, LAST_YEAR, NoSuchTime, at_wall_time
from apps.core.refusals import Refusal
from apps.scheduling.models.hours import Weekday
from apps.scheduling.models.series import MOST_BETWEEN, MOST_TIMES, AppointmentSeries, Unit

LONGEST = timedelta(days=731)


class BadRule(Refusal):
    """The rule cannot be meant: it never ends, has no days, or goes on for too long."""

    code = "invalid_rule"


@dataclass(frozen=True, slots=True)
class Rule:
    """Every `every` units from `first_day` on, `times` times or until a day (included), at `starts` on the wall."""

    first_day: date
    starts: time
    unit: str = Unit.WEEK
    every: int = 1
    weekdays: tuple[int, ...] = ()
    times: int | None = None
    until: date | None = None

    @classmethod
    def of(cls, series: AppointmentSeries) -> "Rule":
        return cls(
            first_day=series.first_day,
            starts=series.starts,
            unit=series.unit,
            every=series.every,
            weekdays=tuple(series.weekdays),
            times=series.times,
            until=series.until,
        )


@dataclass(frozen=True, slots=True)
class Moment:
    """One day of a rule: when it is, and what the clock does then. Without `at` the clock skips that time."""

    day: date
    at: datetime | None
    note: str = ""


def days_of(rule: Rule) -> list[date]:
    """The days of a rule, in order. Raises BadRule, also for one that would give a single day or more than 60."""
    _refuse_nonsense(rule)
    if rule.times is not None:
        days = list(islice(takewhile(lambda day: day <= rule.first_day + LONGEST, _all_days(rule)), rule.times))
        if len(days) < rule.times:
            raise BadRule(_("This goes on for more than two years: plan the first part of it now."), field="times")
        return days
    assert rule.until is not None
    until = rule.until
    days = list(islice(takewhile(lambda day: day <= until, _all_days(rule)), MOST_TIMES + 1))
    if len(days) > MOST_TIMES:
        raise BadRule(
            _("This makes more than %(most)s appointments: choose an earlier last day.") % {"most": MOST_TIMES},
            field="until",
        )
    if len(days) < 2:
        raise BadRule(
            _("Only one day lies in this time: book it by itself, or choose a later last day."), field="until"
        )
    return days


def moments_of(days: Iterable[date], starts: time, zone: ZoneInfo) -> list[Moment]:
    """When the clinic's clock shows `starts` on these days. Where it does so twice, the first is meant."""
    return [_moment(day, starts, zone) for day in days]


def in_words(rule: Rule) -> str:
    """As the desk would say it: every 2 weeks on Tue, Fri at 10:00, 10 times."""
    wall = f"{rule.starts:%H:%M}"
    day = rule.first_day
    names = ", ".join(str(Weekday(one).label)[:3] for one in rule.weekdays or (day.weekday(),))
    if rule.unit == Unit.DAY:
        words = ngettext("every day", "every %(count)s days", rule.every) % {"count": rule.every}
        words += _(" if it is %(days)s") % {"days": names} if rule.weekdays else ""
    elif rule.unit == Unit.WEEK:
        words = ngettext("every week on %(days)s", "every %(count)s weeks on %(days)s", rule.every)
        words %= {"count": rule.every, "days": names}
    else:
        which = _("on the %(day)s.") % {"day": day.day} if rule.unit == Unit.MONTH else _nth_in_words(day)
        words = ngettext("every month %(which)s", "every %(count)s months %(which)s", rule.every)
        words %= {"count": rule.every, "which": which}
    if rule.times is not None:
        end = _("%(times)s times") % {"times": rule.times}
    else:
        end = _("until %(day)s") % {"day": date_format(rule.until or day, "j M Y")}
    return _("%(when)s at %(time)s, %(end)s") % {"when": words, "time": wall, "end": end}


def _refuse_nonsense(rule: Rule) -> None:
    if not FIRST_YEAR <= rule.first_day.year <= LAST_YEAR:
        raise BadRule(_("Look at the year again."), field="first_day")
    most = MOST_BETWEEN.get(rule.unit)
    if most is None:
        raise BadRule(_("Choose days, weeks or months."), field="unit")
    if not 1 <= rule.every <= most:
        raise BadRule(_("Choose a number from 1 to %(most)s.") % {"most": most}, field="every")
    if not set(rule.weekdays) <= set(range(7)):
        raise BadRule(_("There is no such weekday."), field="weekdays")
    if rule.weekdays and rule.unit in (Unit.MONTH, Unit.MONTH_WEEKDAY):
        raise BadRule(_("Weekdays go with days and weeks: months follow the first day."), field="weekdays")
    if (rule.times is None) == (rule.until is None):
        raise BadRule(_("Say how many times, or until which day."), field="times")
    if rule.times is not None and not 2 <= rule.times <= MOST_TIMES:
        raise BadRule(_("A series has 2 to %(most)s appointments.") % {"most": MOST_TIMES}, field="times")
    if rule.until is not None and rule.until <= rule.first_day:
        raise BadRule(_("The last day lies before the second appointment."), field="until")
    if rule.until is not None and rule.until > rule.first_day + LONGEST:
        raise BadRule(_("This goes on for more than two years: choose an earlier last day."), field="until")


def _all_days(rule: Rule) -> Iterator[date]:
    """Without end; the callers stop."""
    first = rule.first_day
    if rule.unit == Unit.DAY:
        return (
            day
            for day in (first + timedelta(days=step * rule.every) for step in range(LONGEST.days + 2))
            if not rule.weekdays or day.weekday() in rule.weekdays
        )
    if rule.unit == Unit.WEEK:
        return _in_weeks(first, rule.every, sorted(set(rule.weekdays)) or [first.weekday()])
    by_date = rule.unit == Unit.MONTH
    months = (divmod(first.month - 1 + step * rule.every, 12) for step in count())
    return (
        _same_date(first, first.year + years, month + 1) if by_date else _nth(first, first.year + years, month + 1)
        for years, month in months
    )


def _in_weeks(first: date, every: int, weekdays: Sequence[int]) -> Iterator[date]:
    monday = first - timedelta(days=first.weekday())
    for step in count():
        for weekday in weekdays:
            day = monday + timedelta(days=7 * every * step + weekday)
            if day >= first:
                yield day


def _same_date(first: date, year: int, month: int) -> date:
    """The 31st of a month of 30 days is its last day."""
    return date(year, month, min(first.day, monthrange(year, month)[1]))


def _nth(first: date, year: int, month: int) -> date:
    """The same weekday of the month: the second Tuesday. A fifth one is the last, so that every month has one."""
    length = monthrange(year, month)[1]
    earliest = 1 + (first.weekday() - date(year, month, 1).weekday()) % 7
    day = earliest + 7 * ((first.day - 1) // 7)
    return date(year, month, day if day <= length else day - 7)


def _nth_in_words(day: date) -> str:
    place = (_("first"), _("second"), _("third"), _("fourth"), _("last"))[(day.day - 1) // 7]
    return _("on the %(place)s %(weekday)s") % {"place": place, "weekday": Weekday(day.weekday()).label}


def _moment(day: date, starts: time, zone: ZoneInfo) -> Moment:
    try:
        first = at_wall_time(day, starts, zone)
    except NoSuchTime:
        return Moment(day, None, _("The clocks go forward that night and skip %(time)s.") % {"time": f"{starts:%H:%M}"})
    if at_wall_time(day, starts, zone, fold=1) != first:
        words = _("The clocks go back: %(time)s comes twice, and the first is meant.")
        return Moment(day, first, words % {"time": f"{starts:%H:%M}"})
    return Moment(day, first)
