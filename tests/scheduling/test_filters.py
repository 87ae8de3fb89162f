"""What the schedule is filtered by: remembered in the address only, and never so that taken time looks free."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from django.utils import timezone

from apps.clinic.models import Department
from apps.scheduling import booking, resources
from apps.scheduling.models import Appointment
from apps.scheduling.sheets.drawing import Only
from apps.scheduling.sheets.sheet import counts
from tests.scheduling.crowd import from_the_sheet, gather

KOLKATA = ZoneInfo("Asia/Kolkata")


def early() -> datetime:
    return timezone.now().astimezone(KOLKATA).replace(hour=0, minute=5, second=0, microsecond=0)


@pytest.fixture
def crowd(riverside, cast):
    with riverside.inside(by=cast.ada):
        made = gather(cast.ada, providers=3, each=2, at=early(), signs_in=[cast.shah])
        for provider, name in zip(made.providers, ("Ward", "Day clinic"), strict=False):
            provider.department = Department.objects.create(name=name)
            provider.save()
        return made


def columns(page):
    return page.count('<section class="col"')


def test_providers_are_chosen_by_department_specialty_and_room(riverside, cast, web, crowd):
    client = web(riverside, cast.sara)
    first, second = crowd.providers[0], crowd.providers[1]
    for query in (
        {"department": first.department_id},
        {"specialty": second.specialty},
        {"room": second.room_id},
        {"provider": first.pk},
    ):
        page = client.get("/schedule/", query).content.decode()
        assert columns(page) == 1, query
        name, value = next(iter(query.items()))
        assert f'name="{name}" value="{value}" checked' in page
    assert columns(client.get("/schedule/").content.decode()) == 3  # nothing was remembered


def test_what_is_filtered_out_keeps_its_place_on_the_sheet_and_leaves_the_list(riverside, cast, web, crowd):
    client = web(riverside, cast.sara)
    kind = crowd.appointments[0].appointment_type_id
    ours = [one for one in crowd.appointments if one.appointment_type_id == kind]
    page = client.get("/schedule/", {"type": kind}).content.decode()
    assert page.count('class="ap ') == len(crowd.appointments)
    assert page.count(" is-other") == len(crowd.appointments) - len(ours)
    listed = client.get("/schedule/", {"type": kind, "view": "list"}).content.decode()
    assert listed.count('class="who"') == len(ours)
    assert client.get("/schedule/", {"status": "completed", "view": "list"}).content.decode().count('class="who"') == 0


def test_links_to_other_days_and_views_keep_the_filter(riverside, cast, web, crowd):
    page = web(riverside, cast.sara).get("/schedule/", {"status": "arrived"}).content.decode()
    assert page.count("status=arrived") >= 5


def test_a_filter_that_fits_nobody_says_so_and_can_be_left(riverside, cast, web, crowd):
    page = web(riverside, cast.sara).get("/schedule/?specialty=Astrology").content.decode()
    assert "No provider fits this filter" in page and "Show everybody" in page


@pytest.mark.parametrize("query", ["type=x", "status=nonsense", "provider=7", "department=%F0%9F"])
def test_nonsense_in_the_address_is_no_error(riverside, cast, web, crowd, query):
    assert web(riverside, cast.sara).get(f"/schedule/?{query}").status_code == 200
    assert web(riverside, cast.sara).get(f"/flow/?{query}").status_code == 200


def test_columns_redrawn_after_a_change_are_filtered_too(riverside, cast, web, crowd):
    coming = crowd.appointments[0]
    headers = from_the_sheet(crowd, "?status=completed")
    answer = web(riverside, cast.sara).post(f"/appointments/{coming.pk}/arrival/", headers=headers)
    assert answer.status_code == 200 and "is-other" in answer.content.decode()


def test_what_was_booked_by_phone_and_what_needs_a_room_are_found(riverside, cast, web, crowd):
    client = web(riverside, cast.sara)
    by_phone, in_room = crowd.appointments[0], crowd.appointments[1]
    with riverside.inside(by=cast.ada):
        room = resources.add_resource(name="Treatment 1", by=cast.ada, at=early())
        Appointment.objects.filter(pk=by_phone.pk).update(channel="phone")
        booking.reschedule(in_room, starts_at=in_room.starts_at, resources=[room], by=cast.ada, at=early())
    for query, one in (({"channel": "phone"}, by_phone), ({"resource": room.pk}, in_room)):
        listed = client.get("/schedule/", {**query, "view": "list"}).content.decode()
        assert listed.count('class="who"') == 1 and f"/appointments/{one.pk}/" in listed
        sheet = client.get("/schedule/", query).content.decode()
        assert sheet.count(" is-other") == len(crowd.appointments) - 1
        name, value = next(iter(query.items()))
        assert f'name="{name}" value="{value}" checked' in sheet
        with riverside.inside():  # what a change sends to the legend
            places = {(provider.pk, crowd.day) for provider in crowd.providers}
            only = Only.asked(QueryDict(f"{name}={value}&type={one.appointment_type_id}"))
            assert counts(places, zone=KOLKATA, only=only) == {one.status: 1}
    both = client.get("/schedule/", {"channel": "phone", "resource": room.pk, "view": "list"}).content.decode()
    assert both.count('class="who"') == 0
