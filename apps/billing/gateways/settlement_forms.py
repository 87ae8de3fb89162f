"""What is typed when a gateway has paid into the bank."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.billing.forms import AmountField
from apps.billing.gateways.settling import Held


class SettlementForm(forms.Form):
    """Which payments and refunds it is for, and what has reached the bank. What is missing is the fee."""

    ticket = forms.UUIDField(widget=forms.HiddenInput)
    parts = forms.MultipleChoiceField(label=_("For these"), error_messages={"required": _("Choose at least one.")})
    amount = AmountField(label=_("Into the bank"), help_text=_("What is missing to the sum is the gateway's fee."))
    settled_on = forms.DateField(label=_("On"), widget=forms.DateInput(attrs={"type": "date"}), required=False)
    reference = forms.CharField(label=_("Reference"), max_length=80, required=False)

    def __init__(self, *args: Any, held: Sequence[Held], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ticket"].initial = uuid4  # a form sent twice settles once
        choices = [(key_of(row), "") for row in held]
        parts = self.fields["parts"]
        assert isinstance(parts, forms.MultipleChoiceField)
        parts.choices = choices
        parts.initial = [key for key, _words in choices]

    @property
    def chosen(self) -> list[str]:
        """The keys that are ticked now."""
        return list(self["parts"].value() or ())

    def wanted(self) -> dict[str, Any]:
        """What was typed, as `settling.settle` takes it."""
        typed = self.cleaned_data
        keys = [key.split(":") for key in typed["parts"]]
        return {
            "payments": [UUID(pk) for kind, pk in keys if kind == "payment"],
            "refunds": [UUID(pk) for kind, pk in keys if kind == "refund"],
            "source_reference": f"page:{typed['ticket']}",
            **{name: typed[name] for name in ("amount", "settled_on", "reference")},
        }


def key_of(row: Held) -> str:
    return f"{'refund' if row.is_refund else 'payment'}:{row.paper.pk}"
