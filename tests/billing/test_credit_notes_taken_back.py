"""A credit note that was wrong is taken back: the invoice stands as before, to the last unit of money and tax."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from apps.billing import invoicing
from apps.billing.lowering import crediting, taking_back
from apps.billing.lowering.credit_taxes import credited_taxes
from apps.billing.lowering.taking_back import CreditUsedElsewhere, TakenBackAlready, TakingBackNeedsReason
from apps.billing.models import CreditNote, Invoice, InvoiceStatus
from apps.billing.paying import credit, refunds
from apps.ledger.models import JournalEntry
from tests.billing.cast import AT, Cast, D, balances, found_wrong

TAXED = {"unit_price": 200, "tax_name": "GST", "tax_rate": 18}
LATER = AT + timedelta(hours=1)


def credited(cast: Cast, invoice: Invoice, **more: Any) -> CreditNote:
    return crediting.credit(invoice, **{"reason": "Billed twice", **more}, by=cast.bela, at=AT)


def back(cast: Cast, note: CreditNote, **more: Any) -> CreditNote:
    return taking_back.take_back(note, **{"reason": "It was right", **more}, by=cast.bela, at=LATER)


def test_what_was_not_paid_is_owed_again(cast: Cast) -> None:
    invoice = cast.issued(TAXED)
    before = balances()
    note = credited(cast, invoice, amount="59.00")
    mirror = back(cast, note)
    assert (mirror.number, mirror.net, mirror.tax, mirror.total) == ("CRN-2026-00002", D("-50"), D("-9"), D("-59"))
    assert (mirror.reverses_id, mirror.disposition, mirror.released) == (note.pk, "nothing_above", D("0"))
    invoice.refresh_from_db()
    assert (invoice.due, invoice.credited, invoice.status) == (D("236"), D("0"), InvoiceStatus.ISSUED)
    assert balances() == before
    entry = JournalEntry.objects.get(source="credit_note_taken_back")
    assert entry.reverses is not None
    assert entry.reverses.source_id == note.pk
    assert not found_wrong()


def test_what_became_credit_pays_the_invoice_again(cast: Cast) -> None:
    invoice = cast.issued(TAXED)
    cast.pay("100.00", invoice, method="card")
    cast.pay("136.00", invoice, method="upi")
    before = balances()
    note = credited(cast, invoice, disposition="credit")
    assert credit.credit_of(cast.asha) == D("236")
    mirror = back(cast, note)
    assert (mirror.disposition, mirror.released) == ("credit", D("-236"))
    invoice.refresh_from_db()
    assert (invoice.due, invoice.applied, invoice.status) == (D("0"), D("236"), InvoiceStatus.PAID)
    assert balances() == before
    assert not found_wrong()


def test_a_part_that_was_paid_in_part(cast: Cast) -> None:
    """236.00, of which 200.00 paid; lowered by 118.00: 82.00 became credit. Afterwards all is as before."""
    invoice = cast.issued(TAXED)
    cast.pay("200.00", invoice)
    before = balances()
    note = credited(cast, invoice, amount="118.00", disposition="credit")
    assert note.released == D("82")
    back(cast, note)
    invoice.refresh_from_db()
    assert (invoice.due, invoice.applied, invoice.status) == (D("36"), D("200"), InvoiceStatus.PARTIALLY_PAID)
    assert balances() == before
    assert not found_wrong()


def test_used_elsewhere_it_stands(cast: Cast) -> None:
    invoice = cast.issued(TAXED)
    paid = cast.pay("236.00", invoice)
    note = credited(cast, invoice, disposition="credit")
    other = cast.issued("50.00")
    credit.use_credit(other, by=cast.bela, at=AT)
    with pytest.raises(CreditUsedElsewhere, match=r"50\.00") as refused:
        back(cast, note)
    assert refused.value.details == {"used": "50.00"}
    invoicing.void(other, reason="Wrong", disposition="credit", by=cast.bela, at=AT)
    refunds.refund(paid, amount="1.00", reason="Agreed", by=cast.bela, at=AT)
    with pytest.raises(CreditUsedElsewhere, match=r"1\.00"):
        back(cast, note)
    assert CreditNote.objects.count() == 1
    assert not found_wrong()


def test_what_was_given_back_is_owed_again(cast: Cast) -> None:
    invoice = cast.issued(TAXED)
    cast.pay("236.00", invoice)
    note = credited(cast, invoice, amount="118.00", disposition="refund")
    mirror = back(cast, note)
    assert (mirror.disposition, mirror.released) == ("nothing_above", D("0"))
    invoice.refresh_from_db()
    assert (invoice.due, invoice.status) == (D("118"), InvoiceStatus.PARTIALLY_PAID)
    assert not found_wrong()


def test_once_for_a_reason_and_for_good(cast: Cast) -> None:
    note = credited(cast, cast.issued(TAXED))
    with pytest.raises(TakingBackNeedsReason):
        back(cast, note, reason=" ")
    mirror = back(cast, note, source_reference="form 1")
    assert back(cast, note, source_reference="form 1") == mirror
    for one in (note, mirror):
        with pytest.raises(TakenBackAlready):
            back(cast, one)
    again = {name: getattr(mirror, name) for name in ("invoice", "reverses", "reason", "net", "tax", "total")}
    again |= {"released": D("0"), "disposition": "nothing_above", "recognised": D("0")}
    with pytest.raises(IntegrityError), transaction.atomic():
        CreditNote.objects.create(**again, number="CRN-2026-00009", credited_on=note.credited_on, at=AT, by=cast.bela)


def test_only_one_of_two_is_taken_back_and_all_can_be_credited_again(cast: Cast) -> None:
    """With several lines and taxes of the odd sort: in the end all of them come to nothing."""
    invoice = cast.issued(
        {"unit_price": "33.33", "taxes": [{"name": "CGST", "rate": 9}, {"name": "SGST", "rate": 9}]},
        {"unit_price": "10.01", "tax_rate": 5},
    )
    notes = [credited(cast, invoice, amount=amount) for amount in ("0.01", "7.77", "0.02", "3.33", "0.01")]
    back(cast, notes[1])
    back(cast, notes[4])
    credited(cast, invoice, amount="0.01")
    last = credited(cast, invoice)
    assert last.total > 0
    invoice.refresh_from_db()
    assert (invoice.due, invoice.credited, invoice.credited_net) == (D("0"), invoice.total, invoice.net)
    assert balances() == {}
    taxes: dict[str, Any] = {}
    for note in CreditNote.objects.all():
        for one in credited_taxes(note, note.lines.prefetch_related("line__taxes")):
            taxes[one.name] = taxes.get(one.name, 0) + one.tax
    charged: dict[str, Any] = {}
    for line in invoice.lines.prefetch_related("taxes"):
        for tax in line.taxes.all():
            charged[tax.name] = charged.get(tax.name, 0) + tax.amount
    assert taxes == charged
    assert not found_wrong()


def test_many_small_notes_of_which_only_the_untaxed_stand(cast: Cast) -> None:
    """What stands of a line is no longer pro rata; the next notes still take neither net nor tax below zero."""
    invoice = cast.issued({"unit_price": "2.00", "tax_name": "GST", "tax_rate": 18})
    notes = [credited(cast, invoice, amount="0.01") for _each in range(60)]
    for note in notes:
        if note.tax:
            back(cast, note)
    for _each in range(12):
        credited(cast, invoice, amount="0.01")
    credited(cast, invoice)
    invoice.refresh_from_db()
    assert (invoice.credited, invoice.credited_net) == (invoice.total, invoice.net)
    assert balances() == {}
    assert not found_wrong()


def test_then_the_invoice_may_become_void(cast: Cast) -> None:
    invoice = cast.issued(TAXED)
    cast.pay("236.00", invoice)
    back(cast, credited(cast, invoice, amount="36.00", disposition="credit"))
    voided = invoicing.void(invoice, reason="Wrong", disposition="credit", by=cast.bela, at=LATER)
    assert voided.status == InvoiceStatus.VOID
    assert balances() == {"cash": D("236"), "patient_credit": D("236")}
    assert not found_wrong()
