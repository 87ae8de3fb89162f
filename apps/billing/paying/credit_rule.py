"""Whether a patient's credit pays an invoice by itself as it is issued: each clinic chooses. Off, somebody says so."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from apps.accounts.models import User
from apps.billing.models import BillingSettings
from apps.core.prepared import prepared


def settings() -> BillingSettings:
    """What this clinic has chosen; until it does, credit is used by choice alone."""
    return BillingSettings.objects.first() or BillingSettings()


@prepared
def _by_itself() -> QuerySet[BillingSettings, bool]:
    return BillingSettings.objects.order_by().values_list("credit_by_itself", flat=True)


def pays_by_itself() -> bool:
    """What of them an issue asks for."""
    return True in _by_itself()


@transaction.atomic
def choose(*, credit_by_itself: bool, by: User, at: datetime) -> BillingSettings:
    """Say whether invoices that are issued from now on use the patient's credit, the oldest first."""
    chosen = BillingSettings.objects.select_for_update().first() or BillingSettings()
    chosen.credit_by_itself = credit_by_itself
    chosen.save()
    return chosen
