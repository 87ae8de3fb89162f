"""A page that finds the first free time with any provider; one click on a time opens the booking form filled in."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.clinic import profile
from apps.core.clock import comes_twice, day_of, now
from apps.core.pages import page
from apps.scheduling.finding import FreeDay, WithProvider, by_day, providers_who
from apps.scheduling.forms.finding import FindForm
from apps.scheduling.models import AppointmentType
from apps.scheduling.slots import each_free
from apps.scheduling.views.showing import signed_in

DAYS_SHOWN = 3
TIMES_SHOWN = 8


@require_safe
@requires("scheduling.view_appointment")
def find_time(request: HttpRequest) -> HttpResponse:
    """Free times over all providers who fit. ?patient= is carried on to the booking form."""
    at, zone = now(), profile.current().zone
    today = day_of(at, zone)
    asked = request.GET.copy()
    first_type = AppointmentType.objects.active().values_list("pk", flat=True).first()
    for name, usual in (("day", today.isoformat()), ("days", "14"), ("type", str(first_type or ""))):
        if not asked.get(name):
            asked[name] = usual
    form = FindForm(asked, today=today)
    context: dict[str, Any] = {"form": form, "patient": asked.get("patient", ""), "none_offered": first_type is None}
    if first_type is not None and form.is_valid():
        wanted = form.cleaned_data
        who = providers_who(department=wanted["department"], specialty=wanted["specialty"], among=wanted["provider"])
        times = 1000 if len(wanted["provider"]) == 1 else TIMES_SHOWN
        found = each_free(
            providers=who,
            appointment_type=wanted["type"],
            first_day=wanted["day"],
            last_day=wanted["day"] + timedelta(days=wanted["days"] - 1),
            at=at,
            zone=zone,
            from_time=wanted["after"],
            until_time=wanted["before"],
            weekdays=wanted["weekday"],
            site=wanted["site"],
            most_a_day=times + 1,
        )
        days, later = by_day(found, zone=zone, days=DAYS_SHOWN, times=times)
        context |= {
            "days": [_shown(day, request, form) for day in days],
            "type": wanted["type"],
            "last_day": wanted["day"] + timedelta(days=wanted["days"] - 1),
            "later_url": _again(request, day=later.isoformat()) if later else "",
            "widen_url": _again(request, days="84") if wanted["days"] < 84 else "",
        }
    status = 400 if form.errors and first_type is not None else 200
    return page(request, "scheduling/find_time.html", context, fragment="scheduling/_found_times.html", status=status)


def _shown(day: FreeDay, request: HttpRequest, form: FindForm) -> dict[str, Any]:
    may_book = signed_in(request).has_perm("scheduling.book_appointment")
    fixed = {"appointment_type": form.cleaned_data["type"].pk, "patient": form.data.get("patient", "")}
    book = f"{reverse('scheduling:book')}?{urlencode({name: value for name, value in fixed.items() if value})}"
    zone = profile.current().zone

    @cache  # several providers are free at the same time
    def at_time(starts_at: datetime) -> tuple[str, str]:
        local = starts_at.astimezone(zone)
        return escape(_clock(local)), escape(_filled_in(local))

    def times(row: WithProvider) -> SafeString:
        """Some hundred small links: a template takes five times as long for them."""
        link = escape(f"{book}&provider={row.provider.pk}")
        told = (at_time(slot.starts_at) for slot in row.slots)
        if may_book:
            parts = [f'<li><a class="btn btn-sm num" href="{link}{filled}">{words}</a></li>' for words, filled in told]
        else:
            parts = [f'<li><span class="num">{words}</span></li>' for words, _filled in told]
        return mark_safe("".join(parts))  # noqa: S308 - every part was escaped above

    return {
        "day": day.day,
        "rows": [
            {
                "provider": row.provider,
                "times": times(row),
                "all_url": _again(request, provider=str(row.provider.pk), day=day.day.isoformat()) if row.more else "",
            }
            for row in day.with_providers
        ],
    }


def _filled_in(local: datetime) -> str:
    """When the booking form is to begin with. Nothing here needs quoting but the colon."""
    again = "&fold=1" if local.fold else ""
    return f"&day={local.date()}&time={local.hour:02}%3A{local.minute:02}{again}"


def _clock(local: datetime) -> str:
    """The time on the wall; where it comes twice in that night, with the zone's letters."""
    return f"{local:%H:%M} {local.tzname()}" if comes_twice(local) else f"{local:%H:%M}"


def _again(request: HttpRequest, **changed: str) -> str:
    return f"{reverse('scheduling:find_time')}?{urlencode({**dict(request.GET.lists()), **changed}, doseq=True)}"
