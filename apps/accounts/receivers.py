"""What accounts does when the installation announces something."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from apps.accounts import roles, staff
from apps.tenants.signals import clinic_migrated, clinic_opened


@receiver(clinic_migrated)
def keep_roles_in_step(sender: object, **kwargs: Any) -> None:
    roles.sync()


@receiver(clinic_opened)
def invite_first_admin(sender: object, *, clinic: Any, at: datetime, **kwargs: Any) -> None:
    """Somebody must be able to let the others in. They say their own name when they follow the link."""
    name = clinic.admin_email.partition("@")[0].replace(".", " ").title()
    staff.invite(email=clinic.admin_email, full_name=name, roles=[roles.CLINIC_ADMIN], by=None, at=at)
