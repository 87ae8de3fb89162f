"""What becomes of a draft, through the API: issued, paid from credit, made void. POSTs take an Idempotency-Key."""

from typing import Any
from uuid import UUID

from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.billing import invoicing, payments
from apps.billing.api.invoices import InvoiceSerializer, invoice_of, shown
from apps.billing.api.money import MoneyIn
from apps.billing.models import InvoiceVoid, PaymentMethod
from apps.core.clock import now
from apps.core.idempotency import idempotent
from apps.core.refusals import NotPermitted


class IssueSerializer(serializers.Serializer[Any]):
    """When it is issued and due."""

    issue_date = serializers.DateField(required=False, help_text="The clinic's today if left out; never later.")
    due_date = serializers.DateField(required=False, help_text="At once if left out.")
    use_credit = serializers.BooleanField(default=False, help_text="The patient's credit pays it at once.")


class VoidSerializer(serializers.Serializer[Any]):
    """Why it becomes void, and where the money on it goes."""

    reason = serializers.CharField(max_length=300)
    disposition = serializers.ChoiceField(
        choices=[InvoiceVoid.Disposition.CREDIT, InvoiceVoid.Disposition.REFUND],
        required=False,
        help_text="Needed when something was paid.",
    )
    method = serializers.ChoiceField(
        choices=PaymentMethod.choices, required=False, help_text="How it is given back; the way it came if left out."
    )


class CreditUseSerializer(serializers.Serializer[Any]):
    """How much of the patient's credit pays this invoice."""

    amount = MoneyIn(required=False, help_text="As much as fits if left out.")


class Issue(APIView):
    """A draft becomes an invoice."""

    permission_classes = [Needs("billing.issue_invoice")]  # type: ignore[list-item]

    @extend_schema(request=IssueSerializer, responses=InvoiceSerializer)
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Give it its number and put it into the books."""
        invoice = invoice_of(pk)
        when = checked(IssueSerializer(data=request.data))
        if when["use_credit"]:
            _refuse_unless(request, "billing.receive_payment")
        return shown(invoicing.issue(invoice, by=caller(request), at=now(), **when))


class Void(APIView):
    """An invoice that is not."""

    permission_classes = [Needs("billing.void_invoice")]  # type: ignore[list-item]

    @extend_schema(request=VoidSerializer, responses=InvoiceSerializer)
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Make it void; what was paid becomes credit or is given back."""
        invoice = invoice_of(pk)
        why = checked(VoidSerializer(data=request.data))
        if why.get("disposition") == InvoiceVoid.Disposition.REFUND:
            _refuse_unless(request, "billing.refund_payment")
        return shown(invoicing.void(invoice, by=caller(request), at=now(), **why))


class CreditUse(APIView):
    """The patient's credit pays."""

    permission_classes = [Needs("billing.receive_payment")]  # type: ignore[list-item]

    @extend_schema(request=CreditUseSerializer, responses=InvoiceSerializer)
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Put credit on the invoice."""
        invoice = invoice_of(pk)
        how_much = checked(CreditUseSerializer(data=request.data))
        return shown(payments.use_credit(invoice, by=caller(request), at=now(), **how_much))


def _refuse_unless(request: Request, permission: str) -> None:
    if not caller(request).has_perm(permission):
        raise NotPermitted


urlpatterns: list[URLPattern | URLResolver] = [
    path("invoices/<uuid:pk>/issue/", Issue.as_view(), name="api-invoice-issue"),
    path("invoices/<uuid:pk>/void/", Void.as_view(), name="api-invoice-void"),
    path("invoices/<uuid:pk>/credit-use/", CreditUse.as_view(), name="api-invoice-credit-use"),
]
