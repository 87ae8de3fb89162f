"""Payment links: asked for at the desk, set up by the clinic admin, told of by the gateway alone."""

from datetime import timedelta

from django.utils import timezone

from apps.billing import invoicing
from apps.billing.gateways import returns, settling
from apps.billing.gateways.which import set_up
from apps.billing.models import GatewayEvent, PaymentLink
from apps.billing.paying import payments
from apps.patients import registration
from tests.permissions.roles import only
from tests.permissions.table.billing import API_READS, DESK

ROWS = {
    "POST billing:ask_link": only(302, 400, *DESK),
    "billing:gateway": only(302, 200),
    "POST billing:gateway": only(302, 400),
    # Whoever comes, and be it the clinic admin: a clinic without a gateway hears nobody.
    "POST billing:gateway_event": {"anonymous": 404, "*": 404},
    "POST billing:send_refund": only(302, 302, "billing_manager"),
    "POST billing:see_to_event": only(302, 400, "billing_manager"),
    "GET api-gateway-troubles": API_READS,
    "POST api-gateway-trouble-seen": only(401, 400, "billing_manager"),
    "GET api-payment-gateway-refunds": API_READS,
    "POST api-payment-gateway-refunds": only(401, 400, "billing_manager"),
    "POST api-gateway-refund-sending": only(401, 200, "billing_manager"),
    "billing:settlements": only(302, 200, "billing_manager"),
    "POST billing:settlements": only(302, 400, "billing_manager"),
    "billing:settlement": only(302, 200, "billing_manager"),
    "GET api-gateway-holdings": only(401, 200, "billing_manager"),
    "GET api-gateway-settlements": only(401, 200, "billing_manager"),
    "POST api-gateway-settlements": only(401, 400, "billing_manager"),
    "GET api-gateway-settlement": only(401, 200, "billing_manager"),
    "GET api-payment-links": API_READS,
    "POST api-payment-links": only(401, 409, *DESK),
}


def kwargs(name, cast):
    at = timezone.now() - timedelta(hours=1)
    patient = registration.register(by=cast.ada, at=at, given_name="Asha", family_name="Patel")
    if "gateway-refund" in name or name == "billing:send_refund":
        return {"pk": _going_back(patient, cast.ada, at, "payment" if name.endswith("refunds") else "wish")}
    if name in {"billing:see_to_event", "api-gateway-trouble-seen"}:
        return {"pk": _disagreed(patient, cast.ada, at).pk}
    if name.endswith("settlement"):
        paid = payments.receive(patient, method="link", amount=5, invoices=[], credit_consent=True, by=cast.ada, at=at)
        return {"pk": settling.settle(payments=[paid.pk], amount=5, by=cast.ada, at=at).pk}
    invoice = invoicing.draft(patient, by=cast.ada, at=at)
    invoicing.add_charge(invoice, description="Check-up", unit_price=500, by=cast.ada, at=at)
    return {"pk": invoicing.issue(invoice, by=cast.ada, at=at).pk}


def _disagreed(patient, ada, at):
    """The gateway told of another amount than was expected."""
    expected = payments.expect(patient, method="link", amount=5, by=ada, at=at)
    held = set_up(merchant="riverside", key="as the gateway gave it", by=ada, at=at)
    link = PaymentLink.objects.create(payment=expected, gateway=held, expires_at=at, reference="link_2", made_at=at)
    said = {"kind": "paid", "outcome": "mismatch", "said": "4.00 INR"}
    return GatewayEvent.objects.create(gateway=held, event_id="e1", link=link, at=at, **said)


def _going_back(patient, ada, at, which):
    """Money of a link that the gateway was asked to give back: the wish, or its payment."""
    paid = payments.receive(patient, method="link", amount=5, invoices=[], credit_consent=True, by=ada, at=at)
    held = set_up(merchant="riverside", key="as the gateway gave it", by=ada, at=at)
    PaymentLink.objects.create(
        payment=paid, gateway=held, expires_at=at, reference="link_1", url="https://pay.example/1", made_at=at
    )
    wish = returns.ask(paid, amount=5, reason="Too much", by=ada, at=at)
    return wish.pk if which == "wish" else paid.pk
