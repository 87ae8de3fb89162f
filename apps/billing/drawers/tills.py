"""Which drawers a clinic has."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.billing.models import Drawer
from apps.core.refusals import Conflict, Refusal

LONGEST_NAME = 60


class DrawerNeedsName(Refusal):
    code = "name_missing"
    field = "name"
    message = _("Give the drawer a name of at most 60 letters.")


class DrawerNameTaken(Conflict):
    code = "drawer_name_taken"
    field = "name"
    message = _("There is a drawer of this name already.")


class DrawerInUse(Conflict):
    code = "drawer_in_use"
    field = "is_active"
    message = _("Somebody has this drawer. It can be put away when they have locked it.")


def add_drawer(*, name: str, by: User, at: datetime) -> Drawer:
    """From the first on, only people who have one open take cash. Raises DrawerNeedsName, DrawerNameTaken."""
    return _keep(Drawer(), name)


@transaction.atomic
def amend_drawer(
    drawer: Drawer, *, by: User, at: datetime, name: str | None = None, is_active: bool | None = None
) -> Drawer:
    """Call it something else, put it away, or take it into use again. Raises also DrawerInUse."""
    drawer = Drawer.objects.select_for_update(no_key=True).get(pk=drawer.pk)
    if is_active is not None:
        if not is_active and drawer.sessions.filter(locked_at=None).exists():
            raise DrawerInUse
        drawer.is_active = is_active
    return _keep(drawer, drawer.name if name is None else name)


def _keep(drawer: Drawer, name: str) -> Drawer:
    drawer.name = name.strip()
    if not 0 < len(drawer.name) <= LONGEST_NAME:
        raise DrawerNeedsName
    try:
        with transaction.atomic():
            drawer.save()
    except IntegrityError as error:
        if "one_drawer_of_a_name" not in str(error):
            raise
        raise DrawerNameTaken from error
    return drawer
