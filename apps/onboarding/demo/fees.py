"""What visits cost in the demo: a senior's own fee, a free return, and what it costs not to come."""

from datetime import datetime

from apps.accounts.models import User
from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.money import round_half_up
from apps.scheduling import catalogue, own_fees
from apps.scheduling.models import AppointmentType


def set_fees(by: User, at: datetime) -> None:
    """The first type costs more with the first provider, half of it when cancelled within four hours, and is charged at
    check-in; a follow-up within a week is free."""
    first = AppointmentType.objects.active().first()
    back = AppointmentType.objects.active().filter(name__istartswith="follow").first()
    provider = Provider.objects.filter(is_active=True).first()
    if first is None or back is None or provider is None:
        return
    late = {"cancel_fee_kind": "percent", "cancel_fee_value": "50", "cancel_free_hours": 4}
    catalogue.amend_type(first, **late, charged_when="check_in", by=by, at=at)
    catalogue.amend_type(back, follow_up_days=7, by=by, at=at)
    rate = round_half_up(first.rate * 3 / 2, profile.current().currency_info)
    own_fees.set_fee(provider, first, rate=rate, by=by, at=at)
