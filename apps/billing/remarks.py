"""What the day sheet says about a patient's account."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from uuid import UUID

from django.db.models import F, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Greatest
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.billing.models import Invoice, Payment
from apps.billing.paying.check_in import unpaid_in_words
from apps.billing.statements import owed_by
from apps.clinic import profile
from apps.core.money import format_money
from apps.scheduling.sheets.flow import Due, add_dues
from apps.scheduling.sheets.live import also_count
from apps.scheduling.sheets.remarks import add_remark, add_visit_remark

# Rises with each invoice issued and each payment taken on these days: open sheets look again.
MONEY_MOVED = """
    (SELECT count(*) FROM billing_invoice WHERE issued_on BETWEEN %(first_day)s AND %(last_day)s)
  + (SELECT count(*) FROM billing_payment WHERE received_on BETWEEN %(first_day)s AND %(last_day)s)
"""


def leave() -> None:
    add_remark("owed", owed)
    add_visit_remark("copay", unpaid_in_words)
    also_count("billing", MONEY_MOVED)
    add_dues("invoices", dues)


def owed(patient_ids: Collection[UUID], reader: User) -> Mapping[UUID, str]:
    """Words like "owes ₹450" for each patient with something due; to people who may see invoices."""
    if not reader.has_perm("billing.view_invoice"):
        return {}
    clinic = profile.current()
    return {
        patient_id: _("owes %(sum)s") % {"sum": format_money(sum_, clinic.currency_info, clinic.locale)}
        for patient_id, sum_ in owed_by(patient_ids).items()
    }


def dues(visits: Collection[UUID], reader: User) -> Mapping[UUID, Due]:
    """What visits still cost, a draft included; and the way to the till for whoever may take payments."""
    if not reader.has_perm("billing.view_invoice"):
        return {}
    clinic, may_take = profile.current(), reader.has_perm("billing.receive_payment")
    is_open = Q(due__gt=0) | Q(issued_at=None, total__gt=0)
    rows = Invoice.objects.order_by().filter(is_open, appointment__in=list(visits), voided_at=None)
    theirs = Payment.objects.with_credit().filter(patient=OuterRef("patient")).order_by().values("patient")
    free = Greatest(F("unapplied") - F("going_back"), Decimal(0))
    unused = Coalesce(Subquery(theirs.values(sum=Sum(free))), Value(Decimal(0)))

    def worded(due: Decimal, ahead: Decimal) -> str:
        words = format_money(due, clinic.currency_info, clinic.locale)
        if not ahead:
            return words
        paid = format_money(min(due, ahead), clinic.currency_info, clinic.locale)
        return _("%(due)s, %(paid)s paid ahead") % {"due": words, "paid": paid}

    return {
        visit: Due(worded(due or total, paid_ahead), reverse("billing:invoice", args=[pk]) if may_take else "")
        for visit, pk, due, total, paid_ahead in rows.values_list("appointment", "pk", "due", "total", unused)
    }
