"""What will not be paid is written off, and taken back when it is paid after all: each step worked out by hand."""

from typing import Any

import pytest

from apps.billing import invoicing
from apps.billing.lowering import write_offs
from apps.billing.lowering.write_offs import (
    CategoryUnknown,
    NothingToWriteOff,
    TakenBackAlready,
    TakingBackNeedsReason,
    WriteOffNeedsReason,
    WriteOffTooLarge,
)
from apps.billing.models import Invoice, InvoiceStatus, WriteOff
from apps.billing.paying import refunds
from apps.core.money import AmountRefused
from apps.core.refusals import Refusal
from apps.ledger.models import JournalEntry
from tests.billing.cast import AT, Cast, D, balances, found_wrong

TAXED = {"unit_price": 200, "tax_name": "GST", "tax_rate": 18}


def written_off(cast: Cast, invoice: Invoice, amount: Any = None, **more: Any) -> WriteOff:
    fact = write_offs.write_off(
        invoice, amount=amount, **{"category": "bad_debt", "reason": "Moved away", **more}, by=cast.bela, at=AT
    )
    invoice.refresh_from_db()
    return fact


def taken_back(cast: Cast, fact: WriteOff, reason: str = "Paid after all") -> WriteOff:
    return write_offs.take_back(fact, reason=reason, by=cast.bela, at=AT)


def test_the_unpaid_part_goes_as_it_came(cast: Cast) -> None:
    invoice = cast.issued(TAXED)
    cast.pay("100.00", invoice)
    fact = written_off(cast, invoice)
    assert (fact.number, fact.net, fact.tax, fact.amount) == ("WOF-2026-00001", D("115.25"), D("20.75"), D("136"))
    assert (invoice.status, invoice.due, invoice.written_off) == (InvoiceStatus.SETTLED, 0, D("136"))
    assert balances() == {"cash": D("100"), "revenue": D("84.75"), "tax_payable": D("15.25")}
    assert not found_wrong()


def test_nothing_paid_leaves_nothing(cast: Cast) -> None:
    invoice = cast.issued(TAXED)
    written_off(cast, invoice)
    assert (invoice.status, invoice.due, invoice.is_open) == (InvoiceStatus.WRITTEN_OFF, 0, False)
    assert balances() == {}


def test_a_small_balance_is_written_off_and_paid_after_all(cast: Cast) -> None:
    invoice = cast.issued({"unit_price": "33.33", "tax_rate": 5}, "10.01")
    cast.pay("45.00", invoice, method="card")
    assert invoice.total == D("45.01")
    fact = written_off(cast, invoice, category="small_balance")
    assert balances()["revenue"] + balances()["tax_payable"] == D("45.00")
    assert "deferred_revenue" not in balances()
    back = taken_back(cast, fact)
    invoice.refresh_from_db()
    assert (back.number, back.amount, back.reverses) == ("WOF-2026-00002", D("-0.01"), fact)
    assert (invoice.status, invoice.due) == (InvoiceStatus.PARTIALLY_PAID, D("0.01"))
    mirror = JournalEntry.objects.get(source="write_off_taken_back")
    assert mirror.reverses == JournalEntry.objects.get(source="written_off")
    cast.pay("0.01", invoice)
    invoice.refresh_from_db()
    assert invoice.status == InvoiceStatus.PAID
    assert balances() == {"card": D("45"), "cash": D("0.01"), "revenue": D("43.34"), "tax_payable": D("1.67")}
    assert not found_wrong()


@pytest.mark.parametrize("paid", ["0.01", "7.77", "33.33", "61.00"])
@pytest.mark.parametrize("parts", [("1.11", "2.22", None), ("0.01", "0.01", "0.01", None)])
def test_parts_add_up_to_the_last_unit(cast: Cast, paid: str, parts: tuple[str | None, ...]) -> None:
    invoice = cast.issued({"unit_price": "33.33", "tax_rate": 18}, {"unit_price": "20.03", "tax_rate": 5}, "10.10")
    cast.pay(paid, invoice)
    facts = [written_off(cast, invoice, part) for part in parts]
    assert invoice.due == 0
    assert balances().keys() <= {"cash", "revenue", "tax_payable"}
    assert balances()["revenue"] + balances().get("tax_payable", 0) == D(paid)
    for fact in facts:
        taken_back(cast, fact)
    invoice.refresh_from_db()
    assert (invoice.written_off, invoice.written_off_net, invoice.due) == (0, 0, invoice.total - D(paid))
    assert not found_wrong()


