"""The money of a claim: its charges become an invoice, its payments are received on it at their own dates.

What is paid above the claim's charges is the patient's credit. A charge below zero or an adjustment takes something
off the invoice; a payment below zero is money given back. Transfers move no money and are not read at all.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from django.db import DataError, IntegrityError, transaction

from apps.billing import invoicing
from apps.billing.models import Invoice, Payment, PaymentMethod, Refund
from apps.billing.paying import payments, refunds
from apps.clinic import profile
from apps.core.clock import day_of
from apps.core.refusals import Refusal
from apps.onboarding.synthea.arrivals import Run, words_of
from apps.onboarding.synthea.records import ADJUSTMENT, CHARGE, PAYMENT, Claim, Transaction
from apps.patients.models import Patient
from apps.scheduling.models import Appointment

Made = TypeVar("Made")

METHODS = {
    "CASH": PaymentMethod.CASH,
    "COPAY": PaymentMethod.CASH,  # paid at the desk; Synthea does not say how
    "SELFPAY": PaymentMethod.CASH,
    "CC": PaymentMethod.CARD,
    "CREDIT": PaymentMethod.CARD,
    "DEBIT": PaymentMethod.CARD,
    "CARD": PaymentMethod.CARD,
    "CHECK": PaymentMethod.CHEQUE,
    "CHEQUE": PaymentMethod.CHEQUE,
    "ECHECK": PaymentMethod.BANK,
    "EFT": PaymentMethod.BANK,
    "ACH": PaymentMethod.BANK,
    "WIRE": PaymentMethod.BANK,
    "UPI": PaymentMethod.UPI,
    "INSURANCE": PaymentMethod.INSURER,
}
NOTHING_CHARGED = "Imported from Synthea: this visit was not charged."
GIVEN_BACK = "Imported from Synthea: a payment below zero."
NO_WORDS = "Charge"
AS_IMPORTED = "As in the system it was imported from"


class NothingToCharge(Exception):
    """Every charge of a further invoice was refused: the draft is not kept."""


def bill(
    claim: Claim | None, *, patient: Patient, visit: Appointment | None, own: bool, not_before: datetime, run: Run
) -> None:
    """Bring in what is missing of a claim. The visit's `own` claim takes the draft that its completion has made."""
    till = _Till(claim, patient, visit, own, not_before, run)
    till.charge()
    till.take_payments()


