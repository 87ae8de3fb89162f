"""Links that are given up at the desk: at once in the house, and by a worker at the gateway; and what does not fit."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from apps.billing.gateways import links, returns, trouble
from apps.billing.gateways.http import HttpGateway
from apps.billing.gateways.interface import GatewayAway, GatewayRefuses
from apps.billing.models import GatewayEvent, LinkEnding, Payment, PaymentLink, SeenTo
from apps.outbox.models import Message
from tests.billing.cast import Cast, D, balances, found_wrong
from tests.billing.gateway_server import KEY, PlayGateway
from tests.billing.gateways.scene import asked, state, worked


def given_up(riverside: Any, cast: Cast, link: PaymentLink) -> LinkEnding:
    with riverside.inside(by=cast.carl):
        links.give_up(link.payment, reason="She pays cash", by=cast.carl, at=timezone.now())
        return LinkEnding.objects.get(link=link)


def answers(riverside: Any, link: PaymentLink) -> list[str]:
    with riverside.inside():
        return list(GatewayEvent.objects.filter(link=link).values_list("outcome", flat=True))


def test_the_gateway_ends_it(gateway: PlayGateway, link: PaymentLink, riverside: Any, cast: Cast) -> None:
    ending = given_up(riverside, cast, link)
    assert state(riverside, link) == ("failed", link.reference, D("136"))
    assert gateway.endings == {}
    assert worked(riverside, links.ENDING_KIND)
    assert gateway.endings[str(ending.pk)]["link"] == link.reference
    assert b"She pays cash" not in b"".join(gateway.asked)
    assert answers(riverside, link) == ["ended"]
    with riverside.inside():
        assert ending.by_id == cast.carl.pk
        assert found_wrong() == {}


def test_a_worker_that_dies_asks_again_and_it_ends_once(
    gateway: PlayGateway, link: PaymentLink, riverside: Any, cast: Cast
) -> None:
    """Killed after the gateway had answered and before that was written down."""
    ending = given_up(riverside, cast, link)
    with pytest.raises(KeyboardInterrupt), riverside.inside():
        links.end(ending.pk, at=timezone.now())
        raise KeyboardInterrupt
    assert answers(riverside, link) == []
    assert worked(riverside, links.ENDING_KIND)
    with riverside.inside():
        links.end(ending.pk, at=timezone.now())
    assert [len(gateway.endings), len(gateway.asked)] == [1, 3]  # the link, and twice the same ending
    assert answers(riverside, link) == ["ended"]


def test_a_gateway_that_is_away_or_refuses(
    gateway: PlayGateway, link: PaymentLink, tell: Any, riverside: Any, cast: Cast
) -> None:
    given_up(riverside, cast, link)
    gateway.moods = [503, 409]
    assert not worked(riverside, links.ENDING_KIND)
    assert not worked(riverside, links.ENDING_KIND)
    assert answers(riverside, link) == []
    gateway.moods = [422]
    assert worked(riverside, links.ENDING_KIND)
    assert answers(riverside, link) == ["not_ended"]
    assert tell(gateway.message("e1", link.reference)) == (200, "booked")  # paid all the same
    with riverside.inside():
        assert balances()["patient_credit"] == D("136")
        assert found_wrong() == {}
    nobody = HttpGateway("http://127.0.0.1:9/v1", merchant="x", key=KEY)
    with pytest.raises(GatewayAway):
        nobody.end_link("link_1", once=link.pk, at=timezone.now())
    with pytest.raises(GatewayRefuses):
        HttpGateway(gateway.address, merchant="x", key="another key").end_link(
            "link_1", once=link.pk, at=timezone.now()
        )


def test_there_is_nothing_to_end(gateway: PlayGateway, link: PaymentLink, riverside: Any, cast: Cast) -> None:
    """It was never made, or its time is over; and other money on its way has no link."""
    unmade = asked(riverside, cast, "50.00")
    with riverside.inside():
        unmade = PaymentLink.objects.select_related("payment").get(pk=unmade.pk)
    given_up(riverside, cast, unmade)
    assert worked(riverside, links.ENDING_KIND)
    assert worked(riverside)  # nor is it made any more
    over = given_up(riverside, cast, link)
    with riverside.inside(by=cast.carl):
        links.end(over.pk, at=link.expires_at)
        cheque = links.payments.expect(cast.asha, method="cheque", amount="7", by=cast.carl, at=timezone.now())
        assert links.give_up(cheque, reason="Bounced", by=cast.carl, at=timezone.now()).status == "failed"
        assert LinkEnding.objects.count() == 2
        assert links.is_being_ended(link, at=link.expires_at - timedelta(seconds=1))
        assert not links.is_being_ended(link, at=link.expires_at)
        assert not GatewayEvent.objects.exists()
    assert gateway.endings == {}


def test_nothing_is_half_given_up(
    gateway: PlayGateway, link: PaymentLink, tell: Any, riverside: Any, cast: Cast
) -> None:
    assert tell(gateway.message("e1", link.reference)) == (200, "captured")
    with riverside.inside(by=cast.carl), pytest.raises(links.payments.NotPending):
        links.give_up(link.payment, reason="Too late", by=cast.carl, at=timezone.now())
    with riverside.inside():
        assert not LinkEnding.objects.exists()
        assert not Message.objects.waiting().filter(kind=links.ENDING_KIND).exists()


def test_what_was_asked_and_seen_stays(gateway: PlayGateway, link: PaymentLink, riverside: Any, cast: Cast) -> None:
    ending = given_up(riverside, cast, link)
    with riverside.inside():
        for wrong in (
            LinkEnding.objects.filter(pk=ending.pk).delete,
            lambda: LinkEnding.objects.update(at=timezone.now()),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                wrong()


def test_another_amount_waits_until_somebody_has_seen_to_it(
    gateway: PlayGateway,
    link: PaymentLink,
    tell: Any,
    riverside: Any,
    cast: Cast,
    people: dict[str, Any],
    web: Callable[..., Client],
    api: Any,
) -> None:
    bela = web(riverside, people["bela"])
    assert "Gateway disagrees" not in bela.get("/billing/").content.decode()
    assert tell(gateway.message("e1", link.reference, amount="13.60")) == (422, "mismatch")
    queue = bela.get("/billing/").content.decode()
    assert "The gateway said 1 thing that does not fit the books" in queue
    tray = bela.get("/billing/?tray=odd").content.decode()
    here = f"/billing/payments/{link.payment_id}/"
    for shown in (here, "13.60 INR", "136.00", "Another amount or currency"):
        assert shown in tray
    assert here in bela.post("/billing/?tray=odd", {"q": "Patel"}).content.decode()
    assert here not in bela.post("/billing/?tray=odd", {"q": "Okoro"}).content.decode()
    with riverside.inside():
        event = trouble.open_troubles().get()
    assert "13.60 INR" in bela.get(here).content.decode()
    assert "What was done" not in web(riverside, people["cato"]).get(here).content.decode()
    seen = f"/billing/gateway-events/{event.pk}/seen/"
    wrong = bela.post(seen, {"note": "x" * 301})
    assert (wrong.status_code, "x" * 301 in wrong.content.decode()) == (400, True)
    [told] = api(riverside, people["cato"]).get("/api/v1/gateway-troubles/").data["results"]
    assert (told["payment"], told["outcome"], told["said"]) == (str(link.payment_id), "mismatch", "13.60 INR")
    assert "Gave it back by hand" in bela.post(seen, {"note": "Gave it back by hand"}, follow=True).content.decode()
    assert bela.post(seen, {"note": "Again"}).status_code == 409
    with riverside.inside():
        assert SeenTo.objects.get().by_id == people["bela"].pk
    assert "Gateway disagrees" not in bela.get("/billing/").content.decode()
    assert api(riverside, people["cato"]).get("/api/v1/gateway-troubles/").data["results"] == []


def test_a_refund_that_was_told_wrongly_waits_too(
    gateway: PlayGateway,
    link: PaymentLink,
    tell: Any,
    riverside: Any,
    cast: Cast,
    people: dict[str, Any],
    web: Callable[..., Client],
    api: Any,
) -> None:
    tell(gateway.message("paid", link.reference))
    with riverside.inside(by=cast.bela):
        paid = Payment.objects.get(pk=link.payment_id)
        wish = returns.ask(paid, amount="36", reason="Too much", by=cast.bela, at=timezone.now())
    assert tell(gateway.back("e1", wish.pk, amount="36.01")) == (422, "mismatch")
    bela = web(riverside, people["bela"])
    assert "36.01 INR" in bela.get("/billing/?tray=odd").content.decode()
    assert "36.01 INR" in bela.get(f"/billing/payments/{paid.pk}/").content.decode()
    with riverside.inside():
        event = trouble.open_troubles().get()
    by_api, here = api(riverside, people["bela"]), f"/api/v1/gateway-troubles/{event.pk}/seen/"
    assert (by_api.post(here, {"note": " "}).status_code, by_api.post(here, {"note": "They mend it"}).status_code) == (
        400,
        201,
    )
    assert by_api.post(here, {"note": "Again"}).data["code"] == "no_trouble"


def test_on_the_pages_and_through_the_api(
    gateway: PlayGateway,
    link: PaymentLink,
    riverside: Any,
    people: dict[str, Any],
    web: Callable[..., Client],
    api: Any,
) -> None:
    bela, here = web(riverside, people["bela"]), f"/billing/payments/{link.payment_id}/"
    page = bela.post(f"{here}failure/", {"reason": "She pays cash"}, follow=True).content.decode()
    assert "The gateway is being told to end the link" in page
    rows = f"/api/v1/invoices/{link.payment.meant_for_id}/payment-links/"
    cato = api(riverside, people["cato"])
    assert cato.get(rows).data["results"][0]["ending"] == "asked"
    assert worked(riverside, links.ENDING_KIND)
    page = bela.get(here).content.decode()
    assert "being told" not in page
    assert "nobody can pay by it any more" in page
    assert cato.get(rows).data["results"][0]["ending"] == "ended"
    again = api(riverside, people["bela"]).post(f"/api/v1/payments/{link.payment_id}/failure/", {"reason": "Again"})
    assert again.status_code == 409
