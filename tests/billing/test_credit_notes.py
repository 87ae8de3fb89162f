"""An issued invoice is lowered by credit notes: each step worked out by hand."""

from typing import Any

import pytest

from apps.billing import invoicing
from apps.billing.lowering import crediting, write_offs
from apps.billing.lowering.credit_taxes import credited_taxes
from apps.billing.lowering.crediting import (
    AmountOrLines,
    CreditNeedsDisposition,
    CreditNeedsReason,
    CreditTooLarge,
    LineOfAnotherInvoice,
    NotCreditable,
    NothingToCredit,
    WrittenOffFirst,
)
from apps.billing.models import CreditNote, Invoice, InvoiceStatus, Payment, Refund
from apps.billing.paying import credit, payments, refunds
from apps.core.money import AmountRefused
from apps.core.refusals import Refusal
from tests.billing.cast import AT, Cast, D, balances, found_wrong

TAXED = {"unit_price": 200, "tax_name": "GST", "tax_rate": 18}


def credited(cast: Cast, invoice: Invoice, amount: Any = None, **more: Any) -> CreditNote:
    note = crediting.credit(invoice, amount=amount, **{"reason": "Billed twice", **more}, by=cast.bela, at=AT)
    invoice.refresh_from_db()
    return note


def test_an_unpaid_invoice_is_credited_wholly(cast: Cast) -> None:
    invoice = cast.issued(TAXED)
    note = credited(cast, invoice)
    assert (note.number, note.net, note.tax, note.total) == ("CRN-2026-00001", D("200"), D("36"), D("236"))
    assert (note.disposition, note.released) == ("nothing_above", 0)
    assert (invoice.status, invoice.due) == (InvoiceStatus.CREDITED, 0)
    assert balances() == {}
    assert not found_wrong()


def test_a_part_is_credited_and_the_rest_paid(cast: Cast) -> None:
    invoice = cast.issued(TAXED)
    credited(cast, invoice, "59.00")
    assert (invoice.due, invoice.status) == (D("177.00"), InvoiceStatus.ISSUED)
    cast.pay("177.00", invoice)
    invoice.refresh_from_db()
    assert invoice.status == InvoiceStatus.PAID
    assert balances() == {"cash": D("177"), "revenue": D("150"), "tax_payable": D("27")}
    assert not found_wrong()


def test_one_line_is_credited_with_its_own_tax(cast: Cast) -> None:
    """100.00 of 218.00 were paid: 91.74 earned. Without the taxed line all of them are."""
    invoice = cast.issued({"unit_price": 100, "tax_name": "GST", "tax_rate": 18}, "100.00")
    cast.pay("100.00", invoice)
    assert balances()["revenue"] == D("91.74")
    taxed = invoice.lines.get(position=1)
    note = credited(cast, invoice, lines=[taxed])
    (line,) = note.lines.all()
    assert (line.description, line.tax_name, line.tax_rate) == ("Charge 1", "GST", 18)
    assert (note.net, note.tax, note.recognised) == (D("100"), D("18"), D("8.26"))
    assert (invoice.status, invoice.due) == (InvoiceStatus.PAID, 0)
    assert balances() == {"cash": D("100"), "revenue": D("100")}
    assert not found_wrong()


def test_what_was_paid_above_becomes_credit(cast: Cast) -> None:
    invoice = cast.issued(TAXED)
    cast.pay("200.00", invoice, method="card")
    with pytest.raises(CreditNeedsDisposition, match="82") as refused:
        credited(cast, invoice, "118.00")
    assert refused.value.details == {"above": "82.00"}
    note = credited(cast, invoice, "118.00", disposition="credit")
    assert (note.released, note.disposition) == (D("82.00"), "credit")
    assert (invoice.status, invoice.applied, invoice.due) == (InvoiceStatus.PAID, D("118"), 0)
    assert credit.credit_of(cast.asha) == D("82.00")
    assert balances() == {"card": D("200"), "patient_credit": D("82"), "revenue": D("100"), "tax_payable": D("18")}
    assert not found_wrong()


def test_what_was_paid_above_is_given_back_latest_payment_first(cast: Cast) -> None:
    invoice = cast.issued(TAXED)
    cast.pay("136.00", invoice, method="card")
    cast.pay("100.00", invoice, method="upi")
    credited(cast, invoice, "118.00", disposition="refund")
    assert [(refund.method, refund.amount) for refund in Refund.objects.order_by("amount")] == [
        ("card", D("18")),
        ("upi", D("100")),
    ]
    assert balances() == {"card": D("118"), "revenue": D("100"), "tax_payable": D("18")}
    invoice.refresh_from_db()
    assert invoice.status == InvoiceStatus.PAID
    assert not found_wrong()


def test_parts_of_a_line_add_up_to_the_line(cast: Cast) -> None:
    invoice = cast.issued({"unit_price": "33.33", "tax_rate": 18}, {"unit_price": "9.99", "tax_rate": 5})
    cast.pay("20.00", invoice)
    first, _second = invoice.lines.order_by("position")
    for amount in ("0.01", "13.13", "13.13"):
        credited(cast, invoice, lines=[(first, amount)], disposition="credit")
    with pytest.raises(CreditTooLarge, match=r"13\.06"):
        credited(cast, invoice, lines=[(first, "13.07")])
    credited(cast, invoice, lines=[first], disposition="credit")
    notes = CreditNote.objects.order_by("number")
    assert sum(note.net for note in notes) == D("33.33")
    assert sum(note.tax for note in notes) == D("6.00")
    credited(cast, invoice, disposition="refund")
    assert invoice.status == InvoiceStatus.CREDITED
    assert balances() == {"cash": D("9.51"), "patient_credit": D("9.51")}
    assert not found_wrong()


