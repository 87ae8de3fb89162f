"""Services, invoices with their lines, payments with their refunds, and patients' accounts through the API.

Amounts are strings with the decimals of the clinic's currency. Every POST that moves money takes an Idempotency-Key.
"""

from decimal import Decimal
from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.audit.reads import record_read, record_reads
from apps.billing import catalogue, invoicing, payments, statements
from apps.billing.documents.papers import invoice_pdf, receipt_pdf
from apps.billing.models import (
    Invoice,
    InvoiceLine,
    InvoiceStatus,
    InvoiceVoid,
    Payment,
    PaymentAllocation,
    PaymentMethod,
    PaymentStatus,
    Refund,
    Service,
)
from apps.clinic import profile
from apps.core.clock import now
from apps.core.idempotency import idempotent
from apps.core.refusals import NotPermitted, Refusal
from apps.patients.models import Patient
from apps.patients.models.persons import records_of
from apps.scheduling.models import Appointment


@extend_schema_field(OpenApiTypes.DECIMAL)
class MoneyOut(serializers.Field[Decimal, Any, str, Any]):
    """An amount, with the decimals of the clinic's currency."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, **options)

    def to_representation(self, value: Decimal) -> str:
        return f"{value.quantize(profile.current().currency_info.unit):f}"


class MoneyIn(serializers.CharField):
    """An amount that is sent. Whether it is one is for the rules to say, in words."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", "An amount in the clinic's currency.")
        super().__init__(max_length=40, allow_blank=True, **options)


class ServiceSerializer(serializers.ModelSerializer[Service]):
    """What is charged for, and how much."""

    price = MoneyOut()

    class Meta:
        model = Service
        fields = ("id", "tenant_id", "name", "category", "price", "tax_name", "tax_rate", "is_active")
        read_only_fields = fields


class ServiceDetailsSerializer(serializers.Serializer[Any]):
    """A service as it is offered."""

    name = serializers.CharField(max_length=120)
    category = serializers.ChoiceField(choices=Service.Category.choices, required=False)
    price = MoneyIn()
    tax_name = serializers.CharField(max_length=40, required=False, allow_blank=True)
    tax_rate = serializers.CharField(max_length=20, required=False, help_text="Percent.")
    is_active = serializers.BooleanField(required=False)


class InvoiceLineSerializer(serializers.ModelSerializer[InvoiceLine]):
    """One charge."""

    unit_price, discount, gross, net, tax, total = (MoneyOut() for _ in range(6))

    class Meta:
        model = InvoiceLine
        fields = (
            *("id", "position", "service", "description", "quantity", "unit_price", "gross"),
            *("discount_percent", "discount", "net", "tax_name", "tax_rate", "tax", "total"),
        )
        read_only_fields = fields


class AllocationSerializer(serializers.ModelSerializer[PaymentAllocation]):
    """Money put on an invoice, or (negative) taken off again."""

    payment_number = serializers.CharField(source="payment.number")
    invoice_number = serializers.CharField(source="invoice.number")
    amount, recognised = MoneyOut(), MoneyOut(help_text="Revenue recognised by it.")

    class Meta:
        model = PaymentAllocation
        fields = (
            *("id", "kind", "payment", "payment_number", "invoice", "invoice_number", "refund"),
            *("amount", "recognised", "at", "by"),
        )
        read_only_fields = fields


class InvoiceInListSerializer(serializers.ModelSerializer[Invoice]):
    """An invoice in a list. Sums and status follow its lines and payments."""

    number = serializers.CharField(help_text="Given at issue; a draft has none.")
    status = serializers.ChoiceField(choices=InvoiceStatus.choices)
    patient_number = serializers.CharField(source="patient.number")
    net, tax, total, applied, refunded, due = (MoneyOut() for _ in range(6))

    class Meta:
        model = Invoice
        fields: tuple[str, ...] = (
            *("id", "tenant_id", "number", "status", "patient", "patient_number", "appointment", "source"),
            *("source_reference", "currency", "net", "tax", "total", "applied", "refunded", "due"),
            *("created_at", "created_by", "issued_on", "issued_at", "issued_by", "due_on", "voided_at"),
        )
        read_only_fields = fields


