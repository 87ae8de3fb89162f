"""Amounts as they are sent and shown: strings with the decimals of the clinic's currency."""

from typing import Any

from rest_framework import serializers

from apps.billing.models import PaymentAllocation
from apps.clinic.api.money import MoneyOut as MoneyOut


class MoneyIn(serializers.CharField):
    """An amount that is sent. Whether it is one is for the rules to say, in words."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", "An amount in the clinic's currency.")
        super().__init__(max_length=40, allow_blank=True, **options)


class AllocationSerializer(serializers.ModelSerializer[PaymentAllocation]):
    """Money put on an invoice, or (negative) taken off again."""

    payment_number = serializers.CharField(source="payment.number")
    invoice_number = serializers.CharField(source="invoice.number")
    amount, recognised = MoneyOut(), MoneyOut(help_text="Revenue recognised by it.")

    class Meta:
        model = PaymentAllocation
        fields = (
            *("id", "kind", "payment", "payment_number", "invoice", "invoice_number", "refund"),
            *("amount", "recognised", "by_itself", "at", "by"),
        )
        read_only_fields = fields