class _Till:
    """One claim at work: its invoices so far, and the transactions that are not in yet."""

    def __init__(
        self,
        claim: Claim | None,
        patient: Patient,
        visit: Appointment | None,
        own: bool,
        not_before: datetime,
        run: Run,
    ) -> None:
        self.claim, self.patient, self.visit, self.own, self.run = claim, patient, visit, own, run
        self.by, self.arrivals = run.by, run.arrivals
        billed_at = claim.billed_at if claim else None
        self.issue_at = max(not_before, billed_at) if billed_at else not_before
        self.fresh = [one for one in claim.transactions if not run.has(one)] if claim else []
        self.invoices = self._invoices_so_far()

    def charge(self) -> None:
        """Put the new charges on an invoice and issue it; the draft of a visit that was charged nothing is void."""
        charges = [one for one in self.fresh if _adds(one)]
        reductions = [one for one in self.fresh if _takes_off(one)]
        of_visit = self._draft_of_visit()
        try:
            with transaction.atomic():
                made = of_visit or (self._further_draft() if charges else None)
                self._fill(made, charges)
                self._reduce(made, reductions)
                if made is None:
                    return
                if made.lines.exists():
                    issued = invoicing.issue(made, use_credit=False, by=self.by, at=self.issue_at)
                elif of_visit:
                    invoicing.void(made, by=self.by, at=self.issue_at, reason=NOTHING_CHARGED)
                    return
                else:
                    raise NothingToCharge
        except NothingToCharge:
            return
        self.run.enter("claim", self._name_of_next(), issued.pk)
        self.invoices.append(issued)

    def take_payments(self) -> None:
        """In the order of their days; of one moment, what comes in before what goes back. What goes back before enough
        has come in waits for the rest."""
        moved = [one for one in self.fresh if one.type == PAYMENT and one.amount]
        early = []
        for one in sorted(moved, key=lambda one: (one.moment or self.issue_at, one.amount < 0, one.place.line)):
            if one.amount > 0:
                self._receive(one)
            elif not self._give_back(one):
                early.append(one)
        for one in early:
            if not self._give_back(one):
                self.run.export.refuse(one.place, "More is given back than was paid on this claim.")

    # --- invoices --------------------------------------------------------------------------------------------------

    def _invoices_so_far(self) -> list[Invoice]:
        """Those an earlier run has made of this claim."""
        ids: list[UUID] = []
        while self.claim and (our_id := self.arrivals.find("claim", _name(self.claim, len(ids)))):
            ids.append(our_id)
        found = Invoice.objects.issued().in_bulk(ids) if ids else {}
        return [found[id_] for id_ in ids if id_ in found]

    def _name_of_next(self) -> str:
        assert self.claim is not None
        place = 0
        while self.arrivals.find("claim", _name(self.claim, place)):
            place += 1
        return _name(self.claim, place)

    def _draft_of_visit(self) -> Invoice | None:
        if not self.own or self.visit is None:
            return None
        return Invoice.objects.drafts().filter(appointment=self.visit, source__in=Invoice.OF_A_VISIT).first()

    def _further_draft(self) -> Invoice:
        return invoicing.draft(
            self.patient,
            appointment=self.visit,
            source=Invoice.Source.IMPORTED,
            source_reference=self._name_of_next()[:80],
            by=self.by,
            at=self.issue_at,
        )

    def _fill(self, made: Invoice | None, charges: list[Transaction]) -> None:
        """The line that the completion wrote becomes the first charge; the others follow."""
        if made is None:
            return
        lines = list(made.lines.all())
        for charge in charges:
            details: dict[str, Any] = {
                "description": charge.words or NO_WORDS,
                "unit_price": abs(charge.unit_amount),  # an adjustment that adds stands below zero
                "quantity": charge.units,
                "tax_name": "",
                "tax_rate": 0,
                "by": self.by,
                "at": self.issue_at,
            }
            if lines:
                line = self._try(charge, partial(invoicing.change_line, lines[0], **details))
            else:
                line = self._try(charge, partial(invoicing.add_charge, made, **details))
            if line is not None:
                lines = lines[1:]
                self.run.enter(charge.type.lower(), charge.id, line.pk)
        for line in lines:
            invoicing.remove_line(line, by=self.by, at=self.issue_at)

    def _reduce(self, made: Invoice | None, reductions: list[Transaction]) -> None:
        off = Decimal(0)
        for one in reductions:
            if made is None:
                self.run.export.refuse(one.place, "There is no charge from which it could be taken off.")
                continue
            whole = off + abs(one.amount)
            let_off = partial(invoicing.discount, made, reason=AS_IMPORTED, by=self.by, at=self.issue_at)
            if self._try(one, partial(let_off, amount=whole, replaces=True)):
                off = whole
                self.run.enter(one.type.lower(), one.id, made.pk)

    # --- payments --------------------------------------------------------------------------------------------------

    def _receive(self, one: Transaction) -> None:
        moment = one.moment or self.issue_at
        method = METHODS.get(one.method)
        if method is None:
            method = PaymentMethod.CASH
            self.run.export.note(one.place, f"Method “{one.method[:20]}” is not known: taken as cash.")
        payment = self._try(
            one,
            lambda: payments.receive(
                self.patient,
                method=method,
                amount=one.amount,
                invoices=self.invoices,
                credit_consent=True,
                reference=one.method[:80],
                received_on=day_of(moment, profile.current().zone),
                source_reference=one.id[:80],
                by=self.by,
                at=max(moment, self.issue_at),
            ),
        )
        if payment is not None:
            self.run.enter("payment", one.id, payment.pk)

    def _give_back(self, one: Transaction) -> bool:
        """Out of the claim's own payments, the latest first. Whether there was enough of them."""
        assert self.claim is not None
        ids = [self.arrivals.find("payment", other.id) for other in self.claim.transactions if other.type == PAYMENT]
        held = list(Payment.objects.filter(pk__in=[id_ for id_ in ids if id_]).order_by("-received_on", "-id"))
        if sum((payment.refundable for payment in held), Decimal(0)) < -one.amount:
            return False
        refund = self._try(one, partial(self._refund, one, held))
        if refund is not None:
            self.run.enter("payment", one.id, refund.pk)
        return True

    @transaction.atomic
    def _refund(self, one: Transaction, held: list[Payment]) -> Refund:
        left, at = -one.amount, max(one.moment or self.issue_at, self.issue_at)
        for part, payment in enumerate(held):
            amount = min(left, payment.refundable)
            if amount:
                left -= amount
                refund = refunds.refund(
                    payment,
                    amount=amount,
                    reason=GIVEN_BACK,
                    source_reference=f"{one.id}:{part}"[:80],
                    by=self.by,
                    at=max(at, payment.created_at),
                )
        return refund

    # ---------------------------------------------------------------------------------------------------------------

    def _try(self, one: Transaction, work: Callable[[], Made]) -> Made | None:
        """Do it, or report the row and go on: a rule that refuses has undone whatever it did."""
        try:
            return work()
        except (Refusal, DataError, IntegrityError) as problem:
            self.run.export.refuse(one.place, words_of(problem))
            return None


def _adds(one: Transaction) -> bool:
    """A charge of nothing is a line of its own too; an adjustment below zero makes the claim dearer."""
    return one.amount >= 0 if one.type == CHARGE else one.type == ADJUSTMENT and one.amount < 0


def _takes_off(one: Transaction) -> bool:
    return one.amount < 0 if one.type == CHARGE else one.type == ADJUSTMENT and one.amount > 0


def _name(claim: Claim, place: int) -> str:
    """A claim has one invoice; a row that was refused at first makes another one when it comes in later."""
    return f"{claim.id}:{place + 1}" if place else claim.id
