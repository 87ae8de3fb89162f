"""What is typed when an issued invoice is lowered: a credit note, a write-off, a write-off taken back."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.billing.forms import AmountField
from apps.billing.lowering.crediting import Left
from apps.billing.models import CreditNote, InvoiceLine, WriteOff
from apps.core.refusals import Refusal


class Ticketed(forms.Form):
    """A form that does its work once, also when it is sent twice."""

    ticket = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ticket"].initial = uuid4

    @property
    def source_reference(self) -> str:
        return f"page:{self.cleaned_data['ticket']}"


class WriteOffForm(Ticketed):
    amount = AmountField(label=_("Amount"))
    category = forms.ChoiceField(label=_("Kind"), choices=WriteOff.Category.choices)
    reason = forms.CharField(label=_("Reason"), max_length=300)


class TakeBackForm(Ticketed):
    reason = forms.CharField(label=_("Reason"), max_length=300)


class CreditNoteForm(Ticketed):
    """All that is left, an amount, or lines: each with the amount that is credited of it."""

    WHAT = (("all", _("All that is left")), ("amount", _("An amount")), ("lines", _("Single lines")))

    what = forms.ChoiceField(label=_("What is credited"), choices=WHAT, widget=forms.RadioSelect)
    amount = AmountField(label=_("Amount"), required=False, help_text=_("With tax; shared over the lines."))
    disposition = forms.ChoiceField(
        label=_("What was paid above the new total"), required=False, widget=forms.RadioSelect
    )
    reason = forms.CharField(label=_("Reason"), max_length=300)

    def __init__(self, *args: Any, left: Sequence[Left], something_paid: bool, may_refund: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.left = [one for one in left if one.total]
        kinds = [CreditNote.Disposition.CREDIT, *([CreditNote.Disposition.REFUND] if may_refund else [])]
        disposition = self.fields["disposition"]
        assert isinstance(disposition, forms.ChoiceField)
        disposition.choices = [(kind.value, kind.label) for kind in kinds]
        if not something_paid:
            del self.fields["disposition"]
        for one in self.left:
            self.fields[f"line_{one.line.pk}"] = AmountField(label=one.line.description, required=False)

    def rows(self) -> list[tuple[Left, forms.BoundField]]:
        """The lines of which something is left, each with the field for what is credited of it."""
        return [(one, self[f"line_{one.line.pk}"]) for one in self.left]

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if typed.get("what") == "amount" and typed.get("amount") is None and "amount" not in self.errors:
            self.add_error("amount", _("Enter the amount that is credited."))
        if typed.get("what") == "lines" and not self.errors and not self.chosen():
            self.add_error("what", _("Enter at the lines below how much of each is credited."))
        return typed

    def chosen(self) -> list[tuple[InvoiceLine, Decimal]]:
        amounts = [(one.line, self.cleaned_data.get(f"line_{one.line.pk}")) for one in self.left]
        return [(line, amount) for line, amount in amounts if amount is not None]

    def wanted(self) -> dict[str, Any]:
        """The arguments of the rule."""
        what = self.cleaned_data["what"]
        return {
            "amount": self.cleaned_data["amount"] if what == "amount" else None,
            "lines": self.chosen() if what == "lines" else None,
            "disposition": self.cleaned_data.get("disposition", ""),
            "reason": self.cleaned_data["reason"],
            "source_reference": self.source_reference,
        }

    def refuse(self, refusal: Refusal) -> int:
        """Put a refusal beside its field; answers the status it goes out with."""
        name = f"line_{refusal.details['line']}" if "line" in refusal.details else refusal.field
        self.add_error(name if name in self.fields else None, str(refusal))
        return refusal.status
