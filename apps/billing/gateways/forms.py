"""What is typed about payment links."""

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.billing.forms import AmountField
from apps.billing.gateways.links import MOST_DAYS, USUAL_DAYS
from apps.billing.gateways.trouble import LONGEST_NOTE
from apps.billing.gateways.which import LONGEST_KEY, LONGEST_MERCHANT


class LinkForm(forms.Form):
    """A link for an invoice."""

    ticket = forms.UUIDField(widget=forms.HiddenInput)
    amount = AmountField(label=_("Amount"))
    days = forms.IntegerField(label=_("Works for, days"), min_value=1, max_value=MOST_DAYS, initial=USUAL_DAYS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "link_%s", **kwargs})  # it stands beside the form of a payment
        self.fields["ticket"].initial = uuid4  # a form sent twice makes one link


class SeenToForm(forms.Form):
    """What was done about something that a gateway said."""

    note = forms.CharField(label=_("What was done"), max_length=LONGEST_NOTE)


class GatewayForm(forms.Form):
    """The clinic's account at the gateway. The key is never shown again."""

    merchant = forms.CharField(
        label=_("Merchant"), max_length=LONGEST_MERCHANT, help_text=_("As whom the gateway knows this clinic.")
    )
    key = forms.CharField(
        label=_("Key"),
        max_length=LONGEST_KEY,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("As the gateway gave it. Left empty, the one there is stays."),
    )
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)
