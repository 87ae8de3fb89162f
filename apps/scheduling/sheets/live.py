"""How an open page learns within three seconds that somebody else has changed what it shows.

It asks every 2.3 seconds, and the usual answer is "nothing" (204) after one statement of a few counts that indexes
answer alone. Pages
are served under WSGI, where a stream of events would hold a thread for each open sheet; events in an ASGI process of
their own were tried and work, but are one more thing to run, to guard and to keep alive, for two seconds. What fifty
open sheets cost is a row of `make bench`.

A page carries the `mark` of what it has read. Every move leaves a row and none is ever removed, so their number says
whether there is a new one, in whatever order transactions commit. Names, hours and the like are counted in news.py;
and now and then everything is compared: see static/js/live.js.
"""

import hashlib
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.accounts.middleware import BACKGROUND
from apps.core.clock import local_day
from apps.core.connection import connection
from apps.scheduling.models import AppointmentTransition

HEADER = "X-Live"
LATELY = timedelta(minutes=2)  # longer than the slowest transaction; a page that was asleep asks for everything

# What puts an appointment into the span, keeps it there, or takes it away from there.
MOVES = """
    (SELECT count(*) FROM scheduling_appointmenttransition WHERE to_starts_at >= %(start)s AND to_starts_at < %(end)s)
  + (SELECT count(*) FROM scheduling_appointmenttransition
      WHERE from_starts_at >= %(start)s AND from_starts_at < %(end)s
        AND (to_starts_at < %(start)s OR to_starts_at >= %(end)s))
"""

_counting: dict[str, str] = {"moves": MOVES}


def also_count(key: str, sql: str) -> None:
    """For departments above: an expression whose value differs with everything they change in a span of time (payments
    taken …) and say on these pages. It may use %(start)s and %(end)s, moments, and %(first_day)s and %(last_day)s.
    Called from an AppConfig's ready(); the same key again replaces it."""
    _counting[key] = sql


def mark(first_day: date, last_day: date, *, zone: ZoneInfo) -> str:
    """Differs as soon as anything on these days has moved. Take it before reading what the page shows."""
    span = {
        "start": local_day(first_day, zone)[0],
        "end": local_day(last_day, zone)[1],
        "first_day": first_day,
        "last_day": last_day,
    }
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(_counting.values())}", span)
        return ".".join(map(str, cursor.fetchone()))


def is_unchanged(request: HttpRequest, now: str) -> bool:
    """Whether the page that asks has seen this already."""
    return request.headers.get(HEADER) == now


def marked(response: HttpResponse, now: str) -> HttpResponse:
    """An answer that tells the page which mark to ask with next."""
    response[HEADER] = now
    return response


def only_moves_differ(request: HttpRequest, now: str) -> bool:
    """Whether the page lags behind by moves alone; a page that sends no mark wants everything compared."""
    seen, _dot, rest = request.headers.get(HEADER, "").partition(".")
    return bool(seen) and rest == now.partition(".")[2]


def moved_lately(first_day: date, last_day: date, *, zone: ZoneInfo, at: datetime) -> set[tuple[UUID, date]]:
    """Provider and day of what was moved in the last two minutes, from where and to where."""
    start, end = local_day(first_day, zone)[0], local_day(last_day, zone)[1]
    moves = AppointmentTransition.objects.touching(start, end).filter(at__gt=at - LATELY).order_by()
    found = set()
    for to_provider, to, from_provider, came_from in moves.values_list(
        "to_provider_id", "to_starts_at", "from_provider_id", "from_starts_at"
    ):
        found.add((to_provider, to.astimezone(zone).date()))
        if came_from is not None:
            found.add((from_provider, came_from.astimezone(zone).date()))
    return found


def asks_itself(request: HttpRequest) -> bool:
    """Whether an open page asks, not a person."""
    return BACKGROUND in request.headers


def answer(request: HttpRequest, template: str, context: dict[str, Any], *, name: str, mark: str) -> HttpResponse:
    """The part of a page that shows `name`, or nothing if the page shows the same already (`context["mark"]`)."""
    if f"{name}:{context['mark']}" in request.headers.get("X-Sheet-Marks", "").split():
        return marked(HttpResponse(status=204), mark)
    return marked(render(request, template, context | {"beside": True}), mark)


def fingerprint(shown: object) -> str:
    """Of what a part of a page shows."""
    return hashlib.blake2s(repr(shown).encode(), digest_size=6).hexdigest()
