"""What this department does when something happens elsewhere."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from apps.clinic import profile
from apps.tenants.signals import clinic_opened


@receiver(clinic_opened, dispatch_uid="clinic.set_up")
def set_up_profile(sender: object, *, clinic: Any, at: datetime, **_kwargs: object) -> None:
    profile.set_up(by=None, at=at, name=clinic.name, **clinic.settings)
