"""Money that goes back through the gateway: asked, told, given back or not; once, whatever is killed or said twice."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from apps.billing import invoicing
from apps.billing.gateways import returns
from apps.billing.gateways.http import HttpGateway
from apps.billing.gateways.interface import GatewayAway, WishBack
from apps.billing.lowering import crediting
from apps.billing.models import GatewayEvent, GatewayRefund, Invoice, Payment, PaymentLink, Refund
from apps.billing.paying import check_in, credit, refunds
from apps.billing.paying.left import RefundTooLarge
from apps.billing.remarks import dues
from apps.billing.statements import owed_by
from apps.outbox import delivery
from apps.outbox.models import Message
from tests.billing.cast import Cast, D, balances, expected, found_wrong
from tests.billing.gateway_server import KEY, PlayGateway
from tests.billing.gateways.scene import worked


@pytest.fixture
def paid(gateway: PlayGateway, link: PaymentLink, tell: Any, riverside: Any) -> Payment:
    """136.00 by a link, on its invoice."""
    assert tell(gateway.message("paid", link.reference)) == (200, "captured")
    with riverside.inside():
        return Payment.objects.get(pk=link.payment_id)


def wished(riverside: Any, cast: Cast, paid: Payment, amount: str = "36.00", **more: Any) -> GatewayRefund:
    with riverside.inside(by=cast.bela):
        return returns.ask(paid, amount=amount, reason="Too much", by=cast.bela, at=timezone.now(), **more)


def stands(riverside: Any, paid: Payment) -> tuple[Any, ...]:
    """What is going back of the payment, what went back, what is owed again, and what the gateway holds."""
    with riverside.inside():
        payment = Payment.objects.get(pk=paid.pk)
        due = Invoice.objects.get(pk=paid.meant_for_id).due
        assert found_wrong() == {}
        return payment.going_back, payment.refunded, due, balances().get("gateway_clearing", D("0"))


def test_asked_told_and_given_back(gateway: PlayGateway, paid: Payment, tell: Any, riverside: Any, cast: Cast) -> None:
    wish = wished(riverside, cast, paid)
    assert stands(riverside, paid) == (D("36"), D("0"), D("0"), D("136"))
    assert worked(riverside, returns.KIND)
    assert gateway.refunds[str(wish.pk)]["amount"] == "36.00"
    assert b"Too much" not in b"".join(gateway.asked)
    assert stands(riverside, paid)[:2] == (D("36"), D("0"))
    done = gateway.back("e1", wish.pk)
    assert tell(done) == (200, "given_back")
    assert stands(riverside, paid) == (D("0"), D("36"), D("36"), D("100"))
    assert tell(done) == (200, "given_back")
    assert tell(gateway.back("e2", wish.pk)) == (200, "already")
    assert tell(gateway.back("e3", wish.pk, type="refund.failed")) == (409, "contrary")
    with riverside.inside():
        [refund] = Refund.objects.all()
        assert (refund.method, refund.amount, refund.reason) == ("link", D("36"), "Too much")
        assert (refund.by_id, refund.gateway_refund_id) == (cast.bela.pk, wish.pk)


def test_what_is_going_back_covers_no_copay_and_nothing_that_is_owed(
    gateway: PlayGateway, paid: Payment, riverside: Any, cast: Cast
) -> None:
    with riverside.inside(by=cast.bela):
        visit, _rao = expected(cast)
        meant = Invoice.objects.get(pk=paid.meant_for_id)
        invoicing.void(meant, reason="Wrong", disposition="credit", by=cast.bela, at=timezone.now())
        cast.issued("100")
        assert (check_in.due_today(visit).credit, owed_by([cast.asha.pk])) == (D("136"), {})
        draft = {"charges": [{"description": "Care", "unit_price": "50"}], "by": cast.bela, "at": timezone.now()}
        invoicing.draft(cast.asha, appointment=visit, **draft)
        assert dues([visit.pk], cast.bela)[visit.pk].words == "₹50.00, ₹50.00 paid ahead"
        returns.ask(paid, amount="136", reason="Asked", by=cast.bela, at=timezone.now())
        assert (check_in.due_today(visit).credit, check_in.due_today(visit).due) == (0, D("840"))
        assert owed_by([cast.asha.pk]) == {cast.asha.pk: D("100")}
        assert dues([visit.pk], cast.bela)[visit.pk].words == "₹50.00"


def test_it_could_not_be_given_back(gateway: PlayGateway, paid: Payment, tell: Any, riverside: Any, cast: Cast) -> None:
    wish = wished(riverside, cast, paid)
    assert worked(riverside, returns.KIND)
    assert tell(gateway.back("e1", wish.pk, type="refund.failed", reason="Card closed")) == (200, "not_back")
    assert tell(gateway.back("e2", wish.pk, type="refund.failed")) == (200, "already")
    assert tell(gateway.back("e3", wish.pk)) == (409, "contrary")
    assert stands(riverside, paid) == (D("0"), D("0"), D("0"), D("136"))
    with riverside.inside(by=cast.bela):
        assert GatewayRefund.objects.get().failure == "Card closed"
        refunds.refund(paid, amount="136", method="cash", reason="In cash then", by=cast.bela, at=timezone.now())


def test_what_is_going_back_goes_back_no_other_way(
    gateway: PlayGateway, paid: Payment, riverside: Any, cast: Cast
) -> None:
    wished(riverside, cast, paid, "100.00", source_reference="form 1")
    wished(riverside, cast, paid, "100.00", source_reference="form 1")
    with riverside.inside(by=cast.bela):
        said: dict[str, Any] = {"reason": "Again", "by": cast.bela, "at": timezone.now()}
        with pytest.raises(RefundTooLarge, match="on its way through the gateway"):
            refunds.refund(paid, amount="36.01", method="cash", **said)
        with pytest.raises(RefundTooLarge):
            returns.ask(paid, amount="36.01", **said)
        with pytest.raises(RefundTooLarge):
            refunds.refund(paid, amount="136", invoice=paid.meant_for, method="cash", **said)
        with pytest.raises(refunds.ThroughTheGateway):
            refunds.refund(paid, amount="1", **said)
        refunds.refund(paid, amount="36.00", method="cash", **said)
    assert stands(riverside, paid)[:3] == (D("100"), D("36"), D("36"))


def test_a_worker_that_dies_asks_again_and_it_goes_back_once(
    gateway: PlayGateway, paid: Payment, tell: Any, riverside: Any, cast: Cast
) -> None:
    """Killed after the gateway had answered and before that was written down."""
    wish = wished(riverside, cast, paid)
    with pytest.raises(KeyboardInterrupt), riverside.inside():
        returns.send(wish.pk, at=timezone.now())
        raise KeyboardInterrupt
    with riverside.inside():
        assert GatewayRefund.objects.get().sent_at is None
    assert worked(riverside, returns.KIND)
    with riverside.inside():
        returns.send(wish.pk, at=timezone.now())
    assert [len(gateway.refunds), len(gateway.asked)] == [1, 3]  # the link, and twice the same wish
    assert tell(gateway.back("e1", wish.pk)) == (200, "given_back")
    assert stands(riverside, paid)[:2] == (D("0"), D("36"))


def test_told_before_the_worker_wrote_it_down(
    gateway: PlayGateway, paid: Payment, tell: Any, riverside: Any, cast: Cast
) -> None:
    wish = wished(riverside, cast, paid)
    assert tell(gateway.back("e1", wish.pk)) == (200, "given_back")
    assert worked(riverside, returns.KIND)
    assert gateway.refunds == {}
    assert stands(riverside, paid)[:2] == (D("0"), D("36"))


def test_a_gateway_that_is_away_or_refuses(gateway: PlayGateway, paid: Payment, riverside: Any, cast: Cast) -> None:
    wish = wished(riverside, cast, paid)
    gateway.moods = [503, 409]
    assert not worked(riverside, returns.KIND)
    assert not worked(riverside, returns.KIND)
    assert stands(riverside, paid)[0] == D("36")
    gateway.moods = [422]
    assert worked(riverside, returns.KIND)
    assert stands(riverside, paid)[0] == D("0")
    with riverside.inside(by=cast.bela):
        failed = GatewayRefund.objects.get(pk=wish.pk)
        assert (failed.status, failed.failure) == ("failed", "The gateway refused to give it back.")
        with pytest.raises(returns.AskedAlready):
            returns.ask_again(failed, by=cast.bela, at=timezone.now())
    asked = WishBack(uuid4(), "link_1", D("1"), "INR")
    gateway.answer = lambda _request: (200, {"id": ""})  # type: ignore[method-assign]
    with pytest.raises(GatewayAway):
        HttpGateway(gateway.address, merchant="x", key=KEY).create_refund(asked, at=timezone.now())


def test_what_is_not_believed(gateway: PlayGateway, paid: Payment, tell: Any, riverside: Any, cast: Cast) -> None:
    wish = wished(riverside, cast, paid)
    assert worked(riverside, returns.KIND)
    for number, (wrong, answer) in enumerate((
        ({"amount": "36.01"}, (422, "mismatch")),
        ({"currency": "USD"}, (422, "mismatch")),
        ({"refund": "refund_2"}, (404, "link_unknown")),
        ({"reference": str(uuid4())}, (404, "link_unknown")),
        ({"reference": "x"}, (404, "link_unknown")),
    )):  # fmt: skip
        assert tell(gateway.back(f"e{number}", wish.pk, **wrong)) == answer, wrong
    assert stands(riverside, paid)[:2] == (D("36"), D("0"))


def test_credit_that_goes_back_pays_nothing(
    gateway: PlayGateway, link: PaymentLink, tell: Any, riverside: Any, cast: Cast
) -> None:
    """Money that came late is given back the way it came; meanwhile it is nobody's to use."""
    tell(gateway.message("e1", link.reference, type="link.failed"))
    tell(gateway.message("e2", link.reference))
    with riverside.inside(by=cast.bela):
        late = Payment.objects.captured().get()
        wish = returns.ask(late, amount="100", reason="Paid in cash", by=cast.bela, at=timezone.now())
        assert credit.credit_of(cast.asha) == D("36")
        assert link.payment.meant_for is not None
        assert credit.use_credit(link.payment.meant_for, by=cast.bela, at=timezone.now()).due == D("100")
    assert worked(riverside, returns.KIND)
    assert tell(gateway.back("e3", wish.pk)) == (200, "given_back")
    with riverside.inside():
        assert Payment.objects.get(pk=late.pk).unapplied == 0
        assert found_wrong() == {}


