"""What is tried against settlements of gateways, for test_every_money_guard.py."""

from typing import Any

from apps.billing.gateways import settling
from tests.billing.cast import AT, Cast
from tests.guards.siege import Attack, attack, copy, insert

SETTLEMENT, PART = "billing_gatewaysettlement", "billing_settlementpart"
SAYS = {"part_is_settled": "settlement_is_its_parts"}
NEW = "'00000000-0000-4000-8000-000000000002'::uuid"
WHOLE = ((PART, "append_only_whole"), (SETTLEMENT, "append_only_whole"))  # what hangs on payments


def part(**values: str) -> str:
    usual = {"id": "gen_random_uuid()", "settlement_id": NEW, "payment_id": "{unsettled}", "amount": "9"}
    return insert(PART, {**usual, **values})


def again(**values: str) -> str:
    """One more settlement, of what the gateway still holds."""
    changes = {
        "id": NEW,
        "number": "'STL-2026-99999'",
        "source_reference": "''",
        "gross": "9",
        "amount": "8",
        "fee": "1",
    }
    return copy(SETTLEMENT, "{settled}", **{**changes, **values})


ATTACKS: dict[tuple[str, str], Attack] = {
    (SETTLEMENT, "settlement_is_its_parts"): attack(again()),
    (PART, "part_is_settled"): attack(part(settlement_id="{settled}")),
    (SETTLEMENT, "settlement_adds_up"): attack(again(amount="9"), part()),
    (SETTLEMENT, "one_settlement_of_a_source"): attack(again(source_reference="'statement 7'"), part()),
    (PART, "settlement_part_is_one_paper"): attack(
        again(gross="-9", amount="-9", fee="0"),
        part(amount="-9"),
        behind=(
            (SETTLEMENT, "settlement_adds_up"),
            (PART, "part_is_settled"),
            (SETTLEMENT, "settlement_is_its_parts"),
        ),
    ),
}


def written(cast: Cast) -> dict[str, Any]:
    """A payment by a link that is settled, and one that is not."""
    first = cast.pay("5.00", cast.issued("5.00"), method="link")
    second = cast.pay("9.00", cast.issued("9.00"), method="link")
    made = settling.settle(payments=[first.pk], amount="5.00", source_reference="statement 7", by=cast.bela, at=AT)
    return {"settled": made, "unsettled": second}
