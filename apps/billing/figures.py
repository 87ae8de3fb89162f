"""The amounts on billing's pages as sums of lines of the books, so that each can be followed down to them."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.billing import posting
from apps.billing.gateways.posting import GATEWAY_SETTLED
from apps.billing.models import GatewaySettlement, Invoice, Payment
from apps.billing.patient_statement import Movement
from apps.billing.paying.allocating import earned
from apps.core.money import ZERO
from apps.ledger.lines import CREDIT, DEBIT, Figure
from apps.ledger.models import Account
from apps.patients.models import Patient
from apps.patients.models.persons import records_of

Role = Account.Role
ISSUED = (posting.INVOICE_ISSUED,)
CREDITED = (posting.CREDIT_NOTE_ISSUED, posting.CREDIT_NOTE_TAKEN_BACK)
LOST = (posting.WRITTEN_OFF, posting.WRITE_OFF_TAKEN_BACK)
PAID = (
    *(posting.PAYMENT_RECEIVED, posting.CREDIT_USED, posting.PAYMENT_RESTORED),
    *(posting.PAYMENT_REFUNDED, posting.PAYMENT_RELEASED),
)
TILLS = tuple(dict.fromkeys(role.value for role in posting.TILL.values()))


def of_invoice(invoice: Invoice) -> dict[str, tuple[str, Decimal, Figure]]:
    """The amounts of an issued invoice: what each is called, how much it is, and which lines make it."""
    about: dict[str, Any] = {"document": invoice.pk}
    receivable = (Role.ACCOUNTS_RECEIVABLE,)
    figures = {
        "net": (_("Net"), invoice.net, Figure((Role.DEFERRED_REVENUE,), CREDIT, sources=ISSUED, **about)),
        "tax": (_("Tax"), invoice.tax, Figure((Role.TAX_PAYABLE,), CREDIT, sources=ISSUED, **about)),
        "total": (_("Total"), invoice.total, Figure(receivable, DEBIT, sources=ISSUED, **about)),
        "paid": (_("Paid"), invoice.applied, Figure(receivable, CREDIT, sources=PAID, **about)),
        "credited": (_("Credited"), invoice.credited, Figure(receivable, CREDIT, sources=CREDITED, **about)),
        "written_off": (_("Written off"), invoice.written_off, Figure(receivable, CREDIT, sources=LOST, **about)),
        "due": (_("Owed"), invoice.due, Figure(receivable, DEBIT, **about)),
        "earned": (
            _("Revenue"),
            ZERO if invoice.is_void else earned(invoice),
            Figure((Role.REVENUE,), CREDIT, **about),
        ),
    }
    return {key: told for key, told in figures.items() if told[1] or key not in {"credited", "written_off"}}


def of_payment(payment: Payment, refund_ids: Iterable[UUID]) -> dict[str, Figure]:
    """What came in and what went back. What is left of it is put on invoices, or is credit: the page itself says so."""
    refunds = tuple(refund_ids)
    figures = {"amount": Figure(TILLS, DEBIT, sources=(posting.PAYMENT_RECEIVED,), made_from=(payment.pk,))}
    if refunds:
        figures["refunded"] = Figure(TILLS, CREDIT, sources=(posting.PAYMENT_REFUNDED,), made_from=refunds)
    return figures


def of_clearing() -> Figure:
    """What gateways hold for the clinic."""
    return Figure((Role.GATEWAY_CLEARING,), DEBIT)


def of_settlement(settlement: GatewaySettlement) -> dict[str, Figure]:
    """What of it reached the bank, what the gateway kept, and what it held no longer."""
    about: dict[str, Any] = {"sources": (GATEWAY_SETTLED,), "made_from": (settlement.pk,)}
    return {
        "amount": Figure((Role.BANK,), DEBIT, **about),
        "fee": Figure((Role.GATEWAY_FEES,), DEBIT, **about),
        "gross": Figure((Role.GATEWAY_CLEARING,), CREDIT, **about),
    }


def records(patient: Patient) -> tuple[UUID, ...]:
    """All records of the person."""
    return tuple(records_of(patient))


def of_patient(records: tuple[UUID, ...]) -> dict[str, Figure]:
    """What a person owes and what the clinic holds for them, over all their records."""
    return {
        "owed": Figure((Role.ACCOUNTS_RECEIVABLE,), DEBIT, subjects=records),
        "credit": Figure((Role.PATIENT_CREDIT,), CREDIT, subjects=records),
        "net": Figure((Role.ACCOUNTS_RECEIVABLE, Role.PATIENT_CREDIT), DEBIT, subjects=records),
    }


def of_movement(movement: Movement, records: tuple[UUID, ...]) -> Figure:
    """A row of a person's statement: what its event changed of all they owe, on the side that is not zero."""
    made_from = (movement.source_id,) if movement.source_id else ()
    side = DEBIT if movement.charge else CREDIT
    both = (Role.ACCOUNTS_RECEIVABLE, Role.PATIENT_CREDIT)
    return Figure(both, side, subjects=records, sources=(movement.source,), made_from=made_from)


def of_balance(records: tuple[UUID, ...], **until: Any) -> Figure:
    """A person's balance after a row of their statement (``until`` its entry) or at the end of a day (``last``)."""
    return replace(of_patient(records)["net"], **until)
