"""How the books and the trail are told what billing's papers are called: numbers, and where to read them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.billing import posting
from apps.billing.drawers import posting as drawer_posting
from apps.billing.gateways import posting as gateway_posting
from apps.billing.models import (
    CreditNote,
    DrawerMovement,
    DrawerSession,
    GatewaySettlement,
    Invoice,
    InvoiceVoid,
    Payment,
    PaymentAllocation,
    Refund,
    WriteOff,
)
from apps.core import naming
from apps.core.naming import Name
from apps.scheduling.models import Appointment

Rows = Iterable[tuple[UUID, str, UUID]]
SETTLES = "billing.settle_gateway"


def register() -> None:
    """Invoices are what ledger lines call their document; the rest are the sources of entries."""
    naming.register("document", _namer(_invoices), finder=_find)
    naming.register(posting.INVOICE_ISSUED, _namer(_invoices))
    naming.register(posting.INVOICE_VOIDED, _namer(_voids))
    naming.register(posting.PAYMENT_RECEIVED, _namer(_payments, "billing:payment"))
    naming.register(posting.PAYMENT_REFUNDED, _namer(_refunds, "billing:payment"))
    naming.register(posting.CREDIT_USED, _namer(_allocations))
    naming.register(posting.PAYMENT_RELEASED, _namer(_allocations))
    naming.register(drawer_posting.DRAWER_MOVED, _namer(_movements, "billing:drawer_session", "billing.manage_drawers"))
    naming.register(drawer_posting.DRAWER_LOCKED, _namer(_drawers, "billing:drawer_session", "billing.manage_drawers"))
    naming.register(gateway_posting.GATEWAY_SETTLED, _namer(_settlements, "billing:settlement", SETTLES))
    naming.register(posting.CREDIT_NOTE_ISSUED, _namer(_credit_notes, "billing:credit_note"))
    naming.register(posting.CREDIT_NOTE_TAKEN_BACK, _namer(_credit_notes, "billing:credit_note"))
    naming.register(posting.PAYMENT_RESTORED, _namer(_allocations))
    naming.register(posting.WRITTEN_OFF, _namer(_write_offs))
    naming.register(posting.WRITE_OFF_TAKEN_BACK, _namer(_write_offs))
    naming.register(posting.REVENUE_MOVED, _namer(_lowered))
    # What a check of the books finds wrong.
    naming.register("invoice", _namer(_invoices))
    naming.register("payment", _namer(_payments, "billing:payment"))
    naming.register("refund", _namer(_refunds, "billing:payment"))
    naming.register("drawer_session", _namer(_drawers, "billing:drawer_session", "billing.manage_drawers"))
    naming.register("settlement", _namer(_settlements, "billing:settlement", SETTLES))
    naming.register("credit_note", _namer(_credit_notes, "billing:credit_note"))
    naming.register("write_off", _namer(_write_offs))
    naming.register("visit", _name_visits)


def _namer(
    rows: Callable[[set[UUID]], Rows], page: str = "billing:invoice", permission: str = "billing.view_invoice"
) -> naming.Namer:
    def name(ids: set[UUID], reader: User) -> Mapping[UUID, Name]:
        url = reader.has_perm(permission)
        return {pk: Name(number or _("Draft"), reverse(page, args=[to]) if url else "") for pk, number, to in rows(ids)}

    return name


def _invoices(ids: set[UUID]) -> Rows:
    return Invoice.objects.filter(pk__in=ids).values_list("pk", "number", "pk")


def _voids(ids: set[UUID]) -> Rows:
    return InvoiceVoid.objects.filter(pk__in=ids).values_list("pk", "invoice__number", "invoice_id")


def _payments(ids: set[UUID]) -> Rows:
    return Payment.objects.filter(pk__in=ids).values_list("pk", "number", "pk")


def _refunds(ids: set[UUID]) -> Rows:
    return Refund.objects.filter(pk__in=ids).values_list("pk", "number", "payment_id")


def _drawers(ids: set[UUID]) -> Rows:
    return DrawerSession.objects.filter(pk__in=ids).values_list("pk", "number", "pk")


def _movements(ids: set[UUID]) -> Rows:
    return DrawerMovement.objects.filter(pk__in=ids).values_list("pk", "session__number", "session_id")


def _settlements(ids: set[UUID]) -> Rows:
    return GatewaySettlement.objects.filter(pk__in=ids).values_list("pk", "number", "pk")


def _allocations(ids: set[UUID]) -> Rows:
    return PaymentAllocation.objects.filter(pk__in=ids).values_list("pk", "invoice__number", "invoice_id")


def _credit_notes(ids: set[UUID]) -> Rows:
    return CreditNote.objects.filter(pk__in=ids).values_list("pk", "number", "pk")


def _write_offs(ids: set[UUID]) -> Rows:
    return WriteOff.objects.filter(pk__in=ids).values_list("pk", "number", "invoice_id")


def _lowered(ids: set[UUID]) -> Rows:
    """Revenue moves after a write-off or a credit note: both are read on the invoice."""
    notes = CreditNote.objects.filter(pk__in=ids).values_list("pk", "number", "invoice_id")
    return [*_write_offs(ids), *notes]


def _name_visits(ids: set[UUID], reader: User) -> Mapping[UUID, Name]:
    may_see = reader.has_perm("scheduling.view_appointment")
    return {
        pk: Name(number, reverse("scheduling:appointment", args=[pk]) if may_see else "")
        for pk, number in Appointment.objects.filter(pk__in=ids).values_list("pk", "number")
    }


def _find(text: str, reader: Any) -> list[UUID]:
    if not reader.has_perm("billing.view_invoice"):
        return []
    return list(Invoice.objects.filter(number__iexact=text).values_list("pk", flat=True)[:1])
