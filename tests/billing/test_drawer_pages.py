"""My drawer, from opening to the paper, on the pages and through the API. What should be there is seen by nobody."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.billing.documents.drawer_paper import drawer_pdf
from apps.billing.drawers import counting, sessions, tills
from apps.billing.drawers.counting import Counted
from apps.billing.models import Drawer, DrawerMovement, DrawerSession, Payment
from apps.billing.paying import payments
from apps.patients import registration
from tests.billing.cast import AT, D
from tests.cast import RIVERSIDE, people_of

SECRET = "1,357.00"  # what is taken in cash, and what should be in the drawer is 500 more


@pytest.fixture
def till(riverside: Any, people: dict[str, Any]) -> Drawer:
    with riverside.inside(by=people["bela"]):
        return tills.add_drawer(name="Front desk", by=people["bela"], at=AT)


@pytest.fixture
def cato(riverside: Any, people: dict[str, Any], web: Callable[..., Client]) -> Client:
    return web(riverside, people["cato"])


def taken(riverside: Any, by: Any, amount: str = SECRET, **more: Any) -> Payment:
    with riverside.inside(by=by):
        patient = registration.register(by=by, at=AT, given_name="Asha", family_name="Patel")
        return payments.receive(
            patient, method="cash", amount=amount.replace(",", ""), credit_consent=True, by=by, at=AT, **more
        )


def session_of(riverside: Any) -> DrawerSession:
    with riverside.inside():
        return DrawerSession.objects.get()


def test_a_day_on_the_pages(cato: Client, till: Drawer, riverside: Any, people: dict[str, Any]) -> None:
    assert "Open a drawer" in cato.get("/billing/drawer/").content.decode()
    page = cato.post("/billing/drawer/opening/", {"drawer": till.pk, "piece_100": 4, "loose": "100"}, follow=True)
    session = page.context["session"]
    here = f"/billing/drawer-sessions/{session.pk}/"
    assert page.redirect_chain[-1][0] == here
    assert cato.get("/billing/drawer/").url == here
    taken(riverside, people["cato"])
    move = {"ticket": uuid4(), "kind": "to_bank", "amount": "57", "reason": "Deposit"}
    for _twice in range(2):
        assert cato.post(f"{here}movements/", move).url == here
    with riverside.inside():
        assert DrawerMovement.objects.count() == 1

    for shown in (cato.get(here), cato.get(f"{here}count/"), cato.get("/billing/drawer/", follow=True)):
        assert_blind(shown.content.decode())
    page = cato.post(f"{here}count/", {"piece_500": "3", "piece_100": 2, "loose": "90"}, follow=True)
    assert "₹1,800.00" in page.content.decode()  # 500 + 1357 - 57
    assert "₹10.00" in page.content.decode()
    assert cato.post(f"{here}count/", {"piece_500": "3"}).status_code == 409

    assert cato.post(f"{here}lock/", {"reason_cash": " "}).status_code == 400
    page = cato.post(f"{here}lock/", {"reason_cash": "Too much change"}, follow=True)
    assert page.context["session"].status == "locked"
    assert "Too much change" in page.content.decode()
    for paper in ("", "?paper=roll"):
        answer = cato.get(f"{here}paper/{paper}")
        assert (answer["Content-Type"], answer.content[:5]) == ("application/pdf", b"%PDF-")
    assert "Open a drawer" in cato.get("/billing/drawer/").content.decode()


def assert_blind(shown: str) -> None:
    # With comma or point: four bare digits stand in many an id.
    for figure in ("1,357", "1357.", "1,857", "1857.", "1,800", "1800."):
        assert figure not in shown, figure


def test_a_wrong_number_stands_beside_its_field_and_what_was_typed_stays(
    cato: Client, till: Drawer, riverside: Any
) -> None:
    answer = cato.post("/billing/drawer/opening/", {"drawer": till.pk, "piece_500": "-3", "piece_100": "7"})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert answer.context["form"].errors.keys() == {"piece_500"}
    assert 'value="7"' in page
    answer = cato.post("/billing/drawer/opening/", {"drawer": uuid4(), "loose": "ten"})
    assert answer.context["form"].errors.keys() == {"drawer", "loose"}
    with riverside.inside():
        assert not DrawerSession.objects.exists()


def test_a_handover_on_the_pages(
    cato: Client, till: Drawer, riverside: Any, people: dict[str, Any], web: Callable[..., Client]
) -> None:
    cato.post("/billing/drawer/opening/", {"drawer": till.pk, "piece_500": 1})
    here = f"/billing/drawer-sessions/{session_of(riverside).pk}/"
    cato.post(f"{here}count/", {"piece_500": 1})
    assert cato.post(f"{here}lock/", {"handed_to": people["nia"].pk}).status_code == 400  # a nurse has no drawer
    cato.post(f"{here}lock/", {"handed_to": people["sara"].pk})
    sara = web(riverside, people["sara"])
    offered = sara.get("/billing/drawer/").content.decode()
    assert "Front desk is handed over to you" in offered
    assert "₹500.00" in offered
    page = sara.post(f"{here}acceptance/", follow=True)
    mine = page.context["session"]
    assert (mine.cashier, mine.opening_float, mine.follows.status) == (people["sara"], D("500"), "locked")
    assert cato.post(f"{here}acceptance/").status_code == 404
    assert cato.get(f"/billing/drawer-sessions/{mine.pk}/").status_code == 403


def test_cash_without_an_open_drawer_is_refused_beside_the_method(cato: Client, till: Drawer, riverside: Any) -> None:
    patient = registered(riverside)
    form = {"ticket": uuid4(), "amount": "20", "method": "cash", "credit_consent": "on"}
    answer = cato.post(f"/billing/patients/{patient.pk}/payment/", form)
    assert answer.status_code == 409
    assert "Open yours first" in str(answer.context["form"].errors["method"])
    cato.post("/billing/drawer/opening/", {"drawer": till.pk})
    page = cato.post(f"/billing/patients/{patient.pk}/payment/", form, follow=True)
    assert page.context["payment"].drawer_session.number in page.content.decode()


def registered(riverside: Any) -> Any:
    with riverside.inside():
        person = people_of("riverside", RIVERSIDE)["ada"]
    with riverside.inside(by=person):
        return registration.register(by=person, at=AT, given_name="Asha", family_name="Patel")


def test_drawers_of_the_clinic(riverside: Any, people: dict[str, Any], web: Callable[..., Client]) -> None:
    bela = web(riverside, people["bela"])
    assert "No drawer has been opened yet" in bela.get("/billing/drawers/").content.decode()
    assert bela.post("/billing/drawers/", {"name": "Desk 1"}).status_code == 302
    answer = bela.post("/billing/drawers/", {"name": "desk 1"})
    assert (answer.status_code, list(answer.context["form"].errors)) == (409, ["name"])
    till = answer.context["tills"][0]
    bela.post(f"/billing/drawers/{till.pk}/")
    assert "put away" in bela.get("/billing/drawers/").content.decode()
    bela.post(f"/billing/drawers/{till.pk}/", {"use": "1"})
    assert "put away" not in bela.get("/billing/drawers/").content.decode()


def test_the_list_asks_as_often_for_three_as_for_one(
    riverside: Any, people: dict[str, Any], web: Callable[..., Client], api: Any
) -> None:
    bela, asked = web(riverside, people["bela"]), {}
    call = api(riverside, people["bela"])
    for rows in (1, 3):
        with riverside.inside(by=people["bela"]):
            for n in range(rows - len(asked)):
                till = tills.add_drawer(name=f"Desk {rows}{n}", by=people["bela"], at=AT)
                opened = sessions.open_session(till, pieces={"100": 1}, by=people["bela"], at=AT)
                sessions.move(opened, kind="to_safe", amount="1", reason="x", by=people["bela"], at=AT)
                opened = counting.count(opened, Counted({"50": 1, "20": 2, "5": 1, "2": 2}), by=people["bela"], at=AT)
                sessions.lock(opened, by=people["bela"], at=AT)
        bela.get("/billing/drawers/")
        with CaptureQueriesContext(connection) as pages:
            assert len(bela.get("/billing/drawers/").context["shown"].rows) == (1 if rows == 1 else 3)
        with CaptureQueriesContext(connection) as calls:
            call.get("/api/v1/drawer-sessions/")
        asked[rows] = (len(pages), len(calls))
    assert asked[1] == asked[3]


def test_a_day_through_the_api(riverside: Any, people: dict[str, Any], api: Any) -> None:
    bela, cato = api(riverside, people["bela"]), api(riverside, people["cato"])
    till = bela.post("/api/v1/drawers/", {"name": "Desk 1"}).data
    assert cato.get("/api/v1/drawers/").data["results"] == [till]
    answer = cato.post("/api/v1/drawer-sessions/", {"drawer": till["id"], "pieces": {"500": 1, "loose": "x"}})
    assert (answer.status_code, answer.data["code"]) == (400, "invalid_pieces")
    opening = {"drawer": till["id"], "pieces": {"500": 1}}
    session = cato.post("/api/v1/drawer-sessions/", opening).data
    here = f"/api/v1/drawer-sessions/{session['id']}/"
    assert (session["status"], session["opening_float"], session["counts"]) == ("open", "500.00", [])
    taken(riverside, people["cato"])
    moved = cato.post(f"{here}movements/", {"kind": "expense", "amount": "57", "reason": "Tea"})
    assert (moved.status_code, moved.data["into"]) == (201, "-57.00")
    for shown in (cato.get(here), cato.get("/api/v1/drawer-sessions/"), bela.get(here)):
        assert_blind(shown.content.decode())
    assert cato.post(f"{here}lock/").data["code"] == "session_not_counted"
    counted = cato.post(f"{here}count/", {"pieces": {"500": 3, "200": 1}, "card": "5"})
    by_method = {one["method"]: (one["expected"], one["counted"], one["variance"]) for one in counted.data["counts"]}
    assert by_method["cash"] == ("1800.00", "1700.00", "-100.00")
    assert by_method["card"] == ("0.00", "5.00", "5.00")
    missing = cato.post(f"{here}lock/", {"reasons": {"cash": "Lost"}})
    assert (missing.status_code, missing.data["code"]) == (400, "reason_missing")
    over = {"to": str(people["sara"].pk), "reasons": {"cash": "Lost", "card": "Slip of yesterday"}}
    assert cato.post(f"{here}handover/", over).data["handed_to"] == people["sara"].pk
    sara = api(riverside, people["sara"])
    assert [one["id"] for one in sara.get("/api/v1/drawer-sessions/").data["results"]] == [session["id"]]
    mine = sara.post(f"{here}acceptance/")
    assert (mine.status_code, mine.data["opening_float"], str(mine.data["follows"])) == (201, "1700.00", session["id"])
    assert cato.post(f"{here}lock/").data["code"] == "session_is_locked"
    assert bela.get("/api/v1/drawer-sessions/", {"status": "open"}).data["results"][0]["id"] == mine.data["id"]
    assert bela.patch(f"/api/v1/drawers/{till['id']}/", {"is_active": False}).data["code"] == "drawer_in_use"


def test_the_paper_says_what_was_counted(riverside: Any, people: dict[str, Any], till: Drawer) -> None:
    with riverside.inside(by=people["bela"]):
        opened = sessions.open_session(till, pieces={"100": 1, "loose": "3"}, by=people["bela"], at=AT)
        counted = counting.count(opened, Counted({"100": 1}), by=people["bela"], at=AT)
        assert drawer_pdf(counted, paper="a4", at=AT)[:5] == b"%PDF-"
        locked = sessions.lock(counted, reasons={"cash": "A coin"}, by=people["bela"], at=AT)
        assert drawer_pdf(locked, paper="roll", at=AT)[:5] == b"%PDF-"
