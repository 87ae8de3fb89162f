"""A year's closed days from a list."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.scheduling.calendars import holidays
from apps.scheduling.calendars.hours import BadHours
from apps.scheduling.calendars.time_off import AppointmentsInTheWay
from apps.scheduling.models import TimeOff
from tests.scheduling.scene import MONDAY, Scene
from tests.scheduling.test_booking import booked


def test_days_are_read_as_people_write_them() -> None:
    text = "2026-12-25 Christmas\n\n 26.12.2026: Boxing Day\n1/1/2027\n"
    assert holidays.read_days(text) == [
        (date(2026, 12, 25), "Christmas"),
        (date(2026, 12, 26), "Boxing Day"),
        (date(2027, 1, 1), ""),
    ]


def test_the_same_dates_every_year() -> None:
    found = holidays.read_days("2028-02-29 Leap\n2028-05-01 Labour Day", years=3)
    assert [day for day, _ in found] == [date(2028, 2, 29), *(date(year, 5, 1) for year in (2028, 2029, 2030))]


@pytest.mark.parametrize("text", ["", "2026-02-31 Never", "Christmas", "31.02.2026", "0001-01-01 x", "2026-12-25" * 3])
def test_what_is_no_day_is_named(text: str) -> None:
    with pytest.raises(BadHours) as refused:
        holidays.read_days(text)
    assert refused.value.field == "days"


def test_all_are_closed_or_none_and_again_changes_nothing(scene: Scene) -> None:
    tuesday = MONDAY + timedelta(days=1)
    booked(scene, "10:00", starts_at=scene.when("10:00", tuesday))
    days = [(MONDAY + timedelta(days=2), "Feast"), (tuesday, "Fast")]
    with pytest.raises(AppointmentsInTheWay):
        holidays.close_days(days, **scene.admin)
    assert not TimeOff.objects.exists()
    for expected in (2, 0):
        assert len(holidays.close_days(days, keep_appointments=True, **scene.admin)) == expected
    with pytest.raises(BadHours):
        holidays.close_days([(MONDAY - timedelta(days=1), "")], **scene.admin)


def test_a_list_is_closed_on_its_page(riverside: Any, cast: Any, web: Any) -> None:
    ada = web(riverside, cast.ada)
    year = timezone.now().year + 1
    sent = {"list-days": f"{year}-12-25 Christmas\n{year}-12-26 Boxing Day", "list-years": 2}
    assert ada.post("/set-up/closed-days/list/", sent).status_code == 302
    page = ada.get("/set-up/closed-days/").content.decode()
    assert page.count("Christmas</span>") == 2
    wrong = ada.post("/set-up/closed-days/list/", {"list-days": "tomorrow", "list-years": 1})
    assert wrong.status_code == 400 and "tomorrow" in wrong.content.decode()