class InvoiceSerializer(InvoiceInListSerializer):
    """An invoice with its lines and what was paid on it."""

    lines = InvoiceLineSerializer(many=True)
    allocations = AllocationSerializer(many=True)

    class Meta(InvoiceInListSerializer.Meta):
        fields = (*InvoiceInListSerializer.Meta.fields, "lines", "allocations")
        read_only_fields = fields


class LineDetailsSerializer(serializers.Serializer[Any]):
    """A charge. With a service, what is left out is copied from it."""

    description = serializers.CharField(max_length=200, required=False)
    quantity = serializers.CharField(max_length=20, required=False, help_text="Up to three decimals; 1 if left out.")
    unit_price = MoneyIn(required=False)
    discount = MoneyIn(required=False, help_text="An amount off the line.")
    discount_percent = serializers.CharField(max_length=20, required=False, help_text="Instead of an amount.")
    tax_name = serializers.CharField(max_length=40, required=False, allow_blank=True)
    tax_rate = serializers.CharField(max_length=20, required=False, help_text="Percent.")


class NewLineSerializer(LineDetailsSerializer):
    """A charge to add."""

    service = serializers.PrimaryKeyRelatedField(queryset=Service.objects.all(), required=False)


class DraftSerializer(serializers.Serializer[Any]):
    """An invoice to draft, perhaps with its lines."""

    patient = serializers.PrimaryKeyRelatedField(queryset=Patient.objects.all())
    appointment = serializers.PrimaryKeyRelatedField(queryset=Appointment.objects.all(), required=False)
    lines = NewLineSerializer(many=True, required=False)


class WholeDiscountSerializer(serializers.Serializer[Any]):
    """A discount on the whole draft: an amount or a percentage."""

    amount = MoneyIn(required=False)
    percent = serializers.CharField(max_length=20, required=False)


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


class ShareSerializer(serializers.Serializer[Any]):
    """A part of a payment for one invoice."""

    invoice = serializers.PrimaryKeyRelatedField(queryset=Invoice.objects.all())
    amount = MoneyIn(required=False, help_text="As much as fits if left out.")


class PaymentDetailsSerializer(serializers.Serializer[Any]):
    """Money that came in."""

    patient = serializers.PrimaryKeyRelatedField(
        queryset=Patient.objects.all(), required=False, help_text="May be left out where invoices are named."
    )
    method = serializers.ChoiceField(choices=PaymentMethod.choices)
    amount = MoneyIn()
    invoices = ShareSerializer(
        many=True,
        required=False,
        help_text="In this order. Left out: what is owed longest first. Empty: a deposit.",
    )
    credit_consent = serializers.BooleanField(
        default=False, help_text="The patient agrees that what is above their invoices stays as credit."
    )
    reference = serializers.CharField(max_length=80, required=False, allow_blank=True)
    received_on = serializers.DateField(required=False)
    on_its_way = serializers.BooleanField(
        default=False, help_text="Not here yet: noted for the first invoice named, in the books when it is captured."
    )


class FailureSerializer(serializers.Serializer[Any]):
    """Why money does not come."""

    reason = serializers.CharField(max_length=200)


class RefundSerializer(serializers.ModelSerializer[Refund]):
    """Money that was given back."""

    amount = MoneyOut()

    class Meta:
        model = Refund
        fields = ("id", "number", "payment", "amount", "method", "reason", "refunded_on", "at", "by")
        read_only_fields = fields


class RefundDetailsSerializer(serializers.Serializer[Any]):
    """Money to give back."""

    amount = MoneyIn()
    reason = serializers.CharField(max_length=300)
    method = serializers.ChoiceField(choices=PaymentMethod.choices, required=False)
    invoice = serializers.PrimaryKeyRelatedField(
        queryset=Invoice.objects.all(), required=False, help_text="Take it off this invoice."
    )


class PaymentInListSerializer(serializers.ModelSerializer[Payment]):
    """A payment in a list."""

    status = serializers.ChoiceField(choices=PaymentStatus.choices)
    patient_number = serializers.CharField(source="patient.number")
    amount, applied, refunded, unapplied = (MoneyOut() for _ in range(4))

    class Meta:
        model = Payment
        fields: tuple[str, ...] = (
            *("id", "tenant_id", "number", "status", "patient", "patient_number", "method", "amount", "currency"),
            *("applied", "refunded", "unapplied", "reference", "received_on", "created_at", "created_by"),
            *("captured_at", "failed_at", "failure", "meant_for"),
        )
        read_only_fields = fields


