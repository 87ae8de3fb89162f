"""For test_every_money_guard.py: what is tried against closed days and their re-opening."""

from datetime import date
from typing import Any

from apps.ledger import closing as books
from tests.billing.cast import AT, Cast
from tests.guards.siege import Attack, attack, insert

ENTRY = "ledger_journalentry"
CLOSING, CLOSED_DAY, REFUSAL = (f"ledger_{name}" for name in ("bookclosing", "closedday", "reopeningrefusal"))
SAYS = {
    "entry_is_in_open_days": "day_is_closed",
    "closing_follows": "two_people_reopen",
    "day_is_sealed_by_closing": "sealed by its closing alone",
    "refusal_comes_first": "was approved",
}


def closing(**values: str) -> str:
    usual = {
        "id": "gen_random_uuid()",
        "place": "99",
        "kind": "'closed'",
        "closed_until": "'2026-02-01'",
        "at": "now()",
        "by_id": "{bela}",
    }
    return insert(CLOSING, {**usual, **values})


DAY = {"closing_id": "{closing}", "day": "'2026-01-02'", "entries": "1", "debits": "5", "digest": "'x'"}
LATE = {
    "id": "gen_random_uuid()",
    "number": "'X-1'",
    "effective_on": "'2025-06-02'",
    "recorded_at": "now()",
    "source": "'attack'",
    "description": "'Late'",
    "made_in": "0",
}
ATTACKS: dict[tuple[str, str], Attack] = {
    (ENTRY, "entry_is_in_open_days"): attack(insert(ENTRY, LATE), behind=((ENTRY, "entry_balances"),)),
    (CLOSING, "closing_follows"): attack(closing(kind="'reopened'", closed_until="'2025-12-30'", request_id="{asked}")),
    (CLOSING, "closing_seals"): attack(
        closing(closed_until="'2027-01-01'", at="'2027-01-01'"),
        harm=f"SELECT NOT EXISTS (SELECT FROM {CLOSED_DAY} WHERE day > '2026-02-01')",
    ),
    (CLOSING, "books_reopen_by_request_only"): attack(closing(request_id="{asked}")),
    (CLOSED_DAY, "day_is_sealed_by_closing"): attack(insert(CLOSED_DAY, DAY)),
    (CLOSED_DAY, "one_seal_of_a_day"): attack(
        insert(CLOSED_DAY, DAY), insert(CLOSED_DAY, DAY), behind=((CLOSED_DAY, "day_is_sealed_by_closing"),)
    ),
    (REFUSAL, "refusal_comes_first"): attack(
        insert(
            REFUSAL,
            {
                "id": "gen_random_uuid()",
                "request_id": "{approved}",
                "reason": "'\\x'::bytea",
                "at": "now()",
                "by_id": "{bela}",
            },
        )
    ),
}


def written(cast: Cast) -> dict[str, Any]:
    """The books are closed, were opened by two people, closed again, and Bela asks once more."""
    day, by = date(2025, 12, 31), {"at": AT, "by": cast.bela}
    books.close(day, **by)
    approved = books.ask_to_reopen(day, reason="A bill was forgotten", **by)
    books.approve(approved, by=cast.carl, at=AT)
    closing = books.close(day, **by)
    return {"approved": approved, "closing": closing, "asked": books.ask_to_reopen(day, reason="Another", **by)}
