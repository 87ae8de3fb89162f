"""A drawer's session: opened with a float, counted blindly (counting.py), handed over or locked.

What should be in a drawer is nowhere to be read before it is counted: the database works it out when the count is
handed in. Locks: the books, then the drawer, then its session.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.billing import posting
from apps.billing.drawers import posting as drawer_posting
from apps.billing.drawers.belonging import SessionIsLocked, held, open_of, own
from apps.billing.drawers.counting import LONGEST_REASON, SessionIsCounted, explained
from apps.billing.drawers.pieces import Handful, read_pieces
from apps.billing.models import Drawer, DrawerCount, DrawerMovement, DrawerSession, PaymentMethod
from apps.billing.prices.sums import Amount, read_payment
from apps.clinic import profile
from apps.core.clock import day_of
from apps.core.money import currency_of
from apps.core.numbering import next_number
from apps.core.refusals import Conflict, NotPermitted, Refusal

SERIES = "DRW"
Kind = DrawerMovement.Kind


class DrawerTaken(Conflict):
    code = "drawer_taken"
    field = "drawer"


class HasADrawer(Conflict):
    code = "has_a_drawer"
    field = "drawer"


class DrawerPutAway(Conflict):
    code = "drawer_put_away"
    field = "drawer"
    message = _("This drawer is not in use.")


class MovementNeedsReason(Refusal):
    code = "reason_missing"
    field = "reason"
    message = _("Say in a few words what for.")


class MovementUnknown(Refusal):
    code = "movement_unknown"
    field = "kind"
    message = _("Choose what the money was moved for.")


class CannotTakeOver(Refusal):
    code = "cannot_take_over"
    field = "handed_to"
    message = _("Choose somebody else who may have a drawer.")


class NotHandedToYou(NotPermitted):
    code = "not_handed_to_you"
    message = _("This drawer is not handed over to you.")


@transaction.atomic
def open_session(drawer: Drawer, *, pieces: Mapping[str, Any], by: User, at: datetime) -> DrawerSession:
    """Begin to answer for a drawer, with the float that lies in it. Raises DrawerTaken, HasADrawer, PiecesRefused."""
    drawer = Drawer.objects.select_for_update(no_key=True).get(pk=drawer.pk)
    if not drawer.is_active:
        raise DrawerPutAway
    return _begin(drawer, read_pieces(pieces, profile.current().currency_info), by=by, at=at)


@transaction.atomic
def move(
    session: DrawerSession,
    *,
    kind: str,
    amount: Amount,
    reason: str,
    by: User,
    at: datetime,
    source_reference: str = "",
) -> DrawerMovement:
    """Put cash into an open drawer or take it out, and say what for. Raises MovementUnknown, MovementNeedsReason."""
    posting.hold_books()
    if source_reference and (made := DrawerMovement.objects.filter(source_reference=source_reference).first()):
        return made
    session = own(session, by)
    if session.counted_at is not None:
        raise SessionIsCounted
    if kind not in Kind.values:
        raise MovementUnknown
    amount = read_payment(amount, currency_of(session.currency))
    reason = reason.strip()
    if not 0 < len(reason) <= LONGEST_REASON:
        raise MovementNeedsReason
    movement = DrawerMovement.objects.create(
        session=session, kind=kind, amount=amount, reason=reason, source_reference=source_reference, at=at, by=by
    )
    drawer_posting.moved(movement, on=posting.day(at), by=by, at=at)
    return movement


@transaction.atomic
def lock(session: DrawerSession, *, by: User, at: datetime, reasons: Mapping[str, str] | None = None) -> DrawerSession:
    """Close the session for ever; what is over or short goes into the books. ``reasons`` says why, by method.

    Raises SessionNotCounted, SessionIsLocked, VarianceNeedsReason.
    """
    posting.hold_books()
    session = own(session, by)
    return _lock(session, explained(session, reasons or {}), by=by, at=at)


@transaction.atomic
def hand_over(
    session: DrawerSession, *, to: User, by: User, at: datetime, reasons: Mapping[str, str] | None = None
) -> DrawerSession:
    """Offer a counted drawer with what lies in it to somebody else, who accepts it with `accept`. Until then it can be
    handed to another, or locked. Raises CannotTakeOver and as `lock`.
    """
    session = own(session, by)
    if to.pk == session.cashier_id or not to.is_active or not to.has_perm("billing.use_drawer"):
        raise CannotTakeOver
    explained(session, reasons or {})
    session.handed_to = to
    session.save(update_fields=["handed_to"])
    session.refresh_from_db()
    return session


@transaction.atomic
def accept(session: DrawerSession, *, by: User, at: datetime) -> DrawerSession:
    """Take a drawer over: the other's session is locked and one's own begins with what they counted; answers with it.

    Raises NotHandedToYou, SessionIsLocked, HasADrawer.
    """
    posting.hold_books()
    session = held(session)
    if session.locked_at is not None:
        raise SessionIsLocked
    if session.handed_to_id != by.pk:
        raise NotHandedToYou
    counts = explained(session, {})
    cash = next(count for count in counts if count.method == PaymentMethod.CASH)
    _refuse_second(by)
    _lock(session, counts, by=by, at=at)
    return _begin(session.drawer, Handful(cash.pieces, cash.counted), by=by, at=at, follows=session)


def _begin(
    drawer: Drawer, float_: Handful, *, by: User, at: datetime, follows: DrawerSession | None = None
) -> DrawerSession:
    clinic = profile.current()
    if taken := drawer.sessions.select_related("cashier").filter(locked_at=None).first():
        raise DrawerTaken(
            gettext("%(name)s has this drawer (%(number)s).")
            % {"name": taken.cashier.full_name, "number": taken.number}
        )
    _refuse_second(by)
    opened_on = day_of(at, clinic.zone)
    session = DrawerSession.objects.create(
        number=next_number(SERIES, on=opened_on),
        drawer=drawer,
        cashier=by,
        follows=follows,
        currency=clinic.currency,
        opened_on=opened_on,
        opened_at=at,
        opening_float=float_.total,
        opening_pieces=float_.pieces,
    )
    session.refresh_from_db()
    return session


def _refuse_second(user: User) -> None:
    # Their row is held, so that one person does not open two at once.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if other := open_of(user):
        raise HasADrawer(gettext("You have %(drawer)s still. Count and lock it first.") % {"drawer": other.drawer.name})


def _lock(session: DrawerSession, counts: list[DrawerCount], *, by: User, at: datetime) -> DrawerSession:
    session.locked_at, session.locked_by = at, by
    session.save(update_fields=["locked_at", "locked_by"])
    drawer_posting.locked(session, counts, on=posting.day(at), by=by, at=at)
    session.refresh_from_db()
    return session
