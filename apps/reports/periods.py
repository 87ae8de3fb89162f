"""The days that a report is drawn for: a month of the clinic, or any days from one to another."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.formats import date_format

LONGEST = timedelta(days=3 * 366)
DAYS_DRAWN_SINGLY = 62
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Step:
    """One bar of a chart and one row of its table: a day, or a month where days would be too many."""

    first: date
    last: date
    short: str
    words: str


@dataclass(frozen=True, slots=True)
class Period:
    """Both days are included."""

    first: date
    last: date

    @classmethod
    def month_of(cls, day: date) -> "Period":
        return cls(day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))

    @property
    def is_month(self) -> bool:
        return self == Period.month_of(self.first)

    @property
    def words(self) -> str:
        if self.is_month:
            return date_format(self.first, "F Y")
        if self.first == self.last:
            return date_format(self.first, "D j M Y")
        last = date_format(self.last, "j M Y")
        if (self.first.year, self.first.month) == (self.last.year, self.last.month):
            return f"{self.first.day}–{last}"
        if self.first.year == self.last.year:
            return f"{date_format(self.first, 'j M')} – {last}"
        return f"{date_format(self.first, 'j M Y')} – {last}"

    @property
    def before_first(self) -> date:
        """The day whose end is where the period begins."""
        return self.first - DAY

    def before(self) -> "Period":
        """The period of the same kind that ends where this one begins."""
        if self.is_month:
            return Period.month_of(self.first - DAY)
        return Period(self.first - (self.last - self.first) - DAY, self.first - DAY)

    def after(self) -> "Period":
        if self.is_month:
            return Period.month_of(self.last + DAY)
        return Period(self.last + DAY, self.last + (self.last - self.first) + DAY)

    def compared_with(self, today: date) -> "Period":
        """What it is fair to compare with: of a month that is not over yet, only as many days of the one before."""
        before = self.before()
        if not self.first <= today < self.last:
            return before
        return Period(before.first, min(before.first + (today - self.first), before.last))

    def steps(self) -> Iterator[Step]:
        """The days of the period, or its months where there are more than sixty-two days."""
        first = self.first
        if self.last - self.first < timedelta(days=DAYS_DRAWN_SINGLY):
            while first <= self.last:
                yield Step(first, first, f"{first.day:02d}", date_format(first, "D j M Y"))
                first += DAY
            return
        while first <= self.last:
            last = min(Period.month_of(first).last, self.last)
            yield Step(first, last, date_format(first, "M"), date_format(first, "F Y"))
            first = last + DAY
