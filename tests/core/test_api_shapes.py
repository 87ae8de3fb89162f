"""What the API answers, written the short way, is what its shapes write the long way."""

from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from rest_framework import serializers

from apps.billing.api.invoices import InvoiceSerializer
from apps.billing.models import Invoice
from apps.clinic.api.money import MoneyOut
from apps.core.api_shapes import Input, shaped

pytestmark = pytest.mark.django_db


@dataclass
class Part:
    amount: Decimal | None
    words: str = "a part"


@dataclass
class Whole:
    parts: list[Part] = field(default_factory=list)
    first: Part | None = None

    def count(self) -> int:
        return len(self.parts)


class PartShape(serializers.Serializer):
    amount = MoneyOut()
    words = serializers.CharField()


class WholeShape(serializers.Serializer):
    parts = PartShape(many=True)
    first = PartShape()
    count = serializers.IntegerField()
    first_words = serializers.CharField(source="first.words", default="none")
    missing = serializers.CharField(required=False)
    itself = serializers.SerializerMethodField()

    def get_itself(self, whole):
        return len(whole.parts) if self.context.get("counted") else None


WHOLES = {
    "nothing": Whole(),
    "parts": Whole([Part(Decimal("2.5"), "x"), Part(None)], Part(Decimal(1))),
    "no first": Whole([Part(Decimal(7))]),
}


@pytest.mark.parametrize("which", WHOLES)
@pytest.mark.parametrize("counted", [True, False])
def test_what_is_written_the_short_way_is_what_the_shape_writes(riverside, which, counted):
    with riverside.inside():
        row = WHOLES[which]
        assert shaped(WholeShape, row, counted=counted) == WholeShape(row, context={"counted": counted}).data


def test_so_is_an_invoice_with_its_keys_lines_and_payments(inside_riverside, kept_cast):
    invoice = kept_cast.issued({"unit_price": "100", "tax_rate": "18", "discount": "5"}, "20")
    kept_cast.pay("40", invoice)
    for row in (kept_cast.draft(), Invoice.objects.get(pk=invoice.pk)):
        assert shaped(InvoiceSerializer, row) == InvoiceSerializer(row).data
        assert shaped(InvoiceSerializer, row)["patient"] == kept_cast.asha.pk


class Wanted(Input):
    name = serializers.CharField()
    pieces = serializers.ListField(child=serializers.IntegerField(), required=False)


def test_two_requests_share_fields_and_nothing_else():
    first, second = Wanted(data={"name": "a", "pieces": [1]}), Wanted(data={"pieces": ["x"]})
    assert first.is_valid() and not second.is_valid()
    assert first.validated_data == {"name": "a", "pieces": [1]} and not first.errors
    assert set(second.errors) == {"name", "pieces"}
    assert Wanted(data={}, partial=True).is_valid() and not Wanted(data={}).is_valid()
