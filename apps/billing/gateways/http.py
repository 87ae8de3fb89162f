"""A gateway that speaks JSON over HTTP. Its address is a setting of the installation (HPMS_PAYMENT_GATEWAY): no clinic
types one, so that none can make the house call whom it likes.

To make a link we POST to `<address>/links`, signed, with the link's id as Idempotency-Key::

    {"reference": "<our id>", "merchant": "…", "amount": "136.00", "currency": "INR",
     "expires_at": "2026-05-14T06:30:00+00:00", "description": "INV-2026-00001"}

and read `{"id": "<its id>", "url": "https://…"}` (200 or 201). To give money of a link back we POST to
`<address>/refunds` in the same way, and read `{"id": "<its id>"}`::

    {"reference": "<our id>", "merchant": "…", "link": "<its id>", "amount": "36.00", "currency": "INR"}

To end a link before its time we POST to `<address>/endings`, and any 200 or 201 will do::

    {"merchant": "…", "link": "<its id>"}

Another 4xx is its last word; everything else is asked again later, with the same key: it is done once. What becomes of
it we are told by POST to the clinic's own address, signed with the same key::

    {"id": "evt_1", "type": "link.paid", "link": "<its id>", "amount": "136.00", "currency": "INR",
     "at": "2026-05-12T09:00:00+00:00", "reason": ""}        type: link.paid, link.failed, link.expired

    {"id": "evt_2", "type": "refund.done", "refund": "<its id>", "reference": "<our id>", "amount": "36.00",
     "currency": "INR", "at": "2026-05-13T09:00:00+00:00", "reason": ""}      type: refund.done, refund.failed

Either of the latter is its last word on that refund. And what has reached the bank, what was kept of it, for which
links, less which refunds (both lists may be left out)::

    {"id": "evt_3", "type": "settlement.paid", "settlement": "<its id>", "amount": "97.64", "fee": "2.36",
     "currency": "INR", "on": "2026-05-14", "links": ["<its id>"], "refunds": ["<our id>"]}

Signed means two headers: `X-Timestamp`, seconds since 1970, and `X-Signature`, `v1=` and the HMAC-SHA-256, in hex,
under the clinic's key of the timestamp, a point and the raw body. What is five minutes older or newer is refused.
"""

import hashlib
import hmac
import http.client
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.billing.gateways.interface import (
    Event,
    GatewayAway,
    GatewayRefuses,
    Made,
    MessageUnclear,
    NotTheGateway,
    ToldSettlement,
    Wish,
    WishBack,
)

PATIENCE = 10  # seconds
TOLERANCE = timedelta(minutes=5)
LARGEST_ANSWER = 64 * 1024
LONGEST_ID, LONGEST_URL, LONGEST_REASON = 100, 1000, 200
SETTLED = "settlement.paid"
LONGEST_SETTLEMENT, LARGEST_SUM = 60, 10**12
TIMESTAMP, SIGNATURE = "X-Timestamp", "X-Signature"


