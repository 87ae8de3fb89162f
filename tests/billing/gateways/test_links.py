"""What a gateway is believed and what not, what the worker does when it is away, and the desk's pages."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from apps.billing.gateways import links
from apps.billing.gateways.http import LARGEST_ANSWER, SIGNATURE, TIMESTAMP, HttpGateway
from apps.billing.gateways.interface import GatewayAway, MessageUnclear
from apps.billing.models import GatewayEvent, Invoice, Payment, PaymentGateway, PaymentLink
from apps.billing.paying import allocating, payments
from tests.billing.cast import Cast, D
from tests.billing.gateway_server import KEY, PlayGateway
from tests.billing.gateways.scene import WEBHOOK, asked, state, worked


def test_paid_failed_and_ended(gateway: PlayGateway, link: PaymentLink, tell: Any, riverside: Any, cast: Cast) -> None:
    failed = gateway.message("e1", link.reference, type="link.failed", reason="Not enough money")
    assert tell(failed) == (200, "failed")
    assert state(riverside, link) == ("failed", link.reference, D("136"))
    with riverside.inside():
        assert Payment.objects.get().failure == "Not enough money"
    assert tell(gateway.message("e2", link.reference, type="link.expired")) == (200, "already")


def test_what_is_not_signed_by_the_gateway_is_not_heard(
    gateway: PlayGateway, link: PaymentLink, tell: Any, riverside: Any
) -> None:
    body, now = gateway.message("e1", link.reference), timezone.now()
    signed = gateway.signed(body, at=now)
    stranger = PlayGateway("another key, of another clinic")
    stranger.server.server_close()
    for headers in (
        {},
        {TIMESTAMP: signed[TIMESTAMP]},
        {**signed, SIGNATURE: ""},
        {**signed, SIGNATURE: signed[SIGNATURE].removeprefix("v1=")},
        {**signed, TIMESTAMP: str(int(signed[TIMESTAMP]) + 1)},
        {**signed, TIMESTAMP: "-1"},
        {**signed, TIMESTAMP: "٣"},
        stranger.signed(body, at=now),
        gateway.signed(body, at=now - timedelta(minutes=6)),
        gateway.signed(body, at=now + timedelta(minutes=6)),
        gateway.signed(body + b" ", at=now),
    ):
        headers = {name: value for name, value in headers.items() if value.isascii()}
        assert tell(body, headers=headers) == (401, "bad_signature"), headers
    assert state(riverside, link)[0] == "pending"
    with riverside.inside():
        assert not GatewayEvent.objects.exists()


@pytest.mark.parametrize("wrong", [{"amount": "135.99"}, {"amount": "136.01"}, {"amount": 136}, {"amount": "NaN"},
                                   {"amount": None}, {"currency": "USD"}, {"currency": ""}])  # fmt: skip
def test_another_amount_is_not_believed(
    gateway: PlayGateway, link: PaymentLink, tell: Any, riverside: Any, wrong: dict[str, Any]
) -> None:
    body = gateway.message("e1", link.reference, **wrong)
    assert tell(body) == (422, "mismatch")
    assert tell(body) == (422, "mismatch")
    assert state(riverside, link) == ("pending", link.reference, D("136"))


def test_what_is_unknown_changes_nothing(gateway: PlayGateway, link: PaymentLink, tell: Any, riverside: Any) -> None:
    assert tell(gateway.message("e1", link.reference, type="account.updated")) == (200, "ignored")
    assert tell(gateway.message("e2", "link_of_somebody_else")) == (404, "link_unknown")
    assert tell(gateway.message("e3", "")) == (404, "link_unknown")
    for unclear in (b"{", b"[]", b'{"id": "", "type": "link.paid"}', b'{"id": 7}', b'{"id": "%s"}' % (b"x" * 101)):
        assert tell(unclear) == (400, "unclear_message"), unclear
    assert state(riverside, link)[0] == "pending"


def test_the_outsiders_clinic_does_not_hear_it(
    gateway: PlayGateway, link: PaymentLink, web: Callable[..., Client], lakeside: Any, riverside: Any
) -> None:
    body = gateway.message("e1", link.reference)
    signed = gateway.signed(body, at=timezone.now())
    answer = web(lakeside).post(WEBHOOK, body, content_type="application/json", headers=signed)
    assert answer.status_code == 404
    assert web(riverside).get(WEBHOOK).status_code == 405
    assert state(riverside, link)[0] == "pending"


def test_a_gateway_that_is_away_is_asked_again(gateway: PlayGateway, cast: Cast, riverside: Any) -> None:
    link = asked(riverside, cast)
    gateway.moods = [503, 429]
    assert not worked(riverside)
    assert not worked(riverside)
    assert state(riverside, link)[:2] == ("pending", "")
    assert worked(riverside)
    assert state(riverside, link)[:2] == ("pending", "link_1")
    with riverside.inside():
        made = links.make(link.pk, at=timezone.now())
    assert (made.reference, len(gateway.asked)) == ("link_1", 3)


def test_a_gateway_that_refuses_ends_it(gateway: PlayGateway, cast: Cast, riverside: Any) -> None:
    link = asked(riverside, cast)
    gateway.moods = [400]
    assert worked(riverside)
    assert state(riverside, link) == ("failed", "", D("136"))


def test_answers_that_are_no_link(gateway: PlayGateway, cast: Cast, riverside: Any, settings: Any) -> None:
    wish = links.Wish(uuid4(), D("1"), "INR", timezone.now(), "")
    nobody = HttpGateway("http://127.0.0.1:9/v1", merchant="x", key=KEY)
    with pytest.raises(GatewayAway):
        nobody.create_link(wish, at=timezone.now())
    for answer in ({"id": "", "url": "https://x.example"}, {"id": "1", "url": "javascript:alert(1)"}):
        gateway.answer = lambda _request, answer=answer: (200, answer)  # type: ignore[method-assign]
        with pytest.raises(GatewayAway):
            HttpGateway(gateway.address, merchant="x", key=KEY).create_link(wish, at=timezone.now())
    gateway.answer = lambda _request: (200, {"id": "x" * LARGEST_ANSWER})  # type: ignore[method-assign, assignment]
    with pytest.raises(MessageUnclear):
        HttpGateway(gateway.address, merchant="x", key=KEY).create_link(wish, at=timezone.now())


def test_an_account_is_seen_where_the_installation_names_no_gateway_any_more(
    cast: Cast, riverside: Any, people: dict[str, Any], web: Callable[..., Client], settings: Any
) -> None:
    settings.HPMS_PAYMENT_GATEWAY = ""
    page = web(riverside, people["ada"]).get("/billing/gateway/").content.decode()
    assert "no new links can be made" in page
    assert 'value="riverside"' in page


def test_who_may_have_a_link(gateway: PlayGateway, cast: Cast, riverside: Any, settings: Any) -> None:
    with riverside.inside(by=cast.carl):
        invoice = cast.issued({"unit_price": "136.00"})
        said: dict[str, Any] = {"by": cast.carl, "at": timezone.now()}
        for wrong, refusal in (
            ({"amount": "136.01"}, allocating.MoreThanDue),
            ({"days": 31}, links.BadDays),
            ({"days": 0}, links.BadDays),
        ):
            with pytest.raises(refusal):
                links.ask(invoice, **said, **wrong)
        first = links.ask(invoice, **said, amount="36.00", source_reference="page:1")
        assert links.ask(invoice, **said, amount="36.00", source_reference="page:1") == first
        with pytest.raises(payments.OnlyTheGatewaySays):
            payments.capture(first.payment, **said)
        cast.pay("136.00", invoice)
        with pytest.raises(links.NothingOwed):
            links.ask(invoice, **said)
        settings.HPMS_PAYMENT_GATEWAY = ""
        with pytest.raises(links.NoGateway):
            links.ask(invoice, **said)


def test_a_link_is_made_once(link: PaymentLink, riverside: Any) -> None:
    with riverside.inside():
        for change in ({"reference": "other"}, {"expires_at": timezone.now()}, {"made_at": None, "reference": ""}):
            with pytest.raises(DatabaseError, match="made once"), transaction.atomic():
                PaymentLink.objects.filter(pk=link.pk).update(**change)


def test_the_account_is_set_up_on_a_page(
    gateway: PlayGateway, riverside: Any, people: dict[str, Any], web: Callable[..., Client]
) -> None:
    ada = web(riverside, people["ada"])
    page = ada.get("/billing/gateway/").content.decode()
    assert f"http://{riverside.host}{WEBHOOK}" in page
    short = ada.post("/billing/gateway/", {"merchant": "riverside", "key": "short", "is_active": "on"})
    assert (short.status_code, list(short.context["form"].errors)) == (400, ["key"])
    assert ada.post("/billing/gateway/", {"merchant": "riverside", "key": KEY, "is_active": "on"}).status_code == 302
    page = ada.get("/billing/gateway/").content.decode()
    assert KEY not in page
    assert ada.post("/billing/gateway/", {"merchant": "other"}).status_code == 302
    with riverside.inside():
        held = PaymentGateway.objects.get()
        assert (held.merchant, held.key, held.is_active) == ("other", KEY, False)


def test_a_link_at_the_desk(
    gateway: PlayGateway, cast: Cast, riverside: Any, people: dict[str, Any], web: Callable[..., Client]
) -> None:
    with riverside.inside():
        invoice = cast.issued({"unit_price": "136.00"})
    cato, here = web(riverside, people["cato"]), f"/billing/invoices/{invoice.pk}/"
    assert "Payment link for the patient" in cato.get(here).content.decode()
    wrong = cato.post(f"{here}payment-link/", {"ticket": uuid4(), "amount": "200", "days": 3})
    assert (wrong.status_code, list(wrong.context["link_form"].errors)) == (409, ["amount"])
    form = {"ticket": uuid4(), "amount": "136", "days": 3}
    page = cato.post(f"{here}payment-link/", form, follow=True)
    assert "The link is being made" in page.content.decode()
    cato.post(f"{here}payment-link/", form)
    with riverside.inside():
        payment = Payment.objects.get()
    assert worked(riverside)
    shown = cato.get(f"/billing/payments/{payment.pk}/").content.decode()
    assert "https://pay.example/link_1" in shown
    assert "It has come" not in shown
    cato.post(f"/billing/payments/{payment.pk}/capture/")
    with riverside.inside():
        assert Payment.objects.get().status == "pending"
        assert Invoice.objects.get().due == D("136")


def test_a_link_through_the_api(
    gateway: PlayGateway, cast: Cast, riverside: Any, people: dict[str, Any], api: Any
) -> None:
    with riverside.inside():
        invoice = cast.issued({"unit_price": "136.00"})
    cato, here = api(riverside, people["cato"]), f"/api/v1/invoices/{invoice.pk}/payment-links/"
    key = {"Idempotency-Key": str(uuid4())}
    made = cato.post(here, {"days": 2}, headers=key)
    assert (made.status_code, made.data["amount"], made.data["status"], made.data["url"]) == (
        201, "136.00", "pending", "",
    )  # fmt: skip
    assert cato.post(here, {"days": 2}, headers=key).json() == made.json()
    assert worked(riverside)
    [shown] = cato.get(here).data["results"]
    assert (shown["url"], shown["id"]) == ("https://pay.example/link_1", made.json()["id"])
    assert cato.post(f"/api/v1/payments/{shown['payment']}/capture/").data["code"] == "only_the_gateway_says"
    assert (
        cato.post("/api/v1/payments/", {"patient": str(cast.asha.pk), "method": "link", "amount": "5"}).status_code
        == 400
    )
    assert json.loads(gateway.asked[0])["merchant"] == "riverside"


def test_who_sends_too_much_is_told_to_wait(
    gateway: PlayGateway, link: PaymentLink, tell: Any, riverside: Any, settings: Any
) -> None:
    """Before anything of it is looked at; afterwards the gateway says it again and is heard."""
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "gateway_event": "2/d/ip"}
    paid = gateway.message("e1", link.reference)
    assert tell(paid, headers={}) == (401, "bad_signature")
    assert tell(paid, headers={}) == (401, "bad_signature")
    assert tell(paid) == (429, "too_many")
    assert tell(b"{", headers={}) == (429, "too_many")
    assert state(riverside, link)[0] == "pending"
    with riverside.inside():
        assert not GatewayEvent.objects.exists()
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "gateway_event": "3/d/ip"}
    assert tell(paid) == (200, "captured")
