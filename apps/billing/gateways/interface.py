"""What the house needs of a payment gateway."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from apps.core.refusals import Refusal


class GatewayAway(Exception):
    """The gateway cannot be reached or is not well: ask again later."""


class GatewayRefuses(Exception):
    """The gateway says no, and will say so again."""


class NotTheGateway(Refusal):
    """A message that the gateway did not sign, or signed too long ago."""

    code = "bad_signature"
    status = 401


class MessageUnclear(Refusal):
    """A signed message that says nothing we understand."""

    code = "unclear_message"


@dataclass(frozen=True, slots=True)
class Wish:
    """A link to be made. Nothing in it names a patient."""

    reference: UUID
    amount: Decimal
    currency: str
    expires_at: datetime
    description: str


@dataclass(frozen=True, slots=True)
class Made:
    """The link as the gateway knows it."""

    reference: str
    url: str


@dataclass(frozen=True, slots=True)
class WishBack:
    """Money of a link that is to go back; `link` is the gateway's name of it."""

    reference: UUID
    link: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class ToldSettlement:
    """What has reached the bank (`amount`) and what was kept of it (`fee`), for these links (by the gateway's names)
    less these refunds (by ours).
    """

    id: str
    amount: Decimal
    fee: Decimal
    currency: str
    on: date | None
    links: tuple[str, ...]
    refunds: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """What a gateway says of a link: `kind` is paid, failed, expired, or something that we do not act upon; or of money
    that is to go back: refund.done, refund.failed. `refund` is its name of that, `reference` ours. Or of money that has
    reached the bank: settlement.paid.
    """

    id: str
    kind: str
    link: str
    amount: Decimal | None
    currency: str
    at: datetime | None
    reason: str = ""
    refund: str = ""
    reference: str = ""
    settlement: ToldSettlement | None = None


class Gateway(Protocol):
    """One account at one gateway."""

    def create_link(self, wish: Wish, *, at: datetime) -> Made:
        """Have a link made; asked again for the same reference, the same link. Raises GatewayAway, GatewayRefuses."""

    def create_refund(self, wish: WishBack, *, at: datetime) -> str:
        """Have money go back, and what the gateway calls that; asked again for the same reference, the same.

        Raises GatewayAway, GatewayRefuses.
        """

    def end_link(self, link: str, *, once: UUID, at: datetime) -> None:
        """Let nobody pay by it any more; asked again under the same name, nothing more happens. What is paid already
        is refused. Raises GatewayAway, GatewayRefuses.
        """

    def verify(self, body: bytes, headers: Mapping[str, str], *, at: datetime) -> None:
        """Whether these bytes are the gateway's, and new. Raises NotTheGateway."""

    def parse_event(self, body: bytes) -> Event:
        """Read verified bytes. Raises MessageUnclear."""
