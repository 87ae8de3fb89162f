"""A series on pages and through the API: shown first, then booked all or none, then changed from one on."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from apps.scheduling import booking
from apps.scheduling.models import Appointment, AppointmentSeries
from tests.scheduling.crowd import gather

KOLKATA = ZoneInfo("Asia/Kolkata")


@pytest.fixture
def crowd(riverside, cast):
    with riverside.inside(by=cast.ada):
        return gather(cast.ada, providers=2, each=2, signs_in=[cast.shah], day=day_in(9))


def day_in(days: int):
    return timezone.now().astimezone(KOLKATA).date() + timedelta(days=days)


def asked(crowd, **changes):
    return {
        "patient": str(crowd.patients[1].pk),
        "provider": str(crowd.providers[0].pk),
        "appointment_type": str(crowd.types[0].pk),
        "day": day_in(2).isoformat(),
        "starts": "15:00",
        "every": "1",
        "unit": "week",
        "ends": "times",
        "times": "3",
        "reason": "Back pain",
        **changes,
    }


def chosen(html: str) -> dict[str, str]:
    """What a browser would send back of the dates shown."""
    fields = dict(re.findall(r'<input type="hidden" name="(key|shown|day-[\d-]+)" value="([^"]*)"', html))
    fields |= dict(re.findall(r'name="(on-[\d-]+)" value="([^"]*)" checked', html))
    return fields


def test_nothing_is_saved_before_the_dates_were_seen(riverside, cast, web, crowd):
    desk = web(riverside, cast.sara)
    page = desk.post("/schedule/series/", asked(crowd)).content.decode()
    assert page.count('name="on-') == 3 and "All dates are free" in page
    with riverside.inside():
        assert not AppointmentSeries.objects.exists()

    answer = desk.post("/schedule/series/", {**asked(crowd), **chosen(page), "book": "1"})

    assert answer.status_code == 302
    with riverside.inside():
        [made] = AppointmentSeries.objects.all()
        assert made.appointments.count() == 3
    assert answer.headers["Location"] == f"/schedule/series/{made.pk}/"
    again = desk.post("/schedule/series/", {**asked(crowd), **chosen(page), "book": "1"})
    assert again.status_code == 302
    with riverside.inside():
        assert AppointmentSeries.objects.count() == 1
    listed = desk.get(f"/schedule/series/{made.pk}/").content.decode()
    assert listed.count("Scheduled") == 3 and "3 times" in listed


def test_a_conflict_is_shown_with_a_free_time_that_can_be_taken(riverside, cast, web, crowd):
    with riverside.inside(by=cast.ada):
        moment = crowd.appointments[0].starts_at
    desk = web(riverside, cast.sara)
    typed = asked(crowd, starts=f"{moment.astimezone(KOLKATA):%H:%M}")
    page = desk.post("/schedule/series/", typed).content.decode()
    assert crowd.appointments[0].number in page and "Mei Chen" in page and "instead" in page

    answer = desk.post("/schedule/series/", {**typed, **chosen(page), "book": "1"})
    assert answer.status_code == 302
    with riverside.inside():
        assert Appointment.objects.filter(series__isnull=False).count() == 3


def test_a_conflict_that_appears_meanwhile_books_nothing_and_shows_the_dates(riverside, cast, web, crowd):
    desk = web(riverside, cast.sara)
    page = desk.post("/schedule/series/", asked(crowd)).content.decode()
    with riverside.inside(by=cast.ada):
        booking.book(
            patient=crowd.patients[0],
            provider=crowd.providers[0],
            appointment_type=crowd.types[0],
            starts_at=crowd.when("15:00"),
            by=cast.ada,
            at=timezone.now(),
        )
    answer = desk.post("/schedule/series/", {**asked(crowd), **chosen(page), "book": "1"})
    html = answer.content.decode()
    assert answer.status_code == 409
    assert html.count('name="day-') == 3 and "nothing was changed" in html and 'value="Back pain"' in html
    with riverside.inside():
        assert not AppointmentSeries.objects.exists()


def test_a_rule_changed_after_the_preview_is_shown_again(riverside, cast, web, crowd):
    desk = web(riverside, cast.sara)
    page = desk.post("/schedule/series/", asked(crowd)).content.decode()
    answer = desk.post("/schedule/series/", {**asked(crowd, times="4"), **chosen(page), "book": "1"})
    assert answer.status_code == 409
    assert answer.content.decode().count('name="day-') == 4


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"times": ""}, "Say how many times"),
        ({"times": "999"}, "less than or equal to 60"),
        ({"ends": "until"}, "Choose the last day"),
        ({"every": "0"}, "greater than or equal to 1"),
        ({"day": "2026-02-31"}, "Enter a valid date"),
        ({"starts": "25:00"}, "Enter a valid time"),
        ({"unit": "month", "weekdays": ["1"]}, "months follow the first day"),
        ({"day": "2020-01-01"}, "This day has passed"),
    ],
)
def test_what_a_tired_person_types_gets_words_and_stays(riverside, cast, web, crowd, changes, words):
    answer = web(riverside, cast.sara).post("/schedule/series/", asked(crowd, **changes))
    html = answer.content.decode()
    assert answer.status_code == 400 and words in html and 'value="Back pain"' in html


def test_repeat_takes_along_what_was_typed_into_the_booking_form(riverside, cast, web, crowd):
    answer = web(riverside, cast.sara).post("/schedule/series/", {**asked(crowd), "begin": "1"})
    html = answer.content.decode()
    assert answer.status_code == 200 and 'value="Back pain"' in html and 'value="15:00"' in html
    assert "Repeat…" in web(riverside, cast.sara).get("/schedule/booking/").content.decode()


@pytest.fixture
def booked_series(riverside, cast, web, crowd):
    desk = web(riverside, cast.sara)
    page = desk.post("/schedule/series/", asked(crowd)).content.decode()
    desk.post("/schedule/series/", {**asked(crowd), **chosen(page), "book": "1"})
    with riverside.inside():
        return list(Appointment.objects.filter(series__isnull=False).order_by("starts_at"))


def test_panel_and_chart_tell_its_place(riverside, cast, web, crowd, booked_series):
    desk = web(riverside, cast.sara)
    panel = desk.get(f"/appointments/{booked_series[1].pk}/", headers={"HX-Request": "true", "HX-Target": "panel"})
    assert "2 of 3" in panel.content.decode() and "Change the series…" in panel.content.decode()
    chart = desk.get(f"/patients/{crowd.patients[1].pk}/").content.decode()
    assert "3 of 3" in chart


def test_this_and_the_following_are_changed_and_cancelled_on_pages(riverside, cast, web, crowd, booked_series):
    desk = web(riverside, cast.sara)
    address = f"/appointments/{booked_series[1].pk}/following/"
    form = {
        "scope": "following",
        "provider": str(crowd.providers[1].pk),
        "appointment_type": str(crowd.types[0].pk),
        "day": booked_series[1].starts_at.astimezone(KOLKATA).date().isoformat(),
        "starts": "16:00",
    }
    assert "These 2 appointments" in desk.get(address).content.decode()
    assert desk.post(address, form).status_code == 302
    with riverside.inside():
        rows = Appointment.objects.filter(series__isnull=False).order_by("starts_at")
        assert [row.provider_id for row in rows] == [
            crowd.providers[0].pk,
            crowd.providers[1].pk,
            crowd.providers[1].pk,
        ]
    assert desk.post(f"{address}cancellation/", {"reason": ""}).status_code == 400
    assert desk.post(f"{address}cancellation/", {"reason": "Feels well"}).status_code == 302
    with riverside.inside():
        statuses = (
            Appointment.objects.filter(series__isnull=False).order_by("starts_at").values_list("status", flat=True)
        )
        assert list(statuses) == ["scheduled", "cancelled", "cancelled"]


# --- API -----------------------------------------------------------------------------------------------------------


def body(crowd, **changes):
    typed = asked(crowd)
    keep = {name: typed[name] for name in ("patient", "provider", "appointment_type", "starts")}
    return {**keep, "first_day": day_in(2).isoformat(), "times": 3, **changes}


def test_a_series_through_the_api(riverside, cast, api, crowd):
    sara = api(riverside, cast.sara)
    shown = sara.post("/api/v1/appointment-series/preview/", body(crowd)).json()
    assert (len(shown["dates"]), shown["conflicts"]) == (3, 0)

    answer = sara.post("/api/v1/appointment-series/", body(crowd))
    assert answer.status_code == 201
    made = answer.json()
    assert len(made["appointments"]) == made["count"] == 3

    clash = sara.post("/api/v1/appointment-series/", body(crowd, patient=str(crowd.patients[0].pk)))
    assert clash.status_code == 409
    problem = clash.json()
    assert problem["code"] == "series_conflict" and len(str(problem).split("in_the_way")) >= 4

    second = made["appointments"][1]["id"]
    changed = sara.post(f"/api/v1/appointments/{second}/following/", {"starts": "17:00"}).json()["results"]
    assert len(changed) == 2
    gone = sara.post(f"/api/v1/appointments/{second}/following/cancellation/", {"reason": "Well"}).json()["results"]
    assert {one["status"] for one in gone} == {"cancelled"}
    assert sara.get("/api/v1/appointment-series/").json()["results"][0]["id"] == made["id"]
    bad = sara.post("/api/v1/appointment-series/", body(crowd, times=None))
    assert bad.status_code == 400
