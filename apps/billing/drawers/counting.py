"""What lies in a drawer: counted blindly, and again as often as somebody likes until the session is locked.

Each count is kept with who made it; the last one stands, and what differs differs from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.billing import posting
from apps.billing.drawers.belonging import own
from apps.billing.drawers.pieces import read_pieces
from apps.billing.models import COUNTED, DrawerCount, DrawerSession, PaymentMethod
from apps.billing.prices.sums import Amount, read_price
from apps.core.money import currency_of
from apps.core.refusals import Conflict, Refusal

LONGEST_REASON = 300


class SessionIsCounted(Conflict):
    code = "session_is_counted"
    message = _("This drawer is counted already: what was counted stays. It can be counted again until it is locked.")


class SessionNotCounted(Conflict):
    code = "session_not_counted"
    message = _("Count the drawer first.")


class CountedMeanwhile(Conflict):
    code = "counted_meanwhile"
    message = _("It was counted again meanwhile. Look at that count first.")


class VarianceNeedsReason(Refusal):
    code = "reason_missing"


@dataclass(frozen=True, slots=True)
class Counted:
    """What somebody counted: the notes and coins, and the slips and cheques by what they come to."""

    pieces: Mapping[str, Any]
    card: Amount = 0
    upi: Amount = 0
    cheque: Amount = 0


@transaction.atomic
def count(session: DrawerSession, counted: Counted, *, by: User, at: datetime) -> DrawerSession:
    """Hand in what was counted at the end. From now on nothing falls into this session, and what should have been
    there is known. Raises SessionIsCounted, PiecesRefused, AmountRefused.
    """
    posting.hold_books()
    session = own(session, by)
    if session.counted_at is not None:
        raise SessionIsCounted
    _write(session, counted)
    session.counted_at, session.counted_by = at, by
    session.save(update_fields=["counted_at", "counted_by"])
    session.refresh_from_db()
    return session


@transaction.atomic
def recount(
    session: DrawerSession, counted: Counted, *, by: User, at: datetime, after: int | None = None
) -> DrawerSession:
    """Hand in what was counted when it was counted once more. Whoever the drawer was offered to is asked anew.

    ``after``: the turn of the count that was seen before, if that matters.
    Raises SessionNotCounted, CountedMeanwhile, SessionIsLocked and as `count`.
    """
    session = own(session, by)
    if session.counted_at is None:
        raise SessionNotCounted
    if after is not None and session.last_counts().filter(turn__gt=after).exists():
        raise CountedMeanwhile
    if session.handed_to_id is not None:
        session.handed_to = None
        session.save(update_fields=["handed_to"])
    _write(session, counted, at=at, by=by)
    session.refresh_from_db()
    return session


def explained(session: DrawerSession, reasons: Mapping[str, str]) -> list[DrawerCount]:
    """The counts that stand, each variance with its reason; what ``reasons`` say by method is written down.

    Raises SessionNotCounted, VarianceNeedsReason.
    """
    if session.counted_at is None:
        raise SessionNotCounted
    counts = list(session.last_counts())
    for one in counts:
        words = reasons.get(one.method, "").strip()[:LONGEST_REASON]
        if one.variance and words and words != one.reason:
            one.reason = words
            one.save(update_fields=["reason"])
        if one.variance and not one.reason:
            name = PaymentMethod(one.method).label
            raise VarianceNeedsReason(
                gettext("Say why %(method)s differs.") % {"method": name}, field=f"reason_{one.method}"
            )
    return counts


def _write(session: DrawerSession, counted: Counted, **again: Any) -> None:
    """A count of each method; which turn it is, and what should have been there, is for the database to say."""
    currency = currency_of(session.currency)
    cash = read_pieces(counted.pieces, currency)
    slips = {method: read_price(getattr(counted, method) or 0, currency, field=method) for method in COUNTED[1:]}
    for method in COUNTED:
        amount = cash.total if method == PaymentMethod.CASH else slips[method]
        pieces = cash.pieces if method == PaymentMethod.CASH else {}
        DrawerCount.objects.create(session=session, method=method, counted=amount, pieces=pieces, **again)
