"""A day's hours as people write them: "9-13, 14:00-17:00 x2 @ Lake branch (15:30-15:45 Tea)"."""

import re
from collections.abc import Iterable, Mapping
from datetime import time

from django.utils.translation import gettext as _

from apps.clinic.models import Room, Site
from apps.scheduling.calendars.hours import BadHours, Pause, Session
from apps.scheduling.calendars.open_times import MIDNIGHT
from apps.scheduling.models import WeeklyHours

CLOCK = r"(\d{1,2})(?:[:.h](\d{2}))?\s*([ap])?\.?m?\.?"
# Not inside brackets, nor inside quotes.
BETWEEN = re.compile(r'[,;\n](?![^(]*\))(?=(?:[^"]*"[^"]*")*[^"]*$)')
SPAN = rf"{CLOCK}\s*(?:[-–—]|to|bis|a)\s*{CLOCK}"
PLACE = r'"[^"]*"|[^()@"]+?'
SESSION = re.compile(rf"{SPAN}\s*(?:[x×*]\s*(\d+))?\s*(?:@\s*({PLACE}))?\s*(?:\(([^()]*)\))?", re.IGNORECASE)
PAUSE = re.compile(rf"{SPAN}\s*(.*)", re.IGNORECASE)


def read_hours(text: str, weekday: int, places: Mapping[str, Site | Room] | None = None) -> list[Session]:
    """The sessions of one weekday; nothing means closed. `places`: sites and rooms by their names in small letters.
    Raises BadHours for what is no time, and for an unknown place.
    """
    sessions = []
    for part in BETWEEN.split(text):
        if not (part := part.strip()):
            continue
        match = SESSION.fullmatch(part)
        if match is None:
            raise _unreadable(part)
        starts, ends = _time(match.group(1, 2, 3), part), _time(match.group(4, 5, 6), part)
        breaks = tuple(_pause(pause, part) for pause in re.split(r"[,;]", match.group(9) or "") if pause.strip())
        site, room = _place(match.group(8), places or {})
        sessions.append(Session(weekday, starts, ends, int(match.group(7) or 1), breaks, site, room))
    return sessions


def write_hours(sessions: Iterable[Session | WeeklyHours]) -> str:
    """The same the other way round."""
    return ", ".join(_written(session) for session in sorted(sessions, key=lambda session: session.starts))


def _written(session: Session | WeeklyHours) -> str:
    words = f"{session.starts:%H:%M}–{_end(session.ends)}"
    if session.capacity > 1:
        words += f" ×{session.capacity}"
    if place := session.room or session.site:
        words += f" @ {_named(place.name)}"
    pauses = session.breaks if isinstance(session, Session) else session.breaks.all()
    told = "; ".join(f"{pause.starts:%H:%M}–{_end(pause.ends)} {pause.label}".strip() for pause in pauses)
    return f"{words} ({told})" if told else words


def places_by_name() -> dict[str, Site | Room]:
    """What may stand behind an @; where a room is called like a site, the site is meant."""
    rooms = {_plain(room.name): room for room in Room.objects.filter(is_active=True).select_related("site")}
    return {**rooms, **{_plain(site.name): site for site in Site.objects.filter(is_active=True)}}


def _plain(name: str) -> str:
    return name.replace('"', "").strip().casefold()


def _named(name: str) -> str:
    """In quotes where commas and brackets would be misread."""
    name = name.replace('"', "")
    return f'"{name}"' if re.search(r"[,;()@]", name) else name


def _place(name: str | None, places: Mapping[str, Site | Room]) -> tuple[Site | None, Room | None]:
    if name is None:
        return None, None
    name = name.strip().strip('"').strip()
    found = places.get(_plain(name))
    if found is None:
        raise BadHours(_("There is no site or room called “%(name)s”.") % {"name": name[:40]})
    return (found.site, found) if isinstance(found, Room) else (found, None)


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
