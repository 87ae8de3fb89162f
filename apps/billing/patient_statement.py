"""A patient's statement: what was charged, credited and paid, and the balance after each. Reads the books only.

The balance is what the person owes on invoices less what the clinic holds for them: receivable less patient credit,
over all records of the person. What only moves money between the two (credit that is used) has no row.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import F, Sum
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.billing import posting
from apps.billing.models import Payment, PaymentMethod, Refund
from apps.core import naming
from apps.core.money import ZERO
from apps.ledger.accounts import chart
from apps.ledger.general import Days
from apps.ledger.models import Account, JournalLineQuerySet
from apps.patients.models import Patient
from apps.patients.models.persons import records_of

Role = Account.Role
ALL_DAYS = Days()


@dataclass(frozen=True, slots=True)
class Movement:
    """One row: only one of its three amounts is not zero. ``entry`` is where it stands in the journal, which was made
    from ``source_id`` by an event of this ``source``."""

    on: date
    at: datetime
    words: str
    number: str
    url: str
    entry: UUID
    source: str
    source_id: UUID | None
    charge: Decimal
    credited: Decimal
    paid: Decimal
    balance: Decimal


@dataclass(frozen=True, slots=True)
class Statement:
    """What moved in some days, between the balance before and after them."""

    opening: Decimal
    movements: list[Movement]

    @property
    def closing(self) -> Decimal:
        return self.movements[-1].balance if self.movements else self.opening

    @property
    def charged(self) -> Decimal:
        return sum((row.charge for row in self.movements), ZERO)

    @property
    def credited(self) -> Decimal:
        return sum((row.credited for row in self.movements), ZERO)

    @property
    def paid(self) -> Decimal:
        return sum((row.paid for row in self.movements), ZERO)


def statement(patient: Patient, days: Days = ALL_DAYS, *, reader: User) -> Statement:
    """Everything that changed a person's balance in these days, oldest first. A constant number of queries."""
    opening = _sum(_theirs(patient, days.before())) if days.first else ZERO
    moved: Any = (
        _theirs(patient, days.lines())
        .order_by()
        .values("entry_id", "effective_on", "recorded_at", "entry__number", "entry__source", "entry__source_id")
        .annotate(words=F("entry__description"), net=Sum("debit") - Sum("credit"))
        .exclude(net=0)
        .order_by("effective_on", "recorded_at", "entry__number")
    )
    entries: list[dict[str, Any]] = list(moved)
    names, methods = _names(entries, reader), _methods(entries)
    balance, movements = opening, []
    for entry in entries:
        balance += entry["net"]
        name = names.get(entry["entry__source_id"])
        movements.append(
            Movement(
                entry["effective_on"],
                entry["recorded_at"],
                _words(entry, methods),
                name.words if name else entry["entry__number"],
                name.url if name else "",
                entry["entry_id"],
                entry["entry__source"],
                entry["entry__source_id"],
                *_amounts(entry),
                balance,
            )
        )
    return Statement(opening, movements)


def _theirs(patient: Patient, lines: JournalLineQuerySet) -> JournalLineQuerySet:
    accounts = [chart()[Role.ACCOUNTS_RECEIVABLE].pk, chart()[Role.PATIENT_CREDIT].pk]
    return lines.filter(account__in=accounts, subject__in=records_of(patient))


def _sum(lines: JournalLineQuerySet) -> Decimal:
    sums = lines.order_by().aggregate(debits=Sum("debit"), credits=Sum("credit"))
    return (sums["debits"] or ZERO) - (sums["credits"] or ZERO)


def _names(entries: list[dict[str, Any]], reader: User) -> dict[UUID, naming.Name]:
    by_source: dict[str, set[UUID]] = defaultdict(set)
    for entry in entries:
        if entry["entry__source_id"]:
            by_source[entry["entry__source"]].add(entry["entry__source_id"])
    found: dict[UUID, naming.Name] = {}
    for source, ids in by_source.items():
        found |= naming.names(source, ids, reader=reader)
    return found


def _methods(entries: list[dict[str, Any]]) -> dict[UUID, str]:
    """How money came in or went back, by the payment or refund that says so."""
    methods: dict[UUID, str] = {}
    kinds: tuple[tuple[str, Any], ...] = ((posting.PAYMENT_RECEIVED, Payment), (posting.PAYMENT_REFUNDED, Refund))
    for source, model in kinds:
        ids = [entry["entry__source_id"] for entry in entries if entry["entry__source"] == source]
        if ids:
            methods |= dict(model.objects.filter(pk__in=ids).values_list("pk", "method"))
    return methods


def _words(entry: dict[str, Any], methods: dict[UUID, str]) -> str:
    method = methods.get(entry["entry__source_id"])
    said = PaymentMethod(method).label if method in PaymentMethod.values else method or ""
    words = {
        posting.INVOICE_ISSUED: _("Invoice"),
        posting.INVOICE_VOIDED: _("Invoice void"),
        posting.CREDIT_NOTE_ISSUED: _("Credit note"),
        posting.CREDIT_NOTE_TAKEN_BACK: _("Credit note taken back"),
        posting.WRITTEN_OFF: _("Write-off"),
        posting.WRITE_OFF_TAKEN_BACK: _("Write-off taken back"),
        posting.PAYMENT_RECEIVED: _("Payment, %s") % said,
        posting.PAYMENT_REFUNDED: _("Refund, %s") % said,
    }
    return str(words.get(entry["entry__source"], entry["words"]))


def _amounts(entry: dict[str, Any]) -> tuple[Decimal, Decimal, Decimal]:
    """Charge, credited, paid."""
    net: Decimal = entry["net"]
    if entry["entry__source"] == posting.INVOICE_ISSUED:
        return net, ZERO, ZERO
    if entry["entry__source"] in {posting.PAYMENT_RECEIVED, posting.PAYMENT_REFUNDED}:
        return ZERO, ZERO, -net
    return ZERO, -net, ZERO
