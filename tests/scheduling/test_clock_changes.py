"""The nights on which clocks change, and evenings that are tomorrow elsewhere: through API, pages and feed, at Lakeside
(New York), on the next such days from now on.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from apps.clinic import providers
from apps.clinic.models import Provider
from apps.core.clock import at_wall_time, day_of, local_day
from apps.scheduling import booking, catalogue
from apps.scheduling.calendars import feeds, hours
from apps.scheduling.models import Appointment
from apps.scheduling.slots import free_slots
from tests.scheduling.scene import patient

NEW_YORK = ZoneInfo("America/New_York")


def next_day_of(length: int, after: date) -> date:
    """The next day at Lakeside that is so many hours long."""
    days = (after + timedelta(days=number) for number in range(1, 400))
    return next(one for one in days if hours_of(one) == length)


def hours_of(day: date) -> int:
    start, end = local_day(day, NEW_YORK)
    return (end - start) // timedelta(hours=1)


@dataclass
class Lake:
    """Dr Night works at any hour; Lena (clinic admin) is Dr Night."""

    clinic: Any
    lena: Any
    program: Any
    page: Any
    provider: Provider
    type: Any
    asha: Any
    ben: Any
    today: date
    at: datetime

    def works(self, day: date, starts: str, ends: str) -> None:
        with self.clinic.inside(by=self.lena):
            session = hours.Session(day.weekday(), time.fromisoformat(starts), time.fromisoformat(ends))
            hours.set_weekly_hours(
                self.provider, sessions=[session], effective_from=self.today, by=self.lena, at=self.at
            )

    def free(self, day: date) -> list[str]:
        asked = {"type": str(self.type.pk), "provider": str(self.provider.pk), "from": f"{day}", "to": f"{day}"}
        found = self.program.get("/api/v1/free-times/", asked).json()["results"]
        local = [datetime.fromisoformat(one["starts_at"]).astimezone(NEW_YORK) for one in found]
        return [f"{one:%H:%M}" for one in local]

    def wish(self, who: Any, **place: Any) -> dict[str, Any]:
        people = {"patient": who, "provider": self.provider, "appointment_type": self.type}
        return {**{name: str(one.pk) for name, one in people.items()}, **place}

    def book(self, who: Any, moment: datetime | str) -> Any:
        starts_at = moment if isinstance(moment, str) else moment.isoformat()
        return self.program.post("/api/v1/appointments/", self.wish(who, starts_at=starts_at))


@pytest.fixture
def lake(lakeside: Any, cast: Any, api: Any, web: Any) -> Iterator[Lake]:
    at = timezone.now()
    office = {"by": cast.lena, "at": at}
    with lakeside.inside(by=cast.lena):
        night = providers.add_provider(name="Dr Night", user=cast.lena, **office)
        visit = catalogue.add_type(name="Half hour", duration_minutes=30, rate="90", **office)
        people = [patient(name, "Lake", **office) for name in ("Asha", "Ben")]
    program, page = api(lakeside, cast.lena), web(lakeside, cast.lena)
    yield Lake(lakeside, cast.lena, program, page, night, visit, *people, day_of(at, NEW_YORK), at)


def test_six_half_hours_when_clocks_go_forward_and_half_past_two_is_refused(lake: Lake) -> None:
    spring = next_day_of(23, lake.today)
    lake.works(spring, "01:00", "05:00")
    assert lake.free(spring) == ["01:00", "01:30", "03:00", "03:30", "04:00", "04:30"]
    refused = lake.book(lake.asha, f"{spring}T02:30")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "starts_at")
    form = lake.wish(lake.asha, day=f"{spring}", starts="02:30")
    shown = lake.page.post("/schedule/booking/", form)
    assert shown.status_code == 400 and "clock" in shown.content.decode()
    with lake.clinic.inside():
        assert not Appointment.objects.exists()


def test_ten_half_hours_when_clocks_go_back_and_half_past_one_is_booked_twice(lake: Lake) -> None:
    autumn = next_day_of(25, lake.today)
    lake.works(autumn, "00:00", "04:00")
    free = lake.free(autumn)
    assert len(free) == 10 and free.count("01:30") == 2
    unclear = lake.page.post("/schedule/booking/", lake.wish(lake.asha, day=f"{autumn}", starts="01:30"))
    assert unclear.status_code == 400 and "Say which of the two is meant." in unclear.content.decode()
    first = lake.wish(lake.asha, day=f"{autumn}", starts="01:30", fold="0")
    assert lake.page.post("/schedule/booking/", first).status_code == 302
    assert lake.book(lake.ben, at_wall_time(autumn, time(1, 30), NEW_YORK, fold=1)).status_code == 201
    with lake.clinic.inside():
        moments = sorted(Appointment.objects.values_list("starts_at", flat=True))
    assert [f"{one:%H:%M}" for one in moments] == ["05:30", "06:30"]
    assert "01:30" not in lake.free(autumn)
    sheet = lake.page.get(f"/schedule/?day={autumn}&view=list").content.decode()
    assert "Asha" in sheet and "Ben" in sheet


def test_an_evening_stands_on_its_local_day_only(lake: Lake) -> None:
    day = lake.today
    lake.works(day, "00:00", "00:00")
    moment = at_wall_time(day, time(20, 30), NEW_YORK)
    assert moment.date() == day + timedelta(days=1)  # in UTC
    with lake.clinic.inside(by=lake.lena):
        free = hours_free(lake, day)
        made = booking.book(
            patient=lake.asha,
            provider=lake.provider,
            appointment_type=lake.type,
            starts_at=moment,
            by=lake.lena,
            at=lake.at,
        )
        assert hours_free(lake, day) == [one for one in free if one != moment]
        feed, key = feeds.open_feed(lake.provider, by=lake.lena, at=lake.at)
    days = [day + timedelta(days=number) for number in (-1, 0, 1)]
    for view in ("day", "list"):
        pages = [lake.page.get(f"/schedule/?day={one}&view={view}").content.decode() for one in days]
        assert [made.number in one or f"/appointments/{made.pk}/" in one for one in pages] == [False, True, False]
    listed = [lake.program.get("/api/v1/appointments/", {"day": f"{one}"}).json()["count"] for one in days]
    assert listed == [0, 1, 0]
    span = {"from": f"{day + timedelta(days=1)}", "to": f"{day + timedelta(days=2)}"}
    assert lake.program.get("/api/v1/appointments/", span).json()["count"] == 0
    assert "20:30" in lake.page.get("/my-day/").content.decode()
    event = lake.page.get(f"/calendar.ics?key={key}").content.decode()
    assert f"DTSTART:{moment:%Y%m%dT%H%M%SZ}" in event
    assert feed.provider_id == lake.provider.pk


def hours_free(lake: Lake, day: date) -> list[datetime]:
    found = free_slots(providers=[lake.provider], appointment_type=lake.type, first_day=day, last_day=day)
    return [one.starts_at for one in found]
