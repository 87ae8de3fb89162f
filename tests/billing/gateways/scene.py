"""What the tests of gateways do and ask."""

from typing import Any

from django.utils import timezone

from apps.billing.gateways import links
from apps.billing.models import PaymentLink
from apps.outbox import delivery
from apps.outbox.models import Message
from tests.billing.cast import Cast

WEBHOOK = "/billing/gateway/events/"


def asked(riverside: Any, cast: Cast, price: str = "136.00", **wish: Any) -> PaymentLink:
    with riverside.inside(by=cast.carl):
        return links.ask(cast.issued({"unit_price": price}), by=cast.carl, at=timezone.now(), **wish)


def worked(riverside: Any, kind: str = links.KIND) -> bool:
    """Whether the message that waits was delivered."""
    with riverside.inside():
        message = Message.objects.waiting().get(kind=kind)
        return delivery.deliver(message.pk, at=max(timezone.now(), message.due_at))


def state(riverside: Any, link: PaymentLink) -> tuple[str, str, Any]:
    """How the payment stands, the gateway's name of the link, and what is owed on its invoice."""
    with riverside.inside():
        link = PaymentLink.objects.select_related("payment__meant_for").get(pk=link.pk)
        assert link.payment.meant_for is not None
        return link.payment.status, link.reference, link.payment.meant_for.due
