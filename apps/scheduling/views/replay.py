"""The past of a day: its sheet at any minute, and everything that has changed on it."""

from datetime import UTC, date, datetime

from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_datetime, parse_time
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from apps.accounts.access import requires
from apps.audit.reads import record_read
from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.clock import at_wall_time, now
from apps.core.refusals import Refusal
from apps.scheduling.sheets import history, replay
from apps.scheduling.views.filters import Filters
from apps.scheduling.views.showing import asked_day, on_the_wall, sheet_url, signed_in

ENTRIES_A_PAGE = 100


def as_of(request: HttpRequest, day: date) -> HttpResponse:
    """?as-of=09:30 (of that day), a moment, or now: the sheet of `day` as it stood then. Called by the day sheet."""
    zone, at = profile.current().zone, now()
    asked = request.GET.get("as-of", "")
    found = at if asked == "now" else _moment(asked, request.GET.get("as-of-day", ""), day)
    moment = min(found or at, at)
    providers = list(Provider.objects.filter(is_active=True).select_related("department", "room"))
    filters = Filters.of(request.GET, providers)
    record_read(None, f"day_sheet {day}")
    drawn = replay.sheet_as_of(
        day, moment, providers=filters.chosen, zone=zone, reader=signed_in(request), everyone="all" in filters.query
    )
    way = replay.walk(day, moment, zone=zone)
    just_now = history.of_day(day, zone=zone).filter(at=moment)
    context = {
        "day": day,
        "view": "day",
        "title": date_format(day, "D j M Y"),
        "sheet": drawn,
        "frozen": True,
        "moment": on_the_wall(moment),
        "zone": moment.astimezone(zone).tzname(),
        "not_understood": asked if found is None else "",
        "walk": way,
        "before_url": _url(day, way.before, filters),
        "after_url": _url(day, way.after, filters),
        "live_url": sheet_url(day, **filters.query),
        "log_url": f"{reverse('scheduling:day_log')}?day={day}",
        "just_now": list(history.told(just_now[:20], zone=zone)),
        "named": request.user.has_perm("patients.view_patient"),
        "now_row": drawn.row_of(moment) if moment.astimezone(zone).date() == day else 0,
        "now": on_the_wall(moment),
        "filters": filters,
    }
    return render(request, "scheduling/day_replay.html", context)


@require_GET
@requires("scheduling.view_appointment")
@transaction.non_atomic_requests
def day_log(request: HttpRequest) -> HttpResponse:
    """Every change that has touched a day: ?day=, ?by= (a person), ?page=."""
    zone, day = profile.current().zone, asked_day(request)
    people = history.people_of_day(day, zone=zone)
    person = next((one for one in people if str(one.pk) == request.GET.get("by")), None)
    pages = Paginator(history.of_day(day, zone=zone, by=person.pk if person else None), ENTRIES_A_PAGE)
    shown = pages.get_page(request.GET.get("page"))
    record_read(None, f"day_log {day}")
    context = {
        "day": day,
        "title": date_format(day, "D j M Y"),
        "people": people,
        "person": person,
        "page": shown,
        "entries": [(one, _url(day, one.entry.at, None)) for one in history.told(shown, zone=zone)],
        "named": request.user.has_perm("patients.view_patient"),
        "sheet_url": sheet_url(day),
        "query": urlencode({"day": day.isoformat(), **({"by": str(person.pk)} if person else {})}),
    }
    return render(request, "scheduling/day_log.html", context)


def _url(day: date, moment: datetime | None, filters: Filters | None) -> str:
    if moment is None:
        return ""
    kept = filters.query if filters else {}
    told = {"day": day.isoformat(), **kept, "as-of": moment.astimezone(UTC).isoformat()}
    return f"{reverse('scheduling:day_sheet')}?{urlencode(told, doseq=True)}"


def _moment(text: str, on: str, day: date) -> datetime | None:
    """09:30 on `day` (or on the day in `on`), a moment of the clinic's clock, or one with its offset."""
    zone = profile.current().zone
    try:
        clock = parse_time(text)
        if clock is not None:
            return at_wall_time(date.fromisoformat(on) if on else day, clock, zone)
        moment = parse_datetime(text)
        if moment is None:
            return None
        moment = moment if moment.tzinfo else at_wall_time(moment.date(), moment.time(), zone)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError, Refusal):
        return None
