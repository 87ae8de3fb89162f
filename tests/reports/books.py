"""A clinic's month in the books, posted straight to the ledger: what billing would post, without its documents."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from uuid import UUID, uuid4

from apps.core.money import currency_of, round_half_up
from apps.ledger import journal
from apps.ledger.journal import Line
from apps.ledger.models import Account, JournalEntry

Role = Account.Role


@dataclass
class Visit:
    """An invoice in the making: issued, then paid bit by bit, perhaps void."""

    patient: UUID
    invoice: UUID
    total: Decimal
    net: Decimal
    entry: JournalEntry
    paid: Decimal = Decimal(0)
    earned: Decimal = Decimal(0)


def _post(lines: Iterator[Line] | list[Line], on: date, what: str, source: str, source_id: UUID) -> JournalEntry:
    at = datetime.combine(on, time(12), tzinfo=UTC)
    return journal.post(
        effective_on=on, description=what, source=source, source_id=source_id, lines=list(lines), by=None, at=at
    )


def issue(on: date, net: str | Decimal, *, tax: str | Decimal = "0", patient: UUID | None = None) -> Visit:
    patient, invoice, net, tax = patient or uuid4(), uuid4(), Decimal(net), Decimal(tax)
    about = {"subject": patient, "document": invoice}
    lines = [
        Line(Role.ACCOUNTS_RECEIVABLE, debit=net + tax, **about),
        Line(Role.DEFERRED_REVENUE, credit=net, **about),
    ]
    if tax:
        lines.append(Line(Role.TAX_PAYABLE, credit=tax, **about))
    entry = _post(lines, on, "Invoice issued", "invoice_issued", invoice)
    return Visit(patient, invoice, net + tax, net, entry)


def pay(visit: Visit, on: date, amount: str | Decimal, role: str = Role.CASH) -> JournalEntry:
    """A negative amount is money given back."""
    amount = Decimal(amount)
    visit.paid += amount
    earned = round_half_up(visit.net * visit.paid / visit.total, currency_of("USD")) - visit.earned
    visit.earned += earned
    about = {"subject": visit.patient, "document": visit.invoice}
    into, out = ("debit", "credit") if amount > 0 else ("credit", "debit")
    lines = [
        Line(role, **{into: abs(amount)}, subject=visit.patient),
        Line(Role.ACCOUNTS_RECEIVABLE, **{out: abs(amount)}, **about),
    ]
    if earned:
        lines.append(Line(Role.DEFERRED_REVENUE, **{into: abs(earned)}, **about))
        lines.append(Line(Role.REVENUE, **{out: abs(earned)}, **about))
    what, source = ("Payment received", "payment_received") if amount > 0 else ("Refund", "payment_refunded")
    return _post(lines, on, what, source, uuid4())


def void(visit: Visit, on: date) -> JournalEntry:
    return journal.reverse(
        visit.entry, effective_on=on, description="Invoice void", source="invoice_voided", source_id=uuid4(), by=None,
        at=datetime.combine(on, time(12), tzinfo=UTC),
    )  # fmt: skip


def from_drawer(on: date, amount: str, to: str) -> JournalEntry:
    """Cash leaves a drawer: for the bank, for something small, or because it is short of so much."""
    lines = [Line(to, debit=Decimal(amount)), Line(Role.CASH, credit=Decimal(amount))]
    return _post(lines, on, "Drawer", "drawer_moved", uuid4())
