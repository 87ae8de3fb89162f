"""A patient's credit: what their payments hold that no invoice has used and no refund has given back (UC-03)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Greatest
from django.utils.translation import gettext

from apps.accounts.models import User
from apps.billing import posting
from apps.billing.locks import lock_invoice
from apps.billing.models import Invoice, Payment, PaymentAllocation
from apps.billing.paying import allocating
from apps.billing.prices.sums import Amount, read_payment
from apps.clinic import profile
from apps.core.money import format_money
from apps.core.prepared import prepared
from apps.core.refusals import Conflict
from apps.patients.models import Patient

Kind = PaymentAllocation.Kind


class NoCredit(Conflict):
    code = "not_enough_credit"
    field = "amount"


@transaction.atomic
def use_credit(invoice: Invoice, *, by: User, at: datetime, amount: Amount | None = None) -> Invoice:
    """Pay an invoice from the patient's credit, the oldest payment first; without ``amount`` as much as fits."""
    posting.hold_books()
    invoice = lock_invoice(invoice)
    allocating.refuse_unpayable(invoice)
    clinic = profile.current()
    sources = _lock_credit(invoice)
    credit = sum((payment.free_credit for payment in sources), Decimal(0))
    wanted = min(credit, invoice.due) if amount is None else read_payment(amount, clinic.currency_info)
    if wanted > credit or not credit:
        raise NoCredit(
            gettext("The patient's credit is %(credit)s.")
            % {"credit": format_money(credit, clinic.currency_info, clinic.locale)}
        )
    if wanted > invoice.due or not wanted:
        raise allocating.MoreThanDue(
            gettext("Only %(due)s is owed on this invoice.")
            % {"due": format_money(invoice.due, clinic.currency_info, clinic.locale)}
        )
    return _spend(invoice, sources, wanted, by=by, at=at)


@transaction.atomic
def use_credit_if_any(invoice: Invoice, *, by: User, at: datetime, by_itself: bool = False) -> Invoice:
    """As ``use_credit``, as much as fits, and nothing where there is none. ``by_itself``: the clinic has it so, nobody
    chose it for this invoice."""
    posting.hold_books()
    invoice = lock_invoice(invoice)
    sources = _lock_credit(invoice) if invoice.due else []
    wanted = min(sum((payment.free_credit for payment in sources), Decimal(0)), invoice.due)
    return _spend(invoice, sources, wanted, by=by, at=at, by_itself=by_itself) if wanted else invoice


@transaction.atomic
def use_again(invoice: Invoice, parts: Mapping[UUID, Decimal], *, by: User, at: datetime) -> Invoice:
    """What was taken off another invoice pays this one: of each payment its part, as far as that is still free and
    owed, the oldest payment first. Other credit stays."""
    posting.hold_books()
    invoice = lock_invoice(invoice)
    sources = [payment for payment in _lock_credit(invoice) if payment.pk in parts]
    free = sum((min(payment.free_credit, parts[payment.pk]) for payment in sources), Decimal(0))
    wanted = min(free, invoice.due)
    return _spend(invoice, sources, wanted, at_most=parts, by=by, at=at) if wanted else invoice


@prepared
def _unused_of(*, patient: Any) -> QuerySet[Payment, Decimal]:
    rows = Payment.objects.with_credit().for_patient(patient).order_by()
    return rows.values_list(Greatest(F("unapplied") - F("going_back"), Decimal(0)), flat=True)


def credit_of(patient: Patient) -> Decimal:
    """What this patient has paid that nothing has used yet and that is not going back."""
    return sum(_unused_of(patient=patient.pk), Decimal(0))


def _lock_credit(invoice: Invoice) -> list[Payment]:
    """The payments of the invoice's patient that hold credit, the oldest first."""
    rows = Payment.objects.select_for_update(no_key=True).with_credit().for_patient(invoice.patient_id).order_by("pk")
    return sorted(rows, key=lambda payment: (payment.received_on, payment.pk))


def _spend(
    invoice: Invoice,
    sources: Sequence[Payment],
    wanted: Decimal,
    *,
    by: User,
    at: datetime,
    by_itself: bool = False,
    at_most: Mapping[UUID, Decimal] | None = None,
) -> Invoice:
    """``at_most``: of each payment, where it is not all of its credit."""
    allocations = []
    for payment in sources:
        free = payment.free_credit if at_most is None else min(payment.free_credit, at_most[payment.pk])
        part = min(free, wanted)
        if part:
            allocations.append(allocating.put(payment, invoice, part, Kind.CREDIT, by_itself=by_itself, by=by, at=at))
            wanted -= part
    on = posting.day(at, after=[invoice.issued_on, *(used.payment.received_on for used in allocations)])
    posting.credit_used(invoice, allocations, on=on, by=by, at=at)
    invoice.refresh_from_db()
    return invoice
