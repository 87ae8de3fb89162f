"""A drawer is counted again until it is locked: each count is kept, the last one stands, and the pages stay blind."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.billing.documents.drawer_paper import drawer_pdf
from apps.billing.drawers import belonging, counting, sessions, tills
from apps.billing.drawers.counting import Counted
from apps.billing.models import Drawer, DrawerSession
from tests.billing.cast import AT, Cast, D, balances
from tests.billing.test_drawer_pages import assert_blind, cato, session_of, taken, till  # noqa: F401 - fixtures
from tests.billing.test_drawers import LATER, sound_books


def counted_once(cast: Cast) -> DrawerSession:
    """Float 1,000 and 236 in cash; Carl counts 1,230 and misses a card slip of 56."""
    desk = tills.add_drawer(name="Front desk", by=cast.bela, at=AT)
    session = sessions.open_session(desk, pieces={"500": 2}, by=cast.carl, at=AT)
    invoice = cast.issued("292.00")
    cast.pay("236.00", invoice)
    cast.pay("56.00", invoice, method="card")
    return counting.count(session, Counted({"500": 2, "200": 1, "20": 1, "10": 1}), by=cast.carl, at=AT)


def turns(session: DrawerSession) -> list[tuple[int, str, Any, Any, bool]]:
    rows = session.counts.filter(method__in=("cash", "card")).order_by("turn", "-method")
    return [(one.turn, one.method, one.counted, one.variance, one.stands) for one in rows]


def test_the_last_count_stands_and_the_first_is_kept(cast: Cast) -> None:
    session = counted_once(cast)
    with sound_books():
        session = counting.recount(session, Counted({"500": 2, "loose": "236"}, card="50"), by=cast.bela, at=LATER)
    assert turns(session) == [
        (1, "cash", D("1230"), D("-6"), False),
        (1, "card", D("0"), D("-56"), False),
        (2, "cash", D("1236"), D("0"), True),
        (2, "card", D("50"), D("-6"), True),
    ]
    assert (session.counted_by, session.counted_at, session.status) == (cast.carl, AT, "counted")
    assert {(one.by, one.at) for one in session.last_counts()} == {(cast.bela, LATER)}
    with pytest.raises(counting.VarianceNeedsReason):
        sessions.lock(session, by=cast.carl, at=LATER)
    with sound_books():
        session = sessions.lock(session, reasons={"card": "A slip is lost"}, by=cast.carl, at=LATER)
    assert balances()["cash_over_short"] == D("6")
    with pytest.raises(belonging.SessionIsLocked):
        counting.recount(session, Counted({}), by=cast.carl, at=LATER)


def test_a_recount_needs_a_count_and_the_one_that_was_seen(cast: Cast) -> None:
    desk = tills.add_drawer(name="Back", by=cast.bela, at=AT)
    session = sessions.open_session(desk, pieces={}, by=cast.bela, at=AT)
    with pytest.raises(counting.SessionNotCounted):
        counting.recount(session, Counted({}), by=cast.bela, at=AT)
    session = counting.count(session, Counted({}), by=cast.bela, at=AT)
    with pytest.raises(belonging.NotYourDrawer):
        counting.recount(session, Counted({}), by=cast.carl, at=AT)
    counting.recount(session, Counted({"10": 1}), after=1, by=cast.bela, at=AT)
    with pytest.raises(counting.CountedMeanwhile):
        counting.recount(session, Counted({"10": 1}), after=1, by=cast.bela, at=AT)
    assert session.counts.count() == 8


def test_whoever_was_to_take_it_over_is_asked_anew(cast: Cast) -> None:
    session = counted_once(cast)
    said = {"reasons": {"cash": "Short", "card": "Short"}, "by": cast.carl, "at": AT}
    session = sessions.hand_over(session, to=cast.bela, **said)
    session = counting.recount(session, Counted({"500": 2, "loose": "236"}, card="56"), by=cast.carl, at=AT)
    assert session.handed_to is None
    with pytest.raises(sessions.NotHandedToYou):
        sessions.accept(session, by=cast.bela, at=AT)
    session = sessions.hand_over(session, to=cast.bela, by=cast.carl, at=AT)
    with sound_books():
        mine = sessions.accept(session, by=cast.bela, at=AT)
    assert (mine.opening_float, mine.opening_pieces) == (D("1236"), {"500": 2, "loose": "236.00"})


def test_on_the_pages_it_is_blind_and_sent_twice_it_counts_once(
    cato: Client,  # noqa: F811
    till: Drawer,  # noqa: F811
    riverside: Any,
    people: dict[str, Any],
) -> None:
    cato.post("/billing/drawer/opening/", {"drawer": till.pk, "piece_500": 1})
    here = f"/billing/drawer-sessions/{session_of(riverside).pk}/"
    taken(riverside, people["cato"])
    assert cato.get(f"{here}recount/").url == here
    cato.post(f"{here}count/", {"piece_500": "3"})
    assert "Count again" in cato.get(here).content.decode()
    assert_blind(cato.get(f"{here}recount/").content.decode())
    wrong = cato.post(f"{here}recount/", {"after": 1, "piece_500": "-1", "loose": "7"})
    assert (wrong.status_code, list(wrong.context["form"].errors)) == (400, ["piece_500"])
    again = {"after": 1, "piece_500": "3", "loose": "357"}
    for _twice in range(2):
        assert cato.post(f"{here}recount/", again).url == here
    page = cato.get(here)
    assert [one.turn for _method, one in page.context["counts"]] == [2] * 4
    assert [[one.turn for _method, one in turn] for turn in page.context["earlier"]] == [[1] * 4]
    assert "difference −₹357.00" in page.content.decode()
    with riverside.inside(by=people["cato"]):
        assert drawer_pdf(session_of_inside(), paper="a4", at=AT)[:5] == b"%PDF-"
    assert cato.post(f"{here}lock/", {}, follow=True).context["session"].status == "locked"
    assert cato.get(f"{here}recount/").url == here
    assert cato.post(f"{here}recount/", {**again, "after": 2}).status_code == 409


def session_of_inside() -> DrawerSession:
    return DrawerSession.objects.get()


def test_the_sum_is_told_while_it_is_typed(cato: Client, till: Drawer, riverside: Any) -> None:  # noqa: F811
    def told(**typed: Any) -> str:
        return " ".join(cato.get("/billing/drawer/total/", typed).content.decode().split())

    assert told(piece_500="2", loose="7.50", card="100") == 'It comes to <strong class="num">₹1,007.50</strong>'
    for none in ({"piece_500": "x"}, {"piece_500": "-1"}, {"loose": "ten"}):
        assert told(**none) == ""
    page = cato.post("/billing/drawer/opening/", {"drawer": till.pk, "piece_500": "2", "add_up": "1"})
    assert (page.status_code, "₹1,000.00" in page.content.decode()) == (200, True)
    cato.post("/billing/drawer/opening/", {"drawer": till.pk, "piece_500": "2"})
    here = f"/billing/drawer-sessions/{session_of(riverside).pk}/"
    page = cato.post(f"{here}count/", {"piece_200": "2", "piece_10": "1", "add_up": "1"})
    assert (page.status_code, "₹410.00" in page.content.decode()) == (200, True)
    assert session_of(riverside).status == "open"


def test_through_the_api(riverside: Any, people: dict[str, Any], api: Callable[..., Any], till: Drawer) -> None:  # noqa: F811
    caller = api(riverside, people["cato"])
    session = caller.post("/api/v1/drawer-sessions/", {"drawer": str(till.pk), "pieces": {"500": 1}}).data
    here = f"/api/v1/drawer-sessions/{session['id']}/"
    assert caller.post(f"{here}recount/", {"pieces": {}}).data["code"] == "session_not_counted"
    first = caller.post(f"{here}count/", {"pieces": {"200": 1}}).data
    assert (first["counts"][0]["turn"], first["earlier_counts"]) == (1, [])
    again = caller.post(f"{here}recount/", {"pieces": {"500": 1}}).data
    assert [one["turn"] for one in again["counts"]] == [2] * 4
    assert [(one["turn"], one["variance"]) for one in again["earlier_counts"] if one["method"] == "cash"] == [
        (1, "-300.00")
    ]
    assert again["counts"][0]["by"] == people["cato"].pk
    assert caller.post(f"{here}lock/").data["status"] == "locked"
