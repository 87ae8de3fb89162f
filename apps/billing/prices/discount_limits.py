"""How much each role may let off: a setting of the clinic. A clinic admin may let off everything."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts import roles
from apps.accounts.models import Role, User
from apps.accounts.rights import rights_of
from apps.billing.models import DiscountLimit
from apps.billing.prices.sums import HUNDRED, read_percent
from apps.billing.prices.tax_words import plain
from apps.clinic import profile
from apps.core.money import format_money, round_half_up
from apps.core.refusals import NotPermitted, Refusal

MAY = "billing.give_discount"


class MayNotDiscount(NotPermitted):
    code = "may_not_give_discount"
    field = "discount"


class BeyondLimit(NotPermitted):
    code = "discount_beyond_limit"
    field = "discount"


class RoleGivesNone(Refusal):
    code = "role_gives_no_discounts"
    field = "role"
    message = gettext_lazy("This role gives no discounts: allow it to first, among its permissions.")


class HasNoLimit(Refusal):
    code = "role_without_limit"
    field = "role"
    message = gettext_lazy("A clinic admin may let off everything; this cannot be limited.")


@dataclass(frozen=True, slots=True)
class Limited:
    """A role that gives discounts, and the percentage it may let off at most (None: everything)."""

    role: Role
    percent: Decimal | None
    is_fixed: bool


def all_limits() -> list[Limited]:
    """Every role that gives discounts, in the order of the house."""
    return [
        Limited(role, None if role.code in roles.HOLDS_EVERYTHING else _percent_of(role), _is_fixed(role))
        for role in _who_give().select_related("discount_limit")
    ]


@transaction.atomic
def set_limits(wanted: Iterable[tuple[Role, str | Decimal | None]], *, by: User, at: datetime) -> list[Limited]:
    """Say what each role may let off at most, in percent; nothing written: no limit. All or none of them.

    Raises PercentRefused, RoleGivesNone, HasNoLimit; their details name the `role`.
    """
    giving = {role.pk for role in _who_give()}
    for role, percent in wanted:
        try:
            _set(role, percent, giving)
        except Refusal as refusal:
            refusal.details |= {"role": role.code}
            raise
    return all_limits()


def limit_of(user: User) -> Decimal | None:
    """The most that this person may let off, in percent: their most generous role counts. None: everything."""
    held = rights_of(user)
    if MAY not in held.permissions:
        return Decimal(0)
    if held.roles & roles.HOLDS_EVERYTHING:
        return None
    percents = list(_who_give().filter(code__in=held.roles).values_list("discount_limit__percent", flat=True))
    return None if None in percents else max(percents, default=Decimal(0))


def refuse_beyond(limit: Decimal | None, discount: Decimal, gross: Decimal, *, by: User) -> None:
    """Refuse a discount of more than ``limit_of(by)`` on ``gross``. Raises MayNotDiscount, BeyondLimit."""
    if limit is None:
        return
    clinic = profile.current()
    most = round_half_up(gross * limit / HUNDRED, clinic.currency_info)
    if discount <= most:
        return
    who = _who_may_more_than(limit)
    if MAY not in rights_of(by).permissions:
        raise MayNotDiscount(_("You may not give a discount. Ask: %(who)s.") % {"who": who})
    raise BeyondLimit(
        _("You may take off at most %(limit)s %%, here %(most)s. For more ask: %(who)s.")
        % {"limit": plain(limit), "most": format_money(most, clinic.currency_info, clinic.locale), "who": who},
        details={"limit_percent": plain(limit), "most": f"{most:f}"},
    )


def _set(role: Role, percent: str | Decimal | None, giving: set[UUID]) -> None:
    if _is_fixed(role):
        raise HasNoLimit
    if role.pk not in giving:
        raise RoleGivesNone
    if percent is None or str(percent).strip() == "":
        DiscountLimit.objects.filter(role=role).delete()
        return
    exact = read_percent(str(percent).strip().removesuffix("%"), field="percent")
    DiscountLimit.objects.update_or_create(role=role, defaults={"percent": exact})


def _who_give() -> QuerySet[Role]:
    app, codename = MAY.split(".")
    return Role.objects.filter(
        group__permissions__codename=codename, group__permissions__content_type__app_label=app
    ).order_by("position", "name")


def _who_may_more_than(limit: Decimal) -> str:
    names = []
    for one in all_limits():
        name = roles.name_of(one.role)
        if one.percent is None:
            names.append(name)
        elif one.percent > limit:
            names.append(_("%(role)s (up to %(percent)s %%)") % {"role": name, "percent": plain(one.percent)})
    return ", ".join(names)


def _percent_of(role: Role) -> Decimal | None:
    limit: DiscountLimit | None = getattr(role, "discount_limit", None)
    return limit.percent if limit is not None else None


def _is_fixed(role: Role) -> bool:
    return role.code in roles.HOLDS_EVERYTHING
