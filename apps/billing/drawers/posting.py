"""What the books say of drawers; patients' money is posted by billing/posting.py.

| event                         | debit                          | credit                         |
|-------------------------------|--------------------------------|--------------------------------|
| paid into the bank            | Bank                           | Cash                           |
| put in from the bank          | Cash                           | Bank                           |
| paid for something small      | Petty expenses                 | Cash                           |
| to and from the safe          | nothing: it is cash before and after                            |
| locked: more than expected    | Cash / Card / UPI / Bank       | Cash over and short            |
| locked: less than expected    | Cash over and short            | Cash / Card / UPI / Bank       |
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from apps.accounts.models import User
from apps.billing.models import DrawerCount, DrawerMovement, DrawerSession, PaymentMethod
from apps.billing.posting import TILL
from apps.ledger import journal
from apps.ledger.journal import Line
from apps.ledger.models import Account

Role = Account.Role
Kind = DrawerMovement.Kind

DRAWER_MOVED = "drawer_moved"
DRAWER_LOCKED = "drawer_locked"
# What stands on the other side of the cash.
AGAINST = {Kind.TO_BANK: Role.BANK, Kind.FROM_BANK: Role.BANK, Kind.EXPENSE: Role.PETTY_EXPENSES}


def moved(movement: DrawerMovement, *, on: date, by: User, at: datetime) -> None:
    """Cash went into the drawer or out of it. Between drawer and safe nothing is posted."""
    against = AGAINST.get(Kind(movement.kind))
    if against is None:
        return
    signed = movement.amount if movement.kind in DrawerMovement.IN else -movement.amount
    journal.post(
        effective_on=on,
        description=f"Drawer {movement.session.number}: {Kind(movement.kind).value.replace('_', ' ')}",
        source=DRAWER_MOVED,
        source_id=movement.pk,
        lines=[_side(Role.CASH, signed), _side(against, -signed)],
        by=by,
        at=at,
    )


def locked(session: DrawerSession, counts: Sequence[DrawerCount], *, on: date, by: User, at: datetime) -> None:
    """What was counted above or below what should have been there."""
    lines = []
    for count in counts:
        if count.variance:
            lines += [
                _side(TILL[PaymentMethod(count.method)], count.variance),
                _side(Role.OVER_SHORT, -count.variance),
            ]
    if lines:
        journal.post(
            effective_on=on,
            description=f"Drawer {session.number} over and short",
            source=DRAWER_LOCKED,
            source_id=session.pk,
            lines=lines,
            by=by,
            at=at,
        )


def _side(role: str, amount: Decimal) -> Line:
    return Line(role, debit=amount) if amount > 0 else Line(role, credit=-amount)
