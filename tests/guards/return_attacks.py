"""What is tried against refunds through the gateway, for test_every_money_guard.py."""

from typing import Any

from apps.billing.gateways import returns
from apps.billing.models import PaymentLink
from tests.billing.cast import AT, Cast
from tests.guards.money_rows import PAYMENT, REFUND
from tests.guards.siege import Attack, attack, copy, insert, update, whole

WISH, EVENT = "billing_gatewayrefund", "billing_gatewayevent"
NEVER = "money is voided or refunded, never removed"
SAYS = {
    "gateway_refund_guard": "ends once",
    "gateway_refund_moved": "only money that came in can go back",
    "refund_was_given_back": "given_back_is_booked",
    **dict.fromkeys(("gateway_refund_stays", "gateway_refund_stays_whole"), NEVER),
}
WHOLE = ((WISH, "gateway_refund_stays_whole"),)  # what hangs on payments
HANGING = (REFUND, EVENT, "billing_seento", "billing_paymentallocation", "billing_settlementpart")
NEW = "'00000000-0000-4000-8000-000000000003'::uuid"


def wish(**values: str) -> str:
    usual = {
        "id": "gen_random_uuid()",
        "payment_id": "{by_link}",
        "link_id": "{link_back}",
        "amount": "1",
        "reason": "'\\x'::bytea",
        "source_reference": "''",
        "reference": "''",
        "failure": "''",
        "at": "now()",
        "by_id": "{bela}",
    }
    return insert(WISH, {**usual, **values})


def back(**values: str) -> str:
    usual = {"number": "'RFD-2026-99999'", "payment_id": "{by_link}", "method": "'link'", "amount": "1"}
    return copy(REFUND, "{refund}", **{**usual, "source_reference": "''", **values})


def ended(event: str) -> str:
    return insert(
        EVENT,
        {
            "id": "gen_random_uuid()",
            "gateway_id": "{gateway}",
            "event_id": f"'{event}'",
            "gateway_refund_id": "{wish_back}",
            "kind": "'refund.failed'",
            "outcome": "'not_back'",
            "at": "now()",
        },
    )


ATTACKS: dict[tuple[str, str], Attack] = {
    (WISH, "gateway_refund_guard"): attack(update(WISH, "{wish_back}", amount="amount + 1")),
    (WISH, "gateway_refund_stays"): attack(f"DELETE FROM {WISH} WHERE id = {{wish_back}}"),
    (WISH, "gateway_refund_stays_whole"): whole(
        WISH,
        *((table, "append_only_whole") for table in HANGING),
    ),
    (WISH, "gateway_refund_moved"): attack(wish(payment_id="{pending}")),
    (WISH, "given_back_is_booked"): attack(update(WISH, "{wish_back}", done_at="now()")),
    (REFUND, "refund_was_given_back"): attack(back(gateway_refund_id="{wish_back}")),
    (WISH, "gateway_refund_is_positive"): attack(wish(amount="-1")),
    (WISH, "gateway_refund_done_or_failed"): attack(
        update(WISH, "{wish_back}", done_at="now()", failed_at="now()", failure="'No'"),
        behind=((WISH, "given_back_is_booked"),),
    ),
    (WISH, "gateway_refund_failed_for_a_reason"): attack(update(WISH, "{wish_back}", failed_at="now()")),
    (WISH, "one_gateway_refund_of_a_source"): attack(*[wish(source_reference="'form 7'")] * 2),
    (WISH, "one_gateway_refund_of_a_reference"): attack(*[wish(reference="'refund_7'")] * 2),
    (EVENT, "one_end_of_a_gateway_refund"): attack(ended("a"), ended("b")),
    (PAYMENT, "payment_goes_back_at_most_once"): attack(wish(amount="9")),
}  # fmt: skip


def written(cast: Cast, gateway: Any) -> dict[str, Any]:
    """Nine by a link, one of which is on its way back."""
    paid = cast.pay("9.00", method="link", credit_consent=True)
    link = PaymentLink.objects.create(
        payment=paid, gateway=gateway, expires_at=AT, reference="link_9", url="https://pay.example/9", made_at=AT
    )
    made = returns.ask(paid, amount="1", reason="Too much", by=cast.bela, at=AT)
    return {"by_link": paid, "link_back": link, "wish_back": made}
