"""Booking, moving and living through a visit on pages: with and without htmx (UC-01, UC-02, FR-S01)."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.billing import invoicing
from apps.scheduling import attendance, booking
from apps.scheduling.calendars import time_off
from apps.scheduling.models import Appointment, AppointmentTransition
from tests.scheduling.crowd import from_the_sheet, gather

KOLKATA = ZoneInfo("Asia/Kolkata")


def early() -> datetime:
    """Before the first visit, so that nobody has come yet."""
    return timezone.now().astimezone(KOLKATA).replace(hour=0, minute=5, second=0, microsecond=0)


@pytest.fixture
def crowd(riverside, cast):
    with riverside.inside(by=cast.ada):
        return gather(cast.ada, providers=2, each=2, at=early(), signs_in=[cast.shah])


def wish(crowd, **changes):
    return {
        "patient": str(crowd.patients[1].pk),
        "provider": str(crowd.providers[0].pk),
        "appointment_type": str(crowd.types[0].pk),
        "day": (crowd.day + timedelta(days=1)).isoformat(),
        "starts": "10:00",
        "reason": "Cough since Monday",
        **changes,
    }


def first(riverside, crowd):
    with riverside.inside():
        return Appointment.objects.with_people().get(pk=crowd.appointments[0].pk)


def test_the_bar_above_is_not_taken_for_rooms_that_are_booked(riverside, cast, web, crowd):
    sara = web(riverside, cast.sara)
    for path in (f"/appointments/{crowd.appointments[0].pk}/", "/schedule/booking/"):
        page = sara.get(path).content.decode()
        assert "Room, equipment" not in page and "Rooms and equipment" not in page, path


def test_front_desk_books_a_slot(riverside, cast, web, crowd):
    answer = web(riverside, cast.sara).post("/schedule/booking/", wish(crowd))
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/schedule/?day={crowd.day + timedelta(days=1)}"
    with riverside.inside():
        booked = Appointment.objects.order_by("number").last()
        assert booked.reason == "Cough since Monday"
    assert booked.starts_at.astimezone(KOLKATA).strftime("%H:%M") == "10:00"


def undo_of(page: str) -> tuple[str, dict[str, str]]:
    """Where the Undo of the toast on this page leads, and what it sends."""
    url, fields = re.search(
        r'<form method="post" action="([^"]+)">((?:<input[^>]*>)+)<button class="btn btn-sm" data-key="u"', page
    ).groups()
    return url, dict(re.findall(r'name="(\w+)" value="([^"]*)"', fields))


def test_the_toast_takes_a_booking_back_free_of_charge(riverside, cast, web, crowd):
    with riverside.inside(by=cast.ada):
        crowd.types[0].cancel_fee_kind, crowd.types[0].cancel_fee_value = "fixed", 200
        crowd.types[0].cancel_free_hours = 72
        crowd.types[0].save()
    desk = web(riverside, cast.sara)
    url, fields = undo_of(desk.post("/schedule/booking/", wish(crowd), follow=True).content.decode())
    assert desk.post(url, fields).status_code == 302
    with riverside.inside():
        booked = Appointment.objects.order_by("number").last()
        assert booked.status == "cancelled" and booked.transitions.last().reason == "Booked by mistake"
        assert [fee.by_clinic for fee in booked.missed_fees.all()] == [True]


def test_a_clash_changes_nothing_says_who_is_there_and_offers_three_times(riverside, cast, web, crowd):
    taken = first(riverside, crowd)
    asked = wish(crowd, day=crowd.day.isoformat(), starts="08:05")
    answer = web(riverside, cast.sara).post("/schedule/booking/", asked)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert taken.number in page and "Mei Chen" in page
    assert page.count('name="at"') == 3
    assert 'value="Cough since Monday"' in page and 'value="08:05"' in page
    pressed = wish(crowd, day="", starts="", at=taken.starts_at.isoformat())  # a free time that is gone by now
    again = web(riverside, cast.sara).post("/schedule/booking/", pressed).content.decode()
    assert 'value="08:00"' in again and not re.search(r'for="id_(day|starts)">\w+ <span class="quiet">', again)
    with riverside.inside():
        assert Appointment.objects.count() == len(crowd.appointments)


def test_a_free_time_is_one_click_away(riverside, cast, web, crowd):
    free = crowd.when("15:00") + timedelta(days=1)
    answer = web(riverside, cast.sara).post("/schedule/booking/", wish(crowd, starts="", day="", at=free.isoformat()))
    assert answer.status_code == 302
    with riverside.inside():
        assert Appointment.objects.order_by("number").last().starts_at == free


def test_front_desk_is_not_offered_an_override(riverside, cast, web, crowd):
    asked = wish(crowd, day=crowd.day.isoformat(), starts="08:05", override_reason="Please")
    answer = web(riverside, cast.sara).post("/schedule/booking/", asked)
    assert answer.status_code == 409
    assert "override_reason" not in answer.content.decode()


def test_a_clinic_admin_overrides_with_a_reason(riverside, cast, web, crowd):
    asked = wish(crowd, day=crowd.day.isoformat(), starts="08:05", override_reason="Emergency")
    assert web(riverside, cast.ada).post("/schedule/booking/", asked).status_code == 302
    page = web(riverside, cast.ada).get("/schedule/").content.decode()
    assert "booked over another" in page and "ln-0-2" in page and "ln-1-2" in page


def test_errors_keep_what_was_typed_and_point_at_the_field(riverside, cast, web, crowd):
    asked = wish(crowd, patient="", starts="25:99")
    answer = web(riverside, cast.sara).post("/schedule/booking/", asked)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert 'aria-describedby="id_starts_error"' in page and 'id="id_starts_error"' in page
    assert "Find and choose a patient." in page and "Cough since Monday" in page
    past = web(riverside, cast.sara).post("/schedule/booking/", wish(crowd, day="2020-01-06"))
    assert "This day has passed." in str(past.context["form"].errors["day"])


def test_patients_are_found_by_a_post_so_that_no_name_stands_in_an_address(riverside, cast, web, crowd):
    client = web(riverside, cast.sara)
    found = client.post("/schedule/booking/patients/", {"who": "me che"}).content.decode()
    assert "Mei Chen" in found and crowd.patients[0].number in found
    assert client.get("/schedule/booking/patients/?who=mei").status_code == 405


def test_dragging_answers_with_both_columns(riverside, cast, web, crowd):
    moved = first(riverside, crowd)
    place = {"provider": crowd.providers[1].pk, "day": crowd.day.isoformat(), "starts": "17:00"}
    answer = web(riverside, cast.sara).post(
        f"/appointments/{moved.pk}/move/",
        place,
        headers=from_the_sheet(crowd),
    )
    body = answer.content.decode()
    assert answer.status_code == 200
    assert body.count('class="col"') == 2
    assert "Undo" in body and 'id="toasts"' in body


@pytest.mark.parametrize(("days_later", "columns"), [(0, 1), (1, 0)])
def test_the_open_sheet_gets_only_columns_that_it_shows(riverside, cast, web, crowd, days_later, columns):
    asked = wish(crowd, day=(crowd.day + timedelta(days=days_later)).isoformat(), starts="17:00")
    answer = web(riverside, cast.sara).post("/schedule/booking/", asked, headers=from_the_sheet(crowd))
    body = answer.content.decode()
    assert answer.status_code == 200 and "Booked" in body
    assert body.count('class="col"') == columns
    there = f'href="/schedule/?day={asked["day"]}">Show '  # from the toast
    assert body.count(there) == days_later


def test_the_form_begins_with_whoever_is_free_on_that_day(riverside, cast, web, crowd):
    client, tomorrow = web(riverside, cast.sara), crowd.day + timedelta(days=1)
    chosen = '<option value="{}" selected>'.format
    with riverside.inside(by=cast.ada):
        away, here = crowd.providers
        span = {"starts_at": crowd.when("00:00") + timedelta(days=1), "by": cast.ada, "at": early()}
        span["ends_at"] = span["starts_at"] + timedelta(days=1)
        time_off.take_leave(away, **span)
    form = client.get(f"/schedule/booking/?day={tomorrow}").content.decode()
    assert chosen(here.pk) in form and f'value="{tomorrow}"' in form and 'value="08:00"' in form
    assert "has a free time" not in form

    form = client.get(f"/schedule/booking/?day={tomorrow}&provider={away.pk}").content.decode()
    said = f"{away} has no free time on {tomorrow:%a} {tomorrow.day} {tomorrow:%b}: this is the next one."
    assert chosen(away.pk) in form and said in form and f'value="{tomorrow + timedelta(days=1)}"' in form

    with riverside.inside(by=cast.ada):
        time_off.take_leave(here, **span)
    form = client.get(f"/schedule/booking/?day={tomorrow}").content.decode()
    assert "Nobody has a free time on" in form and f'value="{tomorrow + timedelta(days=1)}"' in form


def test_undo_of_a_move_is_a_new_move(riverside, cast, web, crowd):
    client = web(riverside, cast.sara)
    before = first(riverside, crowd)
    place = {"provider": crowd.providers[1].pk, "day": crowd.day.isoformat(), "starts": "17:00"}
    url, fields = undo_of(client.post(f"/appointments/{before.pk}/move/", place, follow=True).content.decode())
    client.post(url, fields)
    after = first(riverside, crowd)
    assert (after.provider_id, after.starts_at) == (before.provider_id, before.starts_at)
    with riverside.inside():
        assert AppointmentTransition.objects.filter(appointment=before).count() == 3


def test_an_undo_that_does_not_fit_shows_the_visit_and_why_and_no_form_that_nobody_filled_in(
    riverside, cast, web, crowd
):
    client = web(riverside, cast.sara)
    one, other = crowd.appointments[0], crowd.appointments[1]
    place = {"provider": one.provider_id, "day": crowd.day.isoformat(), "starts": "17:00"}
    url, fields = undo_of(client.post(f"/appointments/{one.pk}/move/", place, follow=True).content.decode())
    there = {"day": crowd.day.isoformat(), "starts": f"{one.starts_at.astimezone(KOLKATA):%H:%M}"}
    there["patient_sees_both"] = "on"
    assert client.post(f"/appointments/{other.pk}/move/", there).status_code == 302
    answer = client.post(url, fields)
    page = answer.content.decode()
    assert answer.status_code == 409 and "data-errors" in page and other.number in page
    assert "patient_sees_both" not in page


def test_a_drag_onto_somebody_changes_nothing_and_offers_other_times(riverside, cast, web, crowd):
    one, other = crowd.appointments[0], crowd.appointments[1]
    place = {
        "provider": one.provider_id,
        "day": crowd.day.isoformat(),
        "starts": other.starts_at.astimezone(KOLKATA).strftime("%H:%M"),
    }
    answer = web(riverside, cast.sara).post(
        f"/appointments/{one.pk}/move/",
        place,
        headers=from_the_sheet(crowd),
    )
    body = answer.content.decode()
    assert answer.status_code == 409
    assert body.count('name="at"') == 3 and other.number in body
    assert not re.search(r'for="id_(provider|day|starts)">\w+ <span class="quiet">', body)
    assert first(riverside, crowd).starts_at == one.starts_at


def test_a_visit_from_arrival_to_completion(riverside, cast, web, crowd):
    desk, doctor = web(riverside, cast.sara), web(riverside, cast.shah)
    visit = first(riverside, crowd)
    url = f"/appointments/{visit.pk}/"
    assert "Check in" in desk.get(url).content.decode()
    assert desk.post(f"{url}arrival/").status_code == 302
    day = doctor.get("/my-day/").content.decode()
    assert "Start visit" in day
    assert doctor.post(f"{url}start/", {"next": "/my-day/"}).headers["Location"] == "/my-day/"
    assert "Complete visit" in doctor.get("/my-day/").content.decode()
    assert doctor.post(f"{url}completion/", {"next": "https://evil.example/"}).headers["Location"] == "/schedule/"
    assert first(riverside, crowd).status == "completed"
    history = desk.get(url).content.decode()
    assert "4 entries of its history" in history


def test_check_in_is_offered_from_the_day_of_the_visit_on(riverside, cast, web, crowd):
    web(riverside, cast.sara).post("/schedule/booking/", wish(crowd))
    with riverside.inside():
        tomorrow = Appointment.objects.order_by("number").last()
    for person, path in ((cast.sara, "billing:check_in"), (cast.nia, "scheduling:check_in")):
        for visit, offered in ((crowd.appointments[0], True), (tomorrow, False)):
            page = web(riverside, person).get(reverse(path, args=[visit.pk])).content.decode()
            assert ("btn-take" in page, "Check-in opens on" in page) == (offered, not offered), (path, offered)
            assert "Never confirmed yet" in page  # what is missing is seen on any day


def test_a_step_at_the_wrong_time_is_refused_in_words(riverside, cast, web, crowd):
    visit = first(riverside, crowd)
    answer = web(riverside, cast.ada).post(f"/appointments/{visit.pk}/completion/")
    assert answer.status_code == 409
    assert "Start the visit first." in answer.content.decode()


def test_an_arrival_is_taken_back(riverside, cast, web, crowd):
    desk = web(riverside, cast.sara)
    visit = first(riverside, crowd)
    desk.post(f"/appointments/{visit.pk}/arrival/")
    assert desk.post(f"/appointments/{visit.pk}/undo/").status_code == 302
    assert first(riverside, crowd).status == "scheduled"


def test_cancelling_needs_a_reason(riverside, cast, web, crowd):
    desk = web(riverside, cast.sara)
    visit = first(riverside, crowd)
    assert desk.post(f"/appointments/{visit.pk}/cancellation/", {"reason": " "}).status_code == 400
    assert desk.post(f"/appointments/{visit.pk}/cancellation/", {"reason": "Travelling"}).status_code == 302
    assert first(riverside, crowd).status == "cancelled"


def test_toasts_name_nobody(riverside, cast, web, crowd):
    desk = web(riverside, cast.sara)
    visit = first(riverside, crowd)
    page = desk.post(f"/appointments/{visit.pk}/arrival/", follow=True).content.decode()
    toast = page.split('class="toasts')[1].split("</main>")[0].split("<dialog")[0]
    assert visit.number in toast and "08:00, Dr R. Shah" in toast and "Mei" not in toast


def test_the_cancel_form_says_whose_visit_it_is_to_whoever_may_know(riverside, cast, web, crowd):
    visit = first(riverside, crowd)
    page = web(riverside, cast.sara).get(f"/appointments/{visit.pk}/cancellation/").content.decode()
    assert "Mei Chen" in page and "08:00, Dr R. Shah" in page and visit.appointment_type.name in page
    with riverside.inside(by=cast.ada):
        role = cast.sara.groups.get().role
        role.group.permissions.remove(*role.group.permissions.filter(codename="view_patient"))
    page = web(riverside, cast.sara).get(f"/appointments/{visit.pk}/cancellation/").content.decode()
    assert "Mei" not in page and visit.number in page


def test_words_about_a_patient_are_for_whoever_may_see_patients(riverside, cast, web, crowd):
    """As through the API, wherever the page says what has happened to an appointment."""
    visit, at = first(riverside, crowd), early()
    with riverside.inside(by=cast.ada):
        booking.reschedule(visit, starts_at=crowd.when("12:00"), reason="Fears the dentist", by=cast.ada, at=at)
        visit.is_override, visit.overridden_by, visit.override_reason = True, cast.ada, "Panic attack"
        visit.save(update_fields=["is_override", "overridden_by", "override_reason"])
    asked = [(f"/appointments/{visit.pk}/", {})]
    asked += [("/schedule/log/", {"day": crowd.day}), ("/schedule/", {"day": crowd.day, "as-of": at.isoformat()})]

    def pages():
        return [web(riverside, cast.sara).get(path, query).content.decode() for path, query in asked]

    seen = pages()
    assert all("Fears the dentist" in page for page in seen) and "Panic attack" in seen[0]
    with riverside.inside(by=cast.ada):
        role = cast.sara.groups.get().role
        role.group.permissions.remove(*role.group.permissions.filter(codename="view_patient"))
    for page in pages():
        assert visit.number in page and "Fears the dentist" not in page and "Panic attack" not in page


def test_the_panel_is_a_part_of_the_page(riverside, cast, web, crowd):
    visit = first(riverside, crowd)
    answer = web(riverside, cast.sara).get(
        f"/appointments/{visit.pk}/", headers={"HX-Request": "true", "HX-Target": "panel"}
    )
    assert b"<html" not in answer.content and b"panel-head" in answer.content


def test_the_desk_sees_what_a_patient_owes_and_others_do_not(riverside, cast, web, crowd):
    visit = first(riverside, crowd)
    with riverside.inside(by=cast.ada):
        invoice = invoicing.draft(visit.patient, by=cast.ada, at=timezone.now())
        invoicing.add_charge(invoice, description="Dressing", unit_price=450, by=cast.ada, at=timezone.now())
        invoicing.issue(invoice, by=cast.ada, at=timezone.now())
    sheet = web(riverside, cast.sara).get("/schedule/").content.decode()
    assert re.search(r"<small>owes ₹[^·<]+ · Check-up</small>", sheet)  # first: a narrow card shows no more
    assert "owes" not in web(riverside, cast.nia).get("/schedule/").content.decode()


def test_the_chart_shows_the_visits(riverside, cast, web, crowd):
    visit = first(riverside, crowd)
    chart = web(riverside, cast.sara).get(f"/patients/{visit.patient_id}/").content.decode()
    assert f"/appointments/{visit.pk}/" in chart and "Check-up" in chart


def test_a_completed_visit_leads_to_its_invoice(riverside, cast, web, crowd):
    visit = first(riverside, crowd)
    with riverside.inside(by=cast.ada):
        for step in (attendance.arrive, attendance.start, attendance.complete):
            visit = step(visit, by=cast.ada, at=timezone.now())
    page = web(riverside, cast.shah).get(f"/appointments/{visit.pk}/").content.decode()
    assert f"/billing/visits/{visit.pk}/" in page
    assert web(riverside, cast.shah).get(f"/billing/visits/{visit.pk}/").status_code == 302


def test_the_administration_reads_the_clinics_clock(riverside, cast, web, crowd):
    visit = first(riverside, crowd)
    page = web(riverside, cast.ada).get(f"/administration/scheduling/appointment/{visit.pk}/change/").content.decode()
    assert "8 a.m." in page and "2:30 a.m." not in page
