"""Whatever happens to invoices and payments, in whatever order: the books say what a plain model says.

`make soak` goes on for as many operations as HPMS_OPERATIONS says: a thousand at a time, because what one transaction
has written and taken back lies in the way of all that it writes afterwards.
"""

import os
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from apps.billing import invoicing
from apps.billing.correcting import corrections
from apps.billing.gateways import hearing, returns, settling, which
from apps.billing.gateways.interface import Event
from apps.billing.lowering import crediting, write_offs
from apps.billing.models import GatewayRefund, Invoice, Payment, PaymentGateway, PaymentLink, Refund, WriteOff
from apps.billing.paying import credit, credit_rule, payments, refunds
from apps.core.refusals import Refusal
from apps.ledger import closing
from apps.ledger.checking import checks
from apps.ledger.models import JournalEntry, JournalLine
from tests.billing.cast import AT, DAY, Cast, balances, make_cast
from tests.properties.books_model import NOTHING, Bill, Money, PlainBooks, Taxes, half_up, taxed

PRICES = st.decimals("0.00", "500.00", places=2)
AMOUNTS = st.decimals("0.01", "900.00", places=2)
ONE_TAX: list[Taxes] = [(), ((5, False),), ((12, False),), ((18, False),), ((18, True),)]
SEVERAL: list[Taxes] = [((9, False), (9, False)), ((9, True), (9, True)), ((12, True), (1, False))]
TAXES = st.sampled_from(ONE_TAX + SEVERAL)
METHODS = st.sampled_from(["cash", "card", "upi", "bank", "cheque", "insurer"])
OPERATIONS = int(os.environ.get("HPMS_OPERATIONS", "0"))


def known(model: Any) -> set[Any]:
    return set(model.objects.values_list("pk", flat=True))


