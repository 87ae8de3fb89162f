"""What the demo charges besides fees: a price list for staff, a package, and how much a role may let off."""

from datetime import datetime
from decimal import Decimal

from apps.accounts.models import Role, User
from apps.billing.models import Service
from apps.billing.prices import catalogue, discount_limits, packages, price_lists, visit_prices
from apps.clinic import profile
from apps.core.money import round_half_up
from apps.scheduling.models import AppointmentType


def set_price_lists(by: User, at: datetime) -> None:
    """Staff pay four fifths, and half of a visit's fee; three services together cost less, and the billing manager lets
    off a fifth at most."""
    services = list(Service.objects.filter(is_active=True).exclude(category=Service.Category.PACKAGE).order_by("name"))
    currency = profile.current().currency_info
    staff = price_lists.add_price_list(name="Staff", by=by, at=at)
    four_fifths = [(one, round_half_up(one.price * Decimal("0.8"), currency)) for one in services]
    price_lists.set_prices(staff, four_fifths, by=by, at=at)
    visits = list(AppointmentType.objects.active())
    halves = [(one, None, "visit", round_half_up(one.rate / 2, currency)) for one in visits]
    visit_prices.set_visit_prices(staff, halves, by=by, at=at)
    parts = services[:3]
    together = sum((one.price for one in parts), Decimal(0)) * Decimal("0.85")
    price = round_half_up(together, currency)
    check = catalogue.add_service(name="Health check", category="package", price=price, by=by, at=at)
    packages.set_parts(check, [(one, 1) for one in parts], by=by, at=at)
    discount_limits.set_limits([(Role.objects.get(code="billing_manager"), "20")], by=by, at=at)
