"""Raw SQL, bulk_create and update() against drawers: nothing of a counted or locked session changes."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from apps.billing.drawers import counting, sessions, tills
from apps.billing.drawers.counting import Counted
from apps.billing.models import DrawerCount, DrawerMovement, DrawerSession, Payment, Refund
from apps.billing.paying import payments
from tests.billing.cast import AT, DAY, D, make_cast
from tests.conftest import clinic_of
from tests.kept import undone
from tests.raw_sql import refused


@pytest.fixture(scope="module")
def written(modules_own: str) -> dict[str, Any]:
    """A locked session, a counted one with a variance and an open one."""
    with clinic_of("riverside").inside():
        cast = make_cast()
        desks = [tills.add_drawer(name=f"Desk {n}", by=cast.bela, at=AT) for n in (1, 2)]
        locked = sessions.open_session(desks[0], pieces={"100": 5}, by=cast.carl, at=AT)
        payment = cast.pay("10.00", credit_consent=True)
        sessions.move(locked, kind="to_safe", amount="10", reason="Too much", by=cast.carl, at=AT)
        counting.count(locked, Counted({"100": 5, "10": 1}), by=cast.carl, at=AT)
        locked = sessions.lock(locked, reasons={"cash": "Found it"}, by=cast.carl, at=AT)
        open_ = sessions.open_session(desks[0], pieces={"100": 1}, by=cast.carl, at=AT)
        sessions.move(open_, kind="to_safe", amount="10", reason="Too much", by=cast.carl, at=AT)
        counted = sessions.open_session(desks[1], pieces={"100": 1}, by=cast.bela, at=AT)
        counted = counting.count(counted, Counted({"100": 2}), by=cast.bela, at=AT)
        return {
            "cast": cast, "desks": desks, "locked": locked, "open": open_, "counted": counted, "payment": payment
        }  # fmt: skip


@pytest.fixture
def facts(written: dict[str, Any], riverside: Any) -> Iterator[dict[str, Any]]:
    with undone(), riverside.inside():
        yield deepcopy(written)


@pytest.mark.parametrize("table", ["drawersession", "drawercount", "drawermovement"])
def test_nothing_goes(facts: dict[str, Any], table: str) -> None:
    refused(f"DELETE FROM billing_{table}")
    refused(f"TRUNCATE billing_{table} CASCADE")


def test_movements_are_not_rewritten(facts: dict[str, Any]) -> None:
    refused("UPDATE billing_drawermovement SET amount = 1")


CHANGES = (
    *("opening_float = 1", "opening_pieces = '{}'", "number = 'DRW-2026-00077'", "cashier_id = counted_by_id"),
    *("opened_at = now()", "opened_on = opened_on - 1", "counted_at = now()", "counted_at = NULL", "currency = 'USD'"),
    *("locked_at = NULL", "locked_at = now()", "handed_to_id = NULL, locked_by_id = NULL", "follows_id = id"),
)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("which", ["locked", "counted"])
def test_a_closed_session_is_frozen(facts: dict[str, Any], which: str, change: str) -> None:
    before = DrawerSession.objects.filter(pk=facts[which].pk).values().get()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE billing_drawersession SET {change} WHERE id = %s", [facts[which].pk])
    except DatabaseError:
        pass
    # Setting what is there already is no change, and no harm.
    assert DrawerSession.objects.filter(pk=facts[which].pk).values().get() == before


@pytest.mark.parametrize("change", CHANGES[:7])
def test_an_open_session_keeps_how_it_began(facts: dict[str, Any], change: str) -> None:
    change = change.replace("counted_by_id", f"'{facts['cast'].bela.pk}'")
    refused(f"UPDATE billing_drawersession SET {change} WHERE id = %s", facts["open"].pk)


@pytest.mark.parametrize("change", ["counted = 1", "expected = 1", "pieces = '{}'", "method = 'upi'"])
def test_what_was_counted_stays(facts: dict[str, Any], change: str) -> None:
    for which in ("locked", "counted"):
        refused(f"UPDATE billing_drawercount SET {change} WHERE session_id = %s", facts[which].pk)


def test_why_it_differs_is_written_until_it_is_locked(facts: dict[str, Any]) -> None:
    for which, changed in (("counted", True), ("locked", False)):
        one = DrawerCount.objects.get(session=facts[which], method="cash")
        one.reason = "Another one"
        if changed:
            one.save(update_fields=["reason"])
        else:
            with pytest.raises(DatabaseError, match="stays"), transaction.atomic():
                one.save(update_fields=["reason"])


def test_what_should_be_there_is_worked_out_by_the_database(facts: dict[str, Any]) -> None:
    row = {"session": facts["open"], "method": "cash", "counted": D("90"), "pieces": {"50": 1, "loose": "40"}}
    DrawerCount.objects.bulk_create([DrawerCount(**row, expected=D("1"))])
    one = DrawerCount.objects.get(session=facts["open"])
    assert (one.expected, one.variance) == (D("90"), D("0"))


@pytest.mark.parametrize("which", ["locked", "counted"])
def test_nothing_falls_into_a_counted_drawer(facts: dict[str, Any], which: str) -> None:
    cast, home = facts["cast"], facts[which]
    late = Payment(
        number="RCT-2026-77777", patient=cast.asha, method="cash", amount=1, currency="INR", received_on=DAY,
        created_at=AT, created_by=cast.carl, captured_at=AT, drawer_session=home,
    )  # fmt: skip
    given = Refund(
        number="RFD-2026-77777", payment=facts["payment"], method="cash", amount=1, reason="x", refunded_on=DAY,
        at=AT, by=cast.carl, drawer_session=home,
    )  # fmt: skip
    moved = DrawerMovement(session=home, kind="to_safe", amount=1, reason="x", at=AT, by=cast.carl)
    for row in (late, given, moved):
        with pytest.raises(DatabaseError, match="falls into the next"), transaction.atomic():
            type(row).objects.bulk_create([row])
    says = "never changes" if which == "locked" else "drawer_recounted_by_somebody"
    with pytest.raises(DatabaseError, match=says), transaction.atomic():
        DrawerCount.objects.bulk_create([DrawerCount(session=home, method="cash", counted=0)])


def recounted(home: Any, *methods: str, by: Any) -> None:
    DrawerCount.objects.bulk_create(
        [DrawerCount(session=home, method=method, counted=0, at=AT, by=by, turn=7, stands=False) for method in methods]
    )


def test_a_recount_takes_the_place_of_the_last_and_is_whole(facts: dict[str, Any]) -> None:
    home, by = facts["counted"], facts["cast"].bela
    recounted(home, "cash", "card", by=by)
    rows = home.counts.filter(method="cash").order_by("turn").values_list("turn", "stands", "expected")
    assert list(rows) == [(1, False, D("100")), (2, True, D("100"))]  # whatever was sent
    handing = "UPDATE billing_drawersession SET handed_to_id = %s WHERE id = %s"
    refused(handing, facts["cast"].carl.pk, home.pk, match="not counted by every method")
    recounted(home, "upi", "cheque", by=by)
    refused("UPDATE billing_drawercount SET stands = NOT stands WHERE session_id = %s", home.pk, match="stays")
    refused("UPDATE billing_drawercount SET reason = reason WHERE session_id = %s AND turn = 1", home.pk, match="stays")
    with connection.cursor() as cursor:
        cursor.execute(handing, [facts["cast"].carl.pk, home.pk])
    with pytest.raises(DatabaseError, match="offered to somebody"), transaction.atomic():
        recounted(home, "cash", by=by)


def test_money_on_its_way_is_not_caught_by_a_counted_drawer(facts: dict[str, Any]) -> None:
    cast = facts["cast"]
    cheque = payments.expect(cast.asha, method="cheque", amount="5", by=cast.carl, at=AT)
    capture = "captured_at = now(), number = 'RCT-2026-77777'"
    refused(
        f"UPDATE billing_payment SET {capture}, drawer_session_id = %s WHERE id = %s", facts["counted"].pk, cheque.pk,
        match="falls into the next",
    )  # fmt: skip
    refused("UPDATE billing_payment SET drawer_session_id = %s WHERE id = %s", facts["open"].pk, cheque.pk)


def test_a_payment_stays_in_its_drawer(facts: dict[str, Any]) -> None:
    pk = facts["cast"].pay("1.00", credit_consent=True).pk
    refused("UPDATE billing_payment SET drawer_session_id = NULL WHERE id = %s", pk)
    refused("UPDATE billing_payment SET drawer_session_id = %s WHERE id = %s", facts["counted"].pk, pk)


def test_one_open_session_a_drawer_and_a_person(facts: dict[str, Any]) -> None:
    cast, desks = facts["cast"], facts["desks"]
    third = tills.add_drawer(name="Desk 3", by=cast.bela, at=AT)
    dora = deepcopy(cast.bela)
    row: dict[str, Any] = {
        "number": "DRW-2026-77777", "currency": "INR", "opened_on": DAY, "opened_at": AT,
        "opening_float": D("5"), "opening_pieces": {"5": 1},
    }  # fmt: skip
    for wrong, refusal in (
        ({"drawer": desks[0], "cashier": dora}, "one_open_session"),
        ({"drawer": third, "cashier": cast.carl}, "one_open_session_a_person"),
        ({"drawer": third, "cashier": cast.carl, "opening_float": D("6")}, "what its notes and coins come to"),
        ({"drawer": third, "cashier": cast.carl, "counted_at": AT, "counted_by": cast.carl}, "begins open"),
    ):
        with pytest.raises(DatabaseError, match=refusal), transaction.atomic():
            DrawerSession.objects.bulk_create([DrawerSession(**{**row, **wrong})])


def test_a_session_is_counted_by_every_method_and_locked_with_reasons(facts: dict[str, Any]) -> None:
    by = facts["cast"].carl.pk
    counting = "UPDATE billing_drawersession SET counted_at = now(), counted_by_id = %s WHERE id = %s"
    refused(counting, by, facts["open"].pk, match="not counted by every method")
    locking = "UPDATE billing_drawersession SET locked_at = now(), locked_by_id = %s WHERE id = %s"
    refused(locking, by, facts["counted"].pk, match="has no reason")
    refused(locking, by, facts["open"].pk, match=r"drawer_locked_when_counted|no reason")


def test_cash_is_what_its_notes_and_coins_come_to(facts: dict[str, Any]) -> None:
    with pytest.raises(DatabaseError, match="notes and coins"), transaction.atomic():
        DrawerCount.objects.bulk_create(
            [DrawerCount(session=facts["open"], method="cash", counted=D("91"), pieces={"50": 1, "loose": "40"})]
        )


@pytest.mark.parametrize(
    "table,change,constraint",
    [
        ("drawermovement", "amount", "drawer_movement_is_positive"),
        ("drawercount", "counted", "drawer_count_not_negative"),
        ("drawercount", "method", "drawer_counts_what_lies_in_it"),
        ("drawermovement", "kind", "drawer_movement_kind"),
    ],
)
def test_what_is_no_money(facts: dict[str, Any], table: str, change: str, constraint: str) -> None:
    home = facts["open"]
    if table == "drawermovement":
        row: Any = DrawerMovement(session=home, kind="to_safe", amount=1, reason="x", at=AT, by=facts["cast"].carl)
    else:
        row = DrawerCount(session=home, method="upi", counted=1)
    setattr(row, change, {"amount": -1, "counted": -1, "method": "bank", "kind": "gift"}[change])
    with pytest.raises(DatabaseError, match=constraint), transaction.atomic():
        type(row).objects.bulk_create([row])


@pytest.mark.parametrize("kind,constraint", [("payment", "payment_in_a_drawer"), ("refund", "refund_out_of_a_drawer")])
def test_a_transfer_lies_in_no_drawer(facts: dict[str, Any], kind: str, constraint: str) -> None:
    cast, home = facts["cast"], facts["open"]
    row: Any = Refund(
        number="RFD-2026-77777", payment=facts["payment"], method="bank", amount=1, reason="x", refunded_on=DAY,
        at=AT, by=cast.carl, drawer_session=home,
    )  # fmt: skip
    if kind == "payment":
        row = Payment(
            number="RCT-2026-77777", patient=cast.asha, method="bank", amount=1, currency="INR", received_on=DAY,
            created_at=AT, created_by=cast.carl, captured_at=AT, drawer_session=home,
        )  # fmt: skip
    with pytest.raises(DatabaseError, match=constraint), transaction.atomic():
        type(row).objects.bulk_create([row])


def test_a_drawer_is_not_handed_to_its_own_cashier(facts: dict[str, Any]) -> None:
    refused(
        "UPDATE billing_drawersession SET handed_to_id = cashier_id WHERE id = %s", facts["counted"].pk,
        match="drawer_handed_over_when_counted",
    )  # fmt: skip
    refused(
        "UPDATE billing_drawersession SET handed_to_id = %s WHERE id = %s", facts["cast"].bela.pk, facts["open"].pk,
        match="drawer_handed_over_when_counted",
    )  # fmt: skip
