"""What the pages of the schedule share: which day, which providers, and how a change is shown on an open sheet."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.clock import comes_twice, day_of, now
from apps.core.pages import wants_fragment, way_back
from apps.scheduling.models import Appointment, AppointmentType
from apps.scheduling.sheets import sheet
from apps.scheduling.sheets.drawing import Only, Sheet
from apps.scheduling.slots import Slot
from apps.scheduling.views.filters import Filters, to_choose_from

SHEET_HEADER = re.compile(r"(day|week) (\d{1,2}) (\d{1,2})(?: \?(\S*))?")
FARTHEST = timedelta(days=20 * 366)
SETS_UP = ("scheduling.edit_hours", "scheduling.edit_appointment_type", "clinic.edit_provider", "clinic.edit_profile")


@dataclass(frozen=True, slots=True)
class OpenSheet:
    """The sheet in the browser that a request comes from: its view, the hours it shows, and what it is filtered by."""

    is_week: bool
    first_hour: int
    last_hour: int
    only: Only
    columns: frozenset[tuple[UUID, date]]


def asked_day(request: HttpRequest, name: str = "day") -> date:
    """?day=2026-11-20, or today; nonsense and other centuries are today as well."""
    today = day_of(now(), profile.current().zone)
    try:
        day = parse_date(request.GET.get(name, "")) or today
    except ValueError:
        return today
    return day if abs(day - today) < FARTHEST else today


def signed_in(request: HttpRequest) -> User:
    """Who asks. Pages of the schedule are for people who have signed in."""
    assert isinstance(request.user, User)
    return request.user


def on_the_wall(moment: datetime) -> datetime:
    """What the clinic's clock shows then; without a zone, so that templates print it as it is."""
    return moment.astimezone(profile.current().zone).replace(tzinfo=None)


def not_yet(request: HttpRequest, form: BaseForm) -> dict[str, Any]:
    """For forms that book, on a clinic's first day: what has to be set up before. Nothing is asked where the form
    stands on a provider and a kind of appointment already."""
    words = ""
    if not form["appointment_type"].value() and not AppointmentType.objects.active().exists():
        words = _("A clinic admin adds kinds of appointments in the set-up.")
    elif ("provider" not in form.fields or not form["provider"].value()) and not _sees_anybody():
        words = _("A clinic admin adds providers and their hours in the set-up.")
    return {"not_yet": words, "sets_up": any(signed_in(request).has_perm(one) for one in SETS_UP)} if words else {}


def _sees_anybody() -> bool:
    return Provider.objects.filter(is_active=True).exists()


def sheet_url(day: date, **query: Any) -> str:
    """The day sheet of this day; today's has no day in its address."""
    if day != day_of(now(), profile.current().zone):
        query = {"day": day.isoformat(), **query}
    given = {name: value for name, value in query.items() if value}
    return reverse("scheduling:day_sheet") + (f"?{urlencode(given, doseq=True)}" if given else "")


def is_panel(request: HttpRequest) -> bool:
    """Whether the answer goes into the side panel."""
    return wants_fragment(request) and request.headers.get("HX-Target") == "panel"


def page_or_panel(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """The page, or the part of it that goes into the side panel where the request came from one."""
    return render(request, f"{template}#panel" if is_panel(request) else template, context, status=status)


def after_change(request: HttpRequest, places: Iterable[tuple[UUID, datetime]], otherwise: str) -> HttpResponse:
    """The answer to a change: the one or two columns it touched where a sheet is open, else another page."""
    if not wants_fragment(request):
        return HttpResponseRedirect(way_back(request, otherwise))
    if request.headers.get("X-Lives"):  # a page that asks for its news itself: at once, in this case
        return HttpResponse(headers={"HX-Trigger": "live-now"})
    zone = profile.current().zone
    columns = redrawn(request, {(provider_id, moment.astimezone(zone).date()) for provider_id, moment in places})
    if columns is None:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "scheduling/_columns_beside.html", {"columns": columns, "beside": True})


