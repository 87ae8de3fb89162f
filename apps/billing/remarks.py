"""What the day sheet says about a patient's account."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.db.models import Sum
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.billing.models import Invoice
from apps.clinic import profile
from apps.core.money import format_money
from apps.scheduling.remarks import add_remark


def leave() -> None:
    add_remark("owed", owed)


def owed(patient_ids: Collection[UUID], reader: User) -> Mapping[UUID, str]:
    """Words like "owes ₹450" for each patient with something due; to people who may see invoices."""
    if not reader.has_perm("billing.view_invoice"):
        return {}
    clinic = profile.current()
    due = Invoice.objects.unpaid().filter(patient__in=list(patient_ids)).order_by().values_list("patient")
    return {
        patient_id: _("owes %(sum)s") % {"sum": format_money(amount, clinic.currency_info, clinic.locale)}
        for patient_id, amount in due.annotate(sum=Sum("due"))
        if amount
    }
