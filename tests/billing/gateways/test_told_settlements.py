"""Settlements that the gateway tells itself: booked once, as a person would, or refused whole and in words."""

import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from apps.billing.correcting import corrections
from apps.billing.gateways import returns, settling
from apps.billing.models import GatewayEvent, GatewaySettlement, Payment, PaymentLink
from apps.billing.posting import day
from apps.ledger import closing
from apps.ledger.models import JournalEntry
from tests.billing.cast import Cast, D, balances, found_wrong
from tests.billing.gateway_server import PlayGateway
from tests.billing.gateways.scene import WEBHOOK, asked, worked


@pytest.fixture
def paid(gateway: PlayGateway, link: PaymentLink, tell: Any, riverside: Any) -> Payment:
    """136.00 by a link, on its invoice."""
    assert tell(gateway.message("paid", link.reference)) == (200, "captured")
    with riverside.inside():
        return Payment.objects.get(pk=link.payment_id)


def booked(riverside: Any) -> dict[str, Any]:
    """What stands where settlements move it; and the books are right."""
    with riverside.inside():
        assert found_wrong() == {}
        standing = balances()
    return {role: standing.get(role, D("0")) for role in ("gateway_clearing", "bank", "gateway_fees")}


def test_it_is_booked_once(
    gateway: PlayGateway, link: PaymentLink, paid: Payment, tell: Any, riverside: Any, people: dict[str, Any], web: Any
) -> None:
    with riverside.inside():
        on = day(timezone.now())
    said = gateway.settled("e1", "133.64", "2.36", link.reference, on=on.isoformat())
    assert tell(said) == (200, "settled")
    assert tell(said) == (200, "settled")  # as it was answered first
    assert tell(gateway.settled("e2", "133.64", "2.36", link.reference)) == (200, "already")
    assert booked(riverside) == {"gateway_clearing": D("0"), "bank": D("133.64"), "gateway_fees": D("2.36")}
    with riverside.inside():
        made = GatewaySettlement.objects.get()
        assert (made.reference, made.settled_on, made.by, [part.payment for part in made.parts.all()]) == (
            "stl_1", on, None, [paid],
        )  # fmt: skip
        assert GatewayEvent.objects.get(event_id="e1").settlement == made
        entry = JournalEntry.objects.get(source_id=made.pk)
        assert entry.by is None
    bela = web(riverside, people["bela"])
    assert "The gateway <" in bela.get(f"/billing/settlements/{made.pk}/").content.decode().replace("\n", " ")
    assert bela.get(f"/ledger/entries/{entry.pk}/").status_code == 200


def test_what_went_back_is_taken_off(
    gateway: PlayGateway, link: PaymentLink, paid: Payment, tell: Any, riverside: Any, cast: Cast
) -> None:
    with riverside.inside(by=cast.bela):
        wish = returns.ask(paid, amount="36", reason="Too much", by=cast.bela, at=timezone.now())
    first = gateway.settled("e1", "100", "0", link.reference, refunds=[str(wish.pk)])
    assert tell(first) == (404, "settles_unknown")  # it has not gone back yet
    assert worked(riverside, returns.KIND)
    assert tell(gateway.back("e2", wish.pk)) == (200, "given_back")
    assert tell(first) == (200, "settled")
    assert booked(riverside) == {"gateway_clearing": D("0"), "bank": D("100"), "gateway_fees": D("0")}


def test_money_that_came_late_is_settled_by_its_link(
    gateway: PlayGateway, link: PaymentLink, tell: Any, riverside: Any
) -> None:
    tell(gateway.message("e1", link.reference, type="link.failed"))
    assert tell(gateway.message("e2", link.reference)) == (200, "booked")
    assert tell(gateway.settled("e3", "130", "6", link.reference)) == (200, "settled")
    assert booked(riverside)["gateway_clearing"] == D("0")


def test_a_corrected_payment_is_settled_with_what_took_its_place(
    gateway: PlayGateway, link: PaymentLink, paid: Payment, tell: Any, riverside: Any, cast: Cast
) -> None:
    with riverside.inside(by=cast.bela):
        corrections.correct_payment(
            paid, kind="patient", patient=cast.ben, reason="Ben's", by=cast.bela, at=timezone.now()
        )
    assert tell(gateway.settled("e1", "136", "0", link.reference)) == (200, "settled")
    with riverside.inside():
        assert sorted(part.amount for part in GatewaySettlement.objects.get().parts.all()) == [
            D("-136"),
            D("136"),
            D("136"),
        ]
    assert booked(riverside)["gateway_clearing"] == D("0")


