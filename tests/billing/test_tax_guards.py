"""Taxes as the database guards them, whoever writes."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from apps.billing.models import Invoice, InvoiceLine, InvoiceLineTax, Tax
from tests.billing.cast import DAY, Cast, D
from tests.billing.test_taxes import CGST_SGST, IN_PRICE, add, committed
from tests.raw_sql import refused


@pytest.mark.parametrize(
    ("taken", "change"),
    [
        (CGST_SGST, "DELETE FROM billing_invoicelinetax WHERE name = 'SGST'"),
        (CGST_SGST, "UPDATE billing_invoiceline SET tax = 17, total = 117"),
        (CGST_SGST, "UPDATE billing_invoiceline SET tax_rate = 17"),
        (IN_PRICE, "UPDATE billing_invoiceline SET included = 0, net = gross, total = gross + tax"),
        (IN_PRICE, "UPDATE billing_invoiceline SET included = 1, net = gross - 1, tax = 1"),
    ],
)
def test_the_database_proves_what_taxes_come_to(cast: Cast, taken: Any, change: str) -> None:
    cast.draft({"unit_price": "100", "taxes": taken})
    committed()
    refused(change, match="what its taxes come to")


def taxed(invoice: Invoice, included: bool, *rows: tuple[str, str, str]) -> None:
    """Another line and its taxes, written past the rules."""
    figures = {"gross": "100", "net": "84.75", "tax": "15.25", "included": "15.25", "total": "100"}
    if not included:
        figures = {"gross": "100", "net": "100", "tax": "18", "included": "0", "total": "118"}
    line = InvoiceLine(
        invoice=invoice, position=9, description="x", decimals=2, unit_price=100, tax_rate=18,
        **{name: D(value) for name, value in figures.items()},
    )  # fmt: skip
    line.save(force_insert=True)
    InvoiceLineTax.objects.bulk_create(
        [
            InvoiceLineTax(line=line, position=n, name=name, rate=D(rate), amount=D(amount), is_included=included)
            for n, (name, rate, amount) in enumerate(rows)
        ]
    )
    committed()


@pytest.mark.parametrize(
    ("included", "rows", "may"),
    [
        (True, [("A", "9", "7.63"), ("B", "9", "7.62")], True),
        (True, [("A", "9", "7.64"), ("B", "9", "7.61")], False),  # not its share
        (False, [("A", "9", "9.00"), ("B", "9", "9.00")], True),
        (False, [("A", "9", "9.01"), ("B", "9", "8.99")], False),
        (False, [("A", "18", "18.00")], True),
        (False, [("A", "9", "18.00")], False),
        (True, [("A", "18", "15.25"), ("B", "0", "0")], True),
    ],
)
def test_each_tax_has_its_own_part(cast: Cast, included: bool, rows: Any, may: bool) -> None:
    if may:
        return taxed(cast.draft(), included, *rows)
    with pytest.raises(DatabaseError, match="what its taxes come to"), transaction.atomic():
        taxed(cast.draft(), included, *rows)


def test_taxes_of_an_issued_invoice_stay(cast: Cast) -> None:
    cast.issued({"unit_price": "100", "taxes": CGST_SGST})
    committed()
    refused("DELETE FROM billing_invoicelinetax", match="can no longer change")
    refused("UPDATE billing_invoicelinetax SET name = 'VAT'", match="written anew")
    refused(
        "INSERT INTO billing_invoicelinetax (id, line_id, position, name, rate, is_included, amount)"
        " SELECT gen_random_uuid(), id, 9, 'VAT', 0, false, 0 FROM billing_invoiceline",
        match="can no longer change",
    )
    refused("TRUNCATE billing_invoicelinetax", match="permission denied|never removed")


def test_no_two_of_a_name_on_a_day_for_any_writer(cast: Cast) -> None:
    gst = add(cast)
    with pytest.raises(DatabaseError, match="one_tax_of_a_name_a_day"), transaction.atomic():
        Tax.objects.bulk_create([Tax(name="gst", rate=1, starts_on=DAY)])
    with pytest.raises(DatabaseError, match="tax_ends_after_it_starts"), transaction.atomic():
        Tax.objects.filter(pk=gst.pk).update(ends_on=gst.starts_on - timedelta(days=1))
