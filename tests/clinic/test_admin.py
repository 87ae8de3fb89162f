"""Master data in the administration site: through the rules, refusals beside their field, nothing deleted."""

from typing import Any

import pytest

from apps.clinic import places, providers
from apps.clinic.models import ClinicProfile, Department, Provider
from apps.core.clock import now
from apps.scheduling.models import AppointmentType

SITE = "/administration"


@pytest.fixture
def office(web: Any, riverside: Any, cast: Any) -> Any:
    return web(riverside, cast.ada)


def test_a_provider_is_added_and_changed_by_the_rules(office: Any, riverside: Any, cast: Any) -> None:
    typed = {"name": "Dr Ravi Shah", "user": str(cast.shah.pk), "colour": "teal", "position": "5"}
    answer = office.post(f"{SITE}/clinic/provider/add/", typed)
    assert answer.status_code == 302, answer.context["adminform"].errors
    with riverside.inside(by=cast.ada):
        provider = Provider.objects.get()
    assert (provider.user_id, provider.colour) == (cast.shah.pk, "teal")

    page = f"{SITE}/clinic/provider/{provider.pk}/change/"
    assert office.post(page, {**typed, "specialty": "Cardiology"}).status_code == 302
    again = office.post(f"{SITE}/clinic/provider/add/", {**typed, "name": "Dr Copy"})
    assert again.status_code == 200 and "user" in again.context["adminform"].errors
    with riverside.inside(by=cast.ada):
        assert Provider.objects.get().specialty == "Cardiology"


def test_refusals_stand_beside_their_field(office: Any, riverside: Any, cast: Any) -> None:
    with riverside.inside(by=cast.ada):
        places.add_department(name="Physiotherapy", by=cast.ada, at=now())
    answer = office.post(f"{SITE}/clinic/department/add/", {"name": "physiotherapy", "position": "1"})
    assert answer.status_code == 200
    assert answer.context["adminform"].errors
    fee = {"name": "Visit", "duration_minutes": "30", "rate": "1.239", "tax_rate": "0", "colour": "azure"}
    numbers = {"buffer_before": "0", "buffer_after": "0", "position": "1", "facility_rate": "0"}
    numbers |= {"facility_tax_rate": "0", "follow_up_days": "0", "follow_up_percent": "100", "cancel_free_hours": "24"}
    numbers |= {
        "cancel_fee_kind": "none",
        "cancel_fee_value": "0",
        "charged_when": "completion",
        "no_show_fee_kind": "none",
        "no_show_fee_value": "0",
    }
    answer = office.post(f"{SITE}/scheduling/appointmenttype/add/", {**fee, **numbers})
    assert "rate" in answer.context["adminform"].errors
    assert office.post(f"{SITE}/scheduling/appointmenttype/add/", {**fee, **numbers, "rate": "1.25"}).status_code == 302
    with riverside.inside(by=cast.ada):
        assert AppointmentType.objects.get().name == "Visit"


def test_nothing_is_deleted_only_taken_out_of_use(office: Any, riverside: Any, cast: Any) -> None:
    with riverside.inside(by=cast.ada):
        department = places.add_department(name="Physiotherapy", by=cast.ada, at=now())
        provider = providers.add_provider(name="Dr Shah", department=department, by=cast.ada, at=now())
    assert office.post(f"{SITE}/clinic/provider/{provider.pk}/delete/", {"post": "yes"}).status_code == 403
    close = {"action": "take_out_of_use", "_selected_action": [str(department.pk)]}
    page = office.post(f"{SITE}/clinic/department/", close, follow=True).content.decode()
    assert "still work in this department" in page
    retire = {"action": "take_out_of_use", "_selected_action": [str(provider.pk)]}
    office.post(f"{SITE}/clinic/provider/", retire)
    office.post(f"{SITE}/clinic/department/", close)
    with riverside.inside(by=cast.ada):
        assert not Provider.objects.get().is_active
        assert not Department.objects.get().is_active


def test_the_profile_is_changed_but_not_its_currency(office: Any, riverside: Any, cast: Any) -> None:
    with riverside.inside(by=cast.ada):
        profile = ClinicProfile.objects.get()
    typed = {"name": "Riverside", "timezone": "Asia/Kolkata", "locale": "en-in", "currency": "USD", "phone": "12345"}
    page = f"{SITE}/clinic/clinicprofile/{profile.pk}/change/"
    assert office.post(page, typed).status_code == 302
    assert office.post(page, {**typed, "timezone": "Mars/Olympus"}).status_code == 200
    assert office.get(f"{SITE}/clinic/clinicprofile/add/").status_code == 403
    with riverside.inside(by=cast.ada):
        profile.refresh_from_db()
    assert (profile.name, profile.phone, profile.currency) == ("Riverside", "12345", "INR")


def test_the_history_of_a_row_is_what_the_trail_knows(office: Any, riverside: Any, cast: Any) -> None:
    with riverside.inside(by=cast.ada):
        physio = places.add_department(name="Physiotherapy", by=cast.ada, at=now())
        places.add_department(name="Nutrition", by=cast.ada, at=now())
        places.amend_department(physio, by=cast.ada, at=now(), name="Physio and rehab", position=1)
    page = office.get(f"{SITE}/clinic/department/{physio.pk}/history/", follow=True)
    assert page.status_code == 200
    assert [row["event"].action for row in page.context["events"]] == ["update", "create"]
    assert office.get(f"{SITE}/clinic/department/{cast.ada.pk}/history/").status_code == 404