class HttpGateway:
    """One clinic's account there."""

    def __init__(self, address: str, *, merchant: str, key: str) -> None:
        self.address, self.merchant, self.key = urlsplit(address), merchant, key.encode()

    def create_link(self, wish: Wish, *, at: datetime) -> Made:
        said = {
            "reference": str(wish.reference),
            "merchant": self.merchant,
            "amount": f"{wish.amount:f}",
            "currency": wish.currency,
            "expires_at": wish.expires_at.astimezone(UTC).isoformat(),
            "description": wish.description,
        }
        answer = self._asked("/links", said, str(wish.reference), at=at)
        made = Made(_text(answer, "id", LONGEST_ID), _text(answer, "url", LONGEST_URL))
        if not made.reference or urlsplit(made.url).scheme not in {"https", "http"}:
            raise GatewayAway("no link in the answer")
        return made

    def create_refund(self, wish: WishBack, *, at: datetime) -> str:
        said = {
            "reference": str(wish.reference),
            "merchant": self.merchant,
            "link": wish.link,
            "amount": f"{wish.amount:f}",
            "currency": wish.currency,
        }
        reference = _text(self._asked("/refunds", said, str(wish.reference), at=at), "id", LONGEST_ID)
        if not reference:
            raise GatewayAway("no refund in the answer")
        return reference

    def end_link(self, link: str, *, once: UUID, at: datetime) -> None:
        self._asked("/endings", {"merchant": self.merchant, "link": link}, str(once), at=at)

    def verify(self, body: bytes, headers: Mapping[str, str], *, at: datetime) -> None:
        stamp = headers.get(TIMESTAMP, "")
        given = headers.get(SIGNATURE, "")
        if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 12):
            raise NotTheGateway(_("The message is not signed."))
        if not hmac.compare_digest(given.encode("utf-8", "replace"), sign(self.key, stamp, body).encode()):
            raise NotTheGateway(_("The signature is wrong."))
        if abs(at.timestamp() - int(stamp)) > TOLERANCE.total_seconds():
            raise NotTheGateway(_("The message is too old."))

    def parse_event(self, body: bytes) -> Event:
        said = _object(body)
        event = Event(
            id=_text(said, "id", LONGEST_ID),
            kind=_text(said, "type", LONGEST_ID).removeprefix("link.")[:40],
            link=_text(said, "link", LONGEST_ID),
            amount=_amount(said.get("amount")),
            currency=_text(said, "currency", 3),
            at=_moment(said.get("at")),
            reason=_text(said, "reason", LONGEST_REASON),
            refund=_text(said, "refund", LONGEST_ID),
            reference=_text(said, "reference", LONGEST_ID),
            settlement=_settlement(said) if said.get("type") == SETTLED else None,
        )
        if not event.id or not event.kind:
            raise MessageUnclear(_("The message has no id or no type."))
        return event

    def _asked(self, path: str, said: dict[str, str], once: str, *, at: datetime) -> dict[str, Any]:
        """What it answers. Raises GatewayAway, GatewayRefuses."""
        status, body = self._post(path, json.dumps(said).encode(), once, at=at)
        if status not in (200, 201):
            if 400 <= status < 500 and status not in (408, 409, 425, 429):
                raise GatewayRefuses(str(status))
            raise GatewayAway(str(status))
        return _object(body)

    def _post(self, path: str, body: bytes, once: str, *, at: datetime) -> tuple[int, bytes]:
        stamp = str(int(at.timestamp()))
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": once,
            TIMESTAMP: stamp,
            SIGNATURE: sign(self.key, stamp, body),
        }
        kind = http.client.HTTPSConnection if self.address.scheme == "https" else http.client.HTTPConnection
        line = kind(self.address.hostname or "", self.address.port, timeout=PATIENCE)
        try:
            line.request("POST", self.address.path.rstrip("/") + path, body, headers)
            answer = line.getresponse()
            return answer.status, answer.read(LARGEST_ANSWER)
        except (OSError, http.client.HTTPException) as problem:
            raise GatewayAway(type(problem).__name__) from problem
        finally:
            line.close()


def sign(key: bytes, stamp: str, body: bytes) -> str:
    """The signature of a body at a moment, as both sides send it."""
    return "v1=" + hmac.new(key, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _object(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as problem:
        raise MessageUnclear(_("The message is not JSON.")) from problem
    if not isinstance(said, dict):
        raise MessageUnclear(_("The message is not an object."))
    return said


def _text(said: dict[str, Any], name: str, longest: int) -> str:
    value = said.get(name, "")
    if not isinstance(value, str) or len(value) > longest or "\x00" in value:
        raise MessageUnclear(_("A part of the message is not a short text."))
    return value


def _amount(value: Any) -> Decimal | None:
    try:
        amount = Decimal(value) if isinstance(value, str) and len(value) <= 40 else None
    except InvalidOperation:
        return None
    return amount if amount is None or amount.is_finite() else None


def _settlement(said: dict[str, Any]) -> ToldSettlement:
    amount, fee = _amount(said.get("amount")), _amount(said.get("fee"))
    settlement = _text(said, "settlement", LONGEST_SETTLEMENT)
    if amount is None or fee is None or not settlement or not (0 < amount < LARGEST_SUM and 0 <= fee < LARGEST_SUM):
        raise MessageUnclear(_("The settlement has no id, no amount or no fee."))
    try:
        on = date.fromisoformat(_text(said, "on", 10)) if said.get("on") else None
        refunds = tuple(UUID(name) for name in _texts(said, "refunds"))
    except ValueError as problem:
        raise MessageUnclear(_("The settlement has a day or a refund that is none.")) from problem
    currency = _text(said, "currency", 3)
    return ToldSettlement(settlement, amount, fee, currency, on, tuple(_texts(said, "links")), refunds)


def _texts(said: dict[str, Any], name: str) -> list[str]:
    values = said.get(name, [])
    if not isinstance(values, list):
        raise MessageUnclear(_("A part of the message is not a list."))
    return [_text({name: value}, name, LONGEST_ID) for value in values]


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment is None or moment.tzinfo else None
