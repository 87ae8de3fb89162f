"""What a worker does for billing."""

from typing import Any
from uuid import UUID

from apps.billing.gateways import links, returns
from apps.core import clock
from apps.outbox.handlers import handler
from apps.outbox.models import Message


@handler(links.KIND)
def make_link(payload: dict[str, Any], message: Message) -> None:
    links.make(UUID(payload["link"]), at=clock.now())


@handler(links.ENDING_KIND)
def end_link(payload: dict[str, Any], message: Message) -> None:
    links.end(UUID(payload["ending"]), at=clock.now())


@handler(returns.KIND)
def give_back(payload: dict[str, Any], message: Message) -> None:
    returns.send(UUID(payload["refund"]), at=clock.now())
