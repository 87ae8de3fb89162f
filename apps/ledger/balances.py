"""What the books say: sums of lines, as effective on a day and as known at a moment. Reads only.

A balance is positive on the side on which its account grows: money in the till, what patients owe, what the clinic
owes them, what it has earned.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Min, Sum
from django.db.models.functions import Coalesce

from apps.core.fields import MoneyField
from apps.core.money import ZERO
from apps.ledger.accounts import chart
from apps.ledger.general import natural, sums_until
from apps.ledger.models import Account, JournalEntry, JournalLine, JournalLineQuerySet

DEBITS = Coalesce(Sum("debit"), ZERO, output_field=MoneyField())
CREDITS = Coalesce(Sum("credit"), ZERO, output_field=MoneyField())


def first_day() -> date | None:
    """The day of the earliest entry: the books tell nothing of the days before it."""
    day: date | None = JournalEntry.objects.aggregate(day=Min("effective_on"))["day"]
    return day


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """An account with everything that was ever debited and credited to it."""

    account: Account
    debits: Decimal
    credits: Decimal

    @property
    def balance(self) -> Decimal:
        """On the account's own side: negative only where something is upside down."""
        return natural(self.account, self.debits, self.credits)

    @property
    def debit_balance(self) -> Decimal:
        """For the left column of a trial balance: zero where the credits weigh more."""
        return max(self.debits - self.credits, ZERO)

    @property
    def credit_balance(self) -> Decimal:
        return max(self.credits - self.debits, ZERO)


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """Every account of the chart; both columns come to the same sum, or the books are cooked."""

    rows: list[AccountBalance]

    @property
    def debit_total(self) -> Decimal:
        return sum((row.debit_balance for row in self.rows), ZERO)

    @property
    def credit_total(self) -> Decimal:
        return sum((row.credit_balance for row in self.rows), ZERO)

    @property
    def is_balanced(self) -> bool:
        return self.debit_total == self.credit_total


@dataclass(frozen=True, slots=True)
class DaySum:
    """What moved on one account on one day."""

    day: date
    role: str
    debits: Decimal
    credits: Decimal


def trial_balance(*, effective_on: date | None = None, known_at: datetime | None = None) -> TrialBalance:
    """All accounts of the chart in its order, those without movement too. Two queries."""
    moved = {
        row["account_id"]: (row["debits"], row["credits"])
        for row in sums_until(effective_on, known_at)
        .order_by()
        .values("account_id")
        .annotate(debits=DEBITS, credits=CREDITS)
    }
    return TrialBalance(
        [AccountBalance(account, *moved.get(account.pk, (ZERO, ZERO))) for account in Account.objects.all()]
    )


def balance(
    role: str,
    *,
    subject: UUID | None = None,
    document: UUID | None = None,
    effective_on: date | None = None,
    known_at: datetime | None = None,
) -> Decimal:
    """The balance of the account with this role, of one subject or document if named."""
    whole = subject is None and document is None
    lines = (sums_until if whole else _lines)(effective_on, known_at).filter(account=_account(role))
    if subject is not None:
        lines = lines.filter(subject=subject)
    if document is not None:
        lines = lines.filter(document=document)
    sums = lines.order_by().aggregate(debits=DEBITS, credits=CREDITS)
    return natural(_account(role), sums["debits"], sums["credits"])


def day_sums(roles: Iterable[str], *, first: date, last: date, known_at: datetime | None = None) -> list[DaySum]:
    """What moved on these accounts on each day from ``first`` to ``last``, both included; no row for a quiet day."""
    accounts = {_account(role).pk: role for role in roles}
    rows = (
        sums_until(last, known_at)
        .filter(account__in=list(accounts), effective_on__gte=first)
        .order_by()
        .values("account_id", "effective_on")
        .annotate(debits=DEBITS, credits=CREDITS)
        .order_by("effective_on")
    )
    return [DaySum(row["effective_on"], accounts[row["account_id"]], row["debits"], row["credits"]) for row in rows]


def _lines(effective_on: date | None, known_at: datetime | None) -> JournalLineQuerySet:
    return JournalLine.objects.effective_until(effective_on).known_at(known_at)


def _account(role: str) -> Account:
    return chart()[role]
