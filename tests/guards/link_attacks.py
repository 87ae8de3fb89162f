"""What is tried against payment links, for test_every_money_guard.py."""

from datetime import timedelta
from typing import Any

from apps.billing.gateways import which
from apps.billing.models import Payment, PaymentGateway, PaymentLink
from tests.billing.cast import AT, DAY, Cast
from tests.guards.siege import Attack, attack, insert, update, whole

LINK, EVENT = "billing_paymentlink", "billing_gatewayevent"
ENDING, SEEN = "billing_linkending", "billing_seento"
SAYS = {
    "link_guard": "a payment link is made once",
    **dict.fromkeys(("link_stays", "link_stays_whole"), "money is voided or refunded, never removed"),
}
WHOLE = (
    (LINK, "link_stays_whole"),
    (EVENT, "append_only_whole"),
    *((table, "append_only_whole") for table in (ENDING, SEEN)),
)  # what hangs on payments

HANGING = (EVENT, ENDING, SEEN, "billing_refund", "billing_paymentallocation", "billing_settlementpart")


def event(**values: str) -> str:
    usual = {
        "id": "gen_random_uuid()",
        "gateway_id": "{gateway}",
        "event_id": "gen_random_uuid()::text",
        "link_id": "{link}",
        "kind": "'paid'",
        "outcome": "'captured'",
        "at": "now()",
    }
    return insert(EVENT, {**usual, **values})


ATTACKS: dict[tuple[str, str], Attack] = {
    (LINK, "link_guard"): attack(update(LINK, "{link}", expires_at="expires_at + interval '1 day'")),
    (LINK, "link_stays"): attack(f"DELETE FROM {LINK} WHERE id = {{unmade}}"),
    (LINK, "link_stays_whole"): whole(
        LINK,
        ("billing_gatewayrefund", "gateway_refund_stays_whole"),
        *((table, "append_only_whole") for table in HANGING),
    ),
    (LINK, "one_link_of_a_reference"): attack(update(LINK, "{unmade}", reference="'link_1'", made_at="now()")),
    (LINK, "link_made_wholly_or_not"): attack(update(LINK, "{unmade}", reference="'link_2'")),
    (EVENT, "one_event_of_an_id"): attack(*[event(event_id="'evt'", outcome="'ignored'")] * 2),
    (EVENT, "one_capture_a_link"): attack(*[event()] * 2),
    (EVENT, "event_booked_as_a_payment"): attack(event(outcome="'booked'")),
    (EVENT, "event_settled_as_a_settlement"): attack(event(outcome="'settled'", link_id="NULL")),
}


def written(cast: Cast) -> dict[str, Any]:
    """A link that was made and one that waits for the worker."""
    which.set_up(merchant="riverside", key="a key of the gateway", by=cast.bela, at=AT)
    gateway = PaymentGateway.objects.get()
    made, unmade = (
        PaymentLink.objects.create(
            payment=Payment.objects.create(
                patient=cast.asha, method="link", amount=5, currency="INR", received_on=DAY, created_at=AT,
                created_by=cast.carl,
            ),
            gateway=gateway,
            expires_at=AT + timedelta(days=3),
        )
        for _which in range(2)
    )  # fmt: skip
    made.reference, made.url, made.made_at = "link_1", "https://pay.example/1", AT
    made.save()
    return {"gateway": gateway, "link": made, "unmade": unmade}