@pytest.mark.parametrize("way", ["void", "credit note"])
def test_what_leaves_an_invoice_goes_back_through_the_gateway(
    gateway: PlayGateway, paid: Payment, tell: Any, riverside: Any, cast: Cast, way: str
) -> None:
    with riverside.inside(by=cast.bela):
        invoice = Invoice.objects.get(pk=paid.meant_for_id)
        said: dict[str, Any] = {"reason": "Wrong", "disposition": "refund", "by": cast.bela, "at": timezone.now()}
        invoicing.void(invoice, **said) if way == "void" else crediting.credit(invoice, **said)
        wish = GatewayRefund.objects.get()
        assert (wish.amount, wish.reason) == (D("136"), "Wrong")
        assert (balances()["patient_credit"], credit.credit_of(cast.asha)) == (D("136"), D("0"))
        assert found_wrong() == {}
    assert worked(riverside, returns.KIND)
    assert tell(gateway.back("e1", wish.pk)) == (200, "given_back")
    with riverside.inside():
        assert balances() == {}
        assert found_wrong() == {}


def test_what_did_not_come_by_a_link(gateway: PlayGateway, riverside: Any, cast: Cast) -> None:
    with riverside.inside(by=cast.bela):
        cash = cast.pay("5.00", cast.issued("5.00"))
        with pytest.raises(returns.NoWayBack):
            returns.ask(cash, amount="5", reason="Wrong", by=cast.bela, at=timezone.now())


