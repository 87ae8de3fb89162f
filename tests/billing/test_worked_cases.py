"""Bills worked out by hand: what each account must show after every step."""

from datetime import timedelta

import pytest

from apps.billing import invoicing
from apps.billing.models import Invoice, InvoiceStatus, Payment, PaymentStatus
from apps.billing.paying import allocating, credit, payments, refunds
from apps.billing.paying.allocating import MoreThanDue
from apps.billing.paying.credit import NoCredit, credit_of
from apps.billing.paying.left import RefundTooLarge
from apps.billing.paying.payments import NeedsConsentToCredit, Tender
from apps.core.money import AmountRefused
from apps.reports.ageing import Ageing
from tests.billing.cast import AT, DAY, Cast, D, balances, found_wrong
from tests.ledger.test_closing import trial


def test_three_lines_add_up_per_line_half_up(cast: Cast) -> None:
    invoice = cast.draft(
        {"unit_price": "10.10", "tax_rate": 5},
        {"unit_price": "19.99", "quantity": 3, "discount_percent": 10, "tax_rate": 18},
        {"unit_price": "20.20"},
    )
    sums = [(line.net, line.tax, line.total) for line in invoice.lines.order_by("position")]
    assert sums == [
        (D("10.10"), D("0.51"), D("10.61")),
        (D("53.97"), D("9.71"), D("63.68")),
        (D("20.20"), D("0"), D("20.20")),
    ]
    assert (invoice.net, invoice.tax, invoice.total) == (D("84.27"), D("10.22"), D("94.49"))


def test_two_hundred_and_tax_paid_in_two_parts(cast: Cast) -> None:
    invoice = cast.issued({"unit_price": 200, "tax_name": "GST", "tax_rate": 18})
    assert balances() == {"accounts_receivable": D("236"), "deferred_revenue": D("200"), "tax_payable": D("36")}

    cast.pay("100.00", invoice)
    invoice.refresh_from_db()
    assert (invoice.status, invoice.due) == (InvoiceStatus.PARTIALLY_PAID, D("136.00"))
    assert balances() == {
        "cash": D("100"),
        "accounts_receivable": D("136"),
        "revenue": D("84.75"),
        "deferred_revenue": D("115.25"),
        "tax_payable": D("36"),
    }

    tenders = [Tender("card", "100.00"), Tender("upi", "56.00")]
    with pytest.raises(NeedsConsentToCredit):
        payments.receive_split(cast.asha, tenders, invoices=[invoice], by=cast.carl, at=AT)
    assert Payment.objects.count() == 1

    payments.receive_split(cast.asha, tenders, invoices=[invoice], credit_consent=True, by=cast.carl, at=AT)
    invoice.refresh_from_db()
    assert (invoice.status, invoice.due) == (InvoiceStatus.PAID, D("0"))
    assert credit_of(cast.asha) == D("20.00")
    assert balances() == {
        "cash": D("100"),
        "card": D("100"),
        "upi": D("56"),
        "revenue": D("200"),
        "tax_payable": D("36"),
        "patient_credit": D("20"),
    }

    following = cast.issued("50.00")
    following = credit.use_credit(following, amount="20.00", by=cast.carl, at=AT)
    assert following.due == D("30.00")
    assert credit_of(cast.asha) == 0


def test_a_refund_up_to_what_was_paid(cast: Cast) -> None:
    invoice = cast.issued("300.00")
    payment = cast.pay("300.00", invoice, method="card")
    refunds.refund(payment, amount="120.00", reason="Charged twice", by=cast.bela, at=AT)
    with pytest.raises(RefundTooLarge, match="180"):
        refunds.refund(payment, amount="200.00", reason="Again", by=cast.bela, at=AT)
    payment.refresh_from_db()
    invoice.refresh_from_db()
    assert (payment.status, payment.refundable) == (PaymentStatus.PARTIALLY_REFUNDED, D("180"))
    assert (invoice.status, invoice.due) == (InvoiceStatus.PARTIALLY_PAID, D("120"))
    assert balances() == {
        "card": D("180"),
        "accounts_receivable": D("120"),
        "revenue": D("180"),
        "deferred_revenue": D("120"),
    }
    refunds.refund(payment, amount="180.00", method="cash", reason="All of it", by=cast.bela, at=AT)
    payment.refresh_from_db()
    invoice.refresh_from_db()
    assert (payment.status, payment.refundable) == (PaymentStatus.REFUNDED, 0)
    assert (invoice.status, invoice.due) == (InvoiceStatus.REFUNDED, D("300"))
    assert balances() == {
        "card": D("180"),
        "cash": D("-180"),
        "accounts_receivable": D("300"),
        "deferred_revenue": D("300"),
    }


