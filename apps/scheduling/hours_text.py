"""A day's hours as people write them: "9-13, 14:00-17:00 x2 (15:30-15:45 Tea)"."""

import re
from collections.abc import Iterable
from datetime import time

from django.utils.translation import gettext as _

from apps.scheduling.hours import MIDNIGHT, BadHours, Pause, Session
from apps.scheduling.models import WeeklyHours

CLOCK = r"(\d{1,2})(?:[:.h](\d{2}))?\s*([ap])?\.?m?\.?"
SPAN = rf"{CLOCK}\s*(?:[-–—]|to|bis|a)\s*{CLOCK}"
SESSION = re.compile(rf"{SPAN}\s*(?:[x×*]\s*(\d+))?\s*(?:\(([^()]*)\))?", re.IGNORECASE)
PAUSE = re.compile(rf"{SPAN}\s*(.*)", re.IGNORECASE)


def read_hours(text: str, weekday: int) -> list[Session]:
    """The sessions of one weekday; nothing means closed. Raises BadHours for what is no time."""
    sessions = []
    for part in re.split(r"[,;\n](?![^(]*\))", text):
        if not (part := part.strip()):
            continue
        match = SESSION.fullmatch(part)
        if match is None:
            raise _unreadable(part)
        starts, ends = _time(match.group(1, 2, 3), part), _time(match.group(4, 5, 6), part)
        breaks = tuple(_pause(pause, part) for pause in re.split(r"[,;]", match.group(8) or "") if pause.strip())
        sessions.append(Session(weekday, starts, ends, int(match.group(7) or 1), breaks))
    return sessions


def write_hours(sessions: Iterable[Session | WeeklyHours]) -> str:
    """The same the other way round."""
    return ", ".join(_written(session) for session in sorted(sessions, key=lambda session: session.starts))


def _written(session: Session | WeeklyHours) -> str:
    words = f"{session.starts:%H:%M}–{_end(session.ends)}"
    if session.capacity > 1:
        words += f" ×{session.capacity}"
    pauses = session.breaks if isinstance(session, Session) else session.breaks.all()
    told = "; ".join(f"{pause.starts:%H:%M}–{_end(pause.ends)} {pause.label}".strip() for pause in pauses)
    return f"{words} ({told})" if told else words


def _end(moment: time) -> str:
    return "24:00" if moment == MIDNIGHT else f"{moment:%H:%M}"


def _pause(text: str, part: str) -> Pause:
    match = PAUSE.fullmatch(text.strip())
    if match is None:
        raise _unreadable(part)
    label = match.group(7).strip()
    if len(label) > 40:
        raise BadHours(_("“%(label)s” is too long for a break.") % {"label": label[:40]})
    return Pause(_time(match.group(1, 2, 3), part), _time(match.group(4, 5, 6), part), label)


def _time(pieces: tuple[str | None, ...], part: str) -> time:
    hour, minute, half = int(pieces[0] or 0), int(pieces[1] or 0), (pieces[2] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise _unreadable(part)
        hour = hour % 12 + (12 if half == "p" else 0)
    if (hour, minute) == (24, 0):
        return MIDNIGHT
    if hour > 23 or minute > 59:
        raise _unreadable(part)
    return time(hour, minute)


def _unreadable(part: str) -> BadHours:
    return BadHours(_("“%(part)s” is not understood. Write hours like 09:00–13:00, 14:00–17:00.") % {"part": part[:40]})