def test_what_does_not_fit_is_refused_whole_and_in_words(
    gateway: PlayGateway,
    link: PaymentLink,
    paid: Payment,
    tell: Any,
    riverside: Any,
    web: Callable[..., Client],
    caplog: Any,
) -> None:
    here = link.reference
    for number, (said, answer) in enumerate((
        ({"links": [here, "link_of_somebody_else"]}, (404, "settles_unknown")),
        ({"links": [here, ""]}, (404, "settles_unknown")),
        ({"links": [here], "refunds": [str(uuid4())]}, (404, "settles_unknown")),
        ({"links": [here], "amount": "97.65"}, (422, "settles_another_sum")),
        ({"links": [], "amount": "1"}, (422, "settles_another_sum")),
        ({"links": [here], "currency": "USD"}, (422, "settles_another_currency")),
        ({"links": [here], "amount": "0"}, (400, "unclear_message")),
        ({"links": [here], "amount": "1E+999999999999"}, (400, "unclear_message")),
        ({"links": [here], "fee": "-1"}, (400, "unclear_message")),
        ({"links": [here], "fee": None}, (400, "unclear_message")),
        ({"links": here}, (400, "unclear_message")),
        ({"links": [here], "refunds": ["x"]}, (400, "unclear_message")),
        ({"links": [here], "on": "soon"}, (400, "unclear_message")),
        ({"links": [here], "settlement": ""}, (400, "unclear_message")),
    )):  # fmt: skip
        assert tell(gateway.settled(f"e{number}", "133.64", "2.36", **said)) == answer, said
    with riverside.inside():
        assert not GatewaySettlement.objects.exists()
        assert GatewayEvent.objects.count() == 1  # that it was paid
    with caplog.at_level(logging.WARNING, logger="apps.billing.gateways"):
        body = gateway.settled("e99", "1.00", "0", here, "link_7")
        signed = gateway.signed(body, at=timezone.now())
        answer = web(riverside).post(WEBHOOK, body, content_type="application/json", headers=signed).json()
    assert answer == {"outcome": "settles_unknown", "words": "It names a link or a refund that is not here."}
    assert "names 1 links or refunds that are not here" in caplog.text
    assert "link_7" not in caplog.text
    assert tell(gateway.settled("e100", "133.64", "2.36", here)) == (200, "settled")


def test_not_twice_what_a_person_wrote_down(
    gateway: PlayGateway, link: PaymentLink, paid: Payment, tell: Any, riverside: Any, cast: Cast
) -> None:
    with riverside.inside(by=cast.bela):
        settling.settle(payments=[paid.pk], amount="130", by=cast.bela, at=timezone.now())
    assert tell(gateway.settled("e1", "130", "6", link.reference)) == (422, "settles_another_sum")
    assert booked(riverside) == {"gateway_clearing": D("0"), "bank": D("130"), "gateway_fees": D("6")}


def test_on_a_closed_day_it_counts_on_the_next(
    gateway: PlayGateway, link: PaymentLink, paid: Payment, tell: Any, riverside: Any, cast: Cast
) -> None:
    with riverside.inside(by=cast.bela):
        today = day(timezone.now())
        closing.close(today - timedelta(days=1), by=cast.bela, at=timezone.now())
    body = gateway.settled("e1", "136", "0", link.reference, on=(today - timedelta(days=3)).isoformat())
    assert tell(body) == (200, "settled")
    with riverside.inside():
        assert GatewaySettlement.objects.get().settled_on == closing.first_open_day(today - timedelta(days=3))


def test_only_the_gateway_of_the_clinic_is_heard(
    gateway: PlayGateway,
    link: PaymentLink,
    paid: Payment,
    tell: Any,
    web: Callable[..., Client],
    lakeside: Any,
    cast: Cast,
) -> None:
    body = gateway.settled("e1", "136", "0", link.reference)
    assert tell(body, headers={}) == (401, "bad_signature")
    assert tell(body, at=timezone.now() - timedelta(minutes=6)) == (401, "bad_signature")
    signed = gateway.signed(body, at=timezone.now())
    assert web(lakeside).post(WEBHOOK, body, content_type="application/json", headers=signed).status_code == 404


def test_several_links_at_once(
    gateway: PlayGateway, link: PaymentLink, paid: Payment, tell: Any, riverside: Any, cast: Cast
) -> None:
    other = asked(riverside, cast, "50.00")
    assert worked(riverside)
    with riverside.inside():
        other = PaymentLink.objects.get(pk=other.pk)
    tell(gateway.message("e1", other.reference, amount="50.00"))
    both = json.loads(gateway.settled("e2", "180", "6", link.reference, other.reference))
    assert tell(json.dumps(both).encode()) == (200, "settled")
    assert booked(riverside) == {"gateway_clearing": D("0"), "bank": D("180"), "gateway_fees": D("6")}
