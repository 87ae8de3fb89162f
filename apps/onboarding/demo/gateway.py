"""The demo's payment links: most are paid, one is on its way, one ended, and a settlement with its fee is in the bank.

There is no gateway to speak with in a demo: what one would have answered and said is written down.
"""

import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from apps.accounts.models import User
from apps.billing.gateways import hearing, settling, which
from apps.billing.gateways.interface import Event
from apps.billing.models import Invoice, Payment, PaymentGateway, PaymentLink, PaymentMethod
from apps.billing.paying import payments
from apps.clinic import profile
from apps.core.money import ZERO, round_half_up
from apps.onboarding.demo.furnish import is_done, note_done, person
from apps.onboarding.demo.plan import Plan

PART = "gateway"
FATES = ("expired", "paid", "", "paid", "paid", "paid")  # of the oldest invoices that wait; "" is on its way
DAY, DAYS = timedelta(days=1), timedelta(days=3)
FEE = Decimal("0.02")


def furnish_gateway(plan: Plan, *, now: datetime) -> None:
    """An account at a gateway, and links for what is still owed. After the days, which leave some of it."""
    if not plan.has_gateway or is_done("part", PART):
        return
    admin, biller = (person(plan.whoever(role)) for role in ("clinic_admin", "billing_manager"))
    admin.act()
    held = which.set_up(merchant=plan.slug, key=secrets.token_urlsafe(24), by=admin, at=now)
    biller.act()
    paid = list(_links(held, by=biller, now=now))
    if settled := paid[:-1] or paid:  # the last is still with the gateway
        gross = sum((payment.amount for payment in settled), ZERO)
        into_bank = round_half_up(gross * (1 - FEE), profile.current().currency_info)
        ids = [payment.pk for payment in settled]
        settling.settle(payments=ids, amount=into_bank, reference="PAYOUT 1", by=biller, at=now)
    note_done("part", PART, held.pk, at=now)


def _links(held: PaymentGateway, *, by: User, now: datetime) -> Iterator[Payment]:
    """A link for each fate; those that are paid."""
    owed = Invoice.objects.unpaid().filter(issued_at__lt=now - DAY - DAY).oldest_first().select_related("patient")
    for place, (fate, invoice) in enumerate(zip(FATES, owed, strict=False), start=1):
        sent = now - (timedelta(hours=2) if not fate else DAY + DAY)
        link = _link(held, invoice, f"demo_{place}", by=by, at=sent, until=sent + (DAY if fate == "expired" else DAYS))
        if fate:
            at = sent + (DAY if fate == "expired" else timedelta(minutes=20 * place))
            sum_, currency = link.payment.amount, link.payment.currency
            hearing.hear(held, Event(f"demo_{place}", fate, link.reference, sum_, currency, at), at=at)
        if fate == "paid":
            yield Payment.objects.get(pk=link.payment_id)


def _link(held: PaymentGateway, invoice: Invoice, name: str, *, by: User, at: datetime, until: datetime) -> PaymentLink:
    payment = payments.expect(
        invoice.patient, method=PaymentMethod.LINK, amount=invoice.due, invoice=invoice, by=by, at=at
    )
    url = f"https://pay.example/{name}"
    return PaymentLink.objects.create(
        payment=payment, gateway=held, expires_at=until, reference=name, url=url, made_at=at
    )