def test_an_amount_is_shared_over_the_lines(cast: Cast) -> None:
    invoice = cast.issued("33.33", "33.33", "33.34")
    note = credited(cast, invoice, "10.00")
    assert [line.total for line in note.lines.all()] == [D("3.33"), D("3.33"), D("3.34")]
    assert invoice.due == D("90.00")


def test_a_visit_that_is_credited_may_be_written_off_for_the_rest(cast: Cast) -> None:
    invoice = cast.issued(TAXED)
    cast.pay("50.00", invoice)
    credited(cast, invoice, "36.00")
    write_offs.write_off(invoice, category="courtesy", reason="Long wait", by=cast.bela, at=AT)
    with pytest.raises(WrittenOffFirst):
        credited(cast, invoice, "10.00", disposition="credit")
    invoice.refresh_from_db()
    assert (invoice.status, invoice.due) == (InvoiceStatus.SETTLED, 0)
    assert balances().keys() == {"cash", "revenue", "tax_payable"}
    assert not found_wrong()


def test_a_credited_invoice_is_not_void(cast: Cast) -> None:
    invoice = cast.issued(TAXED)
    credited(cast, invoice, "36.00")
    with pytest.raises(invoicing.CreditedInvoice, match="Credit the rest"):
        invoicing.void(invoice, reason="Wrong", by=cast.bela, at=AT)


def test_only_an_issued_invoice_is_credited(cast: Cast) -> None:
    void = invoicing.void(cast.issued("5.00"), reason="Wrong", by=cast.bela, at=AT)
    for invoice in (cast.draft({"unit_price": "20.00"}), void):
        with pytest.raises(NotCreditable):
            credited(cast, invoice)
    whole = cast.issued("5.00")
    credited(cast, whole)
    with pytest.raises(NothingToCredit):
        credited(cast, whole)
    free = cast.issued({"unit_price": "10", "discount_percent": "100"})
    with pytest.raises(NothingToCredit, match="left to credit"):  # nothing was credited of it, either
        crediting.credit(free, reason="Wrong", by=cast.bela, at=AT)


@pytest.mark.parametrize("amount", ["-20", "0", "10.005", "NaN", "1e9"])
def test_what_is_no_amount_is_refused(cast: Cast, amount: str) -> None:
    invoice = cast.issued("100.00")
    with pytest.raises(AmountRefused):
        credited(cast, invoice, amount)
    with pytest.raises(AmountRefused):
        credited(cast, invoice, lines=[(invoice.lines.get(), amount)])


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"amount": "100.01"}, CreditTooLarge),
        ({"reason": " "}, CreditNeedsReason),
        ({"amount": "1.00", "lines": []}, AmountOrLines),
        ({"lines": []}, LineOfAnotherInvoice),
    ],
)
def test_a_credit_note_is_refused_in_words(cast: Cast, more: dict[str, Any], refusal: type[Refusal]) -> None:
    invoice = cast.issued("100.00")
    with pytest.raises(refusal) as refused:
        crediting.credit(invoice, **{"reason": "Wrong", **more}, by=cast.bela, at=AT)
    assert str(refused.value)
    assert refused.value.field in {"amount", "lines", "reason"}


def test_a_line_is_of_the_invoice_and_named_once(cast: Cast) -> None:
    invoice, other = cast.issued("100.00"), cast.issued("50.00")
    line = invoice.lines.get()
    for lines in ([other.lines.get()], [(line, "1.00"), (line, "2.00")]):
        with pytest.raises(LineOfAnotherInvoice):
            credited(cast, invoice, lines=lines)


def test_refused_halfway_nothing_is_given_back(cast: Cast) -> None:
    """The refund by an unknown method comes before the note: neither stays."""
    invoice = cast.issued("100.00")
    cast.pay("100.00", invoice)
    with pytest.raises(payments.MethodUnknown):
        credited(cast, invoice, "10.00", disposition="refund", method="shells")
    assert (CreditNote.objects.count(), Refund.objects.count(), Payment.objects.get().unapplied) == (0, 0, 0)


def test_what_a_credit_note_left_may_be_refunded(cast: Cast) -> None:
    invoice = cast.issued("100.00")
    payment = cast.pay("100.00", invoice)
    credited(cast, invoice, "40.00", disposition="credit")
    refunds.refund(payment, amount="100.00", reason="Leaves", by=cast.bela, at=AT)
    invoice.refresh_from_db()
    assert (invoice.status, invoice.due) == (InvoiceStatus.REFUNDED, D("60.00"))
    assert not found_wrong()


def test_several_taxes_of_a_line_are_credited_as_they_were_charged(cast: Cast) -> None:
    """CGST and SGST of an odd tax: the first has the odd unit, whatever parts it is credited in."""
    taxes = [{"name": name, "rate": "2.5"} for name in ("CGST", "SGST")]
    invoice = cast.issued({"unit_price": "33.33", "taxes": taxes})
    charged = [one.amount for one in invoice.lines.get().taxes.all()]
    notes = [credited(cast, invoice, amount) for amount in ("10.01", "0.02", None)]
    given = [[one.tax for one in credited_taxes(note, note.lines.prefetch_related("line__taxes"))] for note in notes]
    assert [sum(parts) for parts in zip(*given, strict=True)] == charged
    assert [sum(parts) for parts in given] == [note.tax for note in notes]
    assert balances() == {}
    assert not found_wrong()