class Books(PlainBooks, RuleBasedStateMachine):
    cast: Cast
    gateway: PaymentGateway

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()

    def teardown(self) -> None:
        with connection.cursor() as cursor:
            found = {check.code: checks.examine(check, cursor).findings for check in checks.all_checks()}
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)
        assert not any(found.values()), found

    def note_what_goes_back(self, refunded: set[Any], asked: set[Any]) -> dict[Any, Decimal]:
        """Refunds and wishes that are new; how much of each payment."""
        back: dict[Any, Decimal] = defaultdict(Decimal)
        for refund in Refund.objects.exclude(pk__in=refunded):
            self.money[refund.payment_id].refunds.append((refund.method, refund.amount))
            back[refund.payment_id] += refund.amount
        for wish in GatewayRefund.objects.exclude(pk__in=asked):
            self.money[wish.payment_id].wishes[wish.pk] = wish.amount
            back[wish.payment_id] += wish.amount
        return back

    @rule(lines=st.lists(st.tuples(PRICES, st.integers(1, 3), TAXES), min_size=1, max_size=3))
    def issue(self, lines: list[tuple[Decimal, int, Taxes]]) -> None:
        rows = [
            {
                "unit_price": price,
                "quantity": quantity,
                "taxes": [{"name": f"{rate}", "rate": rate, "is_included": included} for rate, included in taxes],
            }
            for price, quantity, taxes in lines
        ]
        invoice = self.cast.issued(*rows)
        worked_out = [taxed(price * quantity, taxes) for price, quantity, taxes in lines]
        net, tax = (sum((one[side] for one in worked_out), NOTHING) for side in (0, 1))
        self.bills[invoice.pk] = Bill(net, tax)
        if self.credit_pays:
            self.spend(self.bills[invoice.pk])

    @rule(on=st.booleans())
    def let_credit_pay_by_itself(self, on: bool) -> None:
        credit_rule.choose(credit_by_itself=on, by=self.cast.bela, at=AT)
        self.credit_pays = on

    @precondition(lambda self: self.bills)
    @rule(data=st.data(), amount=AMOUNTS, method=METHODS, consent=st.booleans())
    def pay(self, data: st.DataObject, amount: Decimal, method: str, consent: bool) -> None:
        chosen = data.draw(st.lists(st.sampled_from(list(self.bills)), unique=True, max_size=3))
        wanted = [Invoice.objects.get(pk=pk) for pk in chosen]
        fits = sum((self.bills[pk].due for pk in chosen), NOTHING)
        may = not any(self.bills[pk].is_void for pk in chosen) and (consent or amount <= fits)
        try:
            payment = self.cast.pay(amount, *wanted, method=method, credit_consent=consent)
        except Refusal:
            assert not may
            return
        assert may
        self.money[payment.pk] = Money(amount, method, payment.received_on)
        for pk in chosen:
            share = min(amount, self.bills[pk].due)
            self.bills[pk].paid[payment.pk] += share
            amount -= share

    @precondition(lambda self: self.bills)
    @rule(data=st.data())
    def use_credit(self, data: st.DataObject) -> None:
        pk = data.draw(st.sampled_from(list(self.bills)))
        bill = self.bills[pk]
        free = sum((self.free(money) for money in self.money), NOTHING)
        try:
            credit.use_credit(Invoice.objects.get(pk=pk), by=self.cast.carl, at=AT)
        except Refusal:
            assert not free or not bill.due
            return
        self.spend(bill)

    @precondition(lambda self: self.bills)
    @rule(data=st.data(), amount=AMOUNTS)
    def pay_by_link(self, data: st.DataObject, amount: Decimal) -> None:
        """It pays what it was meant for, then what is owed longest; the rest is credit. Nobody can refuse it."""
        pk = data.draw(st.sampled_from(list(self.bills)))
        meant = Invoice.objects.get(pk=pk)
        expected = payments.expect(
            self.cast.asha, method="link", amount=amount, invoice=meant, by=self.cast.carl, at=AT
        )
        link = PaymentLink.objects.create(
            payment=expected,
            gateway=self.gateway,
            expires_at=AT + timedelta(days=1),
            reference=f"link {expected.pk}",
            made_at=AT,
        )
        order = [pk, *Invoice.objects.exclude(pk=pk).unpaid().oldest_first().values_list("pk", flat=True)]
        heard = hearing.hear(self.gateway, Event(f"paid {link.pk}", "paid", link.reference, amount, "INR", AT), at=AT)
        assert heard.outcome == "captured"
        self.money[expected.pk] = Money(amount, "link", Payment.objects.get(pk=expected.pk).received_on)
        for bill in (self.bills[one] for one in order):
            bill.paid[expected.pk] += min(self.unapplied(expected.pk), bill.due)

    @precondition(lambda self: any(money.method == "link" for money in self.money.values()))
    @rule(data=st.data(), amount=AMOUNTS)
    def ask_back(self, data: st.DataObject, amount: Decimal) -> None:
        pk = data.draw(st.sampled_from([pk for pk, money in self.money.items() if money.method == "link"]))
        try:
            wish = returns.ask(Payment.objects.get(pk=pk), amount=amount, reason="Asked for", by=self.cast.bela, at=AT)
        except Refusal:
            assert amount > self.money[pk].refundable
            return
        assert amount <= self.money[pk].refundable
        self.money[pk].wishes[wish.pk] = amount

    @precondition(lambda self: any(money.wishes for money in self.money.values()))
    @rule(data=st.data(), done=st.booleans())
    def hear_what_went_back(self, data: st.DataObject, done: bool) -> None:
        wishes = [(pk, wish) for pk, money in self.money.items() for wish in money.wishes]
        pk, wish = data.draw(st.sampled_from(wishes))
        money = self.money[pk]
        amount, free = money.wishes[wish], self.unapplied(pk)
        kind = "refund.done" if done else "refund.failed"
        said = {"refund": f"refund {wish}", "reference": str(wish)}
        heard = hearing.hear(self.gateway, Event(f"{wish}", kind, "", amount, "INR", AT, **said), at=AT)
        assert heard.outcome == ("given_back" if done else "not_back")
        del money.wishes[wish]
        if done:
            self.take_off(pk, amount - min(amount, free))
            money.refunds.append(("link", amount))

    @rule(fee=st.decimals("0.00", "9.00", places=2))
    def settle(self, fee: Decimal) -> None:
        """All that the gateway holds."""
        held = settling.held()
        gross = sum((row.amount for row in held), NOTHING)
        if gross <= fee:
            return
        papers: dict[bool, list[Any]] = {False: [], True: []}
        for row in held:
            papers[row.is_refund].append(row.paper.pk)
        settling.settle(payments=papers[False], refunds=papers[True], amount=gross - fee, by=self.cast.bela, at=AT)
        self.settled += gross
        self.fees += fee

    @precondition(lambda self: self.money)
    @rule(data=st.data(), amount=AMOUNTS, method=METHODS)
    def refund(self, data: st.DataObject, amount: Decimal, method: str) -> None:
        pk = data.draw(st.sampled_from(list(self.money)))
        money = self.money[pk]
        payment = Payment.objects.get(pk=pk)
        try:
            refunds.refund(payment, amount=amount, method=method, reason="Asked for", by=self.cast.bela, at=AT)
        except Refusal:
            assert amount > money.refundable
            return
        self.take_off(pk, amount - min(amount, self.unapplied(pk)))
        money.refunds.append((method, amount))

    def take_off(self, pk: Any, amount: Decimal) -> None:
        """Which invoice gives first is the rule's business; the model asks what was taken and checks the sum."""
        before = self.held(pk)
        for invoice in Invoice.objects.filter(pk__in=self.bills):
            self.bills[invoice.pk].paid[pk] = (
                invoice.allocations.filter(payment_id=pk).aggregate(sum=Sum("amount"))["sum"] or NOTHING
            )
        assert before - self.held(pk) == amount

    @precondition(lambda self: self.bills)
    @rule(data=st.data(), disposition=st.sampled_from(["", "credit", "refund"]))
    def void(self, data: st.DataObject, disposition: str) -> None:
        pk = data.draw(st.sampled_from(list(self.bills)))
        bill = self.bills[pk]
        invoice = Invoice.objects.get(pk=pk)
        refunded, asked = known(Refund), known(GatewayRefund)
        try:
            invoicing.void(invoice, reason="Wrong", disposition=disposition, by=self.cast.bela, at=AT)
        except Refusal:
            is_bound = disposition == "refund" and self.is_bound(bill)
            assert bill.is_void or bill.credited or (bill.applied and not disposition) or is_bound
            return
        back = self.note_what_goes_back(refunded, asked)
        assert back == ({pk: part for pk, part in bill.paid.items() if part} if disposition == "refund" else {})
        bill.paid.clear()
        bill.taken.clear()
        bill.is_void = True

    @precondition(lambda self: self.bills)
    @rule(data=st.data(), price=PRICES)
    def correct(self, data: st.DataObject, price: Decimal) -> None:
        """What paid the wrong one pays the right one, of each payment as much as it gave and is free; other credit only
        where it pays by itself."""
        paid = [pk for pk, bill in self.bills.items() if bill.applied]  # of the others there is little to say
        pk = data.draw(st.sampled_from(paid or list(self.bills)))
        wrong = self.bills[pk]
        line = Invoice.objects.get(pk=pk).lines.order_by("position")[0]
        why: dict[str, Any] = {"kind": "amount", "reason": "Wrong", "by": self.cast.bela, "at": AT}
        try:
            lines = {line.pk: {"unit_price": price}}
            done = corrections.correct_invoice(Invoice.objects.get(pk=pk), lines=lines, **why)
        except Refusal:
            assert wrong.is_void or wrong.credited or price == line.unit_price
            return
        gave = dict(wrong.paid)
        wrong.paid.clear()
        wrong.taken.clear()
        wrong.is_void = True
        # What the lines come to is the business of `issue`.
        assert done.new_invoice is not None
        right = self.bills[done.new_invoice.pk] = Bill(done.new_invoice.net, done.new_invoice.tax)
        for money in sorted(gave, key=lambda pk: (self.money[pk].day, pk)):
            right.paid[money] += min(gave[money], self.free(money), right.due)
        if self.credit_pays:
            self.spend(right)

    @precondition(lambda self: self.bills)
    @rule(data=st.data(), amount=AMOUNTS | st.none())
    def write_off(self, data: st.DataObject, amount: Decimal | None) -> None:
        pk = data.draw(st.sampled_from(list(self.bills)))
        bill = self.bills[pk]
        part = bill.due if amount is None else amount
        why = {"category": "bad_debt", "reason": "Moved away", "by": self.cast.bela, "at": AT}
        try:
            fact = write_offs.write_off(Invoice.objects.get(pk=pk), amount=amount, **why)
        except Refusal:
            assert not bill.due or part > bill.due
            return
        net = half_up((bill.standing_net - bill.revenue) * part / bill.due)
        bill.taken[fact.pk] = (net, part - net)

    @precondition(lambda self: any(bill.taken for bill in self.bills.values()))
    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        standing = [(bill, pk) for bill in self.bills.values() for pk in bill.taken]
        bill, pk = data.draw(st.sampled_from(standing))
        write_offs.take_back(WriteOff.objects.get(pk=pk), reason="Paid after all", by=self.cast.bela, at=AT)
        del bill.taken[pk]

    @precondition(lambda self: self.bills)
    @rule(data=st.data(), amount=AMOUNTS | st.none(), disposition=st.sampled_from(["", "credit", "refund"]))
    def credit(self, data: st.DataObject, amount: Decimal | None, disposition: str) -> None:
        pk = data.draw(st.sampled_from(list(self.bills)))
        bill = self.bills[pk]
        part = bill.total if amount is None else amount
        above = max(NOTHING, part - bill.due)
        why = {"disposition": disposition, "reason": "Wrong", "by": self.cast.bela, "at": AT}
        refunded, asked = known(Refund), known(GatewayRefund)
        try:
            note = crediting.credit(Invoice.objects.get(pk=pk), amount=amount, **why)
        except Refusal:
            is_bound = disposition == "refund" and self.is_bound(bill)
            cannot = bill.is_void or bill.taken or not bill.total or part > bill.total or is_bound
            assert cannot or (above and not disposition)
            return
        assert (note.total, note.released) == (part, above)
        # Which payment gives, and how lines share net and tax, is the rules' business: the sums are ours.
        before = bill.applied
        for money in list(bill.paid):
            held = note.invoice.allocations.filter(payment_id=money).aggregate(sum=Sum("amount"))["sum"]
            bill.paid[money] = held or NOTHING
        assert before - bill.applied == above
        back = self.note_what_goes_back(refunded, asked)
        assert sum(back.values()) == (above if disposition == "refund" else 0)
        bill.net, bill.tax, bill.credited = bill.net - note.net, bill.tax - note.tax, bill.credited + part
        assert bill.net >= 0
        assert bill.tax >= 0

    @rule()
    def close_the_day(self) -> None:
        """What comes after counts on the next day; what stands on which account does not depend on it."""
        try:
            closing.close(DAY, by=self.cast.bela, at=AT)
        except Refusal:
            assert closing.closed_until() == DAY

    @precondition(lambda self: closing.closed_until() == DAY)
    @rule()
    def open_it_again(self) -> None:
        asked = closing.ask_to_reopen(DAY, reason="A bill was forgotten", by=self.cast.bela, at=AT)
        closing.approve(asked, by=self.cast.carl, at=AT)

    @invariant()
    def books_say_what_the_model_says(self) -> None:
        assert balances() == self.accounts()

    @invariant()
    def documents_say_what_the_model_says(self) -> None:
        dues = {pk: bill.due for pk, bill in self.bills.items()}
        assert dict(Invoice.objects.values_list("pk", "due")) == dues
        free = {pk: self.unapplied(pk) for pk in self.money}
        assert dict(Payment.objects.values_list("pk", "unapplied")) == free
        going = {pk: money.going_back for pk, money in self.money.items()}
        assert dict(Payment.objects.values_list("pk", "going_back")) == going

    @invariant()
    def every_entry_balances_and_is_reversed_once_at_most(self) -> None:
        sums = JournalLine.objects.values("entry").annotate(debit=Sum("debit"), credit=Sum("credit"))
        assert all(row["debit"] == row["credit"] for row in sums)
        assert len(sums) == JournalEntry.objects.count()


@pytest.mark.usefixtures("inside_riverside")
@pytest.mark.parametrize("thousand", range(1, 1 + max(1, -(-OPERATIONS // 1_000))))
def test_books_balance_after_any_order_of_events(thousand: int) -> None:
    Books.cast = make_cast()
    Books.gateway = which.set_up(merchant="riverside", key="a key of the gateway", by=Books.cast.bela, at=AT)
    examples, steps = (200, 8) if not OPERATIONS else (25, 40)
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
