"""Walk-ins, and what the clinic has chosen for its reception."""

from datetime import timedelta
from uuid import uuid4

import pytest

from apps.core.refusals import Conflict, NotPermitted, Refusal
from apps.patients import record
from apps.patients.models import Allergy
from apps.scheduling.arrival import reception, screens
from apps.scheduling.arrival.paper import shown_on_token, token_pdf
from apps.scheduling.arrival.tickets import ticket_of
from apps.scheduling.models import Appointment, TokenPrefix
from tests.scheduling.scene import Scene, person
from tests.scheduling.test_booking import booked


def walk_in(scene: Scene, at: str = "09:07", **more: object) -> Appointment:
    details = {"patient": scene.ben, "provider": scene.dr_rao, "appointment_type": scene.visit, "by": scene.dora}
    return reception.walk_in(**{**details, "at": scene.when(at), **more})


def test_a_walk_in_gets_the_first_free_time_and_a_token(scene: Scene) -> None:
    booked(scene, "09:30")
    visit = walk_in(scene)
    assert (visit.starts_at, visit.status, visit.channel) == (scene.when("10:00"), "arrived", "walk_in")
    assert ticket_of(visit).token == "A-001"  # type: ignore[union-attr]


def test_where_money_is_talked_about_first_they_are_booked_only(scene: Scene) -> None:
    visit = walk_in(scene, arrives=False)
    assert (visit.status, ticket_of(visit)) == ("scheduled", None)


def test_a_form_sent_twice_books_once(scene: Scene) -> None:
    key = uuid4()
    assert walk_in(scene, form_key=key) == walk_in(scene, form_key=key)
    assert Appointment.objects.count() == 1


def test_with_nothing_free_today_only_a_clinic_admin_squeezes_them_in(scene: Scene) -> None:
    with pytest.raises(Conflict, match="no free time left today"):
        walk_in(scene, at="16:50")
    with pytest.raises(NotPermitted):
        walk_in(scene, at="16:50", override_reason="Bleeding")
    visit = walk_in(scene, at="16:50", override_reason="Bleeding", by=scene.ada)
    assert (visit.starts_at, visit.override_reason) == (scene.when("16:50"), "Bleeding")


def test_details_are_asked_for_again_as_the_clinic_has_chosen(scene: Scene) -> None:
    visit = booked(scene, "10:00")
    assert reception.readiness(scene.asha, reader=scene.dora, at=scene.at).details_due
    reception.check_in(visit, details_confirmed=True, by=scene.dora, at=scene.at)
    assert not reception.readiness(scene.asha, reader=scene.dora, at=scene.at + timedelta(days=100)).details_due
    assert reception.readiness(scene.asha, reader=scene.dora, at=scene.at + timedelta(days=200)).details_due
    reception.choose(ask_again_after=12, token_shows="nothing", **scene.admin)
    assert not reception.readiness(scene.asha, reader=scene.dora, at=scene.at + timedelta(days=200)).details_due
    for wrong in ({"ask_again_after": 121}, {"ask_again_after": -1}, {"token_shows": "phone"}):
        with pytest.raises(Refusal):
            reception.choose(**{"ask_again_after": 6, "token_shows": "nothing", **wrong}, **scene.admin)


def test_what_is_missing_and_what_must_not_be_overlooked_is_told_to_those_who_may_know(scene: Scene) -> None:
    record.enter(Allergy, scene.asha, substance="Penicillin", by=scene.rao, at=scene.at)
    ready = reception.readiness(scene.asha, reader=scene.dora, at=scene.at)
    assert [(alert.code, alert.words) for alert in ready.alerts] == [("allergy", "Allergy: Penicillin")]
    assert [gap.code for gap in ready.coverage] == ["none"]
    assert ready.consents == []
    cashier = person("cato@scene.example", "Cato Cash", "cashier")
    told = reception.readiness(scene.asha, reader=cashier, at=scene.at)
    assert (told.alerts, told.consents, [gap.code for gap in told.coverage]) == ([], [], ["none"])


def test_a_token_shows_no_name_unless_the_clinic_wants_it(scene: Scene) -> None:
    assert shown_on_token(scene.asha) == ""
    for shows, expected in (("initials", "AP"), ("given_name", "Asha")):
        reception.choose(ask_again_after=6, token_shows=shows, **scene.admin)
        assert shown_on_token(scene.asha) == expected


def test_the_token_is_printed_on_the_roll(scene: Scene) -> None:
    visit = walk_in(scene)
    pdf = token_pdf(ticket_of(visit), visit, at=scene.at)  # type: ignore[arg-type]
    assert pdf.startswith(b"%PDF")


def test_letters_are_chosen_and_taken_back(scene: Scene) -> None:
    screens.choose_letters(scene.dr_rao, "b", **scene.admin)
    screens.choose_letters(scene.dr_rao, "cd", **scene.admin)
    assert TokenPrefix.objects.get().letters == "CD"
    for wrong in ("É", "1A", "ABCD"):
        with pytest.raises(Refusal, match="A to Z"):
            screens.choose_letters(scene.dr_rao, wrong, **scene.admin)
    screens.choose_letters(scene.dr_rao, " ", **scene.admin)
    assert not TokenPrefix.objects.exists()


def test_a_screen_is_hung_up_and_taken_down(scene: Scene) -> None:
    screen, secret = screens.hang_up(name=" Ground floor ", **scene.admin)
    assert (screens.by_secret(secret), screen.name) == (screen, "Ground floor")
    assert secret.encode() not in bytes(screen.secret_hash)
    screens.take_down(screen, **scene.admin)
    assert screens.by_secret(secret) is None
    with pytest.raises(Conflict):
        screens.take_down(screen, **scene.admin)
    with pytest.raises(Refusal):
        screens.hang_up(name=" ", **scene.admin)