def test_void_needs_to_know_where_the_money_goes(cast: Cast) -> None:
    invoice = cast.issued("150.00")
    cast.pay("60.00", invoice)
    tomorrow = AT + timedelta(days=1)
    with pytest.raises(invoicing.VoidNeedsDisposition):
        invoicing.void(invoice, reason="Wrong patient", by=cast.bela, at=tomorrow)
    invoice = invoicing.void(invoice, reason="Wrong patient", disposition="credit", by=cast.bela, at=tomorrow)
    assert (invoice.status, invoice.due, invoice.applied) == (InvoiceStatus.VOID, 0, 0)
    assert balances() == {"cash": D("60"), "patient_credit": D("60")}
    assert credit_of(cast.asha) == D("60")


def test_void_that_gives_the_money_back(cast: Cast) -> None:
    invoice = cast.issued({"unit_price": "150.00", "tax_rate": 18})
    cast.pay("100.00", invoice)
    cast.pay("50.00", invoice, method="upi")
    invoice = invoicing.void(invoice, reason="Never took place", disposition="refund", by=cast.bela, at=AT)
    assert invoice.status == InvoiceStatus.VOID
    assert balances() == {}
    assert {payment.status for payment in Payment.objects.all()} == {PaymentStatus.REFUNDED}


def test_a_discount_over_thirds_adds_up(cast: Cast) -> None:
    invoice = cast.draft({"unit_price": "33.33"}, {"unit_price": "33.33"}, {"unit_price": "33.34"})
    lines = invoicing.discount(invoice, amount="10.00", reason="Staff family", by=cast.bela, at=AT)
    invoice.refresh_from_db()
    assert sum(line.discount for line in lines) == D("10.00")
    assert invoice.total == D("90.00")


@pytest.mark.parametrize("amount", ["-20", "0", "10.005", "NaN", "1e9", 10**9, "", "Infinity", "ten"])
def test_amounts_that_are_none_are_refused_in_words(cast: Cast, amount: object) -> None:
    invoice = cast.issued("100.00")
    with pytest.raises(AmountRefused) as refusal:
        cast.pay(amount, invoice)
    assert refusal.value.field == "amount"
    assert str(refusal.value)
    assert not Payment.objects.exists()


@pytest.mark.parametrize("price", ["-20", "10.005", "NaN", "1e9", ""])
def test_prices_that_are_none_are_refused(cast: Cast, price: str) -> None:
    with pytest.raises(AmountRefused) as refusal:
        cast.draft({"unit_price": price})
    assert refusal.value.field == "unit_price"


def test_an_invoice_of_nothing_is_paid_as_it_is_issued(cast: Cast) -> None:
    invoice = cast.issued("0.00", {"unit_price": "80.00", "discount_percent": 100})
    assert (invoice.status, invoice.total, invoice.due) == (InvoiceStatus.PAID, 0, 0)
    assert invoice.number.startswith("INV-2026-")
    assert balances() == {}
    assert invoicing.void(invoice, reason="No", by=cast.bela, at=AT).status == InvoiceStatus.VOID


def test_one_payment_pays_the_oldest_first(cast: Cast) -> None:
    older, newer = cast.issued("70.00"), cast.issued("50.00", at=AT + timedelta(days=3))
    payments.receive(cast.asha, method="cash", amount="100.00", by=cast.carl, at=AT + timedelta(days=4))
    dues = dict(Invoice.objects.values_list("pk", "due"))
    assert (dues[older.pk], dues[newer.pk]) == (0, D("20"))


def test_one_payment_is_shared_as_chosen(cast: Cast) -> None:
    first, second = cast.issued("70.00"), cast.issued("50.00")
    cast.pay("60.00", (second, "40.00"), (first, "20.00"))
    dues = dict(Invoice.objects.values_list("pk", "due"))
    assert (dues[first.pk], dues[second.pk]) == (D("50"), D("10"))
    with pytest.raises(allocating.SharesExceedPayment):
        cast.pay("30.00", (first, "20.00"), (second, "10.01"))
    with pytest.raises(allocating.InvoiceTwice):
        cast.pay("30.00", first, first)


def test_nobody_pays_for_another_patient_a_draft_or_a_void_invoice(cast: Cast) -> None:
    with pytest.raises(allocating.InvoiceOfAnotherPatient):
        cast.pay("10.00", cast.issued("10.00", patient=cast.ben))
    with pytest.raises(allocating.NotPayable):
        cast.pay("10.00", cast.draft({"unit_price": 10}))
    with pytest.raises(allocating.VoidNotPayable):
        cast.pay("10.00", invoicing.void(cast.issued("10.00"), reason="x", by=cast.bela, at=AT))


