"""What is typed at the desk about money."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.billing.models import AT_THE_DESK, InvoiceLine, InvoiceVoid, PaymentMethod
from apps.billing.paying.payments import Tender
from apps.billing.prices.discounts import with_their_own
from apps.clinic import profile
from apps.core.forms import DayInput
from apps.core.money import AmountRefused, parse_amount


class AmountField(forms.CharField):
    """An amount with the separators of the clinic's country; cleans to an exact Decimal, empty to None."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 40)
        super().__init__(**kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "inputmode": "decimal", "autocomplete": "off", "class": "num"}

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        clinic = profile.current()
        try:
            return parse_amount(text, clinic.currency_info, locale=clinic.locale)
        except AmountRefused as refusal:
            raise ValidationError(str(refusal), code=refusal.code) from refusal


class DiscountField(AmountField):
    """``12.50`` takes an amount off, ``10%`` a part; cleans to the arguments of the rule."""

    def clean(self, value: Any) -> dict[str, Any]:
        text = str(value or "").strip()
        if text.endswith("%"):
            return {"discount_percent": with_point(text[:-1])}
        return {"discount": super().clean(text) or 0, "discount_percent": None}


def with_point(text: str) -> str:
    """A percentage or quantity as programs read it: with a point, also where people write a comma."""
    return text.strip().removesuffix("%").strip().replace(",", ".")


class PaymentForm(forms.Form):
    """Money that is being taken: in one way, or in two at once."""

    ticket = forms.UUIDField(widget=forms.HiddenInput)
    amount = AmountField(label=_("Amount"))
    method = forms.ChoiceField(
        label=_("How"), choices=AT_THE_DESK, initial=PaymentMethod.CASH, widget=forms.RadioSelect
    )
    reference = forms.CharField(
        label=_("Reference"), max_length=80, required=False, help_text=_("Card slip, UPI or cheque number.")
    )
    tendered = AmountField(label=_("Cash given"), required=False, help_text=_("For the change."))
    second_amount = AmountField(label=_("And"), required=False)
    second_method = forms.ChoiceField(label=_("How"), choices=AT_THE_DESK, initial=PaymentMethod.CARD, required=False)
    second_reference = forms.CharField(label=_("Reference"), max_length=80, required=False)
    on_its_way = forms.BooleanField(
        label=_("It has not come yet"),
        required=False,
        help_text=_("A cheque to clear, a transfer: noted, and in the books when it comes."),
    )
    credit_consent = forms.BooleanField(label=_("Keep what is above as the patient's credit"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ticket"].initial = uuid4  # a form sent twice takes one payment

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("on_its_way") and cleaned.get("second_amount"):
            words = _("Note what is still on its way by itself, then take the rest.")
            self.add_error("on_its_way", ValidationError(words, code="on_its_way_by_itself"))
        return cleaned

    def tenders(self) -> list[Tender]:
        """One way of paying, or two; the cash that was given belongs to the one that is cash."""
        typed = self.cleaned_data
        tenders = [Tender(typed["method"], typed["amount"], typed["reference"])]
        if typed["second_amount"]:
            tenders.append(Tender(typed["second_method"], typed["second_amount"], typed["second_reference"]))
        if typed["tendered"] is not None:
            cash = next((tender for tender in tenders if tender.method == PaymentMethod.CASH), tenders[0])
            tenders[tenders.index(cash)] = replace(cash, tendered=typed["tendered"])
        return tenders

    @property
    def needs_consent(self) -> bool:
        return bool(self.errors.get("credit_consent") or self.data.get("credit_consent"))

    @property
    def is_split(self) -> bool:
        return bool(self.data.get("second_amount") or self.errors.get("second_amount"))


class RefundForm(forms.Form):
    ticket = forms.UUIDField(widget=forms.HiddenInput)
    amount = AmountField(label=_("Amount"))
    method = forms.ChoiceField(label=_("Given back by"), choices=PaymentMethod.choices)
    reason = forms.CharField(label=_("Reason"), max_length=300)

    def __init__(self, *args: Any, through_gateway: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ticket"].initial = uuid4
        method = self.fields["method"]
        assert isinstance(method, forms.ChoiceField)
        back = [(PaymentMethod.LINK.value, _("Back through the gateway"))] if through_gateway else []
        method.choices = [*back, *AT_THE_DESK]


class VoidForm(forms.Form):
    disposition = forms.ChoiceField(
        label=_("What was paid"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Say whether it stays as the patient's credit or is given back.")},
    )
    reason = forms.CharField(label=_("Reason"), max_length=300)

    def __init__(self, *args: Any, something_paid: bool, may_refund: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        disposition = self.fields["disposition"]
        assert isinstance(disposition, forms.ChoiceField)
        kinds = InvoiceVoid.Disposition
        offered = (kinds.CREDIT, *([kinds.REFUND] if may_refund else []))
        disposition.choices = [(kind.value, kind.label) for kind in offered]
        if not something_paid:
            del self.fields["disposition"]


class FailureForm(forms.Form):
    reason = forms.CharField(label=_("Why it does not come"), max_length=200)


class CreditForm(forms.Form):
    amount = AmountField(label=_("Amount"), required=False)


class IssueForm(forms.Form):
    due_date = forms.DateField(label=_("Due"), required=False, widget=DayInput)
    use_credit = forms.BooleanField(label=_("Pay it from the credit at once"), required=False)
    credit_asked = forms.BooleanField(widget=forms.HiddenInput, required=False, initial=True)

    def credit_wish(self) -> bool | None:
        """Whether the credit is to be used; None where that was not asked: then it is as the clinic has it."""
        typed = self.cleaned_data
        return True if typed["use_credit"] else (False if typed["credit_asked"] else None)


class WholeDiscountForm(forms.Form):
    discount = DiscountField(
        label=_("Discount on the whole invoice"), help_text=_("10.00 or 10%, shared over the lines.")
    )
    reason = forms.CharField(label=_("Reason for the discount"), max_length=300, required=False)
    replaces = forms.BooleanField(error_messages={"required": _("Tick this, or leave the lines as they are.")})

    def __init__(self, *args: Any, lines: Iterable[InvoiceLine], **kwargs: Any) -> None:
        """Whose own discount would go is named and has to be ticked: ``lines`` come with what each was given."""
        super().__init__(*args, **kwargs)
        own = [line.description for line in with_their_own(lines)]
        if own:
            words = _("It takes the place of the discount on: %(lines)s")
            self.fields["replaces"].label = words % {"lines": ", ".join(own)}
        else:
            del self.fields["replaces"]
