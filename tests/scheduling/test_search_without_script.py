"""The search for a patient without JavaScript sends the whole form: what was typed and ticked comes back."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.scheduling import resources
from tests.scheduling.crowd import Crowd, gather
from tests.scheduling.test_pages_appointments import early, wish


@pytest.fixture
def crowd(riverside: Any, cast: Any) -> Crowd:
    with riverside.inside(by=cast.ada):
        return gather(cast.ada, providers=3, each=2, at=early())


def ticked(page: str, name: str) -> set[str]:
    tags = re.findall(r"<input[^>]*>", page)
    return {re.findall(r'value="([^"]*)"', tag)[0] for tag in tags if f'name="{name}"' in tag and "checked" in tag}


def value(page: str, name: str) -> str:
    tag = next(tag for tag in re.findall(r"<input[^>]*>", page) if f'name="{name}"' in tag)
    return re.findall(r'value="([^"]*)"', tag)[0]


def test_the_booking_form_keeps_all_rooms(riverside: Any, cast: Any, web: Any, crowd: Crowd) -> None:
    with riverside.inside(by=cast.ada):
        who = {"by": cast.ada, "at": timezone.now()}
        rooms = {str(resources.add_resource(name=name, **who).pk) for name in ("Laser", "Lamp", "Couch")}
    chosen = set(sorted(rooms)[:2])
    typed = wish(crowd, find="1", who="Mei", patient="", resources=sorted(chosen))
    page = web(riverside, cast.sara).post("/schedule/booking/", typed).content.decode()
    assert ticked(page, "resources") == chosen
    assert value(page, "starts") == "10:00" and value(page, "reason") == "Cough since Monday"


def test_the_waitlist_keeps_providers_days_and_times(riverside: Any, cast: Any, web: Any, crowd: Crowd) -> None:
    two = {str(provider.pk) for provider in crowd.providers[:2]}
    days = {"earliest_day": crowd.day + timedelta(days=3), "latest_day": crowd.day + timedelta(days=5)}
    typed = {"find": "1", "who": "Mei", "providers": sorted(two), "from_time": "14:00", "until_time": "16:00"}
    typed |= {name: day.isoformat() for name, day in days.items()} | {"priority": "1", "note": "By bus"}
    page = web(riverside, cast.sara).post("/waitlist/new/", typed).content.decode()
    assert ticked(page, "providers") == two
    kept = {name: value(page, name) for name in typed if name not in ("find", "providers", "priority")}
    assert kept == {name: typed[name] for name in kept}
    assert re.search(r'<option value="1"[^>]* selected', page)
