"""What the books say of credit notes and write-offs; patients' money is posted by billing/posting.py.

| event                    | debit                                     | credit                                  |
|--------------------------|-------------------------------------------|-----------------------------------------|
| credit note              | Deferred revenue (net), Tax payable       | Accounts receivable (total)             |
| credit note taken back   | the exact mirror of the credit note's entry, which it names                         |
| write-off                | Deferred revenue (net), Tax payable       | Accounts receivable (amount)            |
| write-off taken back     | the exact mirror of the write-off's entry, which it names                           |
| … where what is paid now | Deferred revenue                          | Revenue (or the other way round)        |
| bears another share      |                                           |                                         |

A credit note and a write-off mirror a part of the issue. A write-off is no expense: what nobody paid was never revenue
here, only deferred, so nothing is lost that had been counted as earned, and its tax was payable only with it. (Where
the law wants the tax of a bad debt all the same, the clinic's accountant enters it against the account Write-offs.)
What is written off takes its share of the net that is not yet earned, the last part exactly the rest: once nothing is
owed on an invoice, none of its net is deferred, to the last unit.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from apps.accounts.models import User
from apps.billing.models import CreditNote, Invoice, WriteOff
from apps.billing.posting import (
    CREDIT_NOTE_ISSUED,
    CREDIT_NOTE_TAKEN_BACK,
    REVENUE_MOVED,
    WRITE_OFF_TAKEN_BACK,
    WRITTEN_OFF,
    About,
    post,
)
from apps.core.money import ZERO
from apps.ledger import journal
from apps.ledger.models import Account, JournalEntry

Role = Account.Role


def credited(note: CreditNote, *, by: User, at: datetime) -> None:
    """An invoice is lowered: that part of its charge never was."""
    invoice = note.invoice
    _lowered(
        invoice,
        note.net,
        note.tax,
        on=note.credited_on,
        description=f"Credit note {note.number} on invoice {invoice.number}",
        source=CREDIT_NOTE_ISSUED,
        source_id=note.pk,
        by=by,
        at=at,
    )
    _moved(invoice, note.recognised, on=note.credited_on, cause=note, by=by, at=at)


def credit_note_taken_back(fact: CreditNote, *, by: User, at: datetime) -> None:
    """The invoice stands again: the exact mirror of the credit note."""
    journal.reverse(
        JournalEntry.objects.get(source=CREDIT_NOTE_ISSUED, source_id=fact.reverses_id),
        effective_on=fact.credited_on,
        description=f"Credit note {fact.number} on invoice {fact.invoice.number}: taken back",
        source=CREDIT_NOTE_TAKEN_BACK,
        source_id=fact.pk,
        by=by,
        at=at,
    )
    _moved(fact.invoice, fact.recognised, on=fact.credited_on, cause=fact, by=by, at=at)


def written_off(fact: WriteOff, *, by: User, at: datetime) -> None:
    """A part of an invoice will not be paid: nothing of it was earned, so it goes as it came."""
    invoice = fact.invoice
    _lowered(
        invoice,
        fact.net,
        fact.tax,
        on=fact.written_off_on,
        description=f"Write-off {fact.number} on invoice {invoice.number}",
        source=WRITTEN_OFF,
        source_id=fact.pk,
        by=by,
        at=at,
    )
    _moved(invoice, fact.recognised, on=fact.written_off_on, cause=fact, by=by, at=at)


def write_off_taken_back(fact: WriteOff, *, by: User, at: datetime) -> None:
    """It is owed again: the exact mirror of the write-off."""
    journal.reverse(
        JournalEntry.objects.get(source=WRITTEN_OFF, source_id=fact.reverses_id),
        effective_on=fact.written_off_on,
        description=f"Write-off {fact.number} on invoice {fact.invoice.number}: taken back",
        source=WRITE_OFF_TAKEN_BACK,
        source_id=fact.pk,
        by=by,
        at=at,
    )
    _moved(fact.invoice, fact.recognised, on=fact.written_off_on, cause=fact, by=by, at=at)


def entries_of(note: CreditNote) -> list[JournalEntry]:
    """What a credit note itself wrote into the books."""
    entries = JournalEntry.objects.filter(
        source__in=[CREDIT_NOTE_ISSUED, CREDIT_NOTE_TAKEN_BACK, REVENUE_MOVED], source_id=note.pk
    )
    return list(entries.prefetch_related("lines__account").order_by("recorded_at", "number"))


def _lowered(invoice: Invoice, net: Decimal, tax: Decimal, **entry: Any) -> None:
    about = About(invoice.patient_id, invoice.pk)
    post(
        [
            *about.debit(Role.DEFERRED_REVENUE, net),
            *about.debit(Role.TAX_PAYABLE, tax),
            *about.credit(Role.ACCOUNTS_RECEIVABLE, net + tax),
        ],
        **entry,
    )


def _moved(
    invoice: Invoice, recognised: Decimal, *, on: date, cause: CreditNote | WriteOff, by: User, at: datetime
) -> None:
    """What is paid bears another share of net and tax than before, because what stands has changed."""
    about = About(invoice.patient_id, invoice.pk)
    earned, back = max(recognised, ZERO), max(-recognised, ZERO)
    post(
        [
            *about.debit(Role.DEFERRED_REVENUE, earned),
            *about.credit(Role.REVENUE, earned),
            *about.debit(Role.REVENUE, back),
            *about.credit(Role.DEFERRED_REVENUE, back),
        ],
        on=on,
        description=f"Revenue on invoice {invoice.number} after {cause.number}",
        source=REVENUE_MOVED,
        source_id=cause.pk,
        by=by,
        at=at,
    )
