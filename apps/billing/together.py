"""Money of two records that become one person's, and that may have to be told apart again."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Q, Sum
from django.dispatch import receiver
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.billing import statements
from apps.billing.models import PaymentAllocation
from apps.clinic import profile
from apps.core.money import format_money
from apps.core.refusals import Conflict
from apps.patients.models import Patient
from apps.patients.signals import records_separated
from apps.patients.together import Finding, add_finder


class MoneyIsMixed(Conflict):
    """A payment on one record pays an invoice on the other: apart, neither account would be right."""

    code = "money_is_mixed"


def hang_up() -> None:
    add_finder("accounts", "billing.view_invoice", accounts)


def accounts(one: Patient, other: Patient) -> Iterable[Finding]:
    """What either owes and has as credit. Together it is one balance: the credit of one can pay what the other owes."""
    clinic = profile.current()
    lines = []
    for record, balance in statements.balances_of([one.pk, other.pk]).items():
        if balance.owed or balance.credit:
            said = {
                "number": one.number if record == one.pk else other.number,
                "owed": format_money(balance.owed, clinic.currency_info, clinic.locale),
                "credit": format_money(balance.credit, clinic.currency_info, clinic.locale),
            }
            words = _("%(number)s owes %(owed)s and has %(credit)s of credit")
            if not balance.credit:
                words = _("%(number)s owes %(owed)s")
            elif not balance.owed:
                words = _("%(number)s has %(credit)s of credit")
            lines.append((words % said, reverse("billing:account", args=[record])))
    if lines:
        yield Finding(_("Accounts of both, which will be one balance"), lines)


@receiver(records_separated, dispatch_uid="billing.money_is_mixed")
def refuse_mixed_money(sender: object, *, leaving: set[UUID], **_more: Any) -> None:
    """What was paid across the two is given back or released first; then each account is right on its own."""
    inside, outside = Q(payment__patient__in=leaving), Q(invoice__patient__in=leaving)
    crossing = PaymentAllocation.objects.filter((inside & ~outside) | (outside & ~inside)).order_by()
    held = crossing.values_list("payment__number", "invoice__number").annotate(sum=Sum("amount")).filter(sum__gt=0)
    if pairs := [_("%(payment)s pays %(invoice)s") % {"payment": p, "invoice": i} for p, i, _held in held[:5]]:
        raise MoneyIsMixed(
            _("Money of one record pays invoices of the other (%(pairs)s). Give it back or make the invoices void.")
            % {"pairs": "; ".join(pairs)}
        )