def test_a_deposit_is_credit_until_it_is_used(cast: Cast) -> None:
    cast.pay("500.00", method="bank", credit_consent=True)
    assert balances() == {"bank": D("500"), "patient_credit": D("500")}
    invoice = credit.use_credit(cast.issued("120.00"), by=cast.carl, at=AT)
    assert invoice.status == InvoiceStatus.PAID
    assert balances() == {"bank": D("500"), "patient_credit": D("380"), "revenue": D("120")}
    with pytest.raises(MoreThanDue):
        credit.use_credit(invoice, amount="1.00", by=cast.carl, at=AT)
    with pytest.raises(NoCredit):
        credit.use_credit(cast.issued("900.00"), amount="380.01", by=cast.carl, at=AT)


def test_a_refund_takes_unused_credit_first(cast: Cast) -> None:
    invoice = cast.issued("60.00")
    payment = cast.pay("100.00", invoice, credit_consent=True)
    refunds.refund(payment, amount="50.00", reason="Changed their mind", by=cast.bela, at=AT)
    invoice.refresh_from_db()
    payment.refresh_from_db()
    assert (invoice.due, payment.unapplied, payment.refundable) == (D("10"), 0, D("50"))
    assert balances() == {
        "cash": D("50"),
        "accounts_receivable": D("10"),
        "revenue": D("50"),
        "deferred_revenue": D("10"),
    }


def test_a_form_sent_twice_takes_one_payment(cast: Cast) -> None:
    invoice = cast.issued("100.00")
    first = cast.pay("40.00", invoice, source_reference="page:1")
    again = cast.pay("40.00", invoice, source_reference="page:1")
    assert first.pk == again.pk
    assert Payment.objects.count() == 1


def test_later_prices_never_reach_a_line(cast: Cast) -> None:
    from apps.billing.models import Service

    service = Service.objects.create(name="X-ray", price="400.00", tax_name="GST", tax_rate=5)
    invoice = cast.draft({"service": service, "description": ""})
    Service.objects.filter(pk=service.pk).update(name="X-ray, digital", price="600.00", tax_rate=18)
    line = invoice.lines.get()
    assert (line.description, line.unit_price, line.tax_name, line.tax_rate) == ("X-ray", D("400"), "GST", D("5"))


def test_what_was_paid_before_its_invoice_was_issued_is_credit_until_then(cast: Cast) -> None:
    """Paid on the 4th, billed on the 11th: nobody is owed less than nothing meanwhile, and nothing is earned."""
    before, old = DAY - timedelta(days=7), cast.issued("10.00", at=AT - timedelta(days=30))
    invoice = cast.issued({"unit_price": "100.00", "tax_name": "GST", "tax_rate": "18"})
    payment = cast.pay("128.00", old, invoice, received_on=before)
    assert [(one.kind, one.amount) for one in payment.allocations.order_by("at", "id")] == [
        ("payment", D("10")),
        ("credit", D("118")),
    ]
    assert trial(before) == {"cash": D("128"), "revenue": D("10"), "patient_credit": D("118")}
    assert trial(DAY) == {"cash": D("128"), "revenue": D("110"), "tax_payable": D("18")}
    assert not Ageing(day=before, first=5).totals["total"]
    assert found_wrong() == {}


def test_money_on_its_way_is_in_no_book_until_it_comes(cast: Cast) -> None:
    older, meant = cast.issued("70.00"), cast.issued("50.00")
    books = balances()
    cheque = payments.expect(cast.asha, method="cheque", amount="140.00", invoice=meant, by=cast.carl, at=AT)
    assert (cheque.status, cheque.number, balances()) == (PaymentStatus.PENDING, "", books)
    cheque = payments.capture(cheque, by=cast.carl, at=AT + timedelta(days=2))
    assert (cheque.status, cheque.received_on.day, cheque.unapplied) == (PaymentStatus.CAPTURED, 13, D("20"))
    assert set(Invoice.objects.filter(pk__in=[older.pk, meant.pk]).values_list("status", flat=True)) == {"paid"}
    assert balances() == {"bank": D("140"), "revenue": D("120"), "patient_credit": D("20")}
    for again in (payments.capture, payments.fail):
        with pytest.raises(payments.NotPending):
            again(cheque, by=cast.carl, at=AT, **({"reason": "No"} if again is payments.fail else {}))


def test_money_that_does_not_come_says_why(cast: Cast) -> None:
    cheque = payments.expect(cast.asha, method="cheque", amount="140.00", by=cast.carl, at=AT)
    with pytest.raises(payments.FailureNeedsReason):
        payments.fail(cheque, reason=" ", by=cast.carl, at=AT)
    cheque = payments.fail(cheque, reason="Bounced", by=cast.carl, at=AT)
    assert (cheque.status, cheque.failure, cheque.refundable, balances()) == ("failed", "Bounced", 0, {})
    with pytest.raises(RefundTooLarge):
        refunds.refund(cheque, amount="1", reason="x", by=cast.bela, at=AT)
