"""What the clinic charged, received, earned and is owed. All amounts are the ledger's.

Every figure is the net movement of some accounts, so that it can be clicked down to the lines that make it:

| figure   | accounts                                 | what moves it                                          |
|----------|------------------------------------------|--------------------------------------------------------|
| charges  | deferred revenue + revenue + tax payable | an invoice adds its total, a void takes it back;       |
|          |                                          | recognition moves between the three and cancels out    |
| receipts | cash + card + UPI + bank + what gateways | payments less refunds; what a gateway settles, what is |
|          | hold + their fees + petty expenses +     | paid out of a drawer and what it has over or short     |
|          | cash over and short                      | moves between them and cancels out                     |
| revenue  | revenue                                  | what has been earned: charges that are paid            |
| open     | accounts receivable                      | what patients owe at the end of the day                |
| credit   | patient credit                           | what the clinic holds for patients at the end of it    |
"""

from bisect import bisect
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.billing.gateways import which
from apps.core.money import ZERO
from apps.ledger import balances
from apps.ledger.accounts import chart
from apps.ledger.models import Account, AccountDay
from apps.reports.periods import Period, Step

Role = Account.Role
TILLS = (Role.CASH, Role.CARD, Role.UPI, Role.BANK, Role.GATEWAY_CLEARING)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number on the dashboard: which accounts it adds up, and which of their sides counts as more."""

    key: str
    words: str | Promise
    roles: tuple[str, ...]
    by_debit: bool
    is_standing: bool = False  # a balance at the end of the day, not a movement of the day

    def of(self, debits: Decimal, credits: Decimal) -> Decimal:
        return debits - credits if self.by_debit else credits - debits


CHARGES = Figure("charges", _("Charges"), (Role.DEFERRED_REVENUE, Role.REVENUE, Role.TAX_PAYABLE), by_debit=False)
SPENT = (Role.GATEWAY_FEES, Role.PETTY_EXPENSES, Role.OVER_SHORT)  # what left the tills, though it had been received
RECEIPTS = Figure("receipts", _("Receipts"), (*TILLS, *SPENT), by_debit=True)
REVENUE = Figure("revenue", _("Revenue earned"), (Role.REVENUE,), by_debit=False)
OPEN = Figure("open", _("Open balance"), (Role.ACCOUNTS_RECEIVABLE,), by_debit=True, is_standing=True)
CREDIT = Figure("credit", _("Credit held for patients"), (Role.PATIENT_CREDIT,), by_debit=False, is_standing=True)
FIGURES = {figure.key: figure for figure in (CHARGES, RECEIPTS, REVENUE, OPEN, CREDIT)}
BY_TILL: dict[str, Figure] = {role.value: Figure(role.value, role.label, (role,), by_debit=True) for role in TILLS}


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one step, by key; movements of the step, standings at its end."""

    step: Step
    amounts: dict[str, Decimal]


@dataclass(frozen=True, slots=True)
class Overview:
    """The figures of a period: step by step, in all, and those of the period it is compared with."""

    period: Period
    compared: Period
    rows: list[Row]
    totals: dict[str, Decimal]
    earlier: dict[str, Decimal] = field(default_factory=dict)
    today: date | None = None
    began: date | None = None  # the day of the books' first entry

    @property
    def is_comparable(self) -> bool:
        """Whether the books know the days it is compared with: all of them, or all but a long week-end at first."""
        grace = (self.compared.last - self.compared.first) / 7
        return self.began is not None and self.began <= self.compared.first + grace

    @property
    def past_rows(self) -> list[Row]:
        """Without the days to come, of which there is nothing to tell yet."""
        return [row for row in self.rows if self.today is None or row.step.first <= self.today]

    @property
    def is_empty(self) -> bool:
        return not any(any(row.amounts.values()) for row in self.rows) and not any(self.earlier.values())


ALL = (*FIGURES.values(), *BY_TILL.values())
STANDING = (OPEN, CREDIT)
OF_ROLE = {role: [figure for figure in ALL if role in figure.roles] for figure in ALL for role in figure.roles}


def tills_in_use() -> list[str]:
    """The ways of being paid that are worth a row: what gateways hold only where there is one, or ever was money."""
    clearing = Role.GATEWAY_CLEARING
    if which.heard_from() or AccountDay.objects.filter(account=chart()[clearing].pk).exists():
        return list(TILLS)
    return [role for role in TILLS if role != clearing]


def overview(period: Period, *, today: date, known_at: datetime | None = None) -> Overview:
    """The clinic's figures for a period, as known at a moment. A constant number of queries, whatever its length."""
    compared = period.compared_with(today)
    opening = {
        figure.key: balances.balance(figure.roles[0], effective_on=compared.before_first, known_at=known_at)
        for figure in STANDING
    }
    moved = balances.day_sums(OF_ROLE, first=compared.first, last=period.last, known_at=known_at)
    rows = [Row(step, _nothing()) for step in period.steps()]
    starts = [row.step.first for row in rows]
    totals, earlier, between = _nothing(), _nothing(), _nothing()
    for line in moved:
        groups = [totals, rows[bisect(starts, line.day) - 1].amounts] if line.day >= period.first else [between]
        if line.day <= compared.last:
            groups.append(earlier)
        for figure in OF_ROLE[line.role]:
            amount = figure.of(line.debits, line.credits)
            for group in groups:
                group[figure.key] += amount
    for key, amount in opening.items():
        earlier[key] += amount
        standing = amount + between[key]
        for row in rows:
            standing += row.amounts[key]
            row.amounts[key] = standing
        totals[key] = standing
    return Overview(period, compared, rows, totals, earlier, today, balances.first_day())


def _nothing() -> dict[str, Decimal]:
    return {figure.key: ZERO for figure in ALL}
