"""The flow board: the day as people walk through it, with the next step on each card."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.accounts.access import requires
from apps.audit.reads import record_read
from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.clock import day_of, now
from apps.scheduling.sheets import live
from apps.scheduling.sheets.flow import flow_board as board_of
from apps.scheduling.views.filters import Filters
from apps.scheduling.views.showing import on_the_wall, signed_in

NOT_HERE = ("status", "channel", "resource")  # the lanes say how far a visit is


@require_GET
@requires("scheduling.view_appointment")
@transaction.non_atomic_requests  # reads only: the request's own transaction is enough
def flow_board(request: HttpRequest) -> HttpResponse:
    """Expected, waiting, in session, ready to pay, done. ?provider=, ?department=, ?room=, ?type= as on the sheet."""
    at, zone = now(), profile.current().zone
    today = day_of(at, zone)
    mark = live.mark(today, today, zone=zone) if live.asks_itself(request) else ""
    if mark and live.is_unchanged(request, mark):
        return HttpResponse(status=204)
    providers = list(Provider.objects.filter(is_active=True).select_related("department", "room"))
    filters = Filters.of(request.GET, providers)
    if not mark:  # what a screen asks by itself was recorded when somebody opened it
        record_read(None, f"flow_board {today}")
    board = board_of(today, providers=filters.chosen, zone=zone, reader=signed_in(request), at=at, only=filters.only)
    context: dict[str, Any] = {"board": board, "mark": board.mark}
    if mark:
        return live.answer(request, "scheduling/_flow.html", context, name="flow", mark=mark)
    context |= {
        "filters": filters,
        "groups": [group for group in filters.groups(board.types) if group[0] not in NOT_HERE],
        "unfiltered_url": request.path,
        "now": on_the_wall(at),
        "zone": at.astimezone(zone).tzname(),
    }
    return render(request, "scheduling/flow_board.html", context)
