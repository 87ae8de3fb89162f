"""Cash on the desk and the change: recorded, shown at once and on both receipts, and never money of the clinic."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from apps.billing.documents import papers
from apps.billing.models import Payment
from apps.billing.paying import payments
from apps.billing.paying.payments import Tender, TenderedNotCash, TenderedTooLittle
from apps.clinic import profile
from apps.core.money import AmountRefused
from tests.billing.cast import AT, Cast, D, balances
from tests.billing.test_pages import bela, issued  # noqa: F401 - fixtures


def test_change_goes_back_at_once(cast: Cast) -> None:
    payment = cast.pay("236.00", cast.issued("236.00"), tendered="500")
    assert (payment.tendered, payment.change, payment.amount) == (D("500"), D("264.00"), D("236.00"))
    assert balances() == {"cash": D("236"), "revenue": D("236")}
    assert cast.pay("5.00", cast.issued("5.00")).change == 0


def test_of_a_split_the_cash_is_tendered(cast: Cast) -> None:
    invoice = cast.issued("236.00")
    card, cash = payments.receive_split(
        cast.asha,
        [Tender("card", "200.00"), Tender("cash", "36.00", tendered="50")],
        invoices=[invoice],
        by=cast.carl,
        at=AT,
    )
    assert (card.tendered, cash.tendered, cash.change) == (None, D("50"), D("14.00"))


@pytest.mark.parametrize("tendered", ["-1", "0", "10.005", "NaN", "1e9"])
def test_cash_that_is_none_is_refused_in_words(cast: Cast, tendered: str) -> None:
    with pytest.raises(AmountRefused) as refusal:
        cast.pay("5.00", cast.issued("5.00"), tendered=tendered)
    assert refusal.value.field == "tendered"


def test_too_little_and_other_than_cash(cast: Cast) -> None:
    with pytest.raises(TenderedTooLittle, match=r"0\.01 too little"):
        cast.pay("5.00", cast.issued("5.00"), tendered="4.99")
    with pytest.raises(TenderedNotCash):
        cast.pay("5.00", cast.issued("5.00"), method="card", tendered="10")
    payment = cast.pay("5.00", cast.issued("5.00"), tendered="10")
    for change in ({"tendered": D("4")}, {"tendered": None}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Payment.objects.filter(pk=payment.pk).update(**change)


def test_both_receipts_say_the_change(cast: Cast) -> None:
    payment = cast.pay("236.00", cast.issued("236.00"), tendered="500")
    for paper in ("a4", "roll"):
        said = papers._receipt(payment, profile.current(), paper)
        assert said["tendered"] == [["Cash given", "₹500.00"], ["Change", "₹264.00"]]
        assert papers.receipt_pdf(payment, paper=paper, at=AT)[:5] == b"%PDF-"


def test_the_desk_sees_the_change(
    riverside: Any,
    people: dict[str, Any],
    asha: Any,
    bela: Client,  # noqa: F811
) -> None:
    invoice = issued(riverside, people, asha, "236")
    asked = {"amount": "236", "tendered": "1,000", "method": "cash"}
    assert bela.get("/billing/change/", asked).content.decode() == "Change: ₹764.00"
    assert "too little" in bela.get("/billing/change/", {**asked, "tendered": "200"}).content.decode()
    for none in ({"amount": "<b>"}, {"method": "card"}, {"tendered": ""}):
        assert bela.get("/billing/change/", {**asked, **none}).content == b""
    form = {"ticket": uuid4(), **asked}
    answer = bela.post(f"/billing/invoices/{invoice.pk}/payment/", {**form, "tendered": "200"})
    assert (answer.status_code, list(answer.context["payment_form"].errors)) == (400, ["tendered"])
    page = bela.post(f"/billing/invoices/{invoice.pk}/payment/", form, follow=True).content.decode()
    with riverside.inside():
        payment = Payment.objects.get()
    note = page[page.index("toast-note") : page.index("Give ₹764.00 change") + 600]
    assert "data-leaves" not in note  # it stays until somebody has counted the change
    assert f'href="/billing/payments/{payment.pk}/receipt/"' in note
    page = bela.get(f"/billing/payments/{payment.pk}/").content.decode()
    assert "₹1,000.00" in page
    assert "₹764.00" in page


def test_the_api_answers_with_the_change(
    riverside: Any,
    people: dict[str, Any],
    asha: Any,
    api: Callable[..., Any],
) -> None:
    invoice = issued(riverside, people, asha, "236")
    caller = api(riverside, people["cato"])
    wish = {"invoices": [{"invoice": str(invoice.pk)}], "method": "cash", "amount": "236", "tendered": "500"}
    answer = caller.post("/api/v1/payments/", wish)
    assert (answer.status_code, answer.data["tendered"], answer.data["change"]) == (201, "500.00", "264.00")
    roll = caller.get(f"/api/v1/payments/{answer.data['id']}/receipt/", {"paper": "roll"})
    assert (roll["Content-Type"], roll.content[:5]) == ("application/pdf", b"%PDF-")
