"""What the ledger does when the installation announces something."""

from typing import Any

from django.dispatch import receiver

from apps.core.connection import connection
from apps.ledger import accounts
from apps.tenants.signals import clinic_migrated


@receiver(clinic_migrated)
def open_chart(sender: object, **kwargs: Any) -> None:
    if connection.schema_name != "public":  # the platform keeps no books
        accounts.open_chart()
