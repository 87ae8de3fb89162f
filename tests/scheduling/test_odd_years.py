"""A day of the year 1, or where time ends, is refused in words wherever a day of the schedule is typed or sent."""

from datetime import date, time, timedelta
from typing import Any

import pytest

from apps.scheduling.models import Appointment
from apps.scheduling.repeating.recurrence import Rule
from apps.scheduling.repeating.series import book_series
from tests.scheduling.crowd import gather


@pytest.mark.parametrize("day", ["0001-01-01", "0001-01-02", "9999-12-31"])
def test_days_that_nobody_means(riverside: Any, cast: Any, web: Any, api: Any, day: str) -> None:
    with riverside.inside(by=cast.ada):
        crowd = gather(cast.ada, providers=1, each=2)
        provider, kind, patient = crowd.providers[0], crowd.types[0], crowd.patients[1]
        who = {"patient": patient, "provider": provider, "appointment_type": kind}
        rule = Rule(first_day=crowd.day + timedelta(days=3), starts=time(15), times=3)
        made = book_series(rule, **who, by=cast.ada, at=crowd.when("08:00"))
        first = Appointment.objects.filter(series=made).earliest("starts_at")
    people = {name: str(one.pk) for name, one in who.items()}
    hours, session = (
        f"/api/v1/providers/{provider.pk}/weekly-hours/",
        {"weekday": 0, "starts": "09:00", "ends": "10:00"},
    )
    week = {"sessions": [session], "effective_from": f"{date.today() + timedelta(days=9)}"}
    program, desk = api(riverside, cast.ada), web(riverside, cast.ada)
    program.raise_request_exception = desk.raise_request_exception = False
    place = {"day": day, "starts": "00:00"}
    answers = {
        "hours from": program.put(hours, {**week, "effective_from": day}),
        "hours until": program.put(hours, {**week, "effective_until": day}),
        "preview": program.post(
            "/api/v1/appointment-series/preview/", {**people, "first_day": day, "starts": "00:00", "times": 2}
        ),
        "following": program.post(f"/api/v1/appointments/{first.pk}/following/", {"day": day}),
        "as of": program.get("/api/v1/days/as-of/", {"day": day, "as_of": "2026-01-01T10:00"}),
        "changes": program.get("/api/v1/days/changes/", {"day": day}),
        "booking": desk.post("/schedule/booking/", {**people, **place}),
        "at": desk.post("/schedule/booking/", {**people, "at": f"{day}T00:00:00+05:30"}),
        "move": desk.post(f"/appointments/{first.pk}/move/", {**people, **place, "minutes": 30}),
        "series": desk.post(
            "/schedule/series/", {**people, **place, "every": 1, "unit": "week", "ends": "times", "times": 3}
        ),
        "change": desk.post(f"/appointments/{first.pk}/following/", {**people, **place, "scope": "following"}),
        "export": desk.post("/schedule/export/", {"first_day": day, "last_day": day}),
    }
    wrong = {name: answer.status_code for name, answer in answers.items() if answer.status_code != 400}
    if day == "0001-01-02":
        wrong.pop("export", None)  # an empty file is as good an answer
    assert wrong == {}
    for name, answer in answers.items():
        if name not in ("at", "export"):
            assert "Look at the year again" in answer.content.decode(), name
