"""Whose drawer money falls into: asked by the rules that take money and give it back."""

from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.billing.models import COUNTED, Drawer, DrawerSession, PaymentMethod
from apps.core.refusals import Conflict


class DrawerNotOpen(Conflict):
    """The clinic has drawers, and cash that lies in none of them would be nobody's."""

    code = "drawer_not_open"
    field = "method"
    message = _("Cash belongs in a drawer. Open yours first, or choose another way.")


class DrawerIsCounted(Conflict):
    code = "drawer_is_counted"
    field = "method"
    message = _("Your drawer is counted. Lock it and open the next one, into which this falls.")


def drawer_for(user: User, method: str) -> DrawerSession | None:
    """The open session that money by this method falls into when this person takes or gives it; None for what lies in
    no drawer, and in a clinic without drawers. Whoever posts asks after `posting.hold_books`, as a count does.

    Raises DrawerNotOpen, DrawerIsCounted.
    """
    if method not in COUNTED:
        return None
    session = open_of(user)
    if session is not None and session.counted_at is not None:
        raise DrawerIsCounted
    if session is None and method == PaymentMethod.CASH and Drawer.objects.filter(is_active=True).exists():
        raise DrawerNotOpen
    return session


def open_of(user: User) -> DrawerSession | None:
    """The session that this person has not locked yet."""
    return DrawerSession.objects.select_related("drawer").filter(cashier=user, locked_at=None).first()
