"""Payments and their refunds through the API. Every POST takes an Idempotency-Key."""

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.audit.reads import record_read, record_reads
from apps.billing.api.money import AllocationSerializer, MoneyIn, MoneyOut
from apps.billing.documents.papers import receipt_pdf
from apps.billing.fetching import fetch_uses, was_brought
from apps.billing.gateways import links
from apps.billing.models import AT_THE_DESK, Invoice, Payment, PaymentMethod, PaymentStatus, Refund
from apps.billing.paying import payments, refunds
from apps.core.api_shapes import Input, shaped
from apps.core.clock import now
from apps.core.idempotency import idempotent
from apps.core.references import Reference
from apps.patients.models import Patient
from apps.patients.models.persons import records_of

NOT_HERE_YET = "It has not come yet: leave this out."


class ShareSerializer(Input):
    """A part of a payment for one invoice."""

    invoice = Reference(queryset=Invoice.objects.only("patient"))  # the rules read it afresh
    amount = MoneyIn(required=False, help_text="As much as fits if left out.")


class PaymentDetailsSerializer(Input):
    """Money that came in."""

    patient = Reference(
        queryset=Patient.objects.only("number", "merged_into"),
        required=False,
        help_text="May be left out where invoices are named.",
    )
    method = serializers.ChoiceField(choices=AT_THE_DESK)
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
    tendered = MoneyIn(required=False, help_text="The cash that was put on the desk; the answer says the change.")
    received_on = serializers.DateField(required=False)
    on_its_way = serializers.BooleanField(
        default=False, help_text="Not here yet: noted for the one invoice named, in the books when it is captured."
    )

    def validate(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Of money that has not come nothing is said that it cannot keep."""
        if wanted["on_its_way"]:
            shares = wanted.get("invoices") or []
            too_much: dict[str, Any] = {name: NOT_HERE_YET for name in ("tendered", "received_on") if name in wanted}
            if len(shares) > 1 or any("amount" in share for share in shares):
                too_much["invoices"] = "It is noted for one invoice, or for none; it pays what is owed when it comes."
            if too_much:
                raise serializers.ValidationError(too_much)
        return wanted


class FailureSerializer(serializers.Serializer[Any]):
    """Why money does not come."""

    reason = serializers.CharField(max_length=200)


class RefundSerializer(serializers.ModelSerializer[Refund]):
    """Money that was given back."""

    amount = MoneyOut()

    class Meta:
        model = Refund
        fields = ("id", "number", "payment", "amount", "method", "reason", "refunded_on", "drawer_session", "at", "by")
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
    amount, applied, refunded, going_back, unapplied = (MoneyOut() for _ in range(5))
    tendered = MoneyOut(allow_null=True)
    change = MoneyOut()

    class Meta:
        model = Payment
        fields: tuple[str, ...] = (
            *("id", "tenant_id", "number", "status", "patient", "patient_number", "method", "amount", "currency"),
            *(
                "tendered",
                "change",
                "applied",
                "refunded",
                "going_back",
                "unapplied",
                "reference",
                "received_on",
                "created_at",
                "created_by",
            ),
            *("captured_at", "failed_at", "failure", "meant_for", "drawer_session"),
        )
        read_only_fields = fields


class PaymentSerializer(PaymentInListSerializer):
    """A payment, what it paid and what was given back."""

    allocations = AllocationSerializer(many=True)
    refunds = RefundSerializer(many=True)

    class Meta(PaymentInListSerializer.Meta):
        fields = (*PaymentInListSerializer.Meta.fields, "allocations", "refunds")
        read_only_fields = fields


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
            return _shown_payment(noted, status=201)
        chosen = None if shares is None else [_share(share) for share in shares]
        taken = payments.receive(patient, invoices=chosen, by=caller(request), at=now(), **wanted)
        return _shown_payment(taken, status=201)


class OnePayment(APIView):
    """One payment."""

    permission_classes = [Needs("billing.view_invoice")]  # type: ignore[list-item]

    @extend_schema(responses=PaymentSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """What it paid and what was given back."""
        return _shown_payment(_payment_of(pk))


class Receipt(APIView):
    """A receipt on paper."""

    permission_classes = [Needs("billing.view_invoice")]  # type: ignore[list-item]

    @extend_schema(
        parameters=[OpenApiParameter("paper", str, description="a4, or roll for the 80 mm printer.")],
        responses={(200, "application/pdf"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """As PDF."""
        paper = "roll" if request.query_params.get("paper") == "roll" else "a4"
        payment = get_object_or_404(Payment.objects.captured().select_related("patient", "created_by"), pk=pk)
        record_read(payment.patient_id, "payment")
        return HttpResponse(receipt_pdf(payment, paper=paper, at=now()), content_type="application/pdf")


class Capture(APIView):
    """Money that was on its way has come."""

    permission_classes = [Needs("billing.receive_payment")]  # type: ignore[list-item]

    @extend_schema(request=None, responses=PaymentSerializer)
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Put it into the books."""
        return _shown_payment(payments.capture(_payment_of(pk), by=caller(request), at=now()))


class Failure(APIView):
    """Money that was on its way does not come."""

    permission_classes = [Needs("billing.receive_payment")]  # type: ignore[list-item]

    @extend_schema(request=FailureSerializer, responses=PaymentSerializer)
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Say why."""
        payment = _payment_of(pk)
        why = checked(FailureSerializer(data=request.data))
        links.give_up(payment, by=caller(request), at=now(), **why)
        return _shown_payment(_payment_of(pk))


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
        given = refunds.refund(payment, by=caller(request), at=now(), **wanted)
        return Response(RefundSerializer(given).data, status=201)


def _share(share: dict[str, Any]) -> Invoice | tuple[Invoice, str]:
    return (share["invoice"], share["amount"]) if "amount" in share else share["invoice"]


def _payment_of(pk: UUID) -> Payment:
    return get_object_or_404(Payment.objects.select_related("patient"), pk=pk)


def _shown_payment(payment: Payment, *, status: int = 200) -> Response:
    """The payment, which was read a moment ago, with what it paid and what was given back of it."""
    record_read(payment.patient_id, "payment")
    if not was_brought(payment, "allocations"):
        fetch_uses(payment)
    return Response(shaped(PaymentSerializer, payment), status=status)


urlpatterns: list[URLPattern | URLResolver] = [
    path("payments/", Payments.as_view(), name="api-payments"),
    path("payments/<uuid:pk>/", OnePayment.as_view(), name="api-payment"),
    path("payments/<uuid:pk>/receipt/", Receipt.as_view(), name="api-payment-receipt"),
    path("payments/<uuid:pk>/capture/", Capture.as_view(), name="api-payment-capture"),
    path("payments/<uuid:pk>/failure/", Failure.as_view(), name="api-payment-failure"),
    path("payments/<uuid:pk>/refunds/", Refunds.as_view(), name="api-payment-refunds"),
]
