"""A clinic that has just been opened: each page says what is to be done before anybody can be booked."""

from datetime import timedelta
from typing import Any

import pytest

from apps.clinic.models import Provider
from apps.scheduling.models import AppointmentType
from tests.scheduling.crowd import gather

FORMS = ("/schedule/booking/", "/schedule/series/", "/schedule/walk-in/", "/waitlist/new/")


@pytest.mark.parametrize("path", FORMS)
def test_forms_say_what_is_missing_and_lead_there(riverside: Any, cast: Any, web: Any, path: str) -> None:
    asked = web(riverside, cast.sara).get(path).content.decode()
    assert "adds kinds of appointments" in asked and 'href="/set-up/"' not in asked
    assert 'href="/set-up/"' in web(riverside, cast.ada).get(path).content.decode()
    with riverside.inside(by=cast.ada):
        AppointmentType.objects.create(name="Check-up", duration_minutes=20, rate=0)
    assert "adds providers and their hours" in web(riverside, cast.sara).get(path).content.decode()
    with riverside.inside(by=cast.ada):
        Provider.objects.create(name="Dr R. Shah")
    assert "Nothing can be booked yet" not in web(riverside, cast.sara).get(path).content.decode()


def test_the_list_tells_why_it_is_empty(riverside: Any, cast: Any, web: Any) -> None:
    sara = web(riverside, cast.sara)
    assert "No provider takes appointments yet" in sara.get("/schedule/?view=list").content.decode()
    with riverside.inside(by=cast.ada):
        crowd = gather(cast.ada, providers=1, each=2)
    tomorrow = sara.get(f"/schedule/?view=list&day={crowd.day + timedelta(days=1)}").content.decode()
    assert "Press B" in tomorrow
    filtered = sara.get("/schedule/?view=list&channel=online").content.decode()
    assert "Nobody is booked" not in filtered and "fits the filter" in filtered and "Show everybody" in filtered


def test_a_week_that_a_filter_leaves_empty_leads_back_to_everybody(riverside: Any, cast: Any, web: Any) -> None:
    with riverside.inside(by=cast.ada):
        one, other = gather(cast.ada, providers=2, each=1).providers
    week = f"/schedule/?view=week&specialty={one.specialty}&room={other.room_id}"
    page = web(riverside, cast.sara).get(week).content.decode()
    assert "No provider fits this filter" in page and 'href="/schedule/?view=week"' in page
    assert "aria-current" in page and "List" in page
