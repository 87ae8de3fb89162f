"""What invoices and payments come to, worked out plainly: test_books_balance.py compares the books with it."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

CENT, NOTHING = Decimal("0.01"), Decimal(0)
TILLS = {"cash": "cash", "card": "card", "upi": "upi", "bank": "bank", "cheque": "bank", "insurer": "bank"}
TILLS["link"] = "gateway_clearing"
Taxes = tuple[tuple[int, bool], ...]  # rate, and whether the price has it in it


@dataclass
class Bill:
    """The model of an issued invoice: what is owed and which payment paid what of it."""

    net: Decimal
    tax: Decimal
    paid: dict[Any, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    is_void: bool = False
    taken: dict[Any, tuple[Decimal, Decimal]] = field(default_factory=dict)  # write-offs that stand: net, tax
    credited: Decimal = NOTHING

    @property
    def total(self) -> Decimal:
        """What it comes to, less credit notes (which lower net and tax themselves) and write-offs."""
        return self.standing_net + self.tax - sum((tax for _net, tax in self.taken.values()), NOTHING)

    @property
    def standing_net(self) -> Decimal:
        return self.net - sum((net for net, _tax in self.taken.values()), NOTHING)

    @property
    def applied(self) -> Decimal:
        return sum(self.paid.values(), NOTHING)

    @property
    def due(self) -> Decimal:
        return NOTHING if self.is_void else self.total - self.applied

    @property
    def revenue(self) -> Decimal:
        return half_up(self.standing_net * self.applied / self.total) if self.total else NOTHING


@dataclass
class Money:
    """The model of a payment."""

    amount: Decimal
    method: str
    day: date
    refunds: list[tuple[str, Decimal]] = field(default_factory=list)
    wishes: dict[Any, Decimal] = field(default_factory=dict)  # on their way back through the gateway

    @property
    def refunded(self) -> Decimal:
        return sum((amount for _method, amount in self.refunds), NOTHING)

    @property
    def going_back(self) -> Decimal:
        return sum(self.wishes.values(), NOTHING)

    @property
    def refundable(self) -> Decimal:
        return self.amount - self.refunded - self.going_back


def half_up(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def taxed(price: Decimal, taxes: Taxes) -> tuple[Decimal, Decimal]:
    """Net and tax: those in the price are taken out of it at once, each of the others is worked out of the net."""
    inside = sum(rate for rate, included in taxes if included)
    net = half_up(price * 100 / (100 + inside))
    return net, price - net + sum((half_up(net * rate / 100) for rate, included in taxes if not included), NOTHING)


class PlainBooks:
    """All bills and all money of a patient."""

    def __init__(self) -> None:
        super().__init__()
        self.bills: dict[Any, Bill] = {}
        self.money: dict[Any, Money] = {}
        self.settled, self.fees = NOTHING, NOTHING  # what the gateway held, and what it kept of it
        self.credit_pays = False

    def held(self, pk: Any) -> Decimal:
        """What a payment has on invoices."""
        return sum((bill.paid[pk] for bill in self.bills.values()), NOTHING)

    def unapplied(self, pk: Any) -> Decimal:
        return self.money[pk].amount - self.money[pk].refunded - self.held(pk)

    def free(self, pk: Any) -> Decimal:
        """Of its credit what is not on its way back."""
        return max(self.unapplied(pk) - self.money[pk].going_back, NOTHING)

    def spend(self, bill: Bill) -> None:
        """Credit on a bill, as much as fits, the oldest first."""
        for pk in sorted(self.money, key=lambda pk: (self.money[pk].day, pk)):
            bill.paid[pk] += min(self.free(pk), bill.due)

    def is_bound(self, bill: Bill) -> bool:
        """Whether a part of what paid it is on its way back already, and so cannot go back with it."""
        return any(part and self.money[pk].going_back for pk, part in bill.paid.items())

    def accounts(self) -> dict[str, Decimal]:
        """What stands on each account that has something on it."""
        standing = [bill for bill in self.bills.values() if not bill.is_void]
        revenue = sum((bill.revenue for bill in standing), NOTHING)
        expected = {
            "accounts_receivable": sum((bill.due for bill in standing), NOTHING),
            "deferred_revenue": sum((bill.standing_net for bill in standing), NOTHING) - revenue,
            "revenue": revenue,
            "tax_payable": sum((bill.total - bill.standing_net for bill in standing), NOTHING),
            "patient_credit": sum((self.unapplied(pk) for pk in self.money), NOTHING),
        }
        tills: dict[str, Decimal] = defaultdict(Decimal)
        for money in self.money.values():
            tills[TILLS[money.method]] += money.amount
            for method, amount in money.refunds:
                tills[TILLS[method]] -= amount
        tills["gateway_clearing"] -= self.settled
        tills["gateway_fees"] += self.fees
        tills["bank"] += self.settled - self.fees
        return {role: amount for role, amount in (expected | tills).items() if amount}
