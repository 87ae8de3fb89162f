"""What becomes of a draft, through the API: issued, paid from credit, made void. POSTs take an Idempotency-Key."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import Http404
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.billing import invoicing
from apps.billing.api.invoices import InvoiceSerializer, invoice_of, shown
from apps.billing.api.money import MoneyIn
from apps.billing.models import Invoice, InvoiceVoid, PaymentMethod
from apps.billing.paying import credit
from apps.core.api_shapes import Input
from apps.core.clock import now
from apps.core.idempotency import idempotent
from apps.core.refusals import NotPermitted


class IssueSerializer(Input):
    """When it is issued and due."""

    issue_date = serializers.DateField(required=False, help_text="The clinic's today if left out; never later.")
    due_date = serializers.DateField(required=False, help_text="At once if left out.")
    use_credit = serializers.BooleanField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Whether the patient's credit pays it at once; left out, as the clinic's settings have it.",
    )


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


class InvoiceStep(APIView):
    """One thing that becomes of an invoice: what is said about it, which rule does it, and whose money it may move."""

    details: type[serializers.Serializer[Any]]
    rule: Callable[..., Invoice]

    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        try:
            wanted = self.wanted(request)
            invoice = type(self).rule(Invoice(pk=pk), by=caller(request), at=now(), **wanted)  # locked and read by it
        except Invoice.DoesNotExist as unknown:
            raise Http404 from unknown
        except (ValidationError, NotPermitted):
            invoice_of(pk)  # what is not here is not found, whatever was asked of it
            raise
        return self.answer(invoice)

    def wanted(self, request: Request) -> dict[str, Any]:
        wanted = checked(self.details(data=request.data))
        needed = self.also_needed(wanted)
        if needed and not caller(request).has_perm(needed):
            raise NotPermitted
        return wanted

    def answer(self, invoice: Invoice) -> Response:
        return shown(invoice)

    def also_needed(self, wanted: dict[str, Any]) -> str:
        """The permission that this needs besides the step's own; mostly none."""
        return ""


@extend_schema_view(post=extend_schema(request=IssueSerializer, responses=InvoiceSerializer))
class Issue(InvoiceStep):
    """A draft becomes an invoice: it gets its number and goes into the books."""

    permission_classes = [Needs("billing.issue_invoice")]  # type: ignore[list-item]
    details = IssueSerializer
    rule = staticmethod(invoicing.issue)

    def also_needed(self, wanted: dict[str, Any]) -> str:
        return "billing.receive_payment" if wanted["use_credit"] else ""

    def answer(self, invoice: Invoice) -> Response:
        """As it was locked and issued; with what credit paid of it, as that left it."""
        return shown(invoice, as_it_stands=not invoice.applied)


@extend_schema_view(post=extend_schema(request=VoidSerializer, responses=InvoiceSerializer))
class Void(InvoiceStep):
    """An invoice becomes void; what was paid becomes credit or is given back."""

    permission_classes = [Needs("billing.void_invoice")]  # type: ignore[list-item]
    details = VoidSerializer
    rule = staticmethod(invoicing.void)


@extend_schema_view(post=extend_schema(request=CreditUseSerializer, responses=InvoiceSerializer))
class CreditUse(InvoiceStep):
    """The patient's credit pays the invoice, as far as it goes."""

    permission_classes = [Needs("billing.receive_payment")]  # type: ignore[list-item]
    details = CreditUseSerializer
    rule = staticmethod(credit.use_credit)


urlpatterns: list[URLPattern | URLResolver] = [
    path("invoices/<uuid:pk>/issue/", Issue.as_view(), name="api-invoice-issue"),
    path("invoices/<uuid:pk>/void/", Void.as_view(), name="api-invoice-void"),
    path("invoices/<uuid:pk>/credit-use/", CreditUse.as_view(), name="api-invoice-credit-use"),
]
