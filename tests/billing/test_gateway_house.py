"""A payment link from the desk to the money: a gateway on a port, our real web server, several messages at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from apps.billing.gateways import links, which
from apps.billing.models import GatewayEvent, Invoice, Payment, PaymentLink
from apps.ledger.checking import checks
from apps.ledger.models import JournalEntry
from apps.outbox import delivery
from apps.outbox.models import Message
from tests.billing.cast import Cast, D, make_cast
from tests.billing.gateway_server import KEY, PlayGateway
from tests.conftest import clinic_of


@dataclass
class Scene:
    gateway: PlayGateway
    cast: Cast
    port: int
    host: str

    def tell(self, body: bytes) -> tuple[int, dict[str, Any]]:
        return self.gateway.tell(self.port, self.host, body, at=timezone.now())


@pytest.fixture(scope="module")
def scene(house: Any) -> Iterator[Scene]:
    riverside = clinic_of("riverside")
    with PlayGateway() as gateway:
        with riverside.inside():
            cast = make_cast()
            which.set_up(merchant="riverside", key=KEY, by=cast.bela, at=timezone.now())
        yield Scene(gateway, cast, house.port, riverside.host)


@pytest.fixture
def link(scene: Scene, riverside: Any, settings: Any) -> PaymentLink:
    """Asked for at the desk, made by the worker."""
    settings.HPMS_PAYMENT_GATEWAY = scene.gateway.address
    with riverside.inside():
        invoice = scene.cast.issued({"unit_price": "136.00"})
        asked = links.ask(invoice, by=scene.cast.carl, at=timezone.now())
    with riverside.inside():
        message = Message.objects.waiting().get(kind=links.KIND)
        assert delivery.deliver(message.pk, at=timezone.now())
        return PaymentLink.objects.select_related("payment__meant_for").get(pk=asked.pk)


def facts(riverside: Any, link: PaymentLink) -> tuple[Any, ...]:
    """What a message could have changed."""
    with riverside.inside():
        payment = Payment.objects.get(pk=link.payment_id)
        invoice = Invoice.objects.get(pk=payment.meant_for_id)
        entries = JournalEntry.objects.filter(source="payment_received", source_id=payment.pk).count()
        return payment.status, payment.number, invoice.status, invoice.due, entries


def test_from_the_desk_to_the_money(scene: Scene, link: PaymentLink, riverside: Any) -> None:
    with riverside.inside():
        assert link.url == f"https://pay.example/{link.reference}"
    made = scene.gateway.links[str(link.pk)]
    assert (made["amount"], made["currency"], made["description"]) == ("136.00", "INR", link.payment.meant_for.number)
    assert b"Asha" not in b"".join(scene.gateway.asked)
    assert facts(riverside, link)[:3] == ("pending", "", "issued")

    paid = scene.gateway.message(f"paid {link.pk}", link.reference)
    assert scene.tell(paid) == (200, {"outcome": "captured"})
    after = facts(riverside, link)
    assert (after[0], after[2:]) == ("captured", ("paid", D("0"), 1))
    assert scene.tell(paid) == (200, {"outcome": "captured"})
    assert scene.tell(scene.gateway.message(f"again {link.pk}", link.reference)) == (200, {"outcome": "already"})
    assert facts(riverside, link) == after
    with riverside.inside(), connection.cursor() as cursor:
        assert {check.code: checks.examine(check, cursor).found for check in checks.all_checks()} == dict.fromkeys(
            (check.code for check in checks.all_checks()), 0
        )


def test_many_messages_at_once_capture_once(scene: Scene, link: PaymentLink, riverside: Any) -> None:
    """The same message eight times, and four others that say the same."""
    bodies = [scene.gateway.message(f"paid {link.pk}", link.reference)] * 8
    bodies += [scene.gateway.message(f"paid {n} {link.pk}", link.reference) for n in range(4)]
    with ThreadPoolExecutor(len(bodies)) as desks:
        answers = list(desks.map(scene.tell, bodies))
    assert {status for status, _said in answers} == {200}
    assert {said["outcome"] for _status, said in answers} <= {"captured", "already"}
    assert facts(riverside, link)[0] == "captured"
    assert facts(riverside, link)[4] == 1
    with riverside.inside():
        outcomes = sorted(GatewayEvent.objects.filter(link=link).values_list("outcome", flat=True))
    assert outcomes == ["already"] * 4 + ["captured"]
