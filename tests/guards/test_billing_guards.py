"""Raw SQL, bulk_create and update() against everything that the books of billing rest on."""

from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from apps.billing import invoicing
from apps.billing.models import Invoice, InvoiceLine, InvoiceLineTax, InvoiceVoid, Payment, PaymentAllocation, Refund
from apps.billing.models.invoice import InvoiceStatus
from apps.billing.paying import refunds
from tests.billing.cast import AT, DAY, D, make_cast
from tests.conftest import clinic_of
from tests.kept import undone
from tests.raw_sql import refused

TABLES = {
    "invoice": "billing_invoice",
    "line": "billing_invoiceline",
    "payment": "billing_payment",
    "allocation": "billing_paymentallocation",
    "refund": "billing_refund",
    "void": "billing_invoicevoid",
    "discount": "billing_discount",
}


@pytest.fixture(scope="module")
def written(modules_own: str) -> dict[str, Any]:
    """A paid invoice with a refund, a void one, an unpaid one and a draft: written once for all attacks."""
    with clinic_of("riverside").inside():
        cast = make_cast()
        paid = cast.issued({"unit_price": "200.00", "tax_rate": 18})
        payment = cast.pay("250.00", paid, credit_consent=True)
        refund = refunds.refund(payment, amount="50.00", reason="Too much", by=cast.bela, at=AT)
        void = invoicing.void(cast.issued("10.00"), reason="Wrong", by=cast.bela, at=AT)
        return {
            "cast": cast,
            "paid": paid,
            "payment": payment,
            "refund": refund,
            "void": void,
            "open": cast.issued("75.00"),
            "draft": cast.draft({"unit_price": "40.00"}),
            "let_off": cast.draft({"unit_price": "40.00", "discount": "4.00"}),
        }


@pytest.fixture
def facts(written: dict[str, Any], riverside: Any) -> Iterator[dict[str, Any]]:
    with undone(), riverside.inside():
        yield deepcopy(written)


