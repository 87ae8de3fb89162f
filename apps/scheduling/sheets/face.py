"""The clock face of a sheet: which five-minute row a moment stands in.

Rows follow the clinic's own clock, so that ten o'clock is one row on every day of a week. In the night when clocks go
back an hour comes twice: it then has two rows for each five minutes, the second pass below the first, and either can
be booked. Where clocks go forward, the rows that the clock skips are shut.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from apps.core.clock import comes_twice, local_day

ROWS_AN_HOUR = 12
MINUTES_A_ROW = 5


@dataclass(frozen=True, slots=True)
class Face:
    """Row 1 is midnight. `again`: the row at which the clock shows `rows` rows a second time; 0 where it does not."""

    zone: ZoneInfo
    again: int = 0
    rows: int = 0

    @classmethod
    def of(cls, days: Iterable[date], zone: ZoneInfo) -> "Face":
        """One face for all of these days: they stand side by side."""
        for day in days:
            jump = _jump(day, zone)
            if jump and jump[1] < 0:
                wall, shift = jump
                return cls(zone, _row(wall), -shift)
        return cls(zone)

    @property
    def end(self) -> int:
        """One past the last row of the day."""
        return 24 * ROWS_AN_HOUR + 1 + self.rows

    @property
    def hours(self) -> int:
        return -(-(self.end - 1) // ROWS_AN_HOUR)

    def row(self, local: datetime) -> int:
        row = _row(local.hour * 60 + local.minute)
        if self.rows and (row >= self.again or (local.fold and row >= self.again - self.rows)):
            row += self.rows
        return row

    def span(self, start: datetime, end: datetime, day: date) -> tuple[int, int]:
        """A span's rows on this day: first, and one past the last; (0, 0) where it does not touch it."""
        starts, ends = start.astimezone(self.zone), end.astimezone(self.zone)
        if starts.date() > day or _before(ends).date() < day:
            return 0, 0
        first = self.row(starts) if starts.date() == day else 1
        return first, self.row(ends) if ends.date() == day else self.end

    def last_row(self, ends: datetime) -> int:
        """The row in which something that ends then has its last moment."""
        return self.row(_before(ends))

    def words(self, local: datetime) -> str:
        """10:30; where that time comes twice, with the zone that says which of the two."""
        return f"{local:%H:%M}" + (f" {local.tzname()}" if self.rows and comes_twice(local) else "")

    def hour_words(self, hour: int) -> str:
        """What stands beside the hour of this number from the top of the day."""
        row = hour * ROWS_AN_HOUR + 1
        minutes = (row - 1 - (self.rows if self.rows and row >= self.again else 0)) * MINUTES_A_ROW
        return f"{minutes // 60:02}:{minutes % 60:02}"


def skipped(day: date, zone: ZoneInfo) -> tuple[int, int] | None:
    """The rows that the clock skips on this day: first, and one past the last."""
    jump = _jump(day, zone)
    return (_row(jump[0]), _row(jump[0]) + jump[1]) if jump and jump[1] > 0 else None


def _jump(day: date, zone: ZoneInfo) -> tuple[int, int] | None:
    """What the clock shows (in minutes) when it is moved on this day, and by how many rows; negative is back."""
    start, end = local_day(day, zone)
    rows = (timedelta(days=1) - (end - start)) // timedelta(minutes=MINUTES_A_ROW)
    if not rows:
        return None
    before, after = start, end
    offset = start.astimezone(zone).utcoffset() or timedelta()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    # By the clock as it ran until then.
    shown = after.replace(microsecond=0) - start
    begins = start.astimezone(zone)
    return begins.hour * 60 + begins.minute + int(shown.total_seconds()) // 60, rows


def _row(minutes: int) -> int:
    return minutes // MINUTES_A_ROW + 1


def _before(moment: datetime) -> datetime:
    """The last moment that belongs to something which ends then; worked out in UTC, because clocks jump."""
    zone = moment.tzinfo
    return (moment.astimezone(UTC) - timedelta(microseconds=1)).astimezone(zone)
