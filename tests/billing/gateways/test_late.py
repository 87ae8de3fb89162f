"""Money that comes when nobody expects it any more: booked, seen to, never lost; and links that end by themselves."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from apps.billing.gateways import links, which
from apps.billing.models import GatewayEvent, Payment, PaymentLink
from apps.billing.paying import credit, payments
from apps.billing.tasks import end_links
from apps.outbox.models import Message
from tests.billing.cast import Cast, D, balances, found_wrong
from tests.billing.gateway_server import KEY, PlayGateway
from tests.billing.gateways.scene import asked, state, worked


def late_one(riverside: Any) -> Payment:
    """The one payment that came late, with how it stands in the books."""
    with riverside.inside():
        payment = Payment.objects.get(came_late__isnull=False)
        assert balances()["gateway_clearing"] == payment.amount
        assert balances()["patient_credit"] == payment.unapplied
        assert found_wrong() == {}
    return payment


def test_paid_after_it_failed_is_credit_once(
    gateway: PlayGateway, link: PaymentLink, tell: Any, riverside: Any
) -> None:
    assert tell(gateway.message("e1", link.reference, type="link.failed")) == (200, "failed")
    paid = gateway.message("e2", link.reference)
    assert tell(paid) == (200, "booked")
    assert tell(paid) == (200, "booked")  # as it was answered first
    assert tell(gateway.message("e3", link.reference)) == (200, "already")
    assert tell(gateway.message("e4", link.reference, type="link.expired")) == (200, "already")
    assert state(riverside, link) == ("failed", link.reference, D("136"))
    late = late_one(riverside)
    assert (late.amount, late.unapplied, late.method, late.patient_id) == (
        D("136"), D("136"), "link", link.payment.patient_id,
    )  # fmt: skip


def test_another_amount_is_not_believed_late_either(
    gateway: PlayGateway, link: PaymentLink, tell: Any, riverside: Any
) -> None:
    tell(gateway.message("e1", link.reference, type="link.failed"))
    assert tell(gateway.message("e2", link.reference, amount="13.60")) == (422, "mismatch")
    with riverside.inside():
        assert not Payment.objects.captured().exists()


def test_paid_when_its_time_was_over(gateway: PlayGateway, link: PaymentLink, tell: Any, riverside: Any) -> None:
    after = (link.expires_at + timedelta(seconds=1)).isoformat()
    assert tell(gateway.message("e1", link.reference, at=after)) == (200, "booked")
    assert state(riverside, link) == ("failed", link.reference, D("136"))
    assert late_one(riverside).number


def test_paid_at_the_last_moment(gateway: PlayGateway, link: PaymentLink, tell: Any, riverside: Any) -> None:
    assert tell(gateway.message("e1", link.reference, at=link.expires_at.isoformat())) == (200, "captured")
    assert state(riverside, link)[0] == "captured"


def test_paid_after_somebody_gave_it_up(
    gateway: PlayGateway, link: PaymentLink, tell: Any, riverside: Any, cast: Cast
) -> None:
    with riverside.inside(by=cast.carl):
        payments.fail(link.payment, reason="She pays cash", by=cast.carl, at=timezone.now())
        cast.pay("136.00", link.payment.meant_for)
    assert tell(gateway.message("e1", link.reference)) == (200, "booked")
    assert late_one(riverside).unapplied == D("136")


def test_a_gateway_that_is_no_longer_used_is_still_heard(
    gateway: PlayGateway, link: PaymentLink, tell: Any, riverside: Any, cast: Cast
) -> None:
    with riverside.inside(by=cast.bela):
        which.set_up(merchant="riverside", key=KEY, is_active=False, by=cast.bela, at=timezone.now())
    assert tell(gateway.message("e1", link.reference)) == (200, "captured")


def test_links_end_an_hour_after_their_time(
    gateway: PlayGateway, link: PaymentLink, tell: Any, riverside: Any, cast: Cast
) -> None:
    other = asked(riverside, cast, "50.00", days=30)
    with riverside.inside():
        assert links.end_expired(at=link.expires_at + timedelta(minutes=59)) == 0
        assert links.end_expired(at=link.expires_at + links.GRACE) == 1
        assert links.end_expired(at=link.expires_at + links.GRACE) == 0
        payment = Payment.objects.get(pk=link.payment_id)
        assert (payment.status, payment.failure) == ("failed", "The link has ended.")
    assert state(riverside, other)[0] == "pending"
    in_time = (link.expires_at - timedelta(seconds=1)).isoformat()
    assert tell(gateway.message("e1", link.reference, at=in_time)) == (200, "booked")
    assert late_one(riverside).unapplied == D("136")


def test_what_is_paid_or_given_up_does_not_end_again(
    gateway: PlayGateway, link: PaymentLink, tell: Any, riverside: Any
) -> None:
    tell(gateway.message("e1", link.reference))
    with riverside.inside():
        assert links.end_expired(at=link.expires_at + timedelta(days=1)) == 0
    assert state(riverside, link)[0] == "captured"


def test_a_link_that_was_never_made_ends_too(gateway: PlayGateway, cast: Cast, riverside: Any) -> None:
    """The gateway was away until the link's time was over: none is made any more."""
    link = asked(riverside, cast, days=1)
    with riverside.inside():
        made = links.make(link.pk, at=link.expires_at)
        assert (made.made_at, gateway.asked) == (None, [])
    assert state(riverside, link) == ("failed", "", D("136"))
    assert worked(riverside)
    with riverside.inside():
        assert not Message.objects.waiting().filter(kind=links.KIND).exists()


def test_the_worker_ends_links_of_a_clinic(gateway: PlayGateway, link: PaymentLink, riverside: Any) -> None:
    with riverside.inside():
        assert end_links.run() == 0


def test_billing_sees_it_until_it_is_used(
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
    assert "Came late" not in bela.get("/billing/").content.decode()
    tell(gateway.message("e1", link.reference, type="link.failed"))
    tell(gateway.message("e2", link.reference))
    late = late_one(riverside)
    assert "1 payment came after its link had ended" in bela.get("/billing/").content.decode()
    tray = bela.get("/billing/?tray=late").content.decode()
    assert f"/billing/payments/{late.pk}/" in tray
    shown = bela.get(f"/billing/payments/{late.pk}/").content.decode()
    assert "came after its link had ended" in shown
    assert f"/billing/invoices/{link.payment.meant_for_id}/" in shown
    expected = bela.get(f"/billing/payments/{link.payment_id}/").content.decode()
    assert f"/billing/payments/{late.pk}/" in expected
    here = f"/api/v1/invoices/{link.payment.meant_for_id}/payment-links/"
    [told] = api(riverside, people["cato"]).get(here).data["results"]
    assert (told["status"], told["late_payment"]) == ("failed", late.pk)
    with riverside.inside(by=cast.bela):
        assert link.payment.meant_for is not None
        credit.use_credit(link.payment.meant_for, by=cast.bela, at=timezone.now())
        assert GatewayEvent.objects.filter(outcome="booked").count() == 1
        assert found_wrong() == {}
    assert "Came late" not in bela.get("/billing/").content.decode()
