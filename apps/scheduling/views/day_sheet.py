"""The day sheet: a day or a week in columns, a day as a list, and what others changed meanwhile."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.accounts.access import requires
from apps.audit.reads import record_read
from apps.clinic import profile
from apps.core.clock import day_of, now
from apps.scheduling.sheets import live, sheet
from apps.scheduling.views import replay
from apps.scheduling.views.filters import Filters, to_choose_from
from apps.scheduling.views.showing import (
    asked_day,
    marks_on_page,
    newcomers,
    on_the_wall,
    redrawn,
    sheet_url,
    signed_in,
)

NEWS = "news:1"  # the mark of the line that says so
VIEWS = ("day", "week", "list")


@require_GET
@requires("scheduling.view_appointment")
@transaction.non_atomic_requests  # reads only: the request's own transaction is enough
def day_sheet(request: HttpRequest) -> HttpResponse:
    """Who is where today. ?day=, ?view=day|week|list, ?provider= (several), ?all=1 for those who are away too,
    ?as-of=09:30 for the sheet as it stood then; filters in views/filters.py."""
    day, view = asked_day(request), request.GET.get("view", "day")
    view = view if view in VIEWS else "day"
    if "as-of" in request.GET:
        return replay.as_of(request, day)
    zone = profile.current().zone
    at = now()
    today = day_of(at, zone)
    mark = live.mark(day, day, zone=zone) if view == "list" and live.asks_itself(request) else ""
    if mark and live.is_unchanged(request, mark):
        return HttpResponse(status=204)
    providers = list(to_choose_from())
    filters = Filters.of(request.GET, providers)
    # One line in the trail for the sheet: who was on it that day is known from the appointments.
    record_read(None, f"day_sheet {day}")
    context: dict[str, Any] = {
        "day": day,
        "view": view,
        "is_today": day == today,
        "providers": providers,
        "filters": filters,
        "zone": at.astimezone(zone).tzname(),
        "now": on_the_wall(at),
    }
    if view == "week":
        return _week(request, context, filters, today)
    drawn = sheet.day_sheet(
        day,
        providers=filters.chosen,
        zone=zone,
        reader=signed_in(request),
        everyone=bool(request.GET.get("all")),
        only=filters.only,
    )
    context |= {
        "sheet": drawn,
        "groups": filters.groups(drawn.types),
        "title": date_format(day, "D j M Y"),
        "now_row": drawn.row_of(at) if day == today else 0,
        **_ways(filters, day, timedelta(days=1), view),
    }
    if view == "list":
        lines = [
            (line, column.provider)
            for column in drawn.columns
            for line in column.lines
            if not filters.only.leaves_out(line)
        ]
        context["lines"] = sorted(lines, key=lambda pair: (pair[0].first, pair[1].position))
        context["mark"] = live.fingerprint(context["lines"])
        if mark:
            return live.answer(request, "scheduling/_day_list.html", context, name="list", mark=mark)
        return render(request, "scheduling/day_list.html", context)
    return render(request, "scheduling/day_sheet.html", context)


@require_GET
@requires("scheduling.view_appointment")
@transaction.non_atomic_requests
def changes(request: HttpRequest) -> HttpResponse:
    """The columns that others changed since the sheet was drawn. Asked every few seconds; usually: nothing."""
    seen = marks_on_page(request)
    if not seen:
        return HttpResponse(status=204)
    keys = [key for key, _mark in seen.values()]
    shown = {provider_id for provider_id, _day in keys}
    days = [day for _provider_id, day in keys]
    mark = live.mark(min(days), max(days), zone=profile.current().zone)
    if live.is_unchanged(request, mark):
        return HttpResponse(status=204)
    if live.only_moves_differ(request, mark):
        moved = live.moved_lately(min(days), max(days), zone=profile.current().zone, at=now())
        keys = [key for key in keys if key in moved]
    columns = redrawn(request, keys)
    if columns is None:
        return HttpResponse(headers={"HX-Refresh": "true"})
    columns.columns = [column for column in columns.columns if seen.get(column.key, (None, ""))[1] != column.mark]
    again = "" if NEWS in request.headers.get("X-Sheet-Marks", "").split() else newcomers(request, min(days), shown)
    if not columns.columns and not again:
        return live.marked(HttpResponse(status=204), mark)
    context = {"columns": columns, "beside": True, "again_url": again}
    answer = render(request, "scheduling/_columns_beside.html", context)
    return live.marked(answer, mark)


def _week(request: HttpRequest, context: dict[str, Any], filters: Filters, today: date) -> HttpResponse:
    """One provider's week: the chosen one's, the person's own, or the first one's."""
    own = [one for one in filters.chosen if one.user_id == request.user.pk]
    provider = next(iter(own or filters.chosen), None)
    zone, day = profile.current().zone, context["day"]
    monday = day - timedelta(days=day.weekday())
    context["title"] = f"{date_format(monday, 'j M')} – {date_format(monday + timedelta(days=6), 'j M Y')}"
    if provider is None:
        context |= {"sheet": None, "groups": filters.groups({}), **_ways(filters, day, timedelta(days=7), "week")}
        return render(request, "scheduling/day_sheet.html", context)
    drawn = sheet.week_sheet(provider, monday, zone=zone, today=today, reader=signed_in(request), only=filters.only)
    context |= {
        "sheet": drawn,
        "groups": filters.groups(drawn.types),
        "provider": provider,
        "now_row": drawn.row_of(now()) if monday <= today <= monday + timedelta(days=6) else 0,
        **_ways(filters, day, timedelta(days=7), "week", provider=[str(provider.pk)]),
    }
    return render(request, "scheduling/day_sheet.html", context)


def _ways(filters: Filters, day: date, step: timedelta, view: str, **fixed: Any) -> dict[str, Any]:
    """Links to the days around and to the other views, with the filter kept."""
    kept: dict[str, Any] = {**filters.query, **fixed}
    today = day_of(now(), profile.current().zone)
    shown = {"view": view if view != "day" else ""}
    return {
        "before_url": sheet_url(day - step, **shown, **kept),
        "after_url": sheet_url(day + step, **shown, **kept),
        "today_url": sheet_url(today, **shown, **kept),
        "view_urls": [
            (name, words, sheet_url(day, view=name if name != "day" else "", **kept))
            for name, words in (("day", _("Day")), ("week", _("Week")), ("list", _("List")))
        ],
        "everyone_url": sheet_url(day, **shown, **{**kept, "all": "1"}),
        "unfiltered_url": sheet_url(day, **shown),
        "export_url": f"{reverse('scheduling:export')}?{urlencode({'day': day, **filters.query}, doseq=True)}",
        "past_url": sheet_url(day, **kept, **{"as-of": "now"}),
    }
