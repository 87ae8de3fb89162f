"""What is tried against drawers, for test_every_money_guard.py."""

from typing import Any

from apps.billing.drawers import counting, sessions, tills
from apps.billing.drawers.counting import Counted
from tests.billing.cast import AT, Cast
from tests.guards.money_rows import PAYMENT, REFUND, pending
from tests.guards.siege import Attack, attack, copy, insert, update, whole

DRAWER, SESSION, MOVEMENT, COUNT = (
    f"billing_{name}" for name in ("drawer", "drawersession", "drawermovement", "drawercount")
)
SAYS = {
    "drawer_guard": "is locked and never changes",
    "drawer_counted": "stays",
    "into_open_drawer": "falls into the next",
    **dict.fromkeys(
        ("drawer_session_stays", "drawer_session_stays_whole", "drawer_count_stays", "drawer_count_stays_whole"),
        "money is voided or refunded, never removed",
    ),
}
NOTHING = "'{{}}'::jsonb"


def session(**values: str) -> str:
    usual = {
        "id": "gen_random_uuid()",
        "number": "'DRW-2026-99999'",
        "drawer_id": "{other_till}",
        "cashier_id": "{bela}",
        "currency": "'INR'",
        "opened_on": "current_date",
        "opened_at": "now()",
        "opening_float": "0",
        "opening_pieces": NOTHING,
    }
    return insert(SESSION, {**usual, **values})


def movement(**values: str) -> str:
    usual = {
        "id": "gen_random_uuid()",
        "session_id": "{drawer_open}",
        "kind": "'to_safe'",
        "amount": "1",
        "reason": "(SELECT reason FROM billing_drawermovement LIMIT 1)",
        "source_reference": "''",
        "at": "now()",
        "by_id": "{carl}",
    }
    return insert(MOVEMENT, {**usual, **values})


def count(**values: str) -> str:
    usual = {
        "id": "gen_random_uuid()",
        "session_id": "{drawer_open}",
        "method": "'upi'",
        "counted": "0",
        "pieces": NOTHING,
        "expected": "0",
        "reason": "'\\x'::bytea",
        "turn": "1",
        "stands": "true",
    }
    return insert(COUNT, {**usual, **values})


def attacks(everything_of_payments: tuple[tuple[str, str], ...]) -> dict[tuple[str, str], Attack]:
    """`everything_of_payments`: what else stands in the way of emptying the sessions and all that hangs on them."""
    again = {"number": "'RFD-2026-99999'", "amount": "1"}
    return {
        (DRAWER, "one_drawer_of_a_name"): attack(
            insert(DRAWER, {"id": "gen_random_uuid()", "name": "'FRONT desk'", "is_active": "true"})
        ),
        (SESSION, "drawer_guard"): attack(update(SESSION, "{drawer_locked}", opened_on="opened_on - 1")),
        (SESSION, "drawer_session_stays"): attack(f"DELETE FROM {SESSION} WHERE id = {{drawer_open}}"),
        (SESSION, "drawer_session_stays_whole"): whole(
            SESSION,
            *everything_of_payments,
            (COUNT, "drawer_count_stays_whole"),
            (MOVEMENT, "append_only_whole"),
        ),
        (SESSION, "one_open_session_a_drawer"): attack(session(drawer_id="{till}")),
        (SESSION, "one_open_session_a_person"): attack(session(cashier_id="{carl}")),
        (SESSION, "drawer_float_not_negative"): attack(
            session(opening_float="-1", opening_pieces="'{{\"loose\": \"-1\"}}'::jsonb")
        ),
        (SESSION, "drawer_counted_by_somebody"): attack(
            update(SESSION, "{drawer_open}", counted_at="now()"), behind=((SESSION, "drawer_guard"),)
        ),
        (SESSION, "drawer_locked_when_counted"): attack(
            update(SESSION, "{drawer_open}", locked_at="now()", locked_by_id="{carl}")
        ),
        (SESSION, "drawer_handed_over_when_counted"): attack(update(SESSION, "{drawer_open}", handed_to_id="{bela}")),
        (MOVEMENT, "into_open_drawer"): attack(movement(session_id="{drawer_locked}")),
        (MOVEMENT, "drawer_movement_is_positive"): attack(movement(amount="-1")),
        (MOVEMENT, "drawer_movement_kind"): attack(movement(kind="'gift'")),
        (MOVEMENT, "one_movement_of_a_source"): attack(*[movement(source_reference="'form 7'")] * 2),
        (COUNT, "drawer_counted"): attack(
            f"UPDATE {COUNT} SET counted = 9 WHERE session_id = {{drawer_locked}} AND method = 'upi'"
        ),
        (COUNT, "drawer_count_stays"): attack(
            f"DELETE FROM {COUNT} WHERE session_id = {{drawer_locked}} AND method = 'upi'"
        ),
        (COUNT, "drawer_count_stays_whole"): whole(COUNT),
        (COUNT, "one_count_a_method"): attack(*[count()] * 2),
        (COUNT, "drawer_recounted_by_somebody"): attack(count(at="now()", by_id="{carl}")),
        (COUNT, "drawer_counts_what_lies_in_it"): attack(count(method="'bank'")),
        (COUNT, "drawer_count_not_negative"): attack(count(counted="-1")),
        (PAYMENT, "into_open_drawer"): attack(
            pending(number="'RCT-2026-99999'", captured_at="now()", drawer_session_id="{drawer_locked}")
        ),
        (PAYMENT, "payment_tendered_covers_it"): attack(pending(method="'cash'", tendered="4")),
        (PAYMENT, "payment_in_a_drawer_lies_there"): attack(pending(drawer_session_id="{drawer_open}")),
        (REFUND, "into_open_drawer"): attack(
            copy(REFUND, "{refund}", **again, drawer_session_id="{drawer_locked}")
        ),
        (REFUND, "refund_out_of_a_drawer_lay_there"): attack(
            copy(REFUND, "{refund}", **again, method="'bank'", drawer_session_id="{drawer_open}")
        ),
    }  # fmt: skip


def written(cast: Cast) -> dict[str, Any]:
    """Bela's locked session and Carl's open one."""
    till = tills.add_drawer(name="Front desk", by=cast.bela, at=AT)
    locked = sessions.open_session(till, pieces={"100": 1}, by=cast.bela, at=AT)
    sessions.move(locked, kind="from_safe", amount="100", reason="Change", by=cast.bela, at=AT)
    counting.count(locked, Counted({"100": 2}), by=cast.bela, at=AT)
    sessions.lock(locked, by=cast.bela, at=AT)
    return {
        "till": till,
        "drawer_locked": locked,
        "drawer_open": sessions.open_session(till, pieces={"100": 2}, by=cast.carl, at=AT),
        "other_till": tills.add_drawer(name="Other desk", by=cast.bela, at=AT),
    }
