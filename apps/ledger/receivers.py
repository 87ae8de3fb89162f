"""What the ledger does when the installation announces something."""

from typing import Any

from django.db import connection
from django.dispatch import receiver

from apps.ledger import accounts
from apps.tenants.signals import clinic_migrated


@receiver(clinic_migrated)
def open_chart(sender: object, **kwargs: Any) -> None:
    if connection.schema_name != "public":  # type: ignore[attr-defined]  # the platform keeps no books
        accounts.open_chart()
