"""What the patients' department does when the installation announces something."""

from typing import Any

from django.dispatch import receiver

from apps.core.connection import on_platform
from apps.patients import indexing
from apps.tenants.signals import clinic_migrated


@receiver(clinic_migrated)
def index_anew(sender: object, **kwargs: Any) -> None:
    """Names are found as this version of the house compares them."""
    if not on_platform():
        indexing.ask_if_needed()