@pytest.mark.parametrize("table", TABLES.values())
def test_nothing_is_emptied(facts: dict[str, Any], table: str) -> None:
    refused(f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize(
    "table", [TABLES[name] for name in ("invoice", "payment", "allocation", "refund", "void", "discount")]
)
def test_nothing_is_deleted(facts: dict[str, Any], table: str) -> None:
    refused(f"DELETE FROM {table}")


@pytest.mark.parametrize("table", [TABLES[name] for name in ("allocation", "refund", "void", "discount")])
def test_facts_are_not_rewritten(facts: dict[str, Any], table: str) -> None:
    refused(f"UPDATE {table} SET at = now()")


@pytest.mark.parametrize(
    "change",
    [
        "number = 'INV-2026-99999'",
        "number = ''",
        "issued_on = issued_on - 1",
        "due_on = due_on + 30",
        "issued_at = NULL",
        "net = 1",
        "total = 1, net = 1, tax = 0",
        "applied = 0",
        "refunded = 0",
        "voided_at = now()",
        "voided_at = NULL",
        "currency = 'USD'",
        "source = 'imported'",
        "source_reference = 'other'",
        "created_at = now()",
    ],
)
@pytest.mark.parametrize("which", ["paid", "open", "void"])
def test_an_issued_invoice_is_frozen(facts: dict[str, Any], which: str, change: str) -> None:
    before = Invoice.objects.filter(pk=facts[which].pk).values().get()
    with suppress(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE billing_invoice SET {change} WHERE id = %s", [facts[which].pk])
    # Setting what is there already is no change, and no harm.
    assert Invoice.objects.filter(pk=facts[which].pk).values().get() == before


@pytest.mark.parametrize("change", ["total = 1, net = 1", "applied = 5", "voided_at = now()", "source = 'imported'"])
def test_nobody_writes_the_figures_of_a_draft(facts: dict[str, Any], change: str) -> None:
    refused(f"UPDATE billing_invoice SET {change} WHERE id = %s", facts["draft"].pk)


def test_an_invoice_stays_with_its_patient(facts: dict[str, Any]) -> None:
    for which in ("draft", "paid"):
        with pytest.raises(DatabaseError), transaction.atomic():
            Invoice.objects.filter(pk=facts[which].pk).update(patient=facts["cast"].ben)


@pytest.mark.parametrize("computed", ["status = 'paid'", "due = 0"])
def test_status_and_due_are_computed(facts: dict[str, Any], computed: str) -> None:
    refused(f"UPDATE billing_invoice SET {computed}", match="generated")


def test_an_invoice_is_not_born_issued(facts: dict[str, Any]) -> None:
    cast = facts["cast"]
    ready = {
        "patient": cast.asha,
        "currency": "INR",
        "decimals": 2,
        "created_at": AT,
        "created_by": cast.bela,
        "number": "INV-2026-77777",
        "issued_on": DAY,
        "due_on": DAY,
        "issued_at": AT,
        "issued_by": cast.bela,
    }
    with pytest.raises(DatabaseError, match="empty draft"), transaction.atomic():
        Invoice.objects.bulk_create([Invoice(**ready)])
    with pytest.raises(DatabaseError, match="empty draft"), transaction.atomic():
        Invoice.objects.create(**{**ready, "number": "", "issued_at": None, "issued_on": None, "total": 5, "net": 5})


def test_a_draft_without_lines_is_not_issued(facts: dict[str, Any]) -> None:
    empty = facts["cast"].draft()
    with pytest.raises(DatabaseError, match="without lines"), transaction.atomic():
        Invoice.objects.filter(pk=empty.pk).update(
            number="INV-2026-77777", issued_on=DAY, due_on=DAY, issued_at=AT, issued_by=facts["cast"].bela
        )


@pytest.mark.parametrize("which", ["paid", "open", "void"])
def test_lines_of_an_issued_invoice_are_frozen(facts: dict[str, Any], which: str) -> None:
    line = InvoiceLine.objects.filter(invoice=facts[which]).first()
    assert line is not None
    refused("DELETE FROM billing_invoiceline WHERE id = %s", line.pk, match="can no longer change")
    refused("UPDATE billing_invoiceline SET position = 9 WHERE id = %s", line.pk, match="can no longer change")
    with pytest.raises(DatabaseError, match="can no longer change"), transaction.atomic():
        InvoiceLine.objects.bulk_create(
            [
                InvoiceLine(
                    invoice=facts[which],
                    position=7,
                    description="More",
                    decimals=2,
                    unit_price=1,
                    gross=1,
                    net=1,
                    tax=0,
                    total=1,
                )
            ]
        )


def test_a_line_does_not_move_to_another_invoice(facts: dict[str, Any]) -> None:
    other = facts["cast"].draft()
    refused("UPDATE billing_invoiceline SET invoice_id = %s WHERE invoice_id = %s", other.pk, facts["draft"].pk)


@pytest.mark.parametrize(
    "change",
    [
        "net = net - 1, total = total - 1",
        "tax = 1, total = total + 1",
        "gross = 41, net = 41, total = 41",
        "total = 1",
        "discount = -1, net = 41, total = 41",
        "discount = 41, net = -1, total = -1",
        "quantity = 0, gross = 0, net = 0, total = 0",
        "discount = 0.001, net = 39.999, total = 39.999",
        "discount_percent = 50",
        "tax_rate = 101",
        "decimals = 3",
    ],
)
def test_a_line_adds_up(facts: dict[str, Any], change: str) -> None:
    refused(f"UPDATE billing_invoiceline SET {change} WHERE invoice_id = %s", facts["draft"].pk)


def test_the_sums_of_a_draft_follow_its_lines(facts: dict[str, Any]) -> None:
    """Also when lines are written past the rules, many in one statement."""
    draft = facts["draft"]
    rows = [
        InvoiceLine(
            invoice=draft, position=place, description="x", decimals=2,
            unit_price=10, gross=10, net=10, tax=1, tax_rate=10, total=11,
        )
        for place in (5, 6, 7)
    ]  # fmt: skip
    InvoiceLine.objects.bulk_create(rows)
    InvoiceLineTax.objects.bulk_create([InvoiceLineTax(line=row, position=1, rate=10, amount=1) for row in rows])
    draft.refresh_from_db()
    assert (draft.net, draft.tax, draft.total) == (D("70"), D("3"), D("73"))
    InvoiceLineTax.objects.filter(line__position__gte=6).delete()
    InvoiceLine.objects.filter(position__gte=6).delete()
    draft.refresh_from_db()
    assert draft.total == D("51")


@pytest.mark.parametrize(
    "change",
    ["amount = 1", "applied = 0", "refunded = 0", "method = 'card'", "received_on = received_on - 1", "number = 'X'",
     "captured_at = NULL", "failed_at = now()", "created_at = now()", "reference = 'other'"],
)  # fmt: skip
def test_a_payment_is_frozen(facts: dict[str, Any], change: str) -> None:
    refused(f"UPDATE billing_payment SET {change}")


def allocation(facts: dict[str, Any], **changes: Any) -> PaymentAllocation:
    row = {
        "payment": facts["payment"],
        "invoice": facts["open"],
        "kind": "credit",
        "amount": D("10"),
        "recognised": D("10"),
        "at": AT,
        "by": facts["cast"].bela,
    }
    return PaymentAllocation(**{**row, **changes})


def test_a_payment_is_not_used_beyond_its_amount(facts: dict[str, Any]) -> None:
    # Of 250.00, 200.00 is left and all of it is on the paid invoice.
    with pytest.raises(DatabaseError, match="payment_used_at_most_once"), transaction.atomic():
        PaymentAllocation.objects.bulk_create([allocation(facts)])


def test_an_invoice_is_not_paid_beyond_its_total(facts: dict[str, Any]) -> None:
    much = facts["cast"].pay("1000.00", credit_consent=True)
    with pytest.raises(DatabaseError, match=r"invoice_paid_at_most_its_total|pro rata"), transaction.atomic():
        PaymentAllocation.objects.bulk_create([allocation(facts, payment=much, amount=D("76"), recognised=D("76"))])


def test_revenue_is_recognised_pro_rata(facts: dict[str, Any]) -> None:
    much = facts["cast"].pay("1000.00", credit_consent=True)
    with pytest.raises(DatabaseError, match="pro rata"), transaction.atomic():
        PaymentAllocation.objects.bulk_create([allocation(facts, payment=much, recognised=D("9.99"))])


@pytest.mark.parametrize("which", ["draft", "void"])
def test_money_is_only_on_issued_invoices(facts: dict[str, Any], which: str) -> None:
    much = facts["cast"].pay("1000.00", credit_consent=True)
    with pytest.raises(DatabaseError, match="issued invoice"), transaction.atomic():
        PaymentAllocation.objects.bulk_create([allocation(facts, payment=much, invoice=facts[which])])


def test_nobody_pays_with_anothers_money(facts: dict[str, Any]) -> None:
    bens = facts["cast"].pay("1000.00", patient=facts["cast"].ben, credit_consent=True)
    with pytest.raises(DatabaseError, match="its own patient"), transaction.atomic():
        PaymentAllocation.objects.bulk_create([allocation(facts, payment=bens)])


def test_a_payment_takes_off_only_what_it_put_on(facts: dict[str, Any]) -> None:
    much = facts["cast"].pay("1000.00", credit_consent=True)
    with pytest.raises(DatabaseError, match="than this payment had"), transaction.atomic():
        PaymentAllocation.objects.bulk_create(
            [allocation(facts, payment=much, invoice=facts["paid"], kind="void", amount=D("-1"), recognised=D("-1"))]
        )


@pytest.mark.parametrize("kind,amount", [("payment", "-1"), ("credit", "-1"), ("void", "1"), ("refund", "1")])
def test_the_sign_follows_the_kind(facts: dict[str, Any], kind: str, amount: str) -> None:
    with (
        pytest.raises(DatabaseError, match=r"sign_follows|than this payment|pro rata|at_most"),
        transaction.atomic(),
    ):
        PaymentAllocation.objects.bulk_create([allocation(facts, kind=kind, amount=D(amount), recognised=D(amount))])


def test_no_more_goes_back_than_came_in(facts: dict[str, Any]) -> None:
    row = {"payment": facts["payment"], "method": "cash", "reason": "x", "refunded_on": DAY, "at": AT}
    more = Refund(number="RFD-2026-99999", amount=D("0.01"), by=facts["cast"].bela, **row)
    # 50.00 went back; the other 200.00 is on an invoice and must be taken off first.
    with pytest.raises(DatabaseError, match="payment_used_at_most_once"), transaction.atomic():
        Refund.objects.bulk_create([more])


def test_a_paid_invoice_is_not_void(facts: dict[str, Any]) -> None:
    with pytest.raises(DatabaseError, match="void_invoice_holds_no_payment"), transaction.atomic():
        InvoiceVoid.objects.create(
            invoice=facts["paid"], reason="x", disposition="credit", voided_on=DAY, at=AT, by=facts["cast"].bela
        )


def test_money_that_did_not_come_in_is_not_used(facts: dict[str, Any]) -> None:
    cast = facts["cast"]
    pending = Payment.objects.create(
        patient=cast.asha,
        method="card",
        amount=10,
        currency="INR",
        received_on=DAY,
        created_at=AT,
        created_by=cast.bela,
    )
    assert (pending.pk, Payment.objects.get(pk=pending.pk).status) == (pending.pk, "pending")
    with pytest.raises(DatabaseError, match="came in"), transaction.atomic():
        PaymentAllocation.objects.bulk_create([allocation(facts, payment=pending)])


def test_the_facts_are_as_they_were(facts: dict[str, Any]) -> None:
    """What the attacks above start from."""
    statuses = {name: Invoice.objects.get(pk=facts[name].pk).status for name in ("paid", "void", "open", "draft")}
    assert statuses == {
        "paid": InvoiceStatus.PARTIALLY_PAID,
        "void": InvoiceStatus.VOID,
        "open": InvoiceStatus.ISSUED,
        "draft": InvoiceStatus.DRAFT,
    }