class PaymentSerializer(PaymentInListSerializer):
    """A payment, what it paid and what was given back."""

    allocations = AllocationSerializer(many=True)
    refunds = RefundSerializer(many=True)

    class Meta(PaymentInListSerializer.Meta):
        fields = (*PaymentInListSerializer.Meta.fields, "allocations", "refunds")
        read_only_fields = fields


class StatementMovementSerializer(serializers.Serializer[Any]):
    """One line of a patient's statement."""

    on = serializers.DateField()
    at = serializers.DateTimeField()
    words = serializers.CharField()
    number = serializers.CharField()
    charge, paid, balance = MoneyOut(), MoneyOut(), MoneyOut()


class PatientAccountSerializer(serializers.Serializer[Any]):
    """What a patient owes and has paid."""

    patient = serializers.UUIDField()
    owed, credit = MoneyOut(), MoneyOut()
    movements = StatementMovementSerializer(many=True)


class InvoiceFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Whose, which, from when."""

    status = django_filters.MultipleChoiceFilter(choices=InvoiceStatus.choices)
    patient = django_filters.UUIDFilter(method="of_patient", label="On any record of this person.")
    appointment = django_filters.UUIDFilter("appointment_id")
    number = django_filters.CharFilter()
    source = django_filters.ChoiceFilter(choices=Invoice.Source.choices)
    is_owed = django_filters.BooleanFilter(method="owed", label="Something is still owed on it.")
    issued_from = django_filters.DateFilter("issued_on", "gte")
    issued_to = django_filters.DateFilter("issued_on", "lte")

    class Meta:
        model = Invoice
        fields: tuple[str, ...] = ()

    def of_patient(self, queryset: QuerySet[Invoice], name: str, patient: UUID) -> QuerySet[Invoice]:
        return queryset.filter(patient__in=records_of(patient))

    def owed(self, queryset: QuerySet[Invoice], name: str, wanted: bool) -> QuerySet[Invoice]:
        return queryset.filter(due__gt=0) if wanted else queryset.filter(due=0)


class PaymentFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Whose, how, from when."""

    status = django_filters.MultipleChoiceFilter(choices=PaymentStatus.choices)
    patient = django_filters.UUIDFilter(method="of_patient", label="On any record of this person.")
    number = django_filters.CharFilter()
    method = django_filters.ChoiceFilter(choices=PaymentMethod.choices)
    received_from = django_filters.DateFilter("received_on", "gte")
    received_to = django_filters.DateFilter("received_on", "lte")

    class Meta:
        model = Payment
        fields: tuple[str, ...] = ()

    def of_patient(self, queryset: QuerySet[Payment], name: str, patient: UUID) -> QuerySet[Payment]:
        return queryset.filter(patient__in=records_of(patient))


class Services(generics.ListAPIView[Service]):
    """The catalogue."""

    permission_classes = [Needs("billing.view_invoice", POST="billing.change_catalogue")]  # type: ignore[list-item]
    serializer_class = ServiceSerializer
    filterset_fields = ("is_active", "category")

    def get_queryset(self) -> QuerySet[Service]:
        return Service.objects.all()

    @extend_schema(request=ServiceDetailsSerializer, responses={201: ServiceSerializer})
    def post(self, request: Request) -> Response:
        """Offer something new."""
        details = checked(ServiceDetailsSerializer(data=request.data))
        return Response(
            ServiceSerializer(catalogue.add_service(by=caller(request), at=now(), **details)).data, status=201
        )


