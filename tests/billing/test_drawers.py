"""The cashier's day: a drawer is opened, counted blindly, handed over and locked, and always adds up."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from apps.billing import invoicing
from apps.billing.drawers import belonging, counting, sessions, tills
from apps.billing.drawers.belonging import DrawerIsCounted, DrawerNotOpen, drawer_for
from apps.billing.drawers.counting import Counted
from apps.billing.drawers.pieces import PiecesRefused, pieces_of, read_pieces
from apps.billing.models import Drawer, DrawerSession
from apps.billing.paying import payments, refunds
from apps.clinic import profile
from apps.core.money import CURRENCIES, AmountRefused, currency_of
from apps.ledger.checking import checks
from tests.billing.cast import AT, Cast, D, balances, person

LATER = AT + timedelta(hours=8)


@pytest.fixture
def till(cast: Cast) -> Drawer:
    return tills.add_drawer(name="Front desk", by=cast.bela, at=AT)


def opened(till: Drawer, by: Any, **pieces: Any) -> DrawerSession:
    return sessions.open_session(till, pieces=pieces or {"500": 2}, by=by, at=AT)


def counts(session: DrawerSession) -> dict[str, tuple[Any, Any, Any]]:
    return {one.method: (one.counted, one.expected, one.variance) for one in session.counts.all()}


@contextmanager
def sound_books() -> Iterator[None]:
    yield
    with connection.cursor() as cursor:
        assert {check.code: checks.examine(check, cursor).found for check in checks.all_checks()} == dict.fromkeys(
            (check.code for check in checks.all_checks()), 0
        )


def test_a_day_at_the_till(cast: Cast, till: Drawer) -> None:
    """Float 1,000; cash 236 in, card 100, UPI 56; 36 back in cash; 500 to the bank; 20 for tea; 10 short."""
    session = opened(till, cast.carl)
    assert (session.number, session.opening_float, session.status) == ("DRW-2026-00001", D("1000"), "open")
    invoice = cast.issued({"unit_price": "400.00"})
    cash = cast.pay("236.00", invoice)
    cast.pay("100.00", invoice, method="card")
    cast.pay("56.00", invoice, method="upi")
    wire = cast.pay("8.00", invoice, method="bank")
    assert (cash.drawer_session, wire.drawer_session) == (session, None)
    refunds.refund(cash, amount="36.00", reason="Asked for", by=cast.carl, at=AT)
    sessions.move(session, kind="to_bank", amount="500", reason="Deposit", by=cast.carl, at=AT)
    sessions.move(session, kind="expense", amount="20", reason="Tea", by=cast.carl, at=AT)
    sessions.move(session, kind="from_safe", amount="100", reason="Change", by=cast.carl, at=AT)
    counted = Counted({"500": 1, "200": 1, "50": 1, "20": 1}, card="100", upi="56.00")

    with sound_books():
        session = counting.count(session, counted, by=cast.carl, at=LATER)
        assert counts(session) == {
            "cash": (D("770"), D("780"), D("-10")),
            "card": (D("100"), D("100"), D("0")),
            "upi": (D("56"), D("56"), D("0")),
            "cheque": (D("0"), D("0"), D("0")),
        }
    with pytest.raises(counting.VarianceNeedsReason) as refusal:
        sessions.lock(session, by=cast.carl, at=LATER)
    assert refusal.value.field == "reason_cash"
    with sound_books():
        session = sessions.lock(session, reasons={"cash": "Ten too much given as change"}, by=cast.carl, at=LATER)
    assert session.status == "locked"
    assert balances() == {
        "cash": D("-330"),  # 236 - 36 - 500 - 20 - 10
        "card": D("100"),
        "upi": D("56"),
        "bank": D("508"),
        "petty_expenses": D("20"),
        "cash_over_short": D("10"),
        "accounts_receivable": D("36"),
        "deferred_revenue": D("36"),
        "revenue": D("364"),
    }


def test_what_comes_later_falls_into_the_next_session(cast: Cast, till: Drawer) -> None:
    first = opened(till, cast.carl)
    with sound_books():
        first = counting.count(first, Counted({"500": 2}), by=cast.carl, at=AT)
        with pytest.raises(DrawerIsCounted):
            cast.pay("10.00", credit_consent=True)
        with pytest.raises(counting.SessionIsCounted):
            sessions.move(first, kind="to_safe", amount="1", reason="x", by=cast.carl, at=AT)
        with pytest.raises(counting.SessionIsCounted):
            counting.count(first, Counted({}), by=cast.carl, at=AT)
        first = sessions.lock(first, by=cast.carl, at=AT)
        with pytest.raises(belonging.SessionIsLocked):
            sessions.lock(first, by=cast.carl, at=AT)
        second = opened(till, cast.carl)
        assert cast.pay("10.00", credit_consent=True).drawer_session == second


def test_cash_belongs_in_a_drawer_once_there_are_drawers(cast: Cast) -> None:
    assert cast.pay("10.00", credit_consent=True).drawer_session is None
    till = tills.add_drawer(name="Front desk", by=cast.bela, at=AT)
    with pytest.raises(DrawerNotOpen):
        cast.pay("10.00", credit_consent=True)
    assert cast.pay("10.00", method="card", credit_consent=True).drawer_session is None
    tills.amend_drawer(till, is_active=False, by=cast.bela, at=AT)
    assert cast.pay("10.00", credit_consent=True).drawer_session is None


def test_a_refund_goes_out_of_the_till_of_whoever_gives_it(cast: Cast, till: Drawer) -> None:
    """Paid by card into Carl's drawer, given back in cash out of Bela's: both tills are right."""
    carls = opened(till, cast.carl)
    belas = opened(tills.add_drawer(name="Back office", by=cast.bela, at=AT), cast.bela)
    card = cast.pay("300.00", method="card", credit_consent=True)
    given = refunds.refund(card, amount="120.00", method="cash", reason="Asked for", by=cast.bela, at=AT)
    assert (card.drawer_session, given.drawer_session) == (carls, belas)
    with sound_books():
        carls = counting.count(carls, Counted({"500": 2}, card="300"), by=cast.carl, at=AT)
        belas = counting.count(
            belas, Counted({"500": 1, "200": 1, "100": 1, "50": 1, "20": 1, "10": 1}), by=cast.bela, at=AT
        )
    assert counts(carls)["card"] == (D("300"), D("300"), D("0"))
    assert counts(belas)["cash"] == (D("880"), D("880"), D("0"))
    assert counts(carls)["cash"][2] == 0


def test_money_on_its_way_falls_into_the_drawer_of_whoever_takes_it(cast: Cast, till: Drawer) -> None:
    cheque = payments.expect(cast.asha, method="cheque", amount="140.00", by=cast.carl, at=AT)
    session = opened(till, cast.bela)
    assert cheque.drawer_session is None
    assert payments.capture(cheque, by=cast.bela, at=AT).drawer_session == session


def test_both_sign_a_handover(cast: Cast, till: Drawer) -> None:
    first = opened(till, cast.carl)
    cast.pay("50.00", credit_consent=True)
    counted = counting.count(first, Counted({"500": 2, "50": 1, "5": 1}), by=cast.carl, at=AT)
    with pytest.raises(counting.VarianceNeedsReason):
        sessions.hand_over(counted, to=cast.bela, by=cast.carl, at=AT)
    with pytest.raises(sessions.NotHandedToYou):
        sessions.accept(counted, by=cast.bela, at=AT)
    waiting = sessions.hand_over(counted, to=cast.bela, reasons={"cash": "Found"}, by=cast.carl, at=AT)
    assert (waiting.status, waiting.handed_to) == ("counted", cast.bela)
    with sound_books():
        second = sessions.accept(waiting, by=cast.bela, at=LATER)
    first.refresh_from_db()
    assert (first.status, first.locked_by, first.counted_by) == ("locked", cast.bela, cast.carl)
    assert (second.follows, second.cashier, second.opening_float) == (first, cast.bela, D("1055"))
    assert second.opening_pieces == {"500": 2, "50": 1, "5": 1}
    assert balances() == {"cash": D("55"), "patient_credit": D("50"), "cash_over_short": D("-5")}
    with pytest.raises(belonging.SessionIsLocked):
        sessions.accept(first, by=cast.bela, at=LATER)


def test_nobody_hands_a_drawer_to_themselves_or_to_somebody_who_may_have_none(cast: Cast, till: Drawer) -> None:
    counted = counting.count(opened(till, cast.carl), Counted({"500": 2}), by=cast.carl, at=AT)
    nurse = person("nina@cast.example", "Nina Nurse", "nurse")
    for nobody in (cast.carl, nurse):
        with pytest.raises(sessions.CannotTakeOver):
            sessions.hand_over(counted, to=nobody, by=cast.carl, at=AT)


def test_one_open_session_a_drawer_and_a_person(cast: Cast, till: Drawer) -> None:
    opened(till, cast.carl)
    with pytest.raises(sessions.DrawerTaken, match="Carl Cashier"):
        opened(till, cast.bela)
    other = tills.add_drawer(name="Second", by=cast.bela, at=AT)
    with pytest.raises(sessions.HasADrawer, match="Front desk"):
        opened(other, cast.carl)
    with pytest.raises(tills.DrawerInUse):
        tills.amend_drawer(till, is_active=False, by=cast.bela, at=AT)
    tills.amend_drawer(other, is_active=False, by=cast.bela, at=AT)
    with pytest.raises(sessions.DrawerPutAway):
        opened(other, cast.bela)


def test_a_drawer_is_its_cashiers_and_the_managers(cast: Cast, till: Drawer) -> None:
    session = opened(till, cast.carl)
    dora = person("dora@cast.example", "Dora Desk", "front_desk")
    for attempt in (
        lambda: sessions.move(session, kind="to_safe", amount="1", reason="x", by=dora, at=AT),
        lambda: counting.count(session, Counted({}), by=dora, at=AT),
        lambda: sessions.lock(session, by=dora, at=AT),
        lambda: sessions.hand_over(session, to=cast.bela, by=dora, at=AT),
    ):
        with pytest.raises(belonging.NotYourDrawer):
            attempt()
    with pytest.raises(counting.SessionNotCounted):
        sessions.lock(session, by=cast.carl, at=AT)
    counted = counting.count(session, Counted({"500": 2}), by=cast.bela, at=AT)
    assert sessions.lock(counted, by=cast.bela, at=AT).locked_by == cast.bela


def test_a_movement_says_what_for(cast: Cast, till: Drawer) -> None:
    session = opened(till, cast.carl)
    for bad, refusal in (
        ({"kind": "gift"}, sessions.MovementUnknown),
        ({"reason": " "}, sessions.MovementNeedsReason),
        ({"amount": "0"}, AmountRefused),
        ({"amount": "-1"}, AmountRefused),
    ):
        with pytest.raises(refusal):
            sessions.move(session, **{"kind": "to_safe", "amount": "1", "reason": "x", **bad}, by=cast.carl, at=AT)
    sent = {"kind": "to_bank", "amount": "7", "reason": "x", "source_reference": "page:1", "by": cast.carl, "at": AT}
    assert sessions.move(session, **sent) == sessions.move(session, **sent)
    assert session.movements.count() == 1


def test_void_that_gives_cash_back_goes_out_of_the_drawer(cast: Cast, till: Drawer) -> None:
    session = opened(till, cast.bela)
    opened(tills.add_drawer(name="Second", by=cast.bela, at=AT), cast.carl)
    invoice = cast.issued("150.00")
    cast.pay("60.00", invoice)
    invoicing.void(invoice, reason="Wrong", disposition="refund", by=cast.bela, at=AT)
    assert counts(counting.count(session, Counted({"500": 2}), by=cast.bela, at=AT))["cash"][1] == D("940")


def test_names_of_drawers(cast: Cast, till: Drawer) -> None:
    for name in ("", " ", "x" * 61):
        with pytest.raises(tills.DrawerNeedsName):
            tills.add_drawer(name=name, by=cast.bela, at=AT)
    with pytest.raises(tills.DrawerNameTaken):
        tills.add_drawer(name="front DESK", by=cast.bela, at=AT)
    assert tills.amend_drawer(till, name="Desk 1", by=cast.bela, at=AT).name == "Desk 1"


@pytest.mark.parametrize("bad", [{"3": 1}, {"500": -1}, {"500": "1.5"}, {"500": "x"}, {"500": 10**6}, {"500": True},
                                 {"loose": "-1"}, {"loose": "0.005"}, {"loose": "ten"}])  # fmt: skip
def test_what_is_no_money_is_refused_in_words(inside_riverside: Any, bad: dict[str, Any]) -> None:
    with pytest.raises(PiecesRefused) as refusal:
        read_pieces(bad, currency_of("INR"))
    assert str(refusal.value)


def test_a_handful_of_each_currency(inside_riverside: Any) -> None:
    for currency in CURRENCIES.values():
        pieces = pieces_of(currency)
        assert pieces == sorted(pieces, key=D, reverse=True)
        assert all(D(piece) % currency.unit == 0 for piece in pieces)
    assert read_pieces({"20": 1, "0.005": 3, "loose": "0.007"}, currency_of("KWD")).total == D("20.022")
    assert read_pieces({"10000": "2", "loose": "7"}, currency_of("JPY")).total == D("20007")
    assert read_pieces({"500": "", "100": None, "loose": ""}, currency_of("INR")).pieces == {}


def test_without_a_drawer_nothing_is_looked_for(cast: Cast) -> None:
    assert drawer_for(cast.carl, "insurer") is None
    assert profile.current().currency == "INR"
