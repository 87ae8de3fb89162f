"""What accounts does when the installation announces something."""

from datetime import datetime
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from apps.accounts import roles, sign_ins, staff
from apps.accounts.models import SignIn, User
from apps.tenants.signals import clinic_migrated, clinic_opened


@receiver(clinic_migrated)
def keep_roles_in_step(sender: object, **kwargs: Any) -> None:
    roles.sync()


@receiver(clinic_opened)
def invite_first_admin(sender: object, *, clinic: Any, at: datetime, **kwargs: Any) -> None:
    """Somebody must be able to let the others in. They say their own name when they follow the link."""
    name = clinic.admin_email.partition("@")[0].replace(".", " ").title()[:150]
    staff.invite(email=clinic.admin_email, full_name=name, roles=[roles.CLINIC_ADMIN], by=None, at=at)


@receiver(user_logged_in)
def note_sign_in(sender: object, *, request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    if request is not None and hasattr(request, "tenant"):  # a test's force_login came through no door
        sign_ins.note(request, SignIn.Outcome.SIGNED_IN, user=user)


@receiver(user_logged_out)
def note_sign_out(sender: object, *, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    if user is not None and hasattr(request, "tenant"):
        sign_ins.note(request, SignIn.Outcome.SIGNED_OUT, user=user)


@receiver(user_login_failed)
def note_refusal(sender: object, *, credentials: dict[str, Any], request: HttpRequest | None, **kwargs: Any) -> None:
    if request is not None:
        sign_ins.note_refusal(request, email=str(credentials.get("email") or ""))
