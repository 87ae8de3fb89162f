"""Booking a follow-up, booking again, and a double click, through pages and API."""

from uuid import uuid4

import pytest

from apps.scheduling.booking import cancel
from apps.scheduling.models import Appointment
from tests.scheduling.crowd import gather
from tests.scheduling.test_pages_appointments import early, wish


@pytest.fixture
def crowd(riverside, cast):
    with riverside.inside(by=cast.ada):
        return gather(cast.ada, providers=2, each=2, at=early(), signs_in=[cast.shah])


def test_a_double_click_on_book_books_once(riverside, cast, web, crowd):
    client, asked = web(riverside, cast.sara), wish(crowd, form_key=str(uuid4()), channel="phone")
    assert [client.post("/schedule/booking/", asked).status_code for _ in range(2)] == [302, 302]
    with riverside.inside():
        [booked] = Appointment.objects.filter(channel="phone")
    assert booked.form_key is not None


def test_a_hold_that_comes_after_its_own_booking_is_no_conflict(riverside, cast, web, crowd):
    sara, ada, asked = web(riverside, cast.sara), web(riverside, cast.ada), wish(crowd, form_key=str(uuid4()))
    assert sara.post("/schedule/booking/hold/", asked).status_code == 200
    assert sara.post("/schedule/booking/", asked).status_code == 302
    assert sara.post("/schedule/booking/hold/", asked).status_code == 204
    assert ada.post("/schedule/booking/hold/", asked).status_code == 409


def test_a_cancelled_one_is_booked_again_and_both_say_so(riverside, cast, web, crowd):
    client = web(riverside, cast.sara)
    with riverside.inside(by=cast.sara):
        gone = cancel(crowd.appointments[0], by=cast.sara, at=early(), reason="Ill")
    page = client.get(f"/appointments/{gone.pk}/").content.decode()
    assert f"/schedule/booking/?reschedule_of={gone.pk}" in page
    form = client.get(f"/schedule/booking/?reschedule_of={gone.pk}").content.decode()
    assert f"{gone.number} · " in form and f'value="{gone.patient_id}" checked' in form
    asked = wish(crowd, patient=str(gone.patient_id), reschedule_of=str(gone.pk))
    assert client.post("/schedule/booking/", asked).status_code == 302
    with riverside.inside():
        instead = Appointment.objects.get(reschedule_of=gone)
    assert instead.number in client.get(f"/appointments/{gone.pk}/").content.decode()
    assert gone.number in client.get(f"/appointments/{instead.pk}/").content.decode()


def test_a_follow_up_of_somebody_else_is_refused_in_words(riverside, cast, web, crowd):
    asked = wish(crowd, patient=str(crowd.patients[0].pk), follow_up_for=str(uuid4()))
    assert web(riverside, cast.sara).post("/schedule/booking/", asked).status_code == 400
    asha, bens = crowd.patients[0], crowd.appointments[1]
    asked = wish(crowd, patient=str(asha.pk), follow_up_for=str(bens.pk))
    answer = web(riverside, cast.sara).post("/schedule/booking/", asked)
    assert answer.status_code == 400
    assert "another patient" in answer.content.decode()


def test_the_api_takes_and_shows_them(riverside, cast, api, crowd):
    with riverside.inside(by=cast.sara):
        gone = cancel(crowd.appointments[0], by=cast.sara, at=early(), reason="Ill")
    client = api(riverside, cast.sara)
    wanted = {
        "patient": str(gone.patient_id),
        "provider": str(gone.provider_id),
        "appointment_type": str(gone.appointment_type_id),
        "starts_at": gone.starts_at.isoformat(),
        "channel": "online",
        "reschedule_of": str(gone.pk),
    }
    made = client.post("/api/v1/appointments/", wanted)
    assert made.status_code == 201, made.content
    assert (made.json()["channel"], made.json()["reschedule_of"]) == ("online", str(gone.pk))
    assert client.get(f"/api/v1/appointments/{gone.pk}/").json()["rescheduled_as"] == made.json()["id"]
    found = client.get("/api/v1/appointments/?channel=online").json()["results"]
    assert [one["id"] for one in found] == [made.json()["id"]]
    assert client.post("/api/v1/appointments/", {**wanted, "channel": "pigeon"}).status_code == 400
    assert client.post("/api/v1/appointments/", wanted).status_code == 409
