"""What is typed when a patient is checked in."""

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.billing.forms import AmountField
from apps.billing.models import AT_THE_DESK, PaymentMethod, WhyUnpaid
from apps.core.refusals import Refusal

TAKEN_AT_THE_DESK = [choice for choice in AT_THE_DESK if choice[0] != PaymentMethod.INSURER]


class CheckInForm(forms.Form):
    """Two ways out of it: the button `pay` takes the amount, every other one checks in without."""

    ticket = forms.UUIDField(widget=forms.HiddenInput)
    amount = AmountField(label=_("Copay due today"))
    method = forms.ChoiceField(label=_("How"), choices=TAKEN_AT_THE_DESK, initial=PaymentMethod.CASH)
    reference = forms.CharField(
        label=_("Reference"), max_length=80, required=False, help_text=_("Card slip, UPI or cheque number.")
    )
    tendered = AmountField(label=_("Cash given"), required=False, help_text=_("For the change."))
    owed_first = forms.BooleanField(label=_("Pay what is owed first"), required=False)
    details_confirmed = forms.BooleanField(label=_("Confirmed today"), required=False)
    unpaid_because = forms.ChoiceField(
        label=_("Why is nothing taken?"), choices=[("", _("Choose …")), *WhyUnpaid.choices], required=False
    )
    words = forms.CharField(label=_("In a few words"), max_length=300, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ticket"].initial = uuid4  # a form sent twice takes one payment
        if self.is_bound and not self.pays:
            self.fields["amount"].required = self.fields["method"].required = False

    @property
    def pays(self) -> bool:
        return self.data.get("how") == "pay"

    @property
    def shows_why(self) -> bool:
        """Whether to open the reasons: they were asked for, or something is wrong with them."""
        return self.is_bound and not self.pays

    def answers(self) -> dict[str, Any]:
        """The arguments of check_in.check_in."""
        typed = self.cleaned_data
        both = {"details_confirmed": typed["details_confirmed"], "source_reference": f"check-in:{typed['ticket']}"}
        if not self.pays:
            return {**both, "unpaid_because": typed["unpaid_because"], "words": typed["words"]}
        money = {name: typed[name] for name in ("amount", "method", "reference", "tendered", "owed_first")}
        return {**both, **money}

    def refuse(self, refusal: Refusal) -> None:
        self.add_error(refusal.field if refusal.field in self.fields else None, str(refusal))


class CopayForm(forms.Form):
    amount = AmountField(required=False)
