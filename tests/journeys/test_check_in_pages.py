"""Checking in at the desk: the panel, the page without a script, and the API."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from apps.billing.models import CheckIn, Payment
from apps.core.clock import now
from apps.patients.models import DetailsConfirmation
from apps.scheduling import booking
from apps.scheduling.calendars import hours
from apps.scheduling.models import Appointment, QueueTicket
from tests.journeys.conftest import Scene
from tests.journeys.conftest import scene as scene
from tests.patients.test_consents import published

PANEL = {"HX-Request": "true", "HX-Target": "panel"}
PART = {"HX-Request": "true", "HX-Target": "check-in"}


@pytest.fixture
def visit(riverside: Any, cast: Any, scene: Scene) -> Appointment:
    """Meera is expected now, whatever the hour is."""
    at = now()
    with riverside.inside(by=cast.ada):
        hours.open_one_off(scene.shah, starts_at=at, ends_at=at + timedelta(hours=1), by=cast.ada, at=at)
        return booking.book(
            patient=scene.meera,
            provider=scene.shah,
            appointment_type=scene.check_up,
            starts_at=at,
            override_reason="Whatever the hour",
            by=cast.ada,
            at=at,
        )


def pay(**more: Any) -> dict[str, Any]:
    return {"ticket": str(uuid4()), "how": "pay", "amount": "590.00", "method": "cash", **more}


def test_the_panel_holds_the_check_in_with_money_for_the_desk_and_plainly_for_a_nurse(
    riverside: Any, cast: Any, web: Any, visit: Appointment
) -> None:
    url = f"/appointments/{visit.pk}/"
    desk = web(riverside, cast.sara).get(url, headers=PANEL).content.decode()
    nurse = web(riverside, cast.nia).get(url, headers=PANEL).content.decode()
    assert f'hx-get="/billing/visits/{visit.pk}/check-in/"' in desk
    assert f'hx-get="/appointments/{visit.pk}/check-in/"' in nurse
    part = web(riverside, cast.nia).get(f"{url}check-in/", headers=PART).content.decode()
    assert "Check in" in part
    assert "₹" not in part


def test_the_desk_takes_the_copay_and_gets_token_and_receipt(
    riverside: Any, cast: Any, web: Any, visit: Appointment
) -> None:
    sara, url = web(riverside, cast.sara), f"/billing/visits/{visit.pk}/check-in/"
    part = sara.get(url, headers=PART).content.decode()
    assert "Take ₹590.00 and check in" in part
    assert "98450 12345" in part
    assert "Never confirmed yet" in part
    answer = sara.post(url, pay(details_confirmed="on"), headers=PART)
    page = answer.content.decode()
    assert (answer.status_code, answer.headers["HX-Retarget"]) == (200, "#panel")
    assert "A-001" in page
    with riverside.inside():
        payment = Payment.objects.get()
        assert DetailsConfirmation.objects.get().by == cast.sara
    assert f"/billing/payments/{payment.pk}/receipt/" in page
    token = sara.get(f"/appointments/{visit.pk}/token/")
    assert "A-001" in token.content.decode()
    assert "Meera" not in token.content.decode()
    roll = sara.get(f"/appointments/{visit.pk}/token/?paper=roll")
    assert (roll.headers["Content-Type"], roll.content[:4]) == ("application/pdf", b"%PDF")


def test_cash_on_the_desk_is_noted_and_its_change_told(riverside: Any, cast: Any, web: Any, visit: Appointment) -> None:
    sara, url = web(riverside, cast.sara), f"/billing/visits/{visit.pk}/check-in/"
    for sent, words in (
        (pay(tendered="500"), "₹90.00 too little"),
        (pay(tendered="1,000", method="upi"), "Only for cash"),
        (pay(tendered="lots"), "is not an amount"),
    ):
        answer = sara.post(url, sent, headers=PART)
        assert (answer.status_code, list(answer.context["form"].errors)) == (400, ["tendered"])
        page = answer.content.decode()
        assert words in page, words
        assert f'value="{sent["tendered"]}"' in page
    page = sara.post(url, pay(tendered="1,000"), headers=PART).content.decode()
    assert "₹1,000.00 given, change <strong>₹410.00</strong>" in page
    assert "change <strong>₹410.00</strong>" in sara.get(url).content.decode()
    with riverside.inside():
        payment = Payment.objects.get()
        assert (payment.amount, payment.tendered, payment.change) == (590, 1000, 410)


def test_what_is_missing_is_put_right_on_the_way_and_leads_back(
    riverside: Any, cast: Any, web: Any, visit: Appointment
) -> None:
    sara, url = web(riverside, cast.sara), f"/billing/visits/{visit.pk}/check-in/"
    with riverside.inside(by=cast.ada):
        texts = [published(cast, title=title) for title in ("Photographs", "Treatment")]
    part = sara.get(url, headers=PART).content.decode()
    assert "_blank" not in part
    ways = re.findall(rf'href="(/patients/{visit.patient_id}/[^"]+\?next=[^"]+)"', part)
    assert [way.split("?")[0] for way in ways] == [
        *(f"/patients/{visit.patient_id}/consents/{text.pk}/" for text in texts),
        f"/patients/{visit.patient_id}/record/coverage/",
        f"/patients/{visit.patient_id}/details/",
    ]
    said = {"signer_name": "Meera Joshi", "signed_by": "self", "decision": "agreed"}
    second = sara.post(ways[0], {**said, "asked_as": str(uuid4())})
    assert second.headers["Location"].startswith(ways[1].split("?")[0])  # one after the other, and then back
    third = sara.post(second.headers["Location"], {**said, "asked_as": str(uuid4())})
    assert third.headers["Location"] == url
    for way in ways[2:]:
        assert f'name="next" value="{url}"' in sara.get(way).content.decode()
    strange = sara.get(ways[3].split("?")[0] + "?next=https://elsewhere.example/").content.decode()
    assert "elsewhere" not in strange


def test_without_a_script_a_double_click_and_the_back_button_are_harmless(
    riverside: Any, cast: Any, web: Any, visit: Appointment
) -> None:
    sara, url = web(riverside, cast.sara), f"/billing/visits/{visit.pk}/check-in/"
    sent = pay()
    for _time in range(3):
        answer = sara.post(url, sent)
        assert (answer.status_code, answer.headers["Location"]) == (302, url)
    page = sara.get(url).content.decode()
    assert "A-001" in page
    assert "₹590.00 taken" in page
    with riverside.inside():
        assert (Payment.objects.count(), CheckIn.objects.count(), QueueTicket.objects.count()) == (1, 1, 1)


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(
    riverside: Any, cast: Any, web: Any, visit: Appointment
) -> None:
    sara, url = web(riverside, cast.sara), f"/billing/visits/{visit.pk}/check-in/"
    for sent, words in (
        (pay(amount="lots", reference="X-77"), "is not an amount"),
        (pay(amount=""), "required"),
        (pay(method="shells"), "shells"),
        ({"ticket": str(uuid4()), "how": "without"}, "is due: take it, or say why not"),
        ({"ticket": str(uuid4()), "how": "without", "unpaid_because": "other", "words": ""}, "in a few words"),
        ({"how": "without", "unpaid_because": "forgot"}, "required"),
    ):
        answer = sara.post(url, sent, headers=PART)
        assert answer.status_code == 400, sent
        assert words in answer.content.decode(), words
    kept = sara.post(url, pay(amount="lots", reference="X-77")).content.decode()
    assert 'value="lots"' in kept
    assert 'value="X-77"' in kept
    with riverside.inside():
        assert not Payment.objects.exists()


def test_the_reason_is_seen_by_billing_and_in_the_queue(
    riverside: Any, cast: Any, web: Any, visit: Appointment
) -> None:
    sara = web(riverside, cast.sara)
    why = {"ticket": str(uuid4()), "how": "without", "unpaid_because": "forgot", "words": "Left it at home"}
    assert sara.post(f"/billing/visits/{visit.pk}/check-in/", why).status_code == 302
    listed = web(riverside, cast.bela).get("/billing/check-ins/").content.decode()
    assert "Left it at home" in listed
    assert "Meera Joshi" in listed
    assert "₹590.00 not taken" in sara.get("/waiting-room/").content.decode()
    assert "not taken" not in web(riverside, cast.nia).get("/waiting-room/").content.decode()


def test_the_copay_of_a_type_is_set_by_billing(riverside: Any, cast: Any, web: Any, visit: Appointment) -> None:
    bela = web(riverside, cast.bela)
    url = f"/billing/copays/{visit.appointment_type_id}/"
    wrong = bela.post(url, {"amount": "much"})
    assert wrong.status_code == 400
    assert 'value="much"' in wrong.content.decode()
    assert bela.post(url, {"amount": "100"}).status_code == 302
    part = web(riverside, cast.sara).get(f"/billing/visits/{visit.pk}/check-in/", headers=PART).content.decode()
    assert "Take ₹100.00 and check in" in part


def test_a_walk_in_is_booked_and_then_asked_for_the_copay(
    riverside: Any, cast: Any, web: Any, visit: Appointment, scene: Scene
) -> None:
    form = {
        "patient": scene.john.pk,
        "provider": scene.shah.pk,
        "appointment_type": scene.check_up.pk,
        "form_key": uuid4(),
    }
    ada = web(riverside, cast.ada)
    answer = ada.post("/schedule/walk-in/", {**form, "override_reason": "Stands at the desk"})
    location = answer.headers["Location"]
    assert re.fullmatch(r"/billing/visits/[0-9a-f-]{36}/check-in/", location)
    again = ada.post("/schedule/walk-in/", {**form, "override_reason": "Stands at the desk"})
    assert again.headers["Location"] == location
    panel = ada.post("/schedule/walk-in/", {**form, "override_reason": "x"}, headers=PANEL).content.decode()
    assert f'hx-get="{location}"' in panel
    refused = ada.post("/schedule/walk-in/", {"provider": scene.shah.pk})
    assert refused.status_code == 400


def test_the_api_checks_in_once(riverside: Any, cast: Any, api: Any, visit: Appointment) -> None:
    sara, url = api(riverside, cast.sara), f"/api/v1/appointments/{visit.pk}/check-in/"
    due = sara.get(url).json()
    assert (due["due"], due["details_due"], due["check_in"]) == ("590.00", True, None)
    missing = sara.post(url, {}, format="json")
    assert (missing.status_code, missing.json()["code"]) == (400, "payment_or_reason")
    key = {"Idempotency-Key": "desk-1"}
    body = {"amount": "590", "method": "upi", "details_confirmed": True}
    made = sara.post(url, body, format="json", headers=key)
    assert (made.status_code, made.json()["token"], made.json()["status"]) == (201, "A-001", "arrived")
    assert sara.post(url, body, format="json", headers=key).json()["id"] == made.json()["id"]
    assert sara.post(url, body, format="json").status_code == 409
    with riverside.inside():
        assert Payment.objects.count() == 1


def test_a_visit_without_an_invoice_leads_to_the_account_and_says_so(
    riverside: Any, cast: Any, web: Any, visit: Appointment
) -> None:
    bela = web(riverside, cast.bela)
    answer = bela.get(f"/billing/visits/{visit.pk}/")
    assert answer["Location"] == f"/billing/patients/{visit.patient_id}/"
    assert f"{visit.number} has no invoice yet." in bela.get(answer["Location"]).content.decode()