def test_what_is_written_off_is_not_paid_and_not_asked_for(cast: Cast) -> None:
    invoice = cast.issued("100.00")
    written_off(cast, invoice, "40.00")
    assert invoice.due == D("60.00")
    cast.pay("100.00", invoice, credit_consent=True)
    invoice.refresh_from_db()
    assert (invoice.status, invoice.applied) == (InvoiceStatus.SETTLED, D("60.00"))
    assert balances() == {"cash": D("100"), "revenue": D("60"), "patient_credit": D("40")}
    assert not Invoice.objects.unpaid().exists()


def test_a_refund_after_a_write_off_is_owed_again(cast: Cast) -> None:
    invoice = cast.issued(TAXED)
    payment = cast.pay("100.00", invoice)
    written_off(cast, invoice, "136.00")
    refunds.refund(payment, amount="100.00", reason="Disputed", by=cast.bela, at=AT)
    invoice.refresh_from_db()
    assert (invoice.status, invoice.due) == (InvoiceStatus.REFUNDED, D("100.00"))
    assert balances() == {
        "accounts_receivable": D("100"),
        "deferred_revenue": D("84.75"),
        "tax_payable": D("15.25"),
    }
    assert not found_wrong()


def test_a_void_takes_write_offs_back_first(cast: Cast) -> None:
    invoice = cast.issued(TAXED)
    cast.pay("100.00", invoice)
    written_off(cast, invoice, "36.00")
    written_off(cast, invoice, "50.00")
    with pytest.raises(invoicing.VoidNeedsDisposition):
        invoicing.void(invoice, reason="Wrong", by=cast.bela, at=AT)
    assert WriteOff.objects.filter(reverses=None).count() == WriteOff.objects.count()
    invoice = invoicing.void(invoice, reason="Wrong", disposition="credit", by=cast.bela, at=AT)
    assert (invoice.status, invoice.written_off, invoice.due) == (InvoiceStatus.VOID, 0, 0)
    assert balances() == {"cash": D("100"), "patient_credit": D("100")}
    assert not found_wrong()


@pytest.mark.parametrize("amount", ["-20", "0", "10.005", "NaN", "1e9", "ten"])
def test_what_is_no_amount_is_refused(cast: Cast, amount: str) -> None:
    with pytest.raises(AmountRefused):
        written_off(cast, cast.issued("100.00"), amount)


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"amount": "100.01"}, WriteOffTooLarge),
        ({"category": "lost"}, CategoryUnknown),
        ({"reason": "  "}, WriteOffNeedsReason),
    ],
)
def test_a_write_off_is_refused_in_words(cast: Cast, more: dict[str, Any], refusal: type[Refusal]) -> None:
    with pytest.raises(refusal) as refused:
        written_off(cast, cast.issued("100.00"), **more)
    assert str(refused.value)
    assert refused.value.field in {"amount", "category", "reason"}
    assert not WriteOff.objects.exists()


def test_only_what_is_owed_is_written_off(cast: Cast) -> None:
    paid = cast.issued("100.00")
    cast.pay("100.00", paid)
    void = invoicing.void(cast.issued("5.00"), reason="Wrong", by=cast.bela, at=AT)
    for invoice in (paid, void, cast.draft({"unit_price": "20.00"})):
        with pytest.raises(NothingToWriteOff):
            written_off(cast, invoice)


def test_a_write_off_is_taken_back_once_and_for_good(cast: Cast) -> None:
    invoice = cast.issued("100.00")
    fact = written_off(cast, invoice)
    with pytest.raises(TakingBackNeedsReason):
        taken_back(cast, fact, reason="")
    back = taken_back(cast, fact)
    for again in (fact, back):
        with pytest.raises(TakenBackAlready):
            taken_back(cast, again)
    written_off(cast, invoice)
    assert (invoice.status, WriteOff.objects.count()) == (InvoiceStatus.WRITTEN_OFF, 3)
    assert not found_wrong()


def test_a_form_sent_twice_writes_off_once(cast: Cast) -> None:
    invoice = cast.issued("100.00")
    first = written_off(cast, invoice, "10.00", source_reference="page:1")
    assert written_off(cast, invoice, "10.00", source_reference="page:1") == first
    assert invoice.due == D("90.00")
