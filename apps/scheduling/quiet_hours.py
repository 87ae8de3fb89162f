"""When nobody is to be disturbed, and so when a reminder is due."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LEAST_NOTICE = timedelta(hours=1)  # between the end of the quiet hours and the visit; else the evening before


def due_at(starts_at: datetime, hours_before: int, quiet: tuple[time, time], zone: ZoneInfo) -> datetime:
    """When to remind: never in the quiet hours. After them, unless that is too late; then the evening before."""
    moment = starts_at - timedelta(hours=hours_before)
    if not is_quiet(moment, quiet, zone):
        return moment
    began, over = quiet_span(moment, quiet, zone)
    return over if over + LEAST_NOTICE <= starts_at else began - timedelta(minutes=5)


def is_quiet(moment: datetime, quiet: tuple[time, time], zone: ZoneInfo) -> bool:
    """Whether nobody is to be disturbed at this moment. Half-open; the same time twice means never."""
    begins, ends = quiet
    wall = moment.astimezone(zone).time()
    return begins <= wall < ends if begins <= ends else wall >= begins or wall < ends


def quiet_span(moment: datetime, quiet: tuple[time, time], zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From when to when it is quiet around a moment that is."""
    begins, ends = quiet
    local = moment.astimezone(zone)
    first = local.date() if begins <= ends or local.time() >= begins else local.date() - timedelta(days=1)
    last = first if begins <= ends else first + timedelta(days=1)
    return _on(first, begins, zone), _on(last, ends, zone)


def _on(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """Near enough where the clock jumps: it is no appointment."""
    return datetime.combine(day, wall, tzinfo=zone).astimezone(UTC)
