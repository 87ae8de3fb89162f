"""What paid the old invoice pays the corrected one; other credit does where the clinic has it so, and after it."""

from datetime import timedelta
from typing import Any

import pytest

from apps.billing.correcting.corrections import ALONG, correct_invoice
from apps.billing.gateways import hearing, returns, which
from apps.billing.gateways.interface import Event
from apps.billing.models import Invoice, Payment, PaymentLink
from apps.billing.paying import credit, credit_rule, payments
from tests.billing.cast import AT, Cast, D, expected, found_wrong


@pytest.fixture(params=[False, True], ids=["credit waits", "credit pays by itself"])
def by_itself(request: pytest.FixtureRequest, cast: Cast) -> bool:
    return credit_rule.choose(credit_by_itself=request.param, by=cast.bela, at=AT).credit_by_itself


@pytest.fixture
def bill(cast: Cast) -> Invoice:
    """118.00, of which 100.00 is paid."""
    made = cast.issued("118.00")
    cast.pay("60.00", made)
    cast.pay("40.00", made, method="card", received_on=AT.date().replace(day=4))
    return made


def deposit(cast: Cast, amount: str, **more: Any) -> Payment:
    """For another visit, and older than anything else."""
    return cast.pay(amount, credit_consent=True, received_on=AT.date().replace(day=2), **more)


def corrected(invoice: Invoice, cast: Cast, kind: str, **right: Any) -> Invoice:
    new = correct_invoice(invoice, kind=kind, reason="Wrong", by=cast.bela, at=AT, **right).new_invoice
    assert new is not None
    return new


def paid_by_link(cast: Cast, invoice: Invoice, amount: str) -> Payment:
    gateway = which.set_up(merchant="riverside", key="a key of the gateway", by=cast.bela, at=AT)
    link = payments.expect(cast.asha, method="link", amount=amount, invoice=invoice, by=cast.carl, at=AT)
    ends = AT + timedelta(days=1)
    PaymentLink.objects.create(payment=link, gateway=gateway, reference="L-1", expires_at=ends, made_at=AT)
    hearing.hear(gateway, Event("paid", "paid", "L-1", D(amount), "INR", AT), at=AT)
    return Payment.objects.get(pk=link.pk)


def price(invoice: Invoice, right: str) -> dict[str, Any]:
    return {"lines": {invoice.lines.get().pk: {"unit_price": right}}}


def paid_with(invoice: Invoice) -> list[tuple[Any, bool]]:
    return list(invoice.allocations.order_by("at", "id").values_list("amount", "by_itself"))


def test_a_deposit_for_something_else_stays_unless_credit_pays_by_itself(
    cast: Cast, bill: Invoice, by_itself: bool
) -> None:
    kept = deposit(cast, "50.00")
    new = corrected(bill, cast, "amount", **price(bill, "130.00"))
    assert paid_with(new) == [(D("40"), False), (D("60"), False), *([(D("30"), True)] if by_itself else [])]
    kept.refresh_from_db()
    assert (new.due, kept.unapplied) == ((0, D("20")) if by_itself else (D("30"), D("50")))
    assert found_wrong() == {}


def test_of_another_visit_it_is_paid_by_what_paid_the_wrong_one(cast: Cast, bill: Invoice, by_itself: bool) -> None:
    deposit(cast, "50.00")
    visit, _rao = expected(cast)
    new = corrected(bill, cast, "visit", appointment=visit)
    assert (new.due, credit.credit_of(cast.asha)) == ((0, D("32")) if by_itself else (D("18"), D("50")))
    assert found_wrong() == {}


def test_what_it_needs_no_more_is_credit_of_the_payment_that_came_last(cast: Cast, bill: Invoice) -> None:
    kept = deposit(cast, "50.00")
    new = corrected(bill, cast, "amount", **price(bill, "45.00"))
    assert (new.status, paid_with(new)) == ("paid", [(D("40"), False), (D("5"), False)])
    assert dict(Payment.objects.values_list("amount", "unapplied")) == {D("60"): D("55"), D("40"): 0, D("50"): D("50")}
    kept.refresh_from_db()
    assert (kept.unapplied, found_wrong()) == (D("50"), {})


def test_a_payment_that_also_holds_other_credit_gives_what_it_gave(cast: Cast) -> None:
    made = cast.issued("50.00")
    deposit(cast, "80.00")
    credit.use_credit(made, amount="30.00", by=cast.bela, at=AT)
    new = corrected(made, cast, "amount", **price(made, "70.00"))
    assert (paid_with(new), credit.credit_of(cast.asha), found_wrong()) == ([(D("30"), False)], D("50"), {})


def test_where_nothing_was_paid_nothing_is_used_but_by_the_clinics_choice(cast: Cast, by_itself: bool) -> None:
    made = cast.issued("50.00")
    deposit(cast, "80.00")
    new = corrected(made, cast, "amount", **price(made, "70.00"))
    assert paid_with(new) == ([(D("70"), True)] if by_itself else [])
    assert found_wrong() == {}


def test_what_is_on_its_way_back_stays_so(cast: Cast) -> None:
    made = cast.issued("50.00")
    paid = paid_by_link(cast, made, "50.00")
    deposit(cast, "80.00")
    returns.ask(paid, amount="20.00", reason="Too much", by=cast.bela, at=AT)
    new = corrected(made, cast, "amount", **price(made, "60.00"))
    assert (paid_with(new), new.due, found_wrong()) == ([(D("30"), False)], D("30"), {})


def test_taken_along_to_the_right_patient_it_pays_before_their_own_credit(
    cast: Cast, bill: Invoice, by_itself: bool
) -> None:
    deposit(cast, "50.00", patient=cast.ben)
    new = corrected(bill, cast, "patient", patient=cast.ben, paid=ALONG)
    assert (new.due, credit.credit_of(cast.ben)) == ((0, D("32")) if by_itself else (D("18"), D("50")))
    assert (credit.credit_of(cast.asha), found_wrong()) == (0, {})
