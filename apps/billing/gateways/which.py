"""Which gateway the clinic has, and setting it up."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.billing.gateways.http import HttpGateway
from apps.billing.gateways.interface import Gateway
from apps.billing.models import PaymentGateway
from apps.core.refusals import Refusal

SHORTEST_KEY, LONGEST_KEY, LONGEST_MERCHANT = 16, 200, 80


class MerchantMissing(Refusal):
    code = "merchant_missing"
    field = "merchant"
    message = _("Say as whom the gateway knows this clinic.")


class KeyRefused(Refusal):
    code = "key_refused"
    field = "key"
    message = _("The key has 16 to 200 letters, as the gateway gave it.")


def is_offered() -> bool:
    """Whether this installation has a gateway that clinics may use."""
    return bool(settings.HPMS_PAYMENT_GATEWAY)


def account() -> PaymentGateway | None:
    """The clinic's account, if it has one and uses it."""
    return PaymentGateway.objects.filter(is_active=True).first()


def heard_from() -> PaymentGateway | None:
    """The clinic's account, also where it is no longer used: links that were sent may still be paid."""
    return PaymentGateway.objects.first()


def gateway_of(held: PaymentGateway) -> Gateway:
    """The gateway behind an account, ready to be spoken with."""
    return HttpGateway(settings.HPMS_PAYMENT_GATEWAY, merchant=held.merchant, key=held.key)


@transaction.atomic
def set_up(*, merchant: str, by: User, at: datetime, key: str = "", is_active: bool = True) -> PaymentGateway:
    """Say as whom and with which key the clinic uses the gateway; without `key` the one there is stays."""
    code = PaymentGateway.Code.HTTP
    held = PaymentGateway.objects.select_for_update().filter(code=code).first() or PaymentGateway(code=code)
    merchant, key = merchant.strip(), key.strip()
    if not 0 < len(merchant) <= LONGEST_MERCHANT:
        raise MerchantMissing
    if (key or not held.key) and not SHORTEST_KEY <= len(key) <= LONGEST_KEY:
        raise KeyRefused
    held.merchant, held.is_active = merchant, is_active
    if key:
        held.key = key
    held.save()
    return held
