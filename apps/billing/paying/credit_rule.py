"""Whether a patient's credit pays an invoice by itself as it is issued: each clinic chooses. Off, somebody says so."""

from datetime import datetime

from django.db import transaction

from apps.accounts.models import User
from apps.billing.models import BillingSettings
from apps.core.asked import Asked

BY_ITSELF = Asked(lambda _: BillingSettings.objects.order_by().values_list("credit_by_itself"))


def settings() -> BillingSettings:
    """What this clinic has chosen; until it does, credit is used by choice alone."""
    return BillingSettings.objects.first() or BillingSettings()


def pays_by_itself() -> bool:
    """What of them an issue asks for."""
    return (True,) in BY_ITSELF.about()


@transaction.atomic
def choose(*, credit_by_itself: bool, by: User, at: datetime) -> BillingSettings:
    """Say whether invoices that are issued from now on use the patient's credit, the oldest first."""
    chosen = BillingSettings.objects.select_for_update().first() or BillingSettings()
    chosen.credit_by_itself = credit_by_itself
    chosen.save()
    return chosen