def test_on_the_pages(
    gateway: PlayGateway,
    paid: Payment,
    tell: Any,
    riverside: Any,
    people: dict[str, Any],
    web: Callable[..., Client],
) -> None:
    bela, here = web(riverside, people["bela"]), f"/billing/payments/{paid.pk}/"
    form = bela.get(f"{here}refund/")
    assert "Back through the gateway" in form.content.decode()
    typed = {"ticket": uuid4(), "amount": "136.01", "method": "link", "reason": "Too much"}
    wrong = bela.post(f"{here}refund/", typed)
    assert (wrong.status_code, list(wrong.context["form"].errors)) == (409, ["amount"])
    page = bela.post(f"{here}refund/", {**typed, "amount": "36"}, follow=True).content.decode()
    bela.post(f"{here}refund/", {**typed, "amount": "36"})
    assert "The gateway is asked to give it back" in page
    assert "Tell it again" in page
    with riverside.inside():
        wish = GatewayRefund.objects.get()
    assert "Going back, failed" in bela.get("/billing/").content.decode()
    assert here in bela.get("/billing/?tray=back").content.decode()
    bela.post(f"/billing/gateway-refunds/{wish.pk}/sending/")
    with riverside.inside():
        returns.send(wish.pk, at=timezone.now())
    assert "The gateway has it" in bela.get(here).content.decode()
    tell(gateway.back("e1", wish.pk, type="refund.failed", reason="Card closed"))
    shown = bela.get(here).content.decode()
    assert "Card closed" in shown
    assert "The money is where it was" in shown


def test_through_the_api(
    gateway: PlayGateway, paid: Payment, tell: Any, riverside: Any, people: dict[str, Any], api: Any
) -> None:
    bela, here = api(riverside, people["bela"]), f"/api/v1/payments/{paid.pk}/"
    key = {"Idempotency-Key": str(uuid4())}
    wish = {"amount": "36", "reason": "Too much"}
    made = bela.post(f"{here}gateway-refunds/", wish, headers=key)
    assert (made.status_code, made.data["status"], made.data["refund"]) == (201, "pending", None)
    assert bela.post(f"{here}gateway-refunds/", wish, headers=key).json() == made.json()
    assert bela.get(here).data["going_back"] == "36.00"
    assert bela.post(f"{here}refunds/", wish).data["code"] == "through_the_gateway"
    sending = f"/api/v1/gateway-refunds/{made.data['id']}/sending/"
    again = bela.post(sending)
    assert (again.status_code, again.data["status"]) == (200, "pending")
    with riverside.inside():
        waiting = list(Message.objects.waiting().filter(kind=returns.KIND))
        assert [delivery.deliver(each.pk, at=max(timezone.now(), each.due_at)) for each in waiting] == [True, True]
    assert len(gateway.refunds) == 1
    assert (bela.post(sending).status_code, bela.post(sending).data["code"]) == (409, "asked_already")
    tell(gateway.back("e1", made.data["id"]))
    [shown] = bela.get(f"{here}gateway-refunds/").data["results"]
    with riverside.inside():
        assert (shown["status"], shown["refund"]) == ("done", str(Refund.objects.get().pk))
        assert GatewayEvent.objects.filter(gateway_refund=made.data["id"]).count() == 1
