"""Whose drawer it is: asked by the rules that take money and give it back, and by those of drawers."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.billing.models import COUNTED, Drawer, DrawerSession, PaymentMethod
from apps.core.prepared import prepared
from apps.core.refusals import Conflict, NotPermitted


class DrawerNotOpen(Conflict):
    """The clinic has drawers, and cash that lies in none of them would be nobody's."""

    code = "drawer_not_open"
    field = "method"
    message = _("Cash belongs in a drawer. Open yours first, or choose another way.")


class DrawerIsCounted(Conflict):
    code = "drawer_is_counted"
    field = "method"
    message = _("Your drawer is counted. Lock it and open the next one, into which this falls.")


class NotYourDrawer(NotPermitted):
    code = "not_your_drawer"
    message = _("Somebody else answers for this drawer.")


class SessionIsLocked(Conflict):
    code = "session_is_locked"
    message = _("This drawer session is locked and never changes. What comes later falls into the next one.")


def drawer_for(user: User, method: str) -> DrawerSession | None:
    """The open session that money by this method falls into when this person takes or gives it; None for what lies in
    no drawer, and in a clinic without drawers. Whoever posts asks after `posting.hold_books`, as a count does.

    Raises DrawerNotOpen, DrawerIsCounted.
    """
    drawers = _drawers() if method in COUNTED else []
    if not drawers:
        return None
    session = open_of(user)
    if session is not None and session.counted_at is not None:
        raise DrawerIsCounted
    if session is None and method == PaymentMethod.CASH and True in drawers:
        raise DrawerNotOpen
    return session


def open_of(user: User) -> DrawerSession | None:
    """The session that this person has not locked yet."""
    return _open_of.first(user=user.pk)


@prepared
def _open_of(*, user: Any) -> QuerySet[DrawerSession]:
    return DrawerSession.objects.select_related("drawer").filter(cashier=user, locked_at=None)[:1]


@prepared
def _drawers() -> QuerySet[Drawer, bool]:
    """Whether there are any, and any in use."""
    return Drawer.objects.order_by().values_list("is_active", flat=True).distinct()


def own(session: DrawerSession, user: User) -> DrawerSession:
    """The session as it is now, held; only for whoever answers for it, or for the one who looks after all drawers."""
    session = held(session)
    if session.cashier_id != user.pk and not user.has_perm("billing.manage_drawers"):
        raise NotYourDrawer
    if session.locked_at is not None:
        raise SessionIsLocked
    return session


def held(session: DrawerSession) -> DrawerSession:
    """The session as it is now, whosever it is; its drawer and itself locked, in this order."""
    Drawer.objects.select_for_update(no_key=True).get(pk=session.drawer_id)
    rows = DrawerSession.objects.select_for_update(no_key=True, of=("self",)).select_related("drawer")
    return rows.get(pk=session.pk)
