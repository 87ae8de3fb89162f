"""What this clinic charges for, and how much."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.billing.models import Service
from apps.billing.prices.sums import read_percent, read_price
from apps.clinic import profile
from apps.core.refusals import Conflict, Refusal


class ServiceNameMissing(Refusal):
    code = "name_missing"
    field = "name"
    message = _("Give the service a name of at most 120 letters.")


class ServiceNameTaken(Conflict):
    code = "name_taken"
    field = "name"
    message = _("There is a service of this name already.")


class UnknownCategory(Refusal):
    code = "unknown_category"
    field = "category"
    message = _("Choose a category.")


@transaction.atomic
def add_service(*, by: User, at: datetime, **details: Any) -> Service:
    """Offer something new. ``details``: name, category, price, tax_name, tax_rate."""
    return _write(Service(), details)


@transaction.atomic
def amend_service(service: Service, *, by: User, at: datetime, **changes: Any) -> Service:
    """Change words, price or tax of what is charged from now on; lines that exist keep what they copied."""
    return _write(Service.objects.select_for_update().get(pk=service.pk), changes)


def _write(service: Service, details: dict[str, Any]) -> Service:
    readers: dict[str, Callable[[Any], Any]] = {
        "name": lambda text: str(text).strip(),
        "category": str,
        "price": lambda amount: read_price(amount, profile.current().currency_info, field="price"),
        "tax_name": lambda text: str(text).strip()[:40],
        "tax_rate": lambda rate: read_percent(rate or 0, field="tax_rate"),
        "is_active": bool,
    }
    for name, value in details.items():
        setattr(service, name, readers[name](value))
    if not 0 < len(service.name) <= 120:
        raise ServiceNameMissing
    if service.category not in Service.Category.values:
        raise UnknownCategory
    if service.price is None:
        service.price = read_price("", profile.current().currency_info, field="price")
    try:
        with transaction.atomic():
            service.save()
    except IntegrityError as error:
        if "one_service_of_a_name" in str(error):
            raise ServiceNameTaken from error
        raise
    return service
