"""The list of appointments as a file: what the list shows, nobody's formula, and the trail knows who took it."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditEvent
from apps.core.clock import now
from apps.scheduling import booking, exporting
from apps.scheduling.models import Appointment
from tests.scheduling.crowd import Crowd, gather

KOLKATA = ZoneInfo("Asia/Kolkata")


@pytest.fixture
def crowd(riverside: Any, cast: Any) -> Crowd:
    early = datetime.now(KOLKATA).replace(hour=0, minute=5, second=0, microsecond=0)
    with riverside.inside(by=cast.ada):
        return gather(cast.ada, providers=2, each=3, at=early)


def rows_of(answer: Any) -> list[dict[str, str]]:
    text = b"".join(answer.streaming_content).decode().removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_page_gives_what_the_list_shows_and_the_trail_keeps_it(
    riverside: Any, cast: Any, web: Any, crowd: Crowd
) -> None:
    with riverside.inside(by=cast.ada):
        booking.amend(crowd.appointments[0], reason="=cmd|'/c calc'!A1", by=cast.ada, at=now())
        crowd.appointments[1].reason = " \n=1+1"  # as no rule would have left it
        crowd.appointments[1].save(update_fields=["reason"])
        booking.cancel(crowd.appointments[5], by=cast.ada, at=now(), reason="Feels better")
    ada, days = web(riverside, cast.ada), {"first_day": crowd.day, "last_day": crowd.day}
    page = ada.get("/schedule/?view=list").content.decode()
    assert f'href="/schedule/export/?day={crowd.day}"' in page
    answer = ada.post("/schedule/export/", {**days, "for_excel": "on"})
    assert (answer.headers["Cache-Control"], answer.headers["Content-Type"]) == ("no-store", "text/csv; charset=utf-8")
    rows = rows_of(answer)
    with riverside.inside():
        assert [row["Number"] for row in rows] == list(
            Appointment.objects.exclude(status="cancelled").order_by("starts_at", "id").values_list("number", flat=True)
        )
        read = AuditEvent.objects.filter(table_name="export", action="read")
        assert set(read.values_list("patient_id", flat=True)) == {one.pk for one in crowd.patients}
    assert {row["Day"] for row in rows} == {crowd.day.isoformat()}
    assert not any(cell.lstrip().startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    assert {"'=cmd|'/c calc'!A1", "' \n=1+1"} <= {row["Reason"] for row in rows}
    only = ada.post(f"/schedule/export/?provider={crowd.providers[1].pk}&status=scheduled", days)
    assert {(row["Provider"], row["Status"]) for row in rows_of(only)} == {(crowd.providers[1].name, "Scheduled")}
    nobody = ada.post(f"/schedule/export/?provider={crowd.patients[0].pk}", days)
    assert rows_of(nobody) == []


def test_days_that_make_no_sense_stay_in_the_form(
    riverside: Any, cast: Any, web: Any, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, today = web(riverside, cast.ada), crowd.day.isoformat()
    before = (crowd.day - timedelta(days=1)).isoformat()
    for first, last in ((today, before), (today, "2026-02-31"), ("", today)):
        answer = ada.post("/schedule/export/", {"first_day": first, "last_day": last})
        assert answer.status_code == 400
        assert f'value="{last}"' in answer.content.decode()
    monkeypatch.setattr(exporting, "MOST", 5)
    answer = ada.post("/schedule/export/", {"first_day": today, "last_day": today})
    assert answer.status_code == 400
    assert "choose fewer days" in answer.content.decode()


def test_the_api_has_the_filters_of_its_list(riverside: Any, cast: Any, api: Any, crowd: Crowd) -> None:
    ada = api(riverside, cast.ada)
    answer = ada.get(f"/api/v1/appointments/export/?day={crowd.day}&provider={crowd.providers[0].pk}")
    assert {row["Provider"] for row in rows_of(answer)} == {crowd.providers[0].name}
    assert rows_of(ada.get("/api/v1/appointments/export/?day=2020-01-01")) == []
    assert ada.get("/api/v1/appointments/export/?day=yesterday").status_code == 400
    assert api(riverside, cast.sara).get("/api/v1/appointments/export/").status_code == 403


def test_queries_do_not_grow_with_the_file(riverside: Any, cast: Any, crowd: Crowd) -> None:
    def asked(day: Any) -> int:
        with riverside.inside(by=cast.ada), CaptureQueriesContext(connection) as caught:
            rows = Appointment.objects.all() if day else Appointment.objects.filter(pk=crowd.appointments[0].pk)
            list(exporting.export(rows, by=cast.ada))
        return len(caught)

    asked(None)
    assert asked(None) == asked(crowd.day)