class OneService(APIView):
    """One service."""

    permission_classes = [Needs("billing.view_invoice", PATCH="billing.change_catalogue")]  # type: ignore[list-item]

    @extend_schema(responses=ServiceSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """What it costs."""
        return Response(ServiceSerializer(get_object_or_404(Service, pk=pk)).data)

    @extend_schema(request=ServiceDetailsSerializer(partial=True), responses=ServiceSerializer)
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change it for invoices to come."""
        service = get_object_or_404(Service, pk=pk)
        changes = checked(ServiceDetailsSerializer(data=request.data, partial=True))
        return Response(
            ServiceSerializer(catalogue.amend_service(service, by=caller(request), at=now(), **changes)).data
        )


class Invoices(generics.ListAPIView[Invoice]):
    """Invoices, the latest first."""

    permission_classes = [Needs("billing.view_invoice", POST="billing.edit_draft")]  # type: ignore[list-item]
    serializer_class = InvoiceInListSerializer
    filterset_class = InvoiceFilter

    def get_queryset(self) -> QuerySet[Invoice]:
        return Invoice.objects.select_related("patient")

    def paginate_queryset(self, queryset: Any) -> Any:
        rows = super().paginate_queryset(queryset)
        record_reads({invoice.patient_id for invoice in rows or ()}, "billing list")
        return rows

    @extend_schema(request=DraftSerializer, responses={201: InvoiceSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Draft an invoice."""
        wanted = checked(DraftSerializer(data=request.data))
        lines = wanted.pop("lines", [])
        invoice = invoicing.draft(by=caller(request), at=now(), **wanted)
        for place, line in enumerate(lines):
            try:
                invoicing.add_charge(invoice, by=caller(request), at=now(), **line)
            except Refusal as refusal:
                refusal.field = f"lines.{place}.{refusal.field or 'line'}"
                raise
        return _shown(invoice, status=201)


class OneInvoice(APIView):
    """One invoice."""

    permission_classes = [Needs("billing.view_invoice")]  # type: ignore[list-item]

    @extend_schema(responses=InvoiceSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Its lines, sums, status and payments."""
        return _shown(_invoice(pk))


class InvoicePaper(APIView):
    """An invoice on paper."""

    permission_classes = [Needs("billing.view_invoice")]  # type: ignore[list-item]

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """As PDF."""
        invoice = _invoice(pk)
        record_read(invoice.patient_id, "invoice")
        address = request.build_absolute_uri(f"/billing/invoices/{invoice.pk}/")
        return HttpResponse(invoice_pdf(invoice, address=address, at=now()), content_type="application/pdf")


class Lines(APIView):
    """The lines of a draft."""

    permission_classes = [Needs("billing.edit_draft")]  # type: ignore[list-item]

    @extend_schema(request=NewLineSerializer, responses={201: InvoiceSerializer})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Add a charge."""
        invoice = _invoice(pk)
        details = checked(NewLineSerializer(data=request.data))
        invoicing.add_charge(invoice, by=caller(request), at=now(), **details)
        return _shown(invoice, status=201)


class OneLine(APIView):
    """One line of a draft."""

    permission_classes = [Needs("billing.edit_draft")]  # type: ignore[list-item]

    @extend_schema(request=LineDetailsSerializer(partial=True), responses=InvoiceSerializer)
    def patch(self, request: Request, pk: UUID, line_pk: UUID) -> Response:
        """Change a charge."""
        line = _line(pk, line_pk)
        changes = checked(LineDetailsSerializer(data=request.data, partial=True))
        invoicing.change_line(line, by=caller(request), at=now(), **changes)
        return _shown(line.invoice)

    @extend_schema(responses={200: InvoiceSerializer})
    def delete(self, request: Request, pk: UUID, line_pk: UUID) -> Response:
        """Take a charge off."""
        line = _line(pk, line_pk)
        invoicing.remove_line(line, by=caller(request), at=now())
        return _shown(line.invoice)


class Discount(APIView):
    """A discount on a whole draft."""

    permission_classes = [Needs("billing.give_discount")]  # type: ignore[list-item]

    @extend_schema(request=WholeDiscountSerializer, responses=InvoiceSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Share it over the lines, so that the parts add up."""
        invoice = _invoice(pk)
        wanted = checked(WholeDiscountSerializer(data=request.data))
        invoicing.discount(invoice, by=caller(request), at=now(), **wanted)
        return _shown(invoice)


class Issue(APIView):
    """A draft becomes an invoice."""

    permission_classes = [Needs("billing.issue_invoice")]  # type: ignore[list-item]

    @extend_schema(request=IssueSerializer, responses=InvoiceSerializer)
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Give it its number and put it into the books."""
        invoice = _invoice(pk)
        when = checked(IssueSerializer(data=request.data))
        if when["use_credit"]:
            _refuse_unless(request, "billing.receive_payment")
        return _shown(invoicing.issue(invoice, by=caller(request), at=now(), **when))


class Void(APIView):
    """An invoice that is not."""

    permission_classes = [Needs("billing.void_invoice")]  # type: ignore[list-item]

    @extend_schema(request=VoidSerializer, responses=InvoiceSerializer)
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Make it void; what was paid becomes credit or is given back."""
        invoice = _invoice(pk)
        why = checked(VoidSerializer(data=request.data))
        if why.get("disposition") == InvoiceVoid.Disposition.REFUND:
            _refuse_unless(request, "billing.refund_payment")
        return _shown(invoicing.void(invoice, by=caller(request), at=now(), **why))


class CreditUse(APIView):
    """The patient's credit pays."""

    permission_classes = [Needs("billing.receive_payment")]  # type: ignore[list-item]

    @extend_schema(request=CreditUseSerializer, responses=InvoiceSerializer)
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Put credit on the invoice."""
        invoice = _invoice(pk)
        how_much = checked(CreditUseSerializer(data=request.data))
        return _shown(payments.use_credit(invoice, by=caller(request), at=now(), **how_much))


class Payments(generics.ListAPIView[Payment]):
    """Payments, the latest first."""

    permission_classes = [Needs("billing.view_invoice", POST="billing.receive_payment")]  # type: ignore[list-item]
    serializer_class = PaymentInListSerializer
    filterset_class = PaymentFilter

    def get_queryset(self) -> QuerySet[Payment]:
        return Payment.objects.select_related("patient")

    def paginate_queryset(self, queryset: Any) -> Any:
        rows = super().paginate_queryset(queryset)
        record_reads({payment.patient_id for payment in rows or ()}, "billing list")
        return rows

    @extend_schema(request=PaymentDetailsSerializer, responses={201: PaymentSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Take a payment and put it on invoices (UC-03)."""
        wanted = checked(PaymentDetailsSerializer(data=request.data))
        shares = wanted.pop("invoices", None)
        patient = wanted.pop("patient", None) or (shares[0]["invoice"].patient if shares else None)
        if patient is None:
            raise serializers.ValidationError({"patient": "Name the patient, or the invoices that are paid."})
        if wanted.pop("on_its_way"):
            meant = shares[0]["invoice"] if shares else None
            promised = {name: wanted[name] for name in ("method", "amount", "reference") if name in wanted}
            noted = payments.expect(patient, invoice=meant, by=caller(request), at=now(), **promised)
            return _shown_payment(noted.pk, status=201)
        chosen = None if shares is None else [_share(share) for share in shares]
        taken = payments.receive(patient, invoices=chosen, by=caller(request), at=now(), **wanted)
        return _shown_payment(taken.pk, status=201)


class OnePayment(APIView):
    """One payment."""

    permission_classes = [Needs("billing.view_invoice")]  # type: ignore[list-item]

    @extend_schema(responses=PaymentSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """What it paid and what was given back."""
        return _shown_payment(pk)


class Receipt(APIView):
    """A receipt on paper."""

    permission_classes = [Needs("billing.view_invoice")]  # type: ignore[list-item]

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """As PDF."""
        payment = get_object_or_404(Payment.objects.captured().select_related("patient", "created_by"), pk=pk)
        record_read(payment.patient_id, "payment")
        return HttpResponse(receipt_pdf(payment, paper="a4", at=now()), content_type="application/pdf")


class Capture(APIView):
    """Money that was on its way has come."""

    permission_classes = [Needs("billing.receive_payment")]  # type: ignore[list-item]

    @extend_schema(request=None, responses=PaymentSerializer)
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Put it into the books."""
        payments.capture(get_object_or_404(Payment, pk=pk), by=caller(request), at=now())
        return _shown_payment(pk)


class Failure(APIView):
    """Money that was on its way does not come."""

    permission_classes = [Needs("billing.receive_payment")]  # type: ignore[list-item]

    @extend_schema(request=FailureSerializer, responses=PaymentSerializer)
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Say why."""
        payment = get_object_or_404(Payment, pk=pk)
        why = checked(FailureSerializer(data=request.data))
        payments.fail(payment, by=caller(request), at=now(), **why)
        return _shown_payment(pk)


class Refunds(APIView):
    """What was given back of a payment."""

    permission_classes = [Needs("billing.view_invoice", POST="billing.refund_payment")]  # type: ignore[list-item]

    @extend_schema(responses=RefundSerializer(many=True))
    def get(self, request: Request, pk: UUID) -> Response:
        """In order."""
        payment = get_object_or_404(Payment, pk=pk)
        record_read(payment.patient_id, "payment")
        return Response({"results": RefundSerializer(payment.refunds.all(), many=True).data})

    @extend_schema(request=RefundDetailsSerializer, responses={201: RefundSerializer})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Give a part or all of it back, up to what was paid."""
        payment = get_object_or_404(Payment, pk=pk)
        wanted = checked(RefundDetailsSerializer(data=request.data))
        given = payments.refund(payment, by=caller(request), at=now(), **wanted)
        return Response(RefundSerializer(given).data, status=201)


class Account(APIView):
    """What one patient owes and has paid."""

    permission_classes = [Needs("billing.view_invoice")]  # type: ignore[list-item]

    @extend_schema(responses=PatientAccountSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Balance and statement, the oldest movement first."""
        patient = get_object_or_404(Patient, pk=pk)
        record_read(patient.pk, "billing account")
        balance = statements.balance_of(patient)
        account = {
            "patient": patient.pk,
            "owed": balance.owed,
            "credit": balance.credit,
            "movements": statements.statement(patient),
        }
        return Response(PatientAccountSerializer(account).data)


def _refuse_unless(request: Request, permission: str) -> None:
    if not caller(request).has_perm(permission):
        raise NotPermitted


def _share(share: dict[str, Any]) -> Invoice | tuple[Invoice, str]:
    return (share["invoice"], share["amount"]) if "amount" in share else share["invoice"]


def _invoice(pk: UUID) -> Invoice:
    return get_object_or_404(
        Invoice.objects.select_related("patient", "appointment__provider"),
        pk=pk,
    )


def _line(pk: UUID, line_pk: UUID) -> InvoiceLine:
    return get_object_or_404(InvoiceLine.objects.select_related("invoice"), pk=line_pk, invoice=pk)


def _shown(invoice: Invoice, *, status: int = 200) -> Response:
    """The invoice as it is now, whatever was just done to it."""
    record_read(invoice.patient_id, "invoice")
    fresh = (
        Invoice.objects.select_related("patient")
        .prefetch_related("lines", "allocations__payment", "allocations__invoice")
        .get(pk=invoice.pk)
    )
    return Response(InvoiceSerializer(fresh).data, status=status)


def _shown_payment(pk: UUID, *, status: int = 200) -> Response:
    payment = get_object_or_404(
        Payment.objects.select_related("patient").prefetch_related(
            "refunds", "allocations__invoice", "allocations__payment"
        ),
        pk=pk,
    )
    record_read(payment.patient_id, "payment")
    return Response(PaymentSerializer(payment).data, status=status)


urlpatterns: list[URLPattern | URLResolver] = [
    path("services/", Services.as_view(), name="api-services"),
    path("services/<uuid:pk>/", OneService.as_view(), name="api-service"),
    path("invoices/", Invoices.as_view(), name="api-invoices"),
    path("invoices/<uuid:pk>/", OneInvoice.as_view(), name="api-invoice"),
    path("invoices/<uuid:pk>/pdf/", InvoicePaper.as_view(), name="api-invoice-pdf"),
    path("invoices/<uuid:pk>/lines/", Lines.as_view(), name="api-invoice-lines"),
    path("invoices/<uuid:pk>/lines/<uuid:line_pk>/", OneLine.as_view(), name="api-invoice-line"),
    path("invoices/<uuid:pk>/discount/", Discount.as_view(), name="api-invoice-discount"),
    path("invoices/<uuid:pk>/issue/", Issue.as_view(), name="api-invoice-issue"),
    path("invoices/<uuid:pk>/void/", Void.as_view(), name="api-invoice-void"),
    path("invoices/<uuid:pk>/credit-use/", CreditUse.as_view(), name="api-invoice-credit-use"),
    path("payments/", Payments.as_view(), name="api-payments"),
    path("payments/<uuid:pk>/", OnePayment.as_view(), name="api-payment"),
    path("payments/<uuid:pk>/receipt/", Receipt.as_view(), name="api-payment-receipt"),
    path("payments/<uuid:pk>/capture/", Capture.as_view(), name="api-payment-capture"),
    path("payments/<uuid:pk>/failure/", Failure.as_view(), name="api-payment-failure"),
    path("payments/<uuid:pk>/refunds/", Refunds.as_view(), name="api-payment-refunds"),
    path("patients/<uuid:pk>/account/", Account.as_view(), name="api-patient-account"),
]