def link_to_day(request: HttpRequest, appointment: Appointment) -> tuple[str, str] | None:
    """For a toast: the way to the day of this appointment, where the open sheet does not show it."""
    provider_id, starts_at = place_of(appointment)
    day = day_of(starts_at, profile.current().zone)
    shown = _open_sheet(request)
    if shown is None or (provider_id, day) in shown.columns:
        return None
    return sheet_url(day), _("Show %(day)s") % {"day": date_format(day, "D j M")}


def redrawn(request: HttpRequest, places: Iterable[tuple[UUID, date]]) -> Sheet | None:
    """Those of these columns that the open sheet shows; nothing if the whole page must be drawn anew."""
    shown = _open_sheet(request)
    if shown is None:
        return None
    places = sorted(shown.columns.intersection(places), key=lambda place: (place[1], str(place[0])))
    zone = profile.current().zone
    providers = Provider.objects.in_bulk({provider_id for provider_id, _day in places})
    fresh = sheet.some_columns(
        [(providers[provider_id], day) for provider_id, day in places if provider_id in providers],
        zone=zone,
        today=day_of(now(), zone),
        is_week=shown.is_week,
        first_hour=shown.first_hour,
        last_hour=shown.last_hour,
        reader=signed_in(request),
        only=shown.only,
    )
    if (fresh.first_hour, fresh.last_hour) != (shown.first_hour, shown.last_hour):
        return None
    if shown.columns:
        fresh.counts = sheet.counts(shown.columns, zone=zone, only=shown.only)  # of the whole sheet: for its legend
    return fresh


def newcomers(request: HttpRequest, day: date, shown: Collection[UUID]) -> str:
    """The address of the day sheet drawn anew, where somebody belongs on it who is not on the open one; or nothing."""
    told = SHEET_HEADER.fullmatch(request.headers.get("X-Sheet", ""))
    if told is None or told[1] != "day":
        return ""
    chosen = Filters.of(QueryDict(told[4] or ""), list(to_choose_from())).chosen
    absent = [one for one in chosen if one.pk not in shown]
    if not sheet.belongs(absent, day, zone=profile.current().zone):
        return ""
    return f"{reverse('scheduling:day_sheet')}?{told[4] or ''}"


def times_in_words(slots: Iterable[Slot]) -> list[tuple[str, str, str, datetime]]:
    """Free times as the page offers them: moment, words, day and time for the fields."""
    zone = profile.current().zone
    local = [slot.starts_at.astimezone(zone) for slot in slots]
    return [
        (
            slot.starts_at.isoformat(),
            f"{date_format(one, 'D j M')} {_clock(one)}",
            f"{one:%Y-%m-%d}",
            one.replace(tzinfo=None),
        )
        for slot, one in zip(slots, local, strict=True)
    ]


def place_of(appointment: Appointment) -> tuple[UUID, datetime]:
    return appointment.provider_id, appointment.starts_at


def _open_sheet(request: HttpRequest) -> OpenSheet | None:
    told = SHEET_HEADER.fullmatch(request.headers.get("X-Sheet", ""))
    if told is None or not int(told[2]) < int(told[3]) <= 25:
        return None
    columns = frozenset(key for key, _mark in marks_on_page(request).values())
    return OpenSheet(told[1] == "week", int(told[2]), int(told[3]), Only.asked(QueryDict(told[4] or "")), columns)


def marks_on_page(request: HttpRequest) -> dict[str, tuple[tuple[UUID, date], str]]:
    """The open sheet's columns by name with their marks, as it tells them: "<provider>-<yyyymmdd>:<mark> …"."""
    found = {}
    for part in request.headers.get("X-Sheet-Marks", "").split()[:100]:
        name, _colon, mark = part.partition(":")
        provider_id, _dash, day = name.rpartition("-")
        try:
            key = (UUID(provider_id), date(int(day[:4]), int(day[4:6]), int(day[6:8])))
        except ValueError:
            continue
        found[name] = (key, mark)
    return found


def _clock(local: datetime) -> str:
    """10:30; where that time comes twice, with the zone that says which of the two."""
    return f"{local:%H:%M} {local.tzname()}" if comes_twice(local) else f"{local:%H:%M}"
